/** As far back as GET /api/v1/stats/tasks/hour tells. */
export const kHoursKept = 720;
const kHourMicros = 3_600_000_000;

/** The last `count` hours that had ended at a moment, ascending. */
export function hoursBefore<H extends { hour: string }>(hours: readonly H[], micros: number, count = 24): H[] {
  return hours.filter(({ hour }) => Date.parse(hour) * 1000 + kHourMicros <= micros).slice(-count);
}
