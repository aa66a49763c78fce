import { getRouteApi } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { useSame } from "@/ui/list/use_same";
import { DeploymentList } from "@/features/deployments/deployment_list";
import { Loading } from "@/ui/page";

const PastList = lazy(() => import("@/features/deployments/past/past_list"));

const route = getRouteApi("/inside/deployments");

export default function DeploymentsRoute() {
  const { at, than, columns: _, ...rest } = route.useSearch();
  const filter = useSame(rest);
  if (at === undefined) return <DeploymentList filter={filter} />;
  return <Suspense fallback={<Loading />}><PastList filter={filter} at={at} than={than} /></Suspense>;
}
