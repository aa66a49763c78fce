import { expect, test } from "vitest";
import type { CloudEvent } from "@/api/client";
import { countUntil, joined, markOf, nextOf, placeIn, previousOf, ticksOf, type Mark } from "./course";

const second = (n: number) => `2026-03-01T12:00:0${n}.000Z`;
const event = (n: number, kind = "started") => ({ id: `4:${10 * n}`, time: second(n), type: `computehub.deployment.${kind}.v1`, subject: "dep_1" }) as CloudEvent;
const history = [1, 2, 4].map((n) => markOf(event(n), `4:${10 * n}`));

test("A moment at an event is one step from the events beside it", () => {
  const place = placeIn(history, "4:20");
  expect(place).toBe(1);
  expect([previousOf(history, place)?.at, nextOf(history, place)?.at]).toEqual(["4:10", "4:40"]);
});

test("A moment between events is one step from both of them", () => {
  const place = placeIn(history, second(3));
  expect([previousOf(history, place)?.at, nextOf(history, place)?.at]).toEqual(["4:20", "4:40"]);
});

test("There is no step before the first event and none behind the last", () => {
  expect(previousOf(history, placeIn(history, "4:10"))).toBeUndefined();
  expect(nextOf(history, placeIn(history, "4:40"))).toBeUndefined();
  expect(previousOf(history, placeIn(history, second(0)))).toBeUndefined();
  expect(nextOf(history, placeIn(history, second(0)))?.at).toBe("4:10");
  expect(previousOf(history, placeIn(history, second(9)))?.at).toBe("4:40");
});

test("What the server says of the version goes before the times of events", () => {
  expect(placeIn(history, second(2), 1)).toBe(0.5);
  expect(placeIn(history, second(2), 0)).toBe(-0.5);
});

test("Ticks say how many events a place has, and whether one of them is bad", () => {
  const marks: Mark[] = [event(0), event(0), event(5, "failed"), event(9)].map((one) => markOf(one, one.time));
  const [from, to] = [marks[0]?.micros ?? 0, marks[3]?.micros ?? 0];
  expect(ticksOf(marks, from, to, 3)).toEqual([
    { place: 0.5 / 3, count: 2, isBad: false },
    { place: 1.5 / 3, count: 1, isBad: true },
    { place: 2.5 / 3, count: 1, isBad: false },
  ]);
  expect(ticksOf(marks, from, from, 3)).toEqual([]);
});

test("Readings that overlap are joined without a repeat, and in order", () => {
  const [one, two, four] = history;
  if (!one || !two || !four) throw new Error();
  expect(joined([two, four], [one, two]).map(({ at }) => at)).toEqual(["4:10", "4:20", "4:40"]);
  expect(countUntil(history, two.micros)).toBe(2);
  expect(countUntil(history, two.micros - 1)).toBe(1);
});
