import { expect, test } from "vitest";
import { folderOf, imageType, isName, join, textOf, trail } from "./path";

test("A trail leads from the workspace down to the folder", () => {
  expect(trail("a/b c/d")).toEqual([{ name: "a", path: "a" }, { name: "b c", path: "a/b c" }, { name: "d", path: "a/b c/d" }]);
  expect(trail("")).toEqual([]);
  expect([join("", "x"), join("a", "x"), folderOf("a/x"), folderOf("x")]).toEqual(["x", "a/x", "a", ""]);
});

test("No name leads elsewhere", () => {
  expect(["..", ".", "", "a/b", "a\0b"].map(isName)).toEqual([false, false, false, false, false]);
  expect(["...", "a b", ".hidden"].map(isName)).toEqual([true, true, true]);
});

test("A drawing that can hold script is not shown as an image", () => {
  expect([imageType("x.PNG"), imageType("x.svg")]).toEqual(["image/png", undefined]);
});

test("Bytes that are no text are not taken for any", () => {
  expect(textOf(new TextEncoder().encode("Größe 世界"))).toBe("Größe 世界");
  expect(textOf(new Uint8Array([0xff, 0xfe, 0x41]))).toBeUndefined();
  expect(textOf(new Uint8Array([0x41, 0, 0x42]))).toBeUndefined();
});
