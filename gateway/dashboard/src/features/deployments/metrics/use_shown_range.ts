import { useDebouncedCallback } from "@mantine/hooks";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { kRangeDefault, metricSearchOf, searchOf, zoomOf, type Range, type RangeName } from "./metric_search";

const kRestMs = 250;
const keyOf = (rangeName: RangeName, zoom: Range | undefined) => JSON.stringify(searchOf(rangeName, zoom));

/** Which time charts show: a preset up to now, or `zoom`. The address says the same as soon as it rests. */
export function useShownRange(id: string) {
  const navigate = useNavigate();
  const search = metricSearchOf(useSearch({ strict: false }));
  const [rangeName, zoom] = [search.range ?? kRangeDefault, zoomOf(search)];
  const [shown, setShown] = useState({ rangeName, zoom });
  const said = useRef(keyOf(rangeName, zoom));
  const say = useDebouncedCallback((name: RangeName, range: Range | undefined) => {
    said.current = keyOf(name, range);
    void navigate({ to: "/deployments/$id/$tab", params: { id, tab: "metrics" }, search: searchOf(name, range), replace: true });
  }, kRestMs);

  // The address says something else than was chosen here: somebody followed a link, or went back.
  const key = keyOf(rangeName, zoom);
  useEffect(() => {
    if (key === said.current) return;
    said.current = key;
    setShown({ rangeName, zoom });
    // The key is all that the address says.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key]);

  const show = (name: RangeName, range?: Range) => {
    setShown({ rangeName: name, zoom: range });
    say(name, range);
  };
  /** `rested` is what the address says: what is read belongs to it, and not to each move on the way. */
  return { ...shown, rested: zoom, show };
}
