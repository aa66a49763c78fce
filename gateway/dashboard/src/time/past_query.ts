import { keepPreviousData } from "@tanstack/react-query";
import { isSettled } from "./moment";

const kKeepMs = 10 * 60_000;

/**
 * A question about a moment. Its answer stays as it is for ever, so it is asked once; while another moment is read the
 * one before is shown, and an answer that was overtaken is dropped.
 */
export const pastQuery = <T>(key: readonly unknown[], at: string, read: (signal: AbortSignal) => Promise<T>) => ({
  queryKey: [...key, "at", at],
  queryFn: ({ signal }: { signal: AbortSignal }) => read(signal),
  staleTime: isSettled(at) ? Infinity : 0,
  gcTime: kKeepMs,
  placeholderData: keepPreviousData,
});
