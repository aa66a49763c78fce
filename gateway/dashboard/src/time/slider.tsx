import { useDebouncedCallback } from "@mantine/hooks";
import { useEffect, useMemo, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { ticksOf, type Mark } from "./course";
import { fineMoment, timeOf } from "./moment";
import classes from "./time.module.css";

interface SliderProps {
  /** All in microseconds. */
  from: number;
  to: number;
  value: number;
  other: number | undefined;
  marks: readonly Mark[];
  /** The event at the moment, for who hears it. */
  here: string | undefined;
  onMove: (at: string) => void;
  onStep: (by: -1 | 1) => void;
  onFirst: () => void;
  onNow: () => void;
}

const kSlots = 240;
const kHeight = 18;
/** While it is dragged not every moment on the way is asked for. */
const kSettleMs = 120;

const heightOf = (count: number) => Math.min(kHeight, 7 + 3 * Math.log2(count));

/** From the first event to now. Arrow keys go from event to event; a tick is where events are, higher where many are. */
export function Slider({ from, to, value, other, marks, here, onMove, onStep, onFirst, onNow }: SliderProps) {
  const { t } = useTranslation();
  // Where it is dragged to, until the address has it.
  const [drag, setDrag] = useState<number>();
  useEffect(() => setDrag(undefined), [value]);
  const settle = useDebouncedCallback((micros: number) => onMove(timeOf(micros)), kSettleMs);
  const ticks = useMemo(() => ticksOf(marks, from, to, kSlots), [marks, from, to]);
  const shown = drag ?? value;
  const keys: Record<string, () => void> = {
    ArrowLeft: () => onStep(-1), ArrowDown: () => onStep(-1), ArrowRight: () => onStep(1), ArrowUp: () => onStep(1), Home: onFirst, End: onNow,
  };
  const onKey = (event: KeyboardEvent) => {
    const act = event.altKey || event.ctrlKey || event.metaKey ? undefined : keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  };
  const placeOf = (micros: number) => (to > from ? Math.max(0, Math.min(1, (micros - from) / (to - from))) * kSlots : kSlots);
  return (
    <div className={classes.slider}>
      <svg className={classes.ticks} viewBox={`0 0 ${kSlots} ${kHeight}`} preserveAspectRatio="none" aria-hidden>
        {ticks.map(({ place, count, isBad }) => (
          <line key={place} x1={place * kSlots} x2={place * kSlots} y1={kHeight - heightOf(count)} y2={kHeight} data-bad={isBad || undefined} />
        ))}
        {other !== undefined && other >= from && other <= to && <line className={classes.other} x1={placeOf(other)} x2={placeOf(other)} y1={0} y2={kHeight} />}
      </svg>
      <input
        type="range"
        className={classes.range}
        aria-label={t("time.slider")}
        aria-valuetext={`${fineMoment(shown)}${here ? `, ${here}` : ""}`}
        min={0}
        max={Math.max(1, Math.round((to - from) / 1000))}
        step={1}
        value={Math.max(0, Math.round((shown - from) / 1000))}
        onKeyDown={onKey}
        onChange={(event) => {
          const micros = Math.min(to, from + Number(event.currentTarget.value) * 1000);
          setDrag(micros);
          settle(micros);
        }}
      />
    </div>
  );
}
