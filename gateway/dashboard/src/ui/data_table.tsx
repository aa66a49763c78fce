import { Checkbox } from "@mantine/core";
import { memo, useCallback, useLayoutEffect, useMemo, useRef, useState, type CSSProperties, type KeyboardEvent, type MouseEvent, type ReactNode, type RefObject } from "react";
import { useTranslation } from "react-i18next";
import { TableVirtuoso, type TableComponents, type TableVirtuosoHandle } from "react-virtuoso";
import { isShown, type ColumnChoice } from "./list/columns";
import { useColumnChoice } from "./list/use_columns";
import { useFirstIndex } from "./list/first_index";
import classes from "./data_table.module.css";

export interface Column<R> {
  id: string;
  title: string;
  cell: (row: R) => ReactNode;
  width?: number | string;
  /** Where the table is narrow; absent: the same. */
  narrowWidth?: number | string;
  align?: "right";
  /** Left out where the table is narrow. */
  wide?: boolean;
}

export interface Selection {
  ids: ReadonlySet<string>;
  set: (ids: ReadonlySet<string>) => void;
}

interface DataTableProps<R extends { id: string }> {
  /** Under which the choice of its columns is kept. Absent: there is none. */
  name?: string;
  /** The page's noun. */
  label: string;
  rows: R[];
  columns: Column<R>[];
  nameOf: (row: R) => string;
  onOpen?: (row: R) => void;
  onEnd?: () => void;
  selection?: Selection | undefined;
  /** Keys that the table itself does not take. */
  onKey?: (event: KeyboardEvent, row: R | undefined) => void;
}

interface Context<R> {
  label: string;
  rows: R[];
  columns: Column<R>[];
  minWidth: number | undefined;
  activeId: string | undefined;
  /** The row that is to have the focus once it is drawn. */
  due: RefObject<string | undefined>;
  selected: ReadonlySet<string> | undefined;
  onRowClick: (row: R, event: MouseEvent) => void;
  onRowFocus: (row: R) => void;
}

/** Whether nobody has gone elsewhere meanwhile: who scrolls a focused row away has the focus nowhere. */
const mayTakeFocus = (row: Element | null) => document.activeElement === document.body || Boolean(row?.closest("table")?.parentElement?.parentElement?.contains(document.activeElement));

const isControl = (target: EventTarget) => target instanceof Element && target.closest("a,button,input,label,[role=menuitem]") !== null;

function TableBox<R>({ context, style, children }: { context: Context<R>; style?: CSSProperties; children?: ReactNode }) {
  return (
    <table className={classes.table} style={{ ...style, minWidth: context.minWidth }} aria-label={context.label} aria-rowcount={context.rows.length + 1}>
      {children}
    </table>
  );
}

function RowBox<R extends { id: string }>({ context, item, ...rest }: { context: Context<R>; item: R; "data-index": number; children?: ReactNode; style?: CSSProperties }) {
  const own = useRef<HTMLTableRowElement>(null);
  const { due } = context;
  useLayoutEffect(() => {
    if (due.current !== item.id) return;
    due.current = undefined;
    if (mayTakeFocus(own.current)) own.current?.focus({ preventScroll: true });
  });
  const isActive = context.activeId === item.id || (context.activeId === undefined && rest["data-index"] === 0);
  return (
    <tr {...rest} ref={own} data-id={item.id} data-active={isActive || undefined} data-selected={context.selected?.has(item.id) || undefined} aria-rowindex={rest["data-index"] + 2} tabIndex={isActive ? 0 : -1} onClick={(event) => context.onRowClick(item, event)} onFocus={() => context.onRowFocus(item)} />
  );
}

const kColumnPx = 110;
const kNamePx = 170;

/** Who asks for more columns than fit scrolls sideways rather than see none of them whole. */
function widthOf<R>(columns: Column<R>[], choice: ColumnChoice): number | undefined {
  if (!columns.some((column) => column.wide && choice.on.has(column.id))) return undefined;
  return columns.filter((column) => !column.wide || choice.on.has(column.id)).reduce((sum, { width }, index) => sum + (index === 0 ? kNamePx : typeof width === "number" ? width : kColumnPx), 0);
}

/** Left out where it is narrow, but for those that were asked for. */
const isWide = <R,>(column: Column<R>, choice: ColumnChoice) => (column.wide && !choice.on.has(column.id)) || undefined;

const inPx = (width: number | string | undefined) => (typeof width === "number" ? `${width}px` : width);

/** Both widths; which of them holds, the style sheet knows. */
const widthStyle = <R,>({ width, narrowWidth = width }: Column<R>) => ({ "--width": inPx(width), "--narrow-width": inPx(narrowWidth) }) as CSSProperties;

interface CellsProps<R> {
  row: R;
  columns: Column<R>[];
  choice: ColumnChoice;
  /** Undefined: the table has no selection. */
  isSelected: boolean | undefined;
  nameOf: (row: R) => string;
  onToggle: (id: string) => void;
}

