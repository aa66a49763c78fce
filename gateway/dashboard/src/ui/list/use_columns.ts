import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo, useSyncExternalStore } from "react";
import { choiceOf, textOfChoice, type ColumnChoice } from "./columns";

const keyOf = (table: string) => `computehub.columns.${table}`;
const listeners = new Set<() => void>();

function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/**
 * The columns that are wanted of a table. An address that names some (`?columns=`) goes before what this browser keeps, until
 * its reader chooses others.
 */
export function useColumnChoice(table: string | undefined): { choice: ColumnChoice; set: (choice: ColumnChoice) => void } {
  const navigate = useNavigate();
  const given = useSearch({ strict: false, select: (search) => search.columns });
  const kept = useSyncExternalStore(listen, () => (table === undefined ? null : localStorage.getItem(keyOf(table))));
  const text = table === undefined ? "" : (given ?? kept ?? "");
  const set = useCallback(
    (choice: ColumnChoice) => {
      if (table === undefined) return;
      const next = textOfChoice(choice);
      if (next === "") localStorage.removeItem(keyOf(table));
      else localStorage.setItem(keyOf(table), next);
      for (const listener of listeners) listener();
      if (given !== undefined) void navigate({ to: ".", search: ({ columns: _, ...rest }) => rest, replace: true });
    },
    [table, given, navigate],
  );
  return useMemo(() => ({ choice: choiceOf(text), set }), [text, set]);
}
