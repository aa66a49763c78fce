import { getRouteApi } from "@tanstack/react-router";
import { DeploymentList } from "@/features/deployments/deployment_list";

const route = getRouteApi("/inside/deployments");

export default function DeploymentsRoute() {
  return <DeploymentList filter={route.useSearch()} />;
}
