/** A list as somebody wants to see it again: an address of this page, with its filter and columns. */
export interface View {
  name: string;
  address: string;
}

export const kViewsMax = 50;
export const kNameMax = 60;

const keyOf = (owner: string) => `computehub.views.${owner}`;

/** Only an address of our own, and not one of another host ("//host"). */
const isOurs = (address: string) => /^\/(?![/\\])/.test(address);

/** Reads what was kept; what is no view is left out. */
export function viewsOf(text: string | null): View[] {
  let given: unknown;
  try {
    given = JSON.parse(text ?? "[]");
  } catch {
    return [];
  }
  if (!Array.isArray(given)) return [];
  return given
    .filter((view: Partial<View> | null): view is View => typeof view?.name === "string" && view.name !== "" && typeof view.address === "string" && isOurs(view.address))
    .map(({ name, address }) => ({ name, address }))
    .slice(0, kViewsMax);
}

export const byName = (a: View, b: View): number => a.name.localeCompare(b.name);

/** With the view in it; one of the same name is replaced. */
export const withView = (views: readonly View[], view: View): View[] => [...views.filter(({ name }) => name !== view.name), view].sort(byName).slice(0, kViewsMax);

/** Renamed; undefined when there is another of that name, or none is given. */
export function renamed(views: readonly View[], from: string, to: string): View[] | undefined {
  const name = to.trim().slice(0, kNameMax);
  if (name === from) return [...views];
  if (name === "" || views.some((view) => view.name === name)) return undefined;
  return views.map((view) => (view.name === from ? { ...view, name } : view)).sort(byName);
}

export const pathOf = (address: string): string => address.split("?", 1)[0] ?? "";

const listeners = new Set<() => void>();
const tell = () => listeners.forEach((listener) => listener());

export function listenToViews(listener: () => void): () => void {
  // Another tab may change them.
  if (listeners.size === 0) window.addEventListener("storage", tell);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) window.removeEventListener("storage", tell);
  };
}

export const keptViews = (owner: string): string | null => localStorage.getItem(keyOf(owner));

export function keepViews(owner: string, views: readonly View[]): void {
  if (views.length === 0) localStorage.removeItem(keyOf(owner));
  else localStorage.setItem(keyOf(owner), JSON.stringify(views));
  tell();
}
