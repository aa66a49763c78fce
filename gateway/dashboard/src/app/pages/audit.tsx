import { getRouteApi } from "@tanstack/react-router";
import { useSame } from "@/ui/list/use_same";
import { AuditPage } from "@/features/audit/audit_page";

const route = getRouteApi("/inside/audit");

export default function AuditRoute() {
  const { columns: _, event, follow, ...filter } = route.useSearch();
  return <AuditPage filter={useSame(filter)} event={event} isFollowing={follow ?? true} />;
}
