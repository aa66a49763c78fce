/** Formatters are made once: making one takes longer than formatting a hundred rows. */
function kept<F>(make: (language: string) => F): (language: string) => F {
  const made = new Map<string, F>();
  return (language) => {
    let one = made.get(language);
    if (one === undefined) {
      one = make(language);
      made.set(language, one);
    }
    return one;
  };
}

const dollarsIn = kept((language) => new Intl.NumberFormat(language, { style: "currency", currency: "USD" }));
const numbersIn = kept((language) => new Intl.NumberFormat(language));
const clocksIn = kept((language) => new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }));
const agesIn = kept((language) => new Intl.RelativeTimeFormat(language, { numeric: "always", style: "short" }));
const nowIn = kept((language) => new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" }));

const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** 1536 → "1.5 KiB" */
export function bytes(value: number): string {
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value >= 100 || unit === 0 ? Math.round(value) : Number(value.toFixed(1))} ${units[unit]}`;
}

/** Micro-USD as dollars: two places, more below a cent so that a cost is never shown as none. */
export function usd(micro: number): string {
  const dollars = micro / 1_000_000;
  if (dollars === 0) return "$0";
  if (Math.abs(dollars) < 0.01) return `$${dollars.toFixed(6).replace(/0+$/, "")}`;
  return dollarsIn("en-US").format(dollars);
}

export function count(value: number, language = "en"): string {
  return numbersIn(language).format(value);
}

/** Milliseconds: "340 µs", "12 ms", "4.2 s", "3 min". */
export function milliseconds(value: number | null): string {
  if (value === null) return "–";
  if (value < 1) return `${Math.round(value * 1000)} µs`;
  if (value < 1000) return `${Number(value.toPrecision(3))} ms`;
  if (value < 60_000) return `${Number((value / 1000).toPrecision(3))} s`;
  return `${Number((value / 60_000).toPrecision(3))} min`;
}

export function percent(share: number | null): string {
  return share === null ? "–" : `${Number((share * 100).toFixed(share > 0.999 && share < 1 ? 2 : 1))} %`;
}

const steps: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];

/** "3 min ago", "in 2 h"; "now" within a second. */
export function ago(instant: string | number, now: number, language = "en"): string {
  const seconds = Math.round((new Date(instant).getTime() - now) / 1000);
  for (const [unit, size] of steps)
    if (Math.abs(seconds) >= size) return agesIn(language).format(Math.trunc(seconds / size), unit);
  return nowIn(language).format(0, "second");
}

/** In the reader's own time zone, to the second: "2026-03-01 12:00:05". */
export function moment(instant: string | number): string {
  const date = new Date(instant);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** The time of day in the reader's own zone, as their language writes it: "14:00". */
export function clock(instant: string | number, language = "en"): string {
  return clocksIn(language).format(new Date(instant));
}

/** "1h 04m", "3m 20s", "12s" */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [days, hours, minutes] = [Math.floor(whole / 86_400), Math.floor((whole % 86_400) / 3_600), Math.floor((whole % 3_600) / 60)];
  const two = (value: number) => String(value).padStart(2, "0");
  if (days > 0) return `${days}d ${two(hours)}h`;
  if (hours > 0) return `${hours}h ${two(minutes)}m`;
  if (minutes > 0) return `${minutes}m ${two(whole % 60)}s`;
  return `${whole}s`;
}

/** "dep_fe4m4rwnwaqq28…" as "dep_fe4m4rwn": what people compare by eye, and what the command line takes. */
export const shortId = (id: string): string => id.slice(0, id.indexOf("_") + 9);
