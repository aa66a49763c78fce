import { getRouteApi } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import OverviewPage from "@/features/overview/overview_page";
import { Loading } from "@/ui/page";

const PastOverview = lazy(() => import("@/features/overview/past_overview"));

const route = getRouteApi("/inside/dashboard");

export default function OverviewRoute() {
  const { at, than } = route.useSearch();
  if (at === undefined) return <OverviewPage />;
  return <Suspense fallback={<Loading />}><PastOverview at={at} than={than} /></Suspense>;
}
