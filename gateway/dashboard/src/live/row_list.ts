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
  /** Changes of rows that are not here, each of which may have changed the total: ask for it again unless 0. */
  doubts: number;
  /** Changes that may have changed the total, since the list was read. */
  changes: number;
  /** Rows that have come by changes since the list was read. */
  added: number;
  /** Versions of rows that have gone, so that a page read earlier does not bring them back. Shared, not copied. */
  gone: Map<string, number>;
  /** Rows behind the end as changes have them, for the page that is read meanwhile and has them older. Shared, not copied. */
  ahead: Map<string, R>;
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
const kAheadMax = 5_000;
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
    doubts: 0,
    changes: 0,
    added: 0,
    gone: new Map(),
    ahead: new Map(),
  };
}

/** Adds the page behind what is there. A row that a frame has changed since the page was read stays as the frame has it. */
export function addPage<R extends Row>(list: RowList<R>, page: Page<R>, matches: (row: R) => boolean): RowList<R> {
  const known = new Map(list.rows.map((row) => [row.id, row]));
  const nextCursor = page.next_cursor ?? null;
  for (const row of [...page.items, ...reached(list, page)]) {
    const old = known.get(row.id);
    const gone = list.gone.get(row.id);
    if (gone !== undefined && gone >= versionOf(row)) continue;
    if ((!old || versionOf(old) < versionOf(row)) && matches(row)) known.set(row.id, row);
  }
  return { ...list, rows: [...known.values()].sort(compareRows), nextCursor };
}

/** Takes the rows that changes have told of out of `ahead`, as far down as the page goes. */
function reached<R extends Row>(list: RowList<R>, page: Page<R>): R[] {
  const end = [...page.items].sort(compareRows).at(-1);
  const isWhole = (page.next_cursor ?? null) === null;
  const rows = [...list.ahead.values()].filter((row) => isWhole || (end !== undefined && compareRows(row, end) <= 0));
  for (const row of rows) list.ahead.delete(row.id);
  return rows;
}

/** Folds one change into the list; the same list when it does not concern it. */
export function applyChange<R extends Row>(list: RowList<R>, change: RowChange<R>, matches: (row: R) => boolean): RowList<R> {
  const { item } = change;
  const at = list.rows.findIndex((row) => row.id === item.id);
  const old = at < 0 ? undefined : list.rows[at];
  if (old && versionOf(old) > versionOf(item)) return list;
  const isWhole = list.nextCursor === null;
  const changes = list.changes + 1;
  if (change.op === "delete" || !matches(item)) {
    list.ahead.delete(item.id);
    if (!isWhole) remember(list.gone, item, versionOf(item), kGoneMax);
    if (!old) return isWhole ? list : { ...list, changes, doubts: list.doubts + 1 };
    return { ...list, changes, rows: list.rows.filter((row) => row !== old), total: changed(list.total, -1) };
  }
  if (old) {
    const rows = [...list.rows];
    rows[at] = item;
    return { ...list, rows };
  }
  const last = list.rows.at(-1);
  const isBeyond = !isWhole && last !== undefined && compareRows(last, item) < 0;
  if (isBeyond) {
    remember(list.ahead, item, item, kAheadMax);
    return { ...list, changes, doubts: list.doubts + 1 };
  }
  const place = list.rows.findIndex((row) => compareRows(item, row) < 0);
  const rows = [...list.rows];
  rows.splice(place < 0 ? rows.length : place, 0, item);
  return { ...list, changes, rows, added: list.added + 1, total: changed(list.total, 1) };
}

/** The total as it was counted when the list was `asked`. What has changed since then leaves it in doubt. */
export function counted<R extends Row>(list: RowList<R>, asked: RowList<R>, page: Page<R>): RowList<R> {
  if (list.gone !== asked.gone) return list;
  return { ...list, total: page.total ?? undefined, totalAtLeast: page.total_at_least, doubts: list.changes - asked.changes };
}

/**
 * Whether changes have made the list so long that it should be read anew, from its newest rows on: a page that is open
 * all day sees more rows than it can hold. What somebody has scrolled through alone does not count.
 */
export const isOvergrown = (list: RowList<Row>): boolean => list.rows.length > kRowsMax && list.added > kAddedMax;

function changed(total: number | undefined, by: number): number | undefined {
  return total === undefined ? undefined : Math.max(0, total + by);
}

function remember<V>(map: Map<string, V>, row: Row, value: V, most: number): void {
  map.delete(row.id);
  map.set(row.id, value);
  if (map.size <= most) return;
  for (const oldest of map.keys()) return void map.delete(oldest);
}

/** The row as the newest of these lists has it. */
export function rowIn<R extends Row>(lists: readonly { state: unknown; asOf: number }[], id: string): { state: R; asOf: number } | undefined {
  for (const { state, asOf } of lists) {
    const row = (state as RowList<R>).rows.find((one) => one.id === id);
    if (row) return { state: row, asOf };
  }
  return undefined;
}
