import { useRef } from "react";

/** The object of before for as long as the same is in it: what is made anew at each drawing would start work anew. */
export function useSame<T extends object>(value: T): T {
  const kept = useRef(value);
  if (JSON.stringify(kept.current) !== JSON.stringify(value)) kept.current = value;
  return kept.current;
}
