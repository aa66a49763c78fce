import { themeColour, type Picture } from "@/ui/picture";
import { mostOf, type Bar } from "./bars";

const kWidth = 820;
const kHeight = 220;
const kTicks = 18;
const kGap = 3;

const tones = { ok: "--ok-dot", bad: "--bad-dot", calm: "--calm-dot" } as const;
export type Tone = keyof typeof tones;

/** Bars as they stand on the page. */
export function barsPicture(title: string, range: string, legend: { tone: Tone; label: string }[], bars: readonly Bar[], most: string): Picture {
  const top = mostOf(bars);
  const colours = Object.fromEntries(Object.entries(tones).map(([tone, name]) => [tone, themeColour(name)])) as Record<Tone, string>;
  const [dimmed, line] = [themeColour("--mantine-color-dimmed"), themeColour("--line")];
  return {
    title,
    range,
    legend: legend.map(({ tone, label }) => ({ colour: colours[tone], label })),
    width: kWidth,
    height: kHeight,
    draw: (pen, at) => {
      const floor = at.top + kHeight - kTicks;
      const [room, step] = [floor - at.top - kTicks, kWidth / bars.length];
      pen.font = `11px ${getComputedStyle(document.body).fontFamily}`;
      pen.fillStyle = dimmed;
      pen.fillText(most, at.left, at.top + 11);
      bars.forEach((bar, index) => {
        const left = at.left + index * step;
        let bottom = floor;
        for (const part of bar.parts) {
          const height = part.value > 0 ? Math.max(1, (room * part.value) / top) : 0;
          pen.fillStyle = colours[part.tone];
          pen.fillRect(left, bottom - height, Math.max(1, step - kGap), height);
          bottom -= height;
        }
        pen.fillStyle = line;
        pen.fillRect(left, floor, Math.max(1, step - kGap), 1);
        pen.fillStyle = dimmed;
        pen.textAlign = "center";
        pen.fillText(bar.label, left + step / 2, floor + 14);
        pen.textAlign = "start";
      });
    },
  };
}
