import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { moment } from "@/ui/format";
import { themeColour, type Picture } from "@/ui/picture";
import { PictureButton } from "@/ui/picture_button";
import { listenFor, pressed, type Moves } from "./chart_moves";
import type { Range } from "./metric_search";
import classes from "./metrics.module.css";

export interface ChartLine {
  label: string;
  values: (number | null)[];
}

interface ChartProps {
  title: string;
  /** Of what it is, in a picture of it. */
  subject: string;
  times: number[];
  lines: ChartLine[];
  format: (value: number) => string;
  /** Sizes: ticks at powers of two. */
  isSize?: boolean;
  /** Top of the scale at least, such as 100 for percent. */
  max?: number;
  /** What is shown, in seconds since 1970. */
  range: Range;
  onRange: (range: Range) => void;
  onReset: () => void;
}

const colours = ["--accent", "--busy-dot"];
const kHeight = 176;
const kHintId = "charts-hint";

/** How charts are moved: once for all of them. */
export function ChartsHint() {
  const { t } = useTranslation();
  return <p id={kHintId} className={classes.hint}>{t("chartView.hint")}</p>;
}

/** Hours and minutes; seconds where ticks are closer, and the day at midnight. */
function clock(time: number, ticks: readonly number[]): string {
  const date = new Date(time * 1000);
  const two = (value: number) => String(value).padStart(2, "0");
  if (date.getHours() === 0 && date.getMinutes() === 0 && date.getSeconds() === 0) return `${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const isClose = ticks.length > 1 && (ticks[1] ?? 0) - (ticks[0] ?? 0) < 60;
  return `${two(date.getHours())}:${two(date.getMinutes())}${isClose ? `:${two(date.getSeconds())}` : ""}`;
}

const decimal = [1, 2, 5].flatMap((one) => Array.from({ length: 12 }, (_, power) => one * 10 ** (power - 2))).sort((a, b) => a - b);
const binary = Array.from({ length: 44 }, (_, power) => 2 ** power);

/** Samples that no line would show: those with none beside them, and the newest one. */
function dotted(plot: uPlot, series: number): number[] | null {
  const values = plot.data[series] ?? [];
  const newest = values.findLastIndex((value) => value != null);
  const dots = [...values.keys()].filter((at) => values[at] != null && (at === newest || (values[at - 1] == null && values[at + 1] == null)));
  return dots.length > 0 ? dots : null;
}

/** One chart. Cross-hairs of all charts move together; who zooms or moves one moves all. */
export function Chart({ title, subject, times, lines, format, max, isSize, range, onRange, onReset }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const latest = useRef({ title, format, onRange, onReset, range, max });
  latest.current = { title, format, onRange, onReset, range, max };
  const moves = useMemo<Moves>(() => ({ range: () => latest.current.range, onRange: (next) => latest.current.onRange(next), onReset: () => latest.current.onReset() }), []);
  const { t } = useTranslation();
  const timeLabel = t("audit.time");
  const scheme = useComputedColorScheme("light");
  const labels = lines.map((line) => line.label).join("|");

  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    const axis = { stroke: colour("--mantine-color-dimmed"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false }, font: "11px Inter Variable, sans-serif" };
    const made = new uPlot(
      {
        width: element.clientWidth,
        height: kHeight,
        cursor: {
          sync: { key: "metrics" },
          drag: { x: true, y: false, setScale: false },
          points: { size: 6 },
          bind: {
            dblclick: () => () => {
              moves.onReset();
              return null;
            },
          },
        },
        legend: { live: true },
        scales: {
          x: { range: () => latest.current.range },
          y: { range: (_, __, top) => [0, Math.max(latest.current.max ?? 0, (top || 1) * 1.1)] },
        },
        axes: [{ ...axis, space: 70, size: 28, values: (_, ticks) => ticks.map((tick) => clock(tick, ticks)) }, { ...axis, size: 62, incrs: isSize ? binary : decimal, values: (_, ticks) => ticks.map((tick) => latest.current.format(tick)) }],
        series: [
          { label: timeLabel, value: (_, time) => (time === null ? "–" : new Date(time * 1000).toLocaleTimeString(undefined, { hour12: false })) },
          ...labels.split("|").map((label, index) => ({
            label,
            stroke: colour(colours[index] ?? "--calm-dot"),
            width: 1.5,
            spanGaps: false,
            points: { show: false, size: 5, fill: colour(colours[index] ?? "--calm-dot"), filter: dotted },
            value: (_: uPlot, value: number | null) => (value === null ? "–" : latest.current.format(value)),
          })),
        ],
        hooks: {
          setSelect: [
            (self) => {
              if (self.select.width < 4) return;
              moves.onRange([self.posToVal(self.select.left, "x"), self.posToVal(self.select.left + self.select.width, "x")]);
              self.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            },
          ],
        },
      },
      [[], ...labels.split("|").map(() => [])],
      element,
    );
    plot.current = made;
    made.root.querySelector(".u-legend")?.setAttribute("aria-label", latest.current.title);
    listenFor(made, moves);
    const resized = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: kHeight }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      made.destroy();
    };
  }, [labels, scheme, isSize, moves]);

  useEffect(() => {
    plot.current?.setData([times, ...lines.map((line) => line.values)] as uPlot.AlignedData);
  }, [times, lines, range, scheme]);

  const picture = (): Picture | undefined => {
    const canvas = box.current?.querySelector("canvas");
    if (!canvas) return undefined;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    const legend = lines.map(({ label }, index) => ({ label, colour: themeColour(colours[index] ?? "--calm-dot") }));
    return { title: `${subject} – ${title}`, range: `${moment(range[0] * 1000)} – ${moment(range[1] * 1000)}`, legend, width, height, draw: (pen, { left, top }) => pen.drawImage(canvas, left, top, width, height) };
  };
  const last = lines.map((line) => line.values.findLast((value) => value !== null));
  return (
    <figure className={classes.chart} aria-label={title}>
      <figcaption className={classes.caption}>
        <span>{title}</span>
        <span className={`num dim ${classes.last}`}>{last.map((value) => (value === undefined || value === null ? "–" : format(value))).join(" / ")}</span>
        <PictureButton title={title} picture={picture} />
      </figcaption>
      <div
        ref={box}
        className={classes.plot}
        data-points={times.length}
        data-from={range[0]}
        data-to={range[1]}
        role="group"
        aria-label={t("chartView.chart", { title })}
        aria-describedby={kHintId}
        tabIndex={0}
        onKeyDown={(event) => {
          if (!event.ctrlKey && !event.metaKey && !event.altKey && pressed(event.key, moves)) event.preventDefault();
        }}
      />
    </figure>
  );
}
