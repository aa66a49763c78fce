import { expect, test } from "vitest";
import type { CloudEvent } from "@/api/client";
import { addEvents, csvCell, matchesEvent } from "./api";

const event = (id: string, second: number) => ({ id, time: `2026-01-01T00:00:0${second}.000000Z`, type: "computehub.task.submitted.v1", subject: "tsk_1", actor: "user:Ann" }) as unknown as CloudEvent;

test("The newest event is on top, and none is there twice", () => {
  const events = addEvents([event("1:2", 2), event("1:1", 1)], [event("2:1", 3), event("1:2", 2)]);
  expect(events.map(({ id }) => id)).toEqual(["2:1", "1:2", "1:1"]);
});

test("A cell that a spreadsheet would calculate is defused, and quotes are doubled", () => {
  expect(csvCell("=1+1")).toBe("'=1+1");
  expect(csvCell('say "hi", you')).toBe('"say ""hi"", you"');
});

test("Text is found in who did what to what", () => {
  expect(["ann", "TASK", "tsk_1", "1:2"].every((text) => matchesEvent(event("1:2", 2), { text }))).toBe(true);
  expect(matchesEvent(event("1:2", 2), { text: "ann", type: "computehub.task.failed.v1" })).toBe(false);
});
