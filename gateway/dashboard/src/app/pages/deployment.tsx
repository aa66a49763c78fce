import { getRouteApi } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { NotFound } from "@/app/not_found";
import { DeploymentPage, deploymentTabs } from "@/features/deployments/deployment_page";
import { Loading } from "@/ui/page";

const PastDeployment = lazy(() => import("@/features/deployments/past/past_deployment"));

const route = getRouteApi("/inside/deployments/$id/$tab");

export default function DeploymentRoute() {
  const { id, tab } = route.useParams();
  const { at, than, ...search } = route.useSearch();
  const known = deploymentTabs.find((one) => one === tab);
  if (known && at !== undefined)
    return <Suspense fallback={<Loading />}><PastDeployment key={id} id={id} tab={known} at={at} than={than} search={search} /></Suspense>;
  return known ? <DeploymentPage key={id} id={id} tab={known} search={search} /> : <NotFound />;
}
