import { getRouteApi } from "@tanstack/react-router";
import { AuditPage } from "@/features/audit/audit_page";

const route = getRouteApi("/inside/audit");

export default function AuditRoute() {
  return <AuditPage filter={route.useSearch()} />;
}
