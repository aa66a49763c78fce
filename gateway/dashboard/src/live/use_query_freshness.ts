import { useLinkStatus } from "./use_live";
import type { LinkStatus } from "./link";

interface Asked {
  /** In ms since 1970; 0 before there is an answer. */
  dataUpdatedAt: number;
  /** The last time it was asked it was refused, or not answered. */
  isError: boolean;
}

export interface Freshness {
  asOf: number | undefined;
  isStale: boolean;
}

export const freshnessOf = ({ dataUpdatedAt, isError }: Asked, link: LinkStatus): Freshness => ({
  asOf: dataUpdatedAt || undefined,
  isStale: isError || link === "stale",
});

/** What a source line says of something that was asked for and is not followed. */
export const useQueryFreshness = (query: Asked): Freshness => freshnessOf(query, useLinkStatus());
