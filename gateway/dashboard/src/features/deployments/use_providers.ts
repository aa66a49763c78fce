import { useQuery } from "@tanstack/react-query";
import { api, body } from "@/api/client";

const none: string[] = [];

/** Names of those who can run deployments; none before they are known. */
export function useProviders(): string[] {
  const { data } = useQuery({ queryKey: ["providers"], queryFn: () => body(api.GET("/api/v1/providers")), select: ({ items }) => items.map(({ name }) => name) });
  return data ?? none;
}
