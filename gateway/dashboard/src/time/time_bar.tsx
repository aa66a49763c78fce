import { ActionIcon, Button, Select, TextInput } from "@mantine/core";
import { IconArrowsDiff, IconArrowsExchange, IconChevronLeft, IconChevronRight, IconHistory, IconPlayerSkipForward, IconX } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNow } from "@/live/use_live";
import { shortId } from "@/ui/format";
import { Ago } from "@/ui/time";
import { tell } from "@/ui/toasts";
import type { Course } from "./course";
import { fieldOf, fineMoment, fromField, timeOf, zoneOf } from "./moment";
import { isInside, spanNames, windowAround, type SpanName } from "./scale";
import { Slider } from "./slider";
import { useTravel } from "./use_travel";
import classes from "./time.module.css";

interface TimeBarProps {
  /** The moment that is shown, in microseconds; undefined until it is known. */
  micros: number | undefined;
  /** The moment that it is compared with. */
  than: number | undefined;
  course: Course;
  isBusy: boolean;
}

function TimeField({ micros, label, onTime }: { micros: number | undefined; label: string; onTime: (at: string) => void }) {
  const known = micros === undefined ? "" : fieldOf(micros);
  const [typed, setTyped] = useState<string>();
  const commit = () => {
    const at = typed === undefined || typed === known ? undefined : fromField(typed);
    setTyped(undefined);
    if (at !== undefined && Date.parse(at) <= Date.now()) onTime(at);
  };
  return (
    <TextInput className={classes.field} size="xs" type="datetime-local" step={1} aria-label={label} title={label} value={typed ?? known} max={fieldOf(Date.now() * 1000)} onChange={(event) => setTyped(event.currentTarget.value)} onBlur={commit} onKeyDown={(event) => event.key === "Enter" && commit()} />
  );
}

/** What the slider shows of all time. It stays until the moment comes to its end. */
function useScale(begin: number, now: number, micros: number) {
  const [name, setName] = useState<SpanName>("all");
  const [middle, setMiddle] = useState(micros);
  const kept = windowAround(name, middle, begin, now);
  const isKept = isInside(micros, kept, begin, now);
  useEffect(() => {
    if (!isKept) setMiddle(micros);
  }, [isKept, micros]);
  const choose = (next: SpanName) => {
    setName(next);
    setMiddle(micros);
  };
  return { name, choose, window: isKept ? kept : windowAround(name, micros, begin, now) };
}

const isWriting = (target: EventTarget | null) => target instanceof HTMLElement && (target.isContentEditable || (target.matches("input, textarea, select") && !target.matches("[type=range], [type=checkbox]")));

/** A band across a page of the past: which moment is shown, and the ways to others. */
export function TimeBar({ micros, than, course, isBusy }: TimeBarProps) {
  const { t } = useTranslation();
  const { go, compare, swap } = useTravel();
  const now = useNow(10_000) * 1000;
  const zone = micros === undefined ? "" : zoneOf(micros);
  const here = course.here;
  const scale = useScale(Math.min(course.begin ?? now, micros ?? now), Math.max(now, micros ?? 0), micros ?? now);
  const event = here && (here.n === undefined ? t("time.behind", { type: here.type, id: shortId(here.subject) }) : t("time.event", { n: here.n, of: here.of ?? 0, type: here.type }));

  const stepping = useRef(false);
  // Who goes elsewhere while a step is on its way is not taken back by it.
  const turn = useRef(0);
  useEffect(() => () => void (turn.current += 1), [micros]);
  const step = (by: -1 | 1) => {
    if (stepping.current) return;
    stepping.current = true;
    const begun = turn.current;
    (by < 0 ? course.previous() : course.next())
      // Behind the last event is now.
      .then((at) => turn.current === begun && (at !== undefined || by > 0) && go(at))
      .catch((error: unknown) => tell("failure", t("time.stepFailed"), error instanceof Error ? error.message : undefined))
      .finally(() => (stepping.current = false));
  };
  const latest = useRef(step);
  latest.current = step;
  useEffect(() => {
    const onKey = (pressed: globalThis.KeyboardEvent) => {
      const by = pressed.key === "[" ? -1 : pressed.key === "]" ? 1 : undefined;
      if (by === undefined || pressed.ctrlKey || pressed.metaKey || isWriting(pressed.target)) return;
      latest.current(by);
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);

  const stepButton = (by: -1 | 1) => {
    const Icon = by < 0 ? IconChevronLeft : IconChevronRight;
    const label = t(by < 0 ? "time.previous" : "time.next");
    return (
      <ActionIcon variant="default" size="md" aria-label={label} aria-keyshortcuts={by < 0 ? "[" : "]"} title={`${label} (${by < 0 ? "[" : "]"})`} disabled={by < 0 && !course.hasPrevious} onClick={() => step(by)}>
        <Icon size={16} />
      </ActionIcon>
    );
  };

  return (
    <section className={classes.band} aria-label={t("time.band")} aria-busy={isBusy}>
      <div className={classes.says}>
        <IconHistory size={18} stroke={1.8} aria-hidden />
        <div>
          <strong role="status" className="num">{micros === undefined ? t("time.finding") : t("time.shown", { time: fineMoment(micros), zone })}</strong>{" "}
          <span className={classes.quiet}>{micros !== undefined && <Ago at={micros / 1000} />}{event && ` · ${event}`}</span>
        </div>
      </div>
      <div className={classes.tools}>
        <TimeField micros={micros} label={t("time.field", { zone })} onTime={go} />
        {than === undefined && (
          <Button size="xs" variant="default" leftSection={<IconArrowsDiff size={14} />} title={t("time.compareHint")} onClick={() => compare(new Date().toISOString())}>
            {t("time.compare")}
          </Button>
        )}
        <Button size="xs" leftSection={<IconPlayerSkipForward size={14} />} onClick={() => go(undefined)}>
          {t("time.now")}
        </Button>
      </div>
      <div className={classes.way}>
        {stepButton(-1)}
        <Slider
          from={scale.window[0]}
          to={scale.window[1]}
          value={micros ?? now}
          other={than}
          marks={course.marks}
          here={event}
          onMove={go}
          onStep={step}
          onFirst={() => course.begin !== undefined && go(course.marks[0]?.micros === course.begin ? course.marks[0].at : timeOf(course.begin))}
          onNow={() => go(undefined)}
        />
        {stepButton(1)}
        <Select className={classes.scale} size="xs" aria-label={t("time.scale")} title={t("time.scale")} allowDeselect={false} value={scale.name} data={spanNames.map((name) => ({ value: name, label: name === "all" ? t("time.whole") : name }))} onChange={(next) => scale.choose(spanNames.find((name) => name === next) ?? "all")} />
      </div>
      {than !== undefined && (
        <div className={classes.than}>
          <span>{t("time.than", { time: fineMoment(than), zone: zoneOf(than) })}</span>
          <TimeField micros={than} label={t("time.thanField", { zone: zoneOf(than) })} onTime={compare} />
          <Button size="compact-xs" variant="default" leftSection={<IconArrowsExchange size={13} />} title={t("time.swapHint")} onClick={swap}>{t("time.swap")}</Button>
          <Button size="compact-xs" variant="default" leftSection={<IconX size={13} />} onClick={() => compare(undefined)}>{t("time.endCompare")}</Button>
        </div>
      )}
    </section>
  );
}
