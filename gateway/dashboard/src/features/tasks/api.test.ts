import { expect, test } from "vitest";
import { addPartial } from "./api";

test("What a call says is put together, though it comes twice", () => {
  let said = addPartial(undefined, { attempt: 1, offset: 0, text: "Guten " });
  said = addPartial(said, { attempt: 1, offset: 6, text: "Tag, 世" });
  said = addPartial(said, { attempt: 1, offset: 6, text: "Tag, 世" });
  said = addPartial(said, { attempt: 1, offset: 14, text: "界" });
  expect(said).toEqual({ attempt: 1, text: "Guten Tag, 世界" });
});

test("Another attempt begins anew, and the one before it adds nothing more", () => {
  const second = addPartial({ attempt: 1, text: "half" }, { attempt: 2, offset: 0, text: "new" });
  expect(second).toEqual({ attempt: 2, text: "new" });
  expect(addPartial(second, { attempt: 1, offset: 4, text: "late" })).toEqual(second);
});

test("What begins in the middle is not taken for the beginning", () => {
  expect(addPartial(undefined, { attempt: 1, offset: 10, text: "tail" })).toBeUndefined();
});
