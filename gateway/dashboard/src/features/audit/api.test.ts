import { expect, test } from "vitest";
import type { CloudEvent } from "@/api/client";
import { addEvent, auditOf, csvCell, matchesEvent, matching, type Audit } from "./api";

const event = (id: string, second: number) => ({ id, time: `2026-01-01T00:00:0${second}.000000Z`, type: "computehub.task.submitted.v1", subject: "tsk_1", actor: "user:Ann" }) as unknown as CloudEvent;

const typed = (id: string, second: number, type: string): CloudEvent => ({ ...event(id, second), type });
const idsOf = ({ events }: Audit) => events.map(({ id }) => id);

test("The newest event is on top, and none is there twice", () => {
  const audit = [event("2:1", 3), event("1:2", 2), event("1:0", 0)].reduce((all, one) => addEvent(all, one), auditOf([event("1:2", 2), event("1:1", 1)]));
  expect(idsOf(audit)).toEqual(["2:1", "1:2", "1:1", "1:0"]);
});

test("A type is there for as long as one event of it is", () => {
  const begun = auditOf([typed("1", 1, "b")]);
  const one = addEvent(begun, typed("2", 2, "a"), 2);
  expect(one.types).toEqual(["a", "b"]);
  const two = addEvent(one, typed("3", 3, "a"), 2);
  expect([idsOf(two), two.types]).toEqual([["3", "2"], ["a"]]);
});

test("Types are the same array until one comes or goes", () => {
  const one = addEvent(auditOf([typed("1", 1, "a")]), typed("2", 2, "a"));
  expect(addEvent(one, typed("3", 3, "a")).types).toBe(one.types);
});

test("An event older than all that there is room for is not added, nor counted", () => {
  const full = auditOf([typed("3", 3, "a"), typed("2", 2, "a")]);
  expect(addEvent(full, typed("1", 1, "b"), 2)).toBe(full);
  expect([...full.counts]).toEqual([["a", 2]]);
});

test("Which match is known again when events come, and all do when nothing is asked", () => {
  const match = matching({ text: "tsk_1" });
  const events = [event("1:2", 2)];
  expect(match(events)).toEqual(events);
  expect(match([{ ...event("1:3", 3), subject: "dep_1" } as CloudEvent, ...events])).toEqual(events);
  expect(matching({})(events)).toBe(events);
});

test("A cell that a spreadsheet would calculate is defused, and quotes are doubled", () => {
  expect(csvCell("=1+1")).toBe("'=1+1");
  expect(csvCell('say "hi", you')).toBe('"say ""hi"", you"');
});

test("Text is found in who did what to what", () => {
  expect(["ann", "TASK", "tsk_1", "1:2"].every((text) => matchesEvent(event("1:2", 2), { text }))).toBe(true);
  expect(matchesEvent(event("1:2", 2), { text: "ann", type: "computehub.task.failed.v1" })).toBe(false);
});
