import type { Schemas } from "@/api/client";

/** By any part of name, value and source; `isSetOnly`: somebody or something has said it. */
export function matchesSetting({ name, value, source }: Schemas["Setting"], text: string, isSetOnly: boolean): boolean {
  if (isSetOnly && source === "default") return false;
  const wanted = text.trim().toLowerCase();
  return [name, value, source].some((part) => part.toLowerCase().includes(wanted));
}
