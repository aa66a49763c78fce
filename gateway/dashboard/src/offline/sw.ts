/**
 * The worker that answers for the page's own files when the server does not. It never keeps, and never answers, anything of
 * the API: what was known last is kept by the page (kept.ts), which knows whose it is.
 */
interface ExtendableEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface FetchEvent extends ExtendableEvent {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface WorkerScope {
  readonly location: Location;
  skipWaiting(): Promise<void>;
  readonly clients: { claim(): Promise<void> };
  addEventListener(type: "install" | "activate", run: (event: ExtendableEvent) => void): void;
  addEventListener(type: "fetch", run: (event: FetchEvent) => void): void;
}
const worker = globalThis as unknown as WorkerScope;

// The build puts in what it has made, and a sum of it: another build is another worker.
const built = JSON.parse("__BUILT__") as { sum: string; files: string[] };
const kPrefix = "computehub-page-";
const kName = kPrefix + built.sum;
/** One of the addresses of the page: all of them are answered with the same bytes, which hold nothing of anybody. */
const kPage = "/dashboard";
const kLookAnywhere = { ignoreVary: true, ignoreSearch: true } as const;

async function install(): Promise<void> {
  const cache = await caches.open(kName);
  await cache.addAll([new Request(kPage, { cache: "no-cache", headers: { Accept: "text/html" } }), ...built.files]);
  await worker.skipWaiting();
}

/** The build before this one stays: a page of it may still be open, and fetch what it has not fetched yet. */
async function activate(): Promise<void> {
  const others = (await caches.keys()).filter((name) => name.startsWith(kPrefix) && name !== kName);
  await Promise.all(others.slice(0, -1).map((name) => caches.delete(name)));
  await worker.clients.claim();
}

const isAway = (status: number) => status === 502 || status === 503 || status === 504;

/** The page is asked for anew each time, so that a new build is there at once; what is kept is for when nobody answers. */
async function page(request: Request): Promise<Response> {
  const kept = async () => (await caches.open(kName)).match(kPage, kLookAnywhere);
  try {
    const answer = await fetch(request);
    return isAway(answer.status) ? ((await kept()) ?? answer) : answer;
  } catch (error) {
    const answer = await kept();
    if (answer) return answer;
    throw error;
  }
}

/** Names of assets hold a sum of what is in them: one that is here is the right one. */
async function asset(request: Request): Promise<Response> {
  const kept = await caches.match(request, kLookAnywhere);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) await (await caches.open(kName)).put(request, answer.clone());
  return answer;
}

worker.addEventListener("install", (event) => event.waitUntil(install()));
worker.addEventListener("activate", (event) => event.waitUntil(activate()));
worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== worker.location.origin) return;
  if (pathname.startsWith("/assets/")) event.respondWith(asset(request));
  else if (request.mode === "navigate" && !/^\/(api|docs)(\/|$)/.test(pathname)) event.respondWith(page(request));
});
