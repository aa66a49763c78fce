const kWidth = 16;

export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** Whether it can be shown as it is: it has no characters but those that are seen, and ends of lines. */
// eslint-disable-next-line no-control-regex
export const isPlain = (text: string): boolean => !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufeff]/.test(text);

/** "00000010  7b 22 61 …  |{"a|": sixteen bytes a line. */
export function hexDump(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += kWidth) {
    const part = [...bytes.subarray(at, at + kWidth)];
    const hex = part.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const text = part.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".")).join("");
    lines.push(`${at.toString(16).padStart(8, "0")}  ${hex.padEnd(3 * kWidth - 1)}  |${text}|`);
  }
  return lines.join("\n");
}
