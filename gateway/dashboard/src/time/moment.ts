/** What the address of a page says of the past: which moment is shown, and with which other one it is compared. */
export interface MomentSearch {
  /** RFC 3339, or of one entity "partition:seq": right behind that event. Absent: now. */
  at?: string;
  /** The other moment, of which only differences are shown. Only with `at`. */
  than?: string;
}

const kTime = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.(\d{1,9}))?(?:[Zz]|[+-]\d\d:\d\d)$/;
/** Clocks of browsers differ from that of the server; what is further ahead is no past. */
const kAheadMaxMs = 60_000;
/** An answer as of a moment this old stays what it is: nothing is recorded for it any more. */
const kSettledAfterMs = 10_000;

export const isPosition = (at: string): boolean => /^\d{1,10}:\d{1,19}$/.test(at);

/** Microseconds since 1970, as exact as the text; undefined when it is no RFC 3339. */
export function microsOf(time: string): number | undefined {
  const found = kTime.exec(time);
  if (!found) return undefined;
  const whole = Date.parse(time.replace(/\.\d+/, ""));
  if (Number.isNaN(whole)) return undefined;
  return whole * 1000 + Number((found[1] ?? "").padEnd(6, "0").slice(0, 6));
}

/** In UTC; six decimals, or three where the rest is none. */
export function timeOf(micros: number): string {
  const ms = Math.floor(micros / 1000);
  const rest = micros - ms * 1000;
  return rest === 0 ? new Date(ms).toISOString() : new Date(ms).toISOString().replace("Z", `${String(rest).padStart(3, "0")}Z`);
}

const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);

/** Reads the moments from an address. What is no moment, or none that has been, is left out: then the page is of now. */
export function momentOf(search: Record<string, unknown>, now = Date.now()): MomentSearch {
  const known = (given: unknown) => {
    const at = text(given);
    if (at === undefined || isPosition(at)) return at;
    const micros = microsOf(at);
    return micros !== undefined && micros > 0 && micros / 1000 <= now + kAheadMaxMs ? at : undefined;
  };
  const [at, than] = [known(search.at), known(search.than)];
  return at === undefined ? {} : than === undefined ? { at } : { at, than };
}

/** For pages of many entities, which have no position of their own. */
export function timeMomentOf(search: Record<string, unknown>, now = Date.now()): MomentSearch {
  const isTime = (at: unknown) => typeof at === "string" && !isPosition(at);
  return momentOf({ at: isTime(search.at) ? search.at : undefined, than: isTime(search.than) ? search.than : undefined }, now);
}

export const isSettled = (at: string, now = Date.now()): boolean => isPosition(at) || (microsOf(at) ?? Infinity) / 1000 < now - kSettledAfterMs;

const two = (value: number) => String(value).padStart(2, "0");

/** What a field of the type datetime-local holds: local time, to the second. */
export function fieldOf(micros: number): string {
  const date = new Date(Math.floor(micros / 1000));
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** The moment that somebody wrote into such a field; undefined when it is none. */
export function fromField(value: string): string | undefined {
  const ms = value === "" ? NaN : new Date(value).getTime();
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}

/** "2026-03-01 12:00:05.250" in the reader's zone; the milliseconds tell events of one second apart. */
export function fineMoment(micros: number): string {
  const ms = Math.floor(micros / 1000);
  return `${fieldOf(micros).replace("T", " ")}.${String(ms - Math.floor(ms / 1000) * 1000).padStart(3, "0")}`;
}

/** The reader's zone at that moment: "GMT+8". */
export function zoneOf(micros: number): string {
  const parts = new Intl.DateTimeFormat("en", { timeZoneName: "shortOffset" }).formatToParts(Math.floor(micros / 1000));
  return parts.find((part) => part.type === "timeZoneName")?.value ?? "UTC";
}
