import { expect, test } from "vitest";
import { bytesOf, hexDump, isPlain } from "./hex";

test("Bytes are shown sixteen a line, with what of them is text", () => {
  const bytes = bytesOf(btoa('\x00\xff{"a": "some text"}'));
  expect(hexDump(bytes)).toBe(
    '00000000  00 ff 7b 22 61 22 3a 20 22 73 6f 6d 65 20 74 65  |..{"a": "some te|\n' + '00000010  78 74 22 7d                                      |xt"}|',
  );
});

test("Nothing is shown as nothing", () => {
  expect(hexDump(bytesOf(""))).toBe("");
});

test("Text with characters that nobody sees is no plain text", () => {
  expect(isPlain('{"a":\t"ä 的"}\r\n')).toBe(true);
  for (const text of ["\u0000", "a\u0001b", "\u001b[31m", "\u007f"]) expect(isPlain(text)).toBe(false);
});
