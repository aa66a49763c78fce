import { expect, test } from "vitest";
import type { ListedTask } from "@/api/client";
import { matchesTask, taskFilterOf } from "./filter";

const task = { id: "tsk_abc", model_id: "mdl_1", model: "Small", type: "translation", priority: 3, status: "pending", labels: { batch: "Night" } } as unknown as ListedTask;

test("A model is found by its id and by its name", () => {
  expect([matchesTask(task, { model: "mdl_1" }), matchesTask(task, { model: "Small" }), matchesTask(task, { model: "small" })]).toEqual([true, true, false]);
});

test("Text is found in the model's name, the id and values of labels", () => {
  for (const text of ["SMALL", "tsk_a", "night"]) expect(matchesTask(task, { text })).toBe(true);
  expect(matchesTask(task, { text: "batch" })).toBe(false);
});

test("Only priorities that there are come from an address", () => {
  expect(taskFilterOf({ priority: 3, status: "running" })).toEqual({ priority: 3, status: "running" });
  expect(taskFilterOf({ priority: 7, type: "poem" })).toEqual({});
});
