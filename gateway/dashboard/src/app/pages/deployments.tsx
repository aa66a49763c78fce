import { getRouteApi } from "@tanstack/react-router";
import { useSame } from "@/ui/list/use_same";
import { DeploymentList } from "@/features/deployments/deployment_list";

const route = getRouteApi("/inside/deployments");

export default function DeploymentsRoute() {
  const { columns: _, ...filter } = route.useSearch();
  return <DeploymentList filter={useSame(filter)} />;
}