/** Drawn anew when the row itself has changed, and not when another one has: streams change many rows a second. */
const Cells = memo(function Cells({ row, columns, choice, isSelected, nameOf, onToggle }: CellsProps<{ id: string }>) {
  const { t } = useTranslation();
  return (
    <>
      {isSelected !== undefined && (
        <td className={classes.check}>
          <Checkbox size="xs" tabIndex={-1} checked={isSelected} onChange={() => onToggle(row.id)} aria-label={t("table.select", { name: nameOf(row) })} />
        </td>
      )}
      {columns.map((column) => (
        <td key={column.id} data-align={column.align} data-wide={isWide(column, choice)}>
          {column.cell(row)}
        </td>
      ))}
    </>
  );
}) as <R extends { id: string }>(props: CellsProps<R>) => ReactNode;

/**
 * A table of as many rows as there are, of which those in view are drawn. Arrow keys (and j, k) move, Enter opens, the
 * space bar selects, Ctrl+A selects all, Escape none.
 */
export function DataTable<R extends { id: string }>({ name, label, rows, columns: all, nameOf, onOpen, onEnd, selection, onKey }: DataTableProps<R>) {
  const { t } = useTranslation();
  const [activeId, setActiveId] = useState<string>();
  const virtuoso = useRef<TableVirtuosoHandle>(null);
  const box = useRef<HTMLDivElement>(null);
  const due = useRef<string>(undefined);
  const firstIndex = useFirstIndex(rows, box);

  const { choice } = useColumnChoice(name);
  const columns = useMemo(() => all.filter((column) => isShown(all, column, choice, false)), [all, choice]);

  const components = useMemo<TableComponents<R, Context<R>>>(
    () => ({ Table: TableBox as NonNullable<TableComponents<R, Context<R>>["Table"]>, TableRow: RowBox as unknown as NonNullable<TableComponents<R, Context<R>>["TableRow"]> }),
    [],
  );

  // What rows are given stays the same from one drawing to the next.
  const latest = useRef({ selection, nameOf });
  latest.current = { selection, nameOf };
  const nameOfRow = useCallback((row: R) => latest.current.nameOf(row), []);
  const toggle = useCallback((id: string) => {
    const { selection } = latest.current;
    if (!selection) return;
    const next = new Set(selection.ids);
    if (!next.delete(id)) next.add(id);
    selection.set(next);
  }, []);
  const allSelected = selection !== undefined && rows.length > 0 && rows.every((row) => selection.ids.has(row.id));
  const selectAll = () => selection?.set(allSelected ? new Set() : new Set(rows.map((row) => row.id)));

  const context: Context<R> = {
    label,
    rows,
    columns,
    minWidth: widthOf(columns, choice),
    activeId,
    due,
    selected: selection?.ids,
    onRowFocus: (row) => {
      due.current = undefined;
      setActiveId(row.id);
    },
    onRowClick: (row, event) => {
      if (!isControl(event.target) && !window.getSelection()?.toString()) onOpen?.(row);
    },
  };

  function move(to: number) {
    const row = rows[Math.max(0, Math.min(rows.length - 1, to))];
    if (!row) return;
    setActiveId(row.id);
    // It may be far away, and drawn only when it has been scrolled to.
    due.current = row.id;
    virtuoso.current?.scrollIntoView({ index: rows.indexOf(row), behavior: "auto" });
  }

  function onKeyDown(event: KeyboardEvent) {
    const at = Math.max(0, rows.findIndex((row) => row.id === activeId));
    const row = rows[at];
    const moves: Record<string, number> = { ArrowDown: at + 1, j: at + 1, ArrowUp: at - 1, k: at - 1, Home: 0, End: rows.length - 1, PageDown: at + 10, PageUp: at - 10 };
    const to = moves[event.key];
    if (isControl(event.target) && event.key !== "Escape" && to === undefined) return;
    if (to !== undefined && !event.ctrlKey && !event.metaKey) move(to);
    else if (event.key === "Enter" && row) onOpen?.(row);
    else if (event.key === " " && row && selection) toggle(row.id);
    else if (event.key === "a" && (event.ctrlKey || event.metaKey) && selection) selectAll();
    else if (event.key === "Escape" && selection) selection.set(new Set());
    else return onKey?.(event, row);
    event.preventDefault();
  }

  return (
    <div className={classes.box} ref={box} data-table={name} onKeyDown={onKeyDown}>
      <TableVirtuoso<R, Context<R>>
        ref={virtuoso}
        data={rows}
        firstItemIndex={firstIndex}
        context={context}
        components={components}
        computeItemKey={(_, row) => row.id}
        increaseViewportBy={300}
        endReached={() => onEnd?.()}
        fixedHeaderContent={() => (
          <tr className={classes.head}>
            {selection && (
              <th className={classes.check}>
                <Checkbox size="xs" checked={allSelected} indeterminate={!allSelected && selection.ids.size > 0} onChange={selectAll} aria-label={t("table.selectAll")} />
              </th>
            )}
            {columns.map((column) => (
              <th key={column.id} scope="col" style={widthStyle(column)} data-align={column.align} data-wide={isWide(column, choice)}>
                {column.title}
              </th>
            ))}
          </tr>
        )}
        itemContent={(_, row) => <Cells row={row} columns={columns} choice={choice} isSelected={selection?.ids.has(row.id)} nameOf={nameOfRow} onToggle={toggle} />}
      />
    </div>
  );
}
