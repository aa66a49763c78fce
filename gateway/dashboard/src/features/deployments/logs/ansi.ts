/** A piece of a line that is drawn alike. Colours are 0–255 of the palette, or "#rrggbb". */
export interface AnsiSpan {
  text: string;
  fg?: number | string;
  bg?: number | string;
  bold?: true;
  dim?: true;
  italic?: true;
  underline?: true;
  inverse?: true;
}

type Look = Omit<AnsiSpan, "text">;

// Every escape sequence is taken out; those of colour (…m) are followed.
// eslint-disable-next-line no-control-regex
const sequence = /\x1b(?:\[([0-9;:]*)([@-~])|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_])/g;

/** Splits a line where its look changes. Control characters that say nothing here are left out. */
export function parseAnsi(line: string): AnsiSpan[] {
  const spans: AnsiSpan[] = [];
  let look: Look = {};
  let from = 0;
  let isReturned = false;
  // What is written behind a carriage return is written over what stands there, in whatever colours that is.
  const push = (text: string) => {
    text.split("\r").forEach((piece, index) => {
      if (index > 0) isReturned = true;
      const clean = visible(piece);
      if (!clean) return;
      if (isReturned) spans.length = 0;
      isReturned = false;
      spans.push({ text: clean, ...look });
    });
  };
  for (const match of line.matchAll(sequence)) {
    push(line.slice(from, match.index));
    from = match.index + match[0].length;
    if (match[2] === "m") look = changed(look, match[1] ?? "");
  }
  push(line.slice(from));
  return spans;
}

export const plainText = (line: string): string => parseAnsi(line).map((span) => span.text).join("");

// eslint-disable-next-line no-control-regex
const visible = (text: string): string => text.replace(/[\x00-\x08\x0b-\x1f\x7f]/g, "");

function changed(before: Look, given: string): Look {
  const codes = given.split(";");
  let look = { ...before };
  for (let at = 0; at < codes.length; ++at) {
    const parts = (codes[at] ?? "").split(":");
    const code = Number(parts[0]);
    if (code === 0) look = {};
    else if (code === 38 || code === 48) {
      // With colons the colour is one code, else it takes the codes behind it.
      const { colour, used } = parts.length > 1 ? { colour: withColons(parts), used: 0 } : extended(codes.slice(at + 1).map(Number));
      if (colour !== undefined) look[code === 38 ? "fg" : "bg"] = colour;
      at += used;
    } else if (code === 4 && parts[1] === "0") delete look.underline;
    else apply(look, code);
  }
  return look;
}

/** `38:5:n`, `38:2:r:g:b`, or with the colour space that hardly anybody names, `38:2:space:r:g:b`. */
function withColons([, kind, ...rest]: string[]): number | string | undefined {
  const values = kind === "2" && rest.length > 3 ? rest.slice(1) : rest;
  return extended([Number(kind), ...values.map(Number)]).colour;
}

function apply(look: Look, code: number): void {
  if (code === 1) look.bold = true;
  else if (code === 2) look.dim = true;
  else if (code === 3) look.italic = true;
  else if (code === 4) look.underline = true;
  else if (code === 7) look.inverse = true;
  else if (code === 22) {
    delete look.bold;
    delete look.dim;
  } else if (code === 23) delete look.italic;
  else if (code === 24) delete look.underline;
  else if (code === 27) delete look.inverse;
  else if (code >= 30 && code <= 37) look.fg = code - 30;
  else if (code === 39) delete look.fg;
  else if (code >= 40 && code <= 47) look.bg = code - 40;
  else if (code === 49) delete look.bg;
  else if (code >= 90 && code <= 97) look.fg = code - 82;
  else if (code >= 100 && code <= 107) look.bg = code - 92;
}

/** After 38 or 48: `5;n` of the palette, or `2;r;g;b`. */
function extended(rest: number[]): { colour?: number | string; used: number } {
  const byte = (value: number | undefined) => Math.max(0, Math.min(255, value ?? 0));
  if (rest[0] === 5) return { colour: byte(rest[1]), used: 2 };
  if (rest[0] !== 2) return { used: 0 };
  const hex = rest.slice(1, 4).map((value) => byte(value).toString(16).padStart(2, "0"));
  return { colour: `#${hex.join("")}`, used: 4 };
}

/** The palette beyond its first sixteen, which the theme draws: a cube of 6×6×6, then greys. */
export function paletteColour(index: number): string {
  if (index >= 232) {
    const grey = 8 + (index - 232) * 10;
    return `rgb(${grey} ${grey} ${grey})`;
  }
  const level = (value: number) => (value === 0 ? 0 : 55 + value * 40);
  const cube = index - 16;
  return `rgb(${level(Math.floor(cube / 36))} ${level(Math.floor(cube / 6) % 6)} ${level(cube % 6)})`;
}
