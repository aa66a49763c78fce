import type { KeyboardEvent } from "react";

const linkOf = (item: Element | null | undefined) => item?.querySelector<HTMLElement>("a") ?? undefined;

/** What stands among its like: the row, or what a list that measures rows puts around it. */
const itemOf = (row: Element | null) => (row?.parentElement?.getAttribute("role") === "rowgroup" ? row : row?.parentElement);

/** The link of the first or the last row that is wholly in view. */
function linkInView(table: HTMLElement, isLast: boolean): HTMLElement | undefined {
  const { top, bottom } = table.getBoundingClientRect();
  const rows = [...table.querySelectorAll<HTMLElement>("[data-seq]")].filter((row) => {
    const box = row.getBoundingClientRect();
    return box.top >= top - 1 && box.bottom <= bottom + 1;
  });
  return (isLast ? rows.at(-1) : rows[0])?.querySelector("a") ?? undefined;
}

/**
 * Up and down go from line to line of a table that has the focus, or whose line has it; Enter is then the line's link, and
 * Escape goes back to the table. All lines are one stop for Tab: there may be a million.
 * Returns whether the focus has moved to a line.
 */
export function moveAmongRows(event: KeyboardEvent<HTMLElement>): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || !(event.target instanceof HTMLElement)) return false;
  const table = event.target.closest<HTMLElement>('[role="table"]');
  if (!table) return false;
  const row = event.target.closest("[data-seq]");
  if (row && event.key === "Escape") {
    table.focus();
    return false;
  }
  const isDown = event.key === "ArrowDown";
  if (!isDown && event.key !== "ArrowUp") return false;
  const item = itemOf(row);
  const next = item ? linkOf(isDown ? item.nextElementSibling : item.previousElementSibling) : linkInView(table, !isDown);
  event.preventDefault();
  next?.focus();
  return next !== undefined;
}
