import { useEffect, useRef, type RefObject } from "react";

/** Numbers of rows count down from here as rows come on top. */
const kFirst = 1_000_000_000;
/** The first rows of before that are looked for: some may have gone meanwhile. */
const kLooked = 50;

interface Identified {
  id: string;
}

/** How many rows have come on top of what was there. */
export function prepended(before: readonly Identified[], after: readonly Identified[]): number {
  const first = before.slice(0, kLooked);
  if (first.length === 0 || first[0]?.id === after[0]?.id) return 0;
  // Both are in the same order: the first of before that comes is the first that is left, and most often near the top.
  const places = new Map(first.map(({ id }, at) => [id, at]));
  for (const [place, { id }] of after.entries()) {
    const at = places.get(id);
    if (at !== undefined) return Math.max(0, place - at);
  }
  return 0;
}

/**
 * The number of the first row. While somebody has scrolled down it is lowered by the rows that come on top: what they read
 * stays where it is. At the top new rows are what one looks at, and they push the others down.
 */
export function useFirstIndex(rows: readonly Identified[], box: RefObject<HTMLElement | null>): number {
  const isDown = useRef(false);
  const known = useRef({ rows, first: kFirst });
  if (known.current.rows !== rows) known.current = { rows, first: known.current.first - (isDown.current ? prepended(known.current.rows, rows) : 0) };

  useEffect(() => {
    const { current } = box;
    const look = (event: Event) => {
      if (event.target instanceof Element) isDown.current = event.target.scrollTop > 0;
    };
    // Scrolling does not bubble.
    current?.addEventListener("scroll", look, { capture: true, passive: true });
    return () => current?.removeEventListener("scroll", look, { capture: true });
  }, [box]);
  return known.current.first;
}
