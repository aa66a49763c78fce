import { useNow } from "@/live/use_live";
import { usd } from "@/ui/format";
import { costAt, isCharged, type Charged } from "./cost";

const kTickMs = 1_000;

/** What these have cost together by now; goes on by itself while one of them runs. */
export function useCost(rows: readonly Charged[]): number {
  const now = useNow(kTickMs, rows.some(isCharged));
  return rows.reduce((sum, row) => sum + costAt(row, now), 0);
}

export function Cost({ of }: { of: Charged }) {
  const now = useNow(kTickMs, isCharged(of));
  return <span className="num">{usd(costAt(of, now))}</span>;
}
