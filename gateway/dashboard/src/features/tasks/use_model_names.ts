import { useQuery } from "@tanstack/react-query";
import { api, body, type Model } from "@/api/client";

const none: Model[] = [];

/** The first thousand models, asked for when the page is opened; none before they are known. */
export function useModelNames(): Model[] {
  const { data } = useQuery({ queryKey: ["models", "names"], queryFn: () => body(api.GET("/api/v1/models", { params: { query: { page_size: 1_000 } } })), staleTime: 0 });
  return data?.items ?? none;
}
