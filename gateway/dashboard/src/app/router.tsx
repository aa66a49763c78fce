import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Navigate, redirect } from "@tanstack/react-router";
import { useSession } from "@/session/session";
import { Broken } from "@/ui/boundary";
import { Page, Loading } from "@/ui/page";
import { metricSearchOf, type MetricSearch } from "@/features/deployments/metrics/metric_search";
import { filterOf, type DeploymentFilter } from "@/features/deployments/filter";
import { dayRanges } from "@/features/statistics/ranges";
import { taskFilterOf } from "@/features/tasks/filter";
import { momentOf, timeMomentOf, type MomentSearch } from "@/time/moment";
import { NotFound } from "./not_found";
import { isOwnPlace, only, type Search } from "./search";
import { Shell } from "./shell";
import { SignInPage } from "./sign_in";
import { Unreachable } from "./unreachable";

const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);
/** What looks like a number comes as one. */
const word = (value: unknown): string | undefined => (typeof value === "number" ? String(value) : text(value));
const number = (value: unknown): number | undefined => (Number.isInteger(Number(value)) && Number(value) > 0 ? Number(value) : undefined);

const root = createRootRoute({
  notFoundComponent: NotFound,
  // The columns of a page's list: of a view that somebody gave away as a link.
  validateSearch: (search: Search): { columns?: string } => ({ columns: text(search.columns) }) as { columns?: string },
});

function SignInRoute() {
  const { state } = useSession();
  const { next } = signIn.useSearch();
  if (state.phase === "in") return <Navigate to={next ?? "/dashboard"} replace />;
  if (state.phase === "unknown") return <Unreachable detail={state.detail} />;
  return state.phase === "asking" ? null : <SignInPage />;
}

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  // Only a place of our own: nobody is sent elsewhere from here.
  validateSearch: only((search): { next?: string } => {
    const next = text(search.next);
    return next && isOwnPlace(next) ? { next } : {};
  }),
  component: SignInRoute,
});

function Inside() {
  const { state } = useSession();
  if (state.phase === "asking") return null;
  if (state.phase === "unknown") return <Unreachable detail={state.detail} />;
  if (state.phase === "out") {
    const next = window.location.pathname + window.location.search;
    return <Navigate to="/sign-in" search={next === "/" || next === "/dashboard" ? {} : { next }} replace />;
  }
  return <Shell />;
}

const inside = createRoute({ getParentRoute: () => root, id: "inside", component: Inside });

const page = <P extends string>(path: P, load: () => Promise<{ default: React.ComponentType }>) =>
  createRoute({ getParentRoute: () => inside, path, validateSearch: only(() => ({})), component: lazyRouteComponent(load) });

const overview = createRoute({
  getParentRoute: () => inside,
  path: "/dashboard",
  validateSearch: only((search): MomentSearch => timeMomentOf(search)),
  component: lazyRouteComponent(() => import("./pages/overview")),
});
const deployments = createRoute({
  getParentRoute: () => inside,
  path: "/deployments",
  validateSearch: only((search): DeploymentFilter & MomentSearch => ({ ...filterOf(search), ...timeMomentOf(search) })),
  component: lazyRouteComponent(() => import("./pages/deployments")),
});
const deployment = createRoute({
  getParentRoute: () => inside,
  path: "/deployments/$id/$tab",
  validateSearch: only((search): { line?: number; contains?: string; stream?: "stdout" | "stderr"; path?: string; file?: string; event?: string } & MetricSearch & MomentSearch => {
    const [line, contains] = [number(search.line), word(search.contains)];
    const stream = search.stream === "stdout" || search.stream === "stderr" ? search.stream : undefined;
    const [path, file, event] = [text(search.path), word(search.file), text(search.event)];
    return { ...(line ? { line } : {}), ...(contains ? { contains } : {}), ...(stream ? { stream } : {}), ...(path ? { path } : {}), ...(file ? { file } : {}), ...(event ? { event } : {}), ...metricSearchOf(search), ...momentOf(search) };
  }),
  component: lazyRouteComponent(() => import("./pages/deployment")),
});
const deploymentHome = createRoute({
  getParentRoute: () => inside,
  path: "/deployments/$id",
  beforeLoad: ({ params }) => {
    throw redirect({ to: "/deployments/$id/$tab", params: { id: params.id, tab: "logs" }, replace: true });
  },
});
const tasks = createRoute({
  getParentRoute: () => inside,
  path: "/tasks",
  validateSearch: only(taskFilterOf),
  component: lazyRouteComponent(() => import("./pages/tasks")),
});
const task = createRoute({ getParentRoute: () => inside, path: "/tasks/$id", validateSearch: only(() => ({})), component: lazyRouteComponent(() => import("./pages/task")) });
const statistics = createRoute({
  getParentRoute: () => inside,
  path: "/statistics",
  validateSearch: only((search): { days?: number } => {
    const days = dayRanges.find((one) => one === search.days);
    return days ? { days } : {};
  }),
  component: lazyRouteComponent(() => import("@/features/statistics/statistics_page")),
});
const audit = createRoute({
  getParentRoute: () => inside,
  path: "/audit",
  validateSearch: only((search): { type?: string; text?: string; event?: string; follow?: false } => {
    const [type, words, event] = [text(search.type), word(search.text), text(search.event)];
    return { ...(type ? { type } : {}), ...(words ? { text: words } : {}), ...(event ? { event } : {}), ...(search.follow === false ? { follow: false } : {}) };
  }),
  component: lazyRouteComponent(() => import("./pages/audit")),
});

const older = (from: string, to: "/dashboard" | "/deployments" | "/deployments/new" | "/settings/api-keys") =>
  createRoute({
    getParentRoute: () => root,
    path: from,
    beforeLoad: () => {
      throw redirect({ to, replace: true });
    },
  });

const tree = root.addChildren([
  signIn,
  older("/", "/dashboard"),
  older("/deploy", "/deployments"),
  older("/deploy/new", "/deployments/new"),
  older("/settings", "/settings/api-keys"),
  inside.addChildren([
    overview,
    deployments,
    page("/deployments/new", () => import("@/features/deployments/create/new_deployment")),
    deploymentHome,
    deployment,
    tasks,
    task,
    page("/models", () => import("@/features/models/models_page")),
    statistics,
    page("/system", () => import("@/features/system/system_page")),
    audit,
    page("/settings/api-keys", () => import("@/features/api_keys/api_keys_page")),
  ]),
]);

export const router = createRouter({
  routeTree: tree,
  defaultPreload: "intent",
  // While a page's script is fetched the frame stays, and says that it loads.
  defaultPendingComponent: () => (
    <Page title="…">
      <Loading />
    </Page>
  ),
  defaultErrorComponent: ({ error }) => (
    <Page title="…">
      <Broken error={error} />
    </Page>
  ),
  defaultPendingMs: 150,
  // Not a moment longer than it takes.
  defaultPendingMinMs: 0,
  scrollRestoration: false,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
