import type { QueryClient, QueryKey } from "@tanstack/react-query";
import type { Kept } from "./kept";

/** What is asked for and not followed, and may be kept: sums, and how the server is. */
const known = new Set(["stats", "system"]);
const kPrefix = "query ";

const isKept = (key: QueryKey) => known.has(String(key[0])) && key[1] !== "letters";

/** Keeps what such questions were answered, until the function that is answered is called. */
export function keepQueries(queries: QueryClient, kept: Kept): () => void {
  return queries.getQueryCache().subscribe(({ type, query }) => {
    if (type !== "updated" || query.state.status !== "success" || !isKept(query.queryKey)) return;
    kept.note(kPrefix + JSON.stringify(query.queryKey), () => {
      const { data, dataUpdatedAt } = query.state;
      return data === undefined ? undefined : { state: data, asOf: dataUpdatedAt };
    });
  });
}

/** Answers them with what was kept, as of when it was. */
export function restoreQueries(queries: QueryClient, kept: Kept): void {
  for (const { key, state, asOf } of kept.seeds(kPrefix)) queries.setQueryData(JSON.parse(key.slice(kPrefix.length)) as QueryKey, state, { updatedAt: asOf });
}
