import { getRouteApi } from "@tanstack/react-router";
import { NotFound } from "@/app/not_found";
import { DeploymentPage, deploymentTabs } from "@/features/deployments/deployment_page";

const route = getRouteApi("/inside/deployments/$id/$tab");

export default function DeploymentRoute() {
  const { id, tab } = route.useParams();
  const search = route.useSearch();
  const known = deploymentTabs.find((one) => one === tab);
  return known ? <DeploymentPage key={id} id={id} tab={known} search={search} /> : <NotFound />;
}
