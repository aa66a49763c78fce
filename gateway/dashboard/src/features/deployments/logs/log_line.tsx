import { memo } from "react";
import type { LogLine } from "@/api/client";
import { moment } from "@/ui/format";
import { paletteColour, parseAnsi, type AnsiSpan } from "./ansi";
import classes from "./logs.module.css";

const colourOf = (colour: number | string | undefined): string | undefined =>
  colour === undefined ? undefined : typeof colour === "string" ? colour : colour < 16 ? `var(--ansi-${colour})` : paletteColour(colour);

const isPlain = (span: AnsiSpan): boolean => {
  for (const key in span) if (key !== "text") return false;
  return true;
};

function Span({ span, find }: { span: AnsiSpan; find: string }) {
  if (isPlain(span)) return find ? marked(span.text, find) : span.text;
  const [fg, bg] = span.inverse ? [colourOf(span.bg) ?? "var(--log-bg)", colourOf(span.fg) ?? "var(--mantine-color-text)"] : [colourOf(span.fg), colourOf(span.bg)];
  const style = {
    color: fg,
    background: bg,
    fontWeight: span.bold ? 700 : undefined,
    opacity: span.dim ? 0.65 : undefined,
    fontStyle: span.italic ? "italic" : undefined,
    textDecoration: span.underline ? "underline" : undefined,
  };
  return <span style={style}>{find ? marked(span.text, find) : span.text}</span>;
}

function marked(text: string, find: string) {
  const parts = text.split(find);
  return parts.map((part, index) => (
    <span key={index}>
      {part}
      {index < parts.length - 1 && <mark className={classes.hit}>{find}</mark>}
    </span>
  ));
}

/** To the millisecond. On a phone the day is left to its title. */
function Time({ at }: { at: string }) {
  const [day, time] = moment(at).split(" ");
  return (
    <>
      <span className={classes.day}>{day} </span>
      {time}.{at.slice(20, 23)}
    </>
  );
}

interface LineProps {
  seq: number;
  /** Null: lost; undefined: not read yet. */
  line: LogLine | null | undefined;
  withTime: boolean;
  wrap: boolean;
  isMarked: boolean;
  find: string;
  /** What stands for a line that is lost. */
  lost: string;
  href: string;
  onPick: (seq: number) => void;
}

/** One line: its number, which is its link, its time, its text. */
export const LogRow = memo(function LogRow({ seq, line, withTime, wrap, isMarked, find, lost, href, onPick }: LineProps) {
  return (
    <div role="row" className={classes.line} data-seq={seq} data-stream={line?.stream} data-marked={isMarked || undefined} data-wrap={wrap || undefined}>
      <span role="cell" className={classes.number}>
        <a
          href={href}
          tabIndex={-1}
          onClick={(event) => {
            if (event.ctrlKey || event.metaKey || event.shiftKey) return;
            event.preventDefault();
            onPick(seq);
          }}
        >
          {seq}
        </a>
      </span>
      {withTime && (
        <span role="cell" className={classes.time} title={line?.time}>
          {line && <Time at={line.time} />}
        </span>
      )}
      <span role="cell" className={classes.text}>
        {line ? parseAnsi(line.text).map((span, index) => <Span key={index} span={span} find={find} />) : <span className={classes.missing}>{line === null ? lost : "…"}</span>}
      </span>
    </div>
  );
});
