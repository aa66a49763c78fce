import { useEffect, useState } from "react";
import { api, body, type Deployment, type ListedTask, type Model } from "@/api/client";
import { textOf } from "@/ui/toasts";

export interface Found {
  /** Of which text this is the answer. */
  text: string;
  deployments: Deployment[];
  tasks: ListedTask[];
  models: Model[];
  failure?: string;
}

const kDebounceMs = 120;
const kMost = 6;
const nothing: Found = { text: "", deployments: [], tasks: [], models: [] };

async function search(text: string, signal: AbortSignal): Promise<Found> {
  const params = { params: { query: { text, page_size: kMost } }, signal };
  const [deployments, tasks, models] = await Promise.all([
    body(api.GET("/api/v1/deployments", params)),
    body(api.GET("/api/v1/tasks", params)),
    body(api.GET("/api/v1/models", params)),
  ]);
  return { text, deployments: deployments.items, tasks: tasks.items, models: models.items };
}

/** What the server finds. An answer that was overtaken by what was typed since is dropped. */
export function useFound(typed: string): { found: Found; isBusy: boolean } {
  const [found, setFound] = useState<Found>(nothing);
  const text = typed.trim();
  useEffect(() => {
    if (text === "") return setFound(nothing);
    const asked = new AbortController();
    const timer = setTimeout(() => {
      search(text, asked.signal)
        .catch((error: unknown): Found => ({ ...nothing, text, failure: textOf(error) }))
        .then((answer) => !asked.signal.aborted && setFound(answer));
    }, kDebounceMs);
    return () => {
      clearTimeout(timer);
      asked.abort();
    };
  }, [text]);
  return { found, isBusy: text !== "" && found.text !== text };
}
