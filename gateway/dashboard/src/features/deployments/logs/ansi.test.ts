import { expect, test } from "vitest";
import { paletteColour, parseAnsi, plainText } from "./ansi";

test("Colours and weight hold until they are reset", () => {
  expect(parseAnsi("a\x1b[1;31mred\x1b[0m b")).toEqual([{ text: "a" }, { text: "red", bold: true, fg: 1 }, { text: " b" }]);
});

test("Bright, palette and true colours are told apart", () => {
  expect(parseAnsi("\x1b[92mx\x1b[38;5;208my\x1b[48;2;1;2;255mz")).toEqual([
    { text: "x", fg: 10 },
    { text: "y", fg: 208 },
    { text: "z", fg: 208, bg: "#0102ff" },
  ]);
  expect([paletteColour(208), paletteColour(232), paletteColour(16)]).toEqual(["rgb(255 135 0)", "rgb(8 8 8)", "rgb(0 0 0)"]);
});

test("Sequences that move a cursor or name a window are taken out", () => {
  expect(plainText("\x1b[2K\x1b]0;title\x07done\x1b[1A")).toBe("done");
});

test("A progress bar that rewrites its line shows its last state", () => {
  expect(plainText("10%\r50%\r100%\r")).toBe("100%");
});

test("A carriage return acts over changes of colour", () => {
  expect(parseAnsi("\x1b[32m10%\x1b[0m\r20%")).toEqual([{ text: "20%" }]);
  expect(parseAnsi("10%\r\x1b[32m20%\x1b[0m done\r")).toEqual([{ text: "20%", fg: 2 }, { text: " done" }]);
});

test("Colours with colons are read with and without a colour space, and a kind of underline is no other code", () => {
  expect(parseAnsi("\x1b[38:2::1:2:255mx\x1b[48:2:1:2:255my\x1b[0;38:5:208;1mz")).toEqual([
    { text: "x", fg: "#0102ff" },
    { text: "y", fg: "#0102ff", bg: "#0102ff" },
    { text: "z", fg: 208, bold: true },
  ]);
  expect(parseAnsi("\x1b[4:3ma\x1b[4:0mb")).toEqual([{ text: "a", underline: true }, { text: "b" }]);
});

test("Markup in a line stays text", () => {
  expect(plainText("<b>x</b> & y")).toBe("<b>x</b> & y");
});
