import { save } from "./save";

/** A chart as a picture of its own: what it shows has to be told in it. Sizes are in CSS pixels. */
export interface Picture {
  title: string;
  /** From when to when. */
  range: string;
  legend: { colour: string; label: string }[];
  width: number;
  height: number;
  draw: (pen: CanvasRenderingContext2D, at: { left: number; top: number }) => void;
}

const kMargin = 16;
const kLine = 20;
const kScaleMin = 2;

export const themeColour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Draws it on the colours of the page, at least twice as fine as on most screens. */
export function drawn(picture: Picture): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  const scale = Math.max(kScaleMin, window.devicePixelRatio);
  const top = kMargin + 2 * kLine + (picture.legend.length > 0 ? kLine : 0);
  const [width, height] = [picture.width + 2 * kMargin, top + picture.height + kMargin];
  [canvas.width, canvas.height] = [Math.round(width * scale), Math.round(height * scale)];
  const pen = canvas.getContext("2d");
  if (!pen) throw new Error("no canvas");
  pen.scale(scale, scale);
  pen.fillStyle = themeColour("--surface");
  pen.fillRect(0, 0, canvas.width, canvas.height);
  const family = getComputedStyle(document.body).fontFamily;
  const write = (text: string, left: number, line: number, font: string, colour: string) => {
    pen.font = `${font} ${family}`;
    pen.fillStyle = colour;
    pen.fillText(text, left, kMargin + line * kLine + 13);
    return left + pen.measureText(text).width;
  };
  const dimmed = themeColour("--mantine-color-dimmed");
  write(picture.title, kMargin, 0, "600 15px", themeColour("--mantine-color-text"));
  write(picture.range, kMargin, 1, "12px", dimmed);
  let left = kMargin;
  for (const { colour, label } of picture.legend) {
    pen.fillStyle = colour;
    pen.fillRect(left, kMargin + 2 * kLine + 4, 10, 10);
    left = write(label, left + 15, 2, "12px", dimmed) + 16;
  }
  picture.draw(pen, { left: kMargin, top });
  return canvas;
}

export async function savePicture(picture: Picture): Promise<void> {
  const content = await new Promise<Blob | null>((resolve) => drawn(picture).toBlob(resolve, "image/png"));
  if (!content) throw new Error("no picture was made");
  save(content, `${picture.title}.png`);
}
