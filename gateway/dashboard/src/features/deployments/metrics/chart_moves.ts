import type uPlot from "uplot";
import { moved, stretched, type Range } from "./metric_search";

/** What hands do on a chart besides drawing a frame with the mouse, which zooms. */
export interface Moves {
  range: () => Range;
  onRange: (range: Range) => void;
  onReset: () => void;
}

const kTurn = 1.25;
const kShare = 0.1;

/** Left and right move, plus and minus zoom around the middle, Escape goes back. Whether the key was one of these. */
export function pressed(key: string, { range, onRange, onReset }: Moves): boolean {
  if (key === "ArrowLeft") onRange(moved(range(), -kShare));
  else if (key === "ArrowRight") onRange(moved(range(), kShare));
  else if (key === "+" || key === "=") onRange(stretched(range(), 1 / kTurn, 0.5));
  else if (key === "-") onRange(stretched(range(), kTurn, 0.5));
  else if (key === "Escape") onReset();
  else return false;
  return true;
}

/** The mouse with Shift, or its middle button, takes the chart along. Whether this press is one of these. */
function grabbed(press: MouseEvent, over: HTMLElement, moves: Moves): boolean {
  if (press.button !== 1 && !(press.button === 0 && press.shiftKey)) return false;
  press.preventDefault();
  const before = moves.range();
  const drag = (move: MouseEvent) => moves.onRange(moved(before, (press.clientX - move.clientX) / over.clientWidth));
  const drop = () => {
    document.removeEventListener("mousemove", drag);
    document.removeEventListener("mouseup", drop);
  };
  document.addEventListener("mousemove", drag);
  document.addEventListener("mouseup", drop);
  return true;
}

/** With Ctrl the wheel zooms around the pointer; sideways it moves. Without, the page scrolls as ever. */
function turned(event: WheelEvent, over: HTMLElement, moves: Moves): void {
  const isSideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
  if (!event.ctrlKey && !isSideways) return;
  event.preventDefault();
  if (!event.ctrlKey) return moves.onRange(moved(moves.range(), event.deltaX / over.clientWidth));
  const share = (event.clientX - over.getBoundingClientRect().left) / over.clientWidth;
  moves.onRange(stretched(moves.range(), event.deltaY < 0 ? 1 / kTurn : kTurn, share));
}

/** Two fingers: the times that they were put on stay under them. */
function followFingers(over: HTMLElement, moves: Moves): void {
  const shares = (touches: TouchList) => [...touches].slice(0, 2).map((touch) => (touch.clientX - over.getBoundingClientRect().left) / over.clientWidth);
  let before: { range: Range; at: number[] } | undefined;
  over.addEventListener("touchstart", ({ touches }) => (before = touches.length === 2 ? { range: moves.range(), at: shares(touches) } : undefined), { passive: true });
  over.addEventListener("touchend", () => (before = undefined));
  over.addEventListener(
    "touchmove",
    (event) => {
      if (!before || event.touches.length !== 2) return;
      event.preventDefault();
      const [[one = 0, other = 0], [a = 0, b = 0]] = [before.at, shares(event.touches)];
      // Fingers above one another move, and do not zoom.
      const factor = Math.abs(b - a) < 0.05 || Math.abs(other - one) < 0.05 ? 1 : Math.abs((other - one) / (b - a));
      const middle = (one + other) / 2;
      moves.onRange(moved(stretched(before.range, factor, middle), middle - (a + b) / 2));
    },
    { passive: false },
  );
}

/** Listens on the drawing area of a chart; what it listens with goes with that area. */
export function listenFor({ over }: uPlot, moves: Moves): void {
  // The library's own listener is passive and draws a frame: this one comes first, and keeps the press for itself.
  over.addEventListener("mousedown", (event) => grabbed(event, over, moves) && event.stopImmediatePropagation(), { capture: true, passive: false });
  over.addEventListener("wheel", (event) => turned(event, over, moves), { passive: false });
  followFingers(over, moves);
}
