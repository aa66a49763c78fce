/** A row of a list: an entity at one version of it. */
export interface Row {
  id: string;
  version?: number;
  created_at?: string;
}

/** Part of a list, newest first: all that match from the newest down to the last that was read. */
export interface RowList<R extends Row> {
  rows: R[];
  /** Of all that match; undefined when it is not counted. */
  total: number | undefined;
  totalAtLeast: number | undefined;
  /** The next page; null when all are here. */
  nextCursor: string | null;
  /** A change of a row that is not here may have changed the total: ask for it again. */
  isTotalOld: boolean;
  /** Rows that have come by changes since the list was read. */
  added: number;
  /** Versions of rows that have gone, so that a page read earlier does not bring them back. Shared, not copied. */
  gone: Map<string, number>;
}

export interface Page<R extends Row> {
  items: R[];
  total?: number | null;
  total_at_least?: number;
  next_cursor?: string | null;
}

export interface RowChange<R extends Row> {
  op: "put" | "delete";
  item: R;
}

const kGoneMax = 5_000;
const kRowsMax = 5_000;
const kAddedMax = 2_000;

const versionOf = (row: Row) => row.version ?? 0;

/** Newest first; of one moment by id, as the server has them. */
export function compareRows(a: Row, b: Row): number {
  const [left, right] = [a.created_at ?? "", b.created_at ?? ""];
  if (left !== right) return left < right ? 1 : -1;
  return a.id < b.id ? 1 : a.id > b.id ? -1 : 0;
}

export function firstPage<R extends Row>(page: Page<R>): RowList<R> {
  return {
    rows: [...page.items].sort(compareRows),
    total: page.total ?? undefined,
    totalAtLeast: page.total_at_least,
    nextCursor: page.next_cursor ?? null,
    isTotalOld: false,
    added: 0,
    gone: new Map(),
  };
}

/** Adds the page behind what is there. A row that a frame has changed since the page was read stays as the frame has it. */
export function addPage<R extends Row>(list: RowList<R>, page: Page<R>, matches: (row: R) => boolean): RowList<R> {
  const known = new Map(list.rows.map((row) => [row.id, row]));
  for (const row of page.items) {
    const old = known.get(row.id);
    const gone = list.gone.get(row.id);
    if (gone !== undefined && gone >= versionOf(row)) continue;
    if ((!old || versionOf(old) < versionOf(row)) && matches(row)) known.set(row.id, row);
  }
  return { ...list, rows: [...known.values()].sort(compareRows), nextCursor: page.next_cursor ?? null };
}

/** Folds one change into the list; the same list when it does not concern it. */
export function applyChange<R extends Row>(list: RowList<R>, change: RowChange<R>, matches: (row: R) => boolean): RowList<R> {
  const { item } = change;
  const at = list.rows.findIndex((row) => row.id === item.id);
  const old = at < 0 ? undefined : list.rows[at];
  if (old && versionOf(old) > versionOf(item)) return list;
  const isWhole = list.nextCursor === null;
  if (change.op === "delete" || !matches(item)) {
    if (!isWhole) remember(list.gone, item);
    if (!old) return isWhole || list.isTotalOld ? list : { ...list, isTotalOld: true };
    return { ...list, rows: list.rows.filter((row) => row !== old), total: changed(list.total, -1) };
  }
  if (old) {
    const rows = [...list.rows];
    rows[at] = item;
    return { ...list, rows };
  }
  const last = list.rows.at(-1);
  const isBeyond = !isWhole && last !== undefined && compareRows(last, item) < 0;
  if (isBeyond) return list.isTotalOld ? list : { ...list, isTotalOld: true };
  const place = list.rows.findIndex((row) => compareRows(item, row) < 0);
  const rows = [...list.rows];
  rows.splice(place < 0 ? rows.length : place, 0, item);
  return { ...list, rows, added: list.added + 1, total: changed(list.total, 1) };
}

/**
 * Whether changes have made the list so long that it should be read anew, from its newest rows on: a page that is open
 * all day sees more rows than it can hold. What somebody has scrolled through alone does not count.
 */
export const isOvergrown = (list: RowList<Row>): boolean => list.rows.length > kRowsMax && list.added > kAddedMax;

function changed(total: number | undefined, by: number): number | undefined {
  return total === undefined ? undefined : Math.max(0, total + by);
}

function remember(gone: Map<string, number>, row: Row): void {
  gone.delete(row.id);
  gone.set(row.id, versionOf(row));
  if (gone.size <= kGoneMax) return;
  for (const oldest of gone.keys()) return void gone.delete(oldest);
}

/** The row as the newest of these lists has it. */
export function rowIn<R extends Row>(lists: readonly { state: unknown; asOf: number }[], id: string): { state: R; asOf: number } | undefined {
  for (const { state, asOf } of lists) {
    const row = (state as RowList<R>).rows.find((one) => one.id === id);
    if (row) return { state: row, asOf };
  }
  return undefined;
}
