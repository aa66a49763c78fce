import { expect, test } from "vitest";
import { addPartial, addRead, type TaskView } from "./api";

type Heard = Pick<TaskView, "partial" | "ahead">;
const none: Heard = { partial: undefined };
const part = (attempt: number, offset: number, text: string) => ({ attempt, offset, text });
const hear = (view: Heard, ...parts: ReturnType<typeof part>[]): Heard => parts.reduce<Heard>(addPartial, view);

test("What a call says is put together, though it comes twice", () => {
  const heard = hear(none, part(1, 0, "Guten "), part(1, 6, "Tag, 世"), part(1, 6, "Tag, 世"), part(1, 14, "界"));
  expect(heard).toEqual({ partial: { attempt: 1, text: "Guten Tag, 世界" } });
});

test("Another attempt begins anew, and the one before it adds nothing more", () => {
  const second = hear({ partial: { attempt: 1, text: "half" }, ahead: part(1, 9, "lost") }, part(2, 0, "new"));
  expect(second).toEqual({ partial: { attempt: 2, text: "new" } });
  expect(hear(second, part(1, 4, "late"))).toEqual(second);
});

test("What begins in the middle is not taken for the beginning, but kept until the task was read", () => {
  const heard = hear(none, part(1, 10, "tail"), part(1, 14, " of it"));
  expect(heard.partial).toBeUndefined();
  const whole = addRead(heard, { attempt: 1, text: "0123456789ta" });
  expect(whole).toEqual({ partial: { attempt: 1, text: "0123456789tail of it" } });
  expect(hear(whole, part(1, 20, "!"))).toEqual({ partial: { attempt: 1, text: "0123456789tail of it!" } });
});

test("What was missed in a cut is filled in by what is read, and the rest of it is there once", () => {
  const heard = hear({ partial: { attempt: 1, text: "Guten " } }, part(1, 9, ", 世"));
  expect([heard.partial?.text, heard.ahead?.offset]).toEqual(["Guten ", 9]);
  expect(addRead(heard, { attempt: 1, text: "Guten Tag, 世界" })).toEqual({ partial: { attempt: 1, text: "Guten Tag, 世界" } });
});

test("What was read too early leaves the part missing, and what was read late undoes nothing", () => {
  const heard = hear(none, part(1, 10, "tail"));
  expect(addRead(heard, { attempt: 1, text: "01234" })).toEqual({ partial: { attempt: 1, text: "01234" }, ahead: part(1, 10, "tail") });
  const newer: Heard = { partial: { attempt: 2, text: "again" } };
  expect(addRead(newer, { attempt: 1, text: "the first one, which was longer" })).toBe(newer);
  expect(addRead({ partial: { attempt: 1, text: "longer" } }, { attempt: 1, text: "long" }).partial?.text).toBe("longer");
});
