import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { stage } from "./stage";

let id: string;

const { hub, visit } = stage(async () => {
  id = await hub.deploy("charted", "while true; do i=$((i+1)); [ $((i % 50000)) = 0 ] && sleep 0.1; done");
});

const kSecond = 1;
async function open(search: string): Promise<{ page: Page; range: (title?: string) => Promise<[number, number]> }> {
  const { page } = await visit(`/deployments/${id}/metrics${search}`);
  page.setDefaultTimeout(10_000);
  const range = (title = "CPU") =>
    page.locator(`figure[aria-label="${title}"] [data-points]`).evaluate((plot: HTMLElement): [number, number] => [Number(plot.dataset.from), Number(plot.dataset.to)]);
  await page.locator('figure[aria-label="CPU"] canvas').waitFor();
  return { page, range };
}

const zoomed = () => {
  const to = Math.floor(Date.now() / 1000) - 60;
  return { from: to - 100, to, search: `?range=1h&from=${new Date((to - 100) * 1000).toISOString()}&to=${new Date(to * 1000).toISOString()}` };
};

test("What charts show stands in the address, and a link leads to the same", async () => {
  const { from, to, search } = zoomed();
  const { page, range } = await open(search);
  expect(await range()).toEqual([from, to]);
  await page.getByRole("button", { name: "Back to live" }).click();
  await page.waitForURL((url) => url.search === "?range=1h");
  const [begin, end] = await range("Memory");
  expect(end - begin).toBeCloseTo(3_600, 0);
  await page.getByRole("radiogroup", { name: "Range" }).getByText("24h").click();
  await page.waitForURL(/range=24h/);
  await page.reload();
  await page.locator('figure[aria-label="CPU"] canvas').waitFor();
  const [first, last] = await range();
  expect(last - first).toBeCloseTo(86_400, 0);
});

test("Dragging with Shift moves all charts, Ctrl and the wheel zoom, a double click goes back", async () => {
  const { from, search } = zoomed();
  const { page, range } = await open(search);
  const area = page.locator('figure[aria-label="CPU"] .u-over');
  const box = await area.boundingBox();
  if (!box) throw new Error("no chart");
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.keyboard.down("Shift");
  await page.mouse.down();
  await page.mouse.move(x + box.width / 4, y, { steps: 4 });
  await page.mouse.up();
  await page.keyboard.up("Shift");
  const [moved, end] = await range();
  expect(Math.abs(moved - (from - 25))).toBeLessThan(kSecond);
  expect(end - moved).toBeCloseTo(100, 3);
  expect((await range("Memory"))[0]).toBe(moved);
  await page.waitForURL((url) => Math.abs(Date.parse(url.searchParams.get("from") ?? "") / 1000 - (from - 25)) < kSecond);

  await page.keyboard.down("Control");
  await page.mouse.wheel(0, -100);
  await page.keyboard.up("Control");
  await expect.poll(async () => ((at) => at[1] - at[0])(await range())).toBeCloseTo(80, 3);
  await page.mouse.dblclick(x, y);
  await page.getByRole("button", { name: "Back to live" }).waitFor({ state: "detached" });
});

test("A chart is moved, zoomed and set back by keys", async () => {
  const { from, search } = zoomed();
  const { page, range } = await open(search);
  await page.getByRole("group", { name: "CPU: chart" }).focus();
  await page.keyboard.press("ArrowLeft");
  await expect.poll(async () => (await range())[0]).toBeCloseTo(from - 10, 3);
  await page.keyboard.press("-");
  await expect.poll(async () => ((at) => at[1] - at[0])(await range())).toBeCloseTo(125, 3);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Back to live" }).waitFor({ state: "detached" });
});
