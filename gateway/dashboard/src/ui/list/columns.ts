/** Which columns of a table its reader wants: `on` also where it is narrow, `off` nowhere, the others as the table has them. */
export interface ColumnChoice {
  on: ReadonlySet<string>;
  off: ReadonlySet<string>;
}

/** The part of a column that decides whether it is shown. */
interface Known {
  id: string;
  title: string;
  wide?: boolean | undefined;
}

/** Below this width of the table, in px, columns that are `wide` are left out; data_table.module.css has the same. */
export const kNarrowPx = 700;

/** "restarts,-cost": as it stands in an address, and is kept. What is no name of a column is left out. */
export function choiceOf(text: string | undefined): ColumnChoice {
  const [on, off] = [new Set<string>(), new Set<string>()];
  for (const part of (text ?? "").split(",")) {
    const match = /^(-?)([a-z][\w]*)$/i.exec(part.trim());
    if (match?.[2]) (match[1] ? off : on).add(match[2]);
  }
  return { on, off };
}

export const textOfChoice = ({ on, off }: ColumnChoice): string => [...[...on].sort(), ...[...off].sort().map((id) => `-${id}`)].join(",");

/** The first column names the row, and one without a title holds its actions: those always stay. */
export const mayHide = (columns: readonly Known[], column: Known): boolean => column !== columns[0] && column.title !== "";

export function isShown(columns: readonly Known[], column: Known, choice: ColumnChoice, isNarrow: boolean): boolean {
  if (!mayHide(columns, column)) return true;
  if (choice.off.has(column.id)) return false;
  return choice.on.has(column.id) || !(column.wide && isNarrow);
}

/** The choice with one column the other way round. What the table does by itself is not kept as a choice. */
export function toggled(columns: readonly Known[], column: Known, choice: ColumnChoice, isNarrow: boolean): ColumnChoice {
  const [on, off] = [new Set(choice.on), new Set(choice.off)];
  const wasShown = isShown(columns, column, choice, isNarrow);
  on.delete(column.id);
  off.delete(column.id);
  const isShownByItself = isShown(columns, column, { on, off }, isNarrow);
  if (wasShown && isShownByItself) off.add(column.id);
  if (!wasShown && !isShownByItself) on.add(column.id);
  return { on, off };
}
