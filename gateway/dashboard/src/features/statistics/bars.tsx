import { useTranslation } from "react-i18next";
import classes from "./statistics.module.css";

export interface Bar {
  label: string;
  title: string;
  parts: { tone: "ok" | "bad" | "calm"; value: number }[];
}

/** The top of the scale: what the highest bar stands for. */
export const mostOf = (bars: readonly Bar[]): number => Math.max(1, ...bars.map((bar) => bar.parts.reduce((sum, part) => sum + part.value, 0)));

/** Bars of equal width; each says on hover what it stands for. The table below has the same in figures. */
export function Bars({ label, bars }: { label: string; bars: Bar[] }) {
  const { i18n } = useTranslation();
  const most = mostOf(bars);
  return (
    <div className={classes.bars} role="img" aria-label={label}>
      <div className={`${classes.most} num`}>{most.toLocaleString(i18n.language)}</div>
      {bars.map((bar) => (
        <div key={bar.title} className={classes.bar} title={bar.title}>
          <div className={classes.stack}>
            {bar.parts.map((part) => part.value > 0 && <div key={part.tone} data-tone={part.tone} style={{ height: `${(100 * part.value) / most}%` }} />)}
          </div>
          <div className={classes.tick}>{bar.label}</div>
        </div>
      ))}
    </div>
  );
}
