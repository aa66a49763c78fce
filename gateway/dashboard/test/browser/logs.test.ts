import type { Page } from "playwright-core";
import { gunzipSync } from "node:zlib";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { stage } from "./stage";

const { hub, visit } = stage();

interface Answer {
  items: { seq: number; time: string; text: string; stream: string }[];
  next_cursor: string;
  lost?: { from: number; to: number };
}

const lastOf = async (id: string) => (await hub.ask<Answer>("GET", `/api/v1/deployments/${id}/logs?tail=1`)).items[0]?.seq ?? 0;
const open = async (id: string, more = ""): Promise<Page> => {
  const seen = await visit(`/deployments/${id}/logs${more}`);
  seen.page.setDefaultTimeout(7_000);
  return seen.page;
};
const line = (page: Page, seq: number) => page.locator(`[data-seq="${seq}"]`);

test("The newest line of a log of 1.75 million is in view while it is followed, and earlier ones are one button away", async () => {
  const lines = 1_750_000;
  const id = await hub.deploy("long", `seq ${lines}; while [ ! -e more ]; do sleep 0.2; done; echo once more; sleep 600`);
  await expect.poll(() => lastOf(id), { timeout: 100_000, interval: 500 }).toBe(lines);
  const page = await open(id);
  await line(page, lines).waitFor();
  await hub.put(`/api/v1/deployments/${id}/files/content?path=more`, "");
  await page.getByRole("row", { name: /once more$/ }).waitFor();

  await page.getByRole("table", { name: "Log" }).hover();
  await page.mouse.wheel(0, -400);
  await page.getByRole("button", { name: /earlier lines/ }).click();
  await expect.poll(() => page.locator("[data-seq]").evaluateAll((rows) => rows.every((row) => Number((row as HTMLElement).dataset.seq) < 900_000) && rows.length > 5)).toBe(true);
  await page.goto(`/deployments/${id}/logs?line=2000`);
  await line(page, 2_000).getByText("2000", { exact: true }).last().waitFor();
  await page.getByRole("button", { name: /^Follow/ }).click();
  await line(page, lines + 1).waitFor();
});

test("A hole in a log is told as lost lines, hides nothing before it, and is asked for once", async () => {
  const id = await hub.deploy("holed", `seq 1000; while [ ! -e go ]; do sleep 0.2; done; for i in $(seq 30); do echo "new $i"; sleep 0.1; done; sleep 600`);
  await expect.poll(() => lastOf(id)).toBe(1_000);
  const { page } = await visit();
  page.setDefaultTimeout(7_000);
  // As the server tells of lines that a disk has lost: they are not there, and the first such place is named.
  const isKept = ({ seq }: { seq: number }) => seq <= 700 || seq > 750;
  let reads = 0;
  await page.route(/api\/v1\/.*\/logs\?.*line=/, async (route) => {
    reads += 1;
    const answer = (await (await route.fetch()).json()) as Answer;
    const asked = Number(new URL(route.request().url()).searchParams.get("line"));
    const lost = asked <= 750 && answer.items.some(({ seq }) => seq > 750) ? { lost: { from: Math.max(asked, 701), to: 750 } } : {};
    await route.fulfill({ json: { ...answer, items: answer.items.filter(isKept), ...lost } });
  });
  await page.routeWebSocket(/\/live/, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((message) => {
      const frame = JSON.parse(String(message)) as { data?: { items?: { seq?: number }[] } };
      // Only what comes from now on: all before is read.
      if (frame.data?.items?.[0]?.seq !== undefined) frame.data.items = frame.data.items.filter((item) => (item.seq ?? 0) > 950);
      socket.send(JSON.stringify(frame));
    });
  });
  await page.goto(`/deployments/${id}/logs?line=725`);
  await line(page, 725).getByText(/lost/).waitFor();
  await line(page, 715).getByText(/lost/).waitFor();
  const before = reads;
  await hub.put(`/api/v1/deployments/${id}/files/content?path=go`, "");
  await page.getByText(/1,030 lines/).waitFor();
  expect(reads).toBe(before);
  await page.goto(`/deployments/${id}/logs?line=3`);
  await line(page, 3).locator('[role="cell"]').last().getByText("3", { exact: true }).waitFor();
});

test("Where the log begins is asked until it is answered, and no line is hidden meanwhile", async () => {
  const id = await hub.deploy("begins", "seq 3000; sleep 600");
  await expect.poll(() => lastOf(id)).toBe(3_000);
  const { page } = await visit();
  page.setDefaultTimeout(7_000);
  let refused = 0;
  await page.route(/api\/v1\/.*\/logs\?limit=1$/, (route) => (refused++ < 2 ? route.abort() : route.continue()));
  await page.goto(`/deployments/${id}/logs?line=5`);
  await line(page, 5).waitFor();
  await line(page, 1).waitFor();
});

test("What is typed stays in the search field and keeps the focus, an older answer never covers a newer one, newer lines are offered, and a step back leads to the hits", async () => {
  const id = await hub.deploy("sought", `seq -f 'apple %.0f' 1500; seq -f 'pear %.0f' 20; while [ ! -e go ]; do sleep 0.2; done; echo pear late; sleep 600`);
  await expect.poll(() => lastOf(id)).toBe(1_520);
  const page = await open(id);
  const field = page.getByLabel("Search the log");
  const hits = page.getByRole("table", { name: "Log lines found" });
  await field.pressSequentially("apple", { delay: 400 });
  expect(await field.evaluate((input) => input === document.activeElement && (input as HTMLInputElement).value)).toBe("apple");
  await hits.getByRole("row", { name: /apple 1$/ }).waitFor();

  let release = () => {};
  const held = new Promise<void>((done) => (release = done));
  const answered = page.waitForResponse(/after=.*contains=apple/);
  await page.route(/after=.*contains=apple/, async (route) => {
    await held;
    await route.continue();
  });
  await page.getByRole("button", { name: "Find more" }).click();
  await field.fill("pear");
  await hits.getByRole("row", { name: /pear 20$/ }).waitFor();
  release();
  await answered;
  await hits.getByRole("row", { name: /pear 20$/ }).waitFor();
  expect(await hits.getByRole("row", { name: /apple/ }).count()).toBe(0);

  await hub.put(`/api/v1/deployments/${id}/files/content?path=go`, "");
  await page.getByRole("button", { name: /Search 1 newer line/ }).click();
  await hits.getByRole("row", { name: /pear late$/ }).waitFor();
  await hits.getByRole("row", { name: /pear late$/ }).getByRole("link").click();
  await page.waitForURL(/line=1521/);
  await page.goBack();
  await hits.getByRole("row", { name: /pear 20$/ }).waitFor();
  expect(await field.inputValue()).toBe("pear");
});

test("A hit is opened and a permalink made by keys alone", async () => {
  const id = await hub.deploy("keyed", "seq 400; echo found one; echo found two; seq 400; sleep 600");
  await expect.poll(() => lastOf(id)).toBe(802);
  const page = await open(id, "?contains=found");
  const hits = page.getByRole("table", { name: "Log lines found" });
  await hits.getByRole("row", { name: /found two$/ }).waitFor();
  // All there is was searched.
  await page.getByText(/^802 lines/).waitFor();
  expect(await page.getByRole("button", { name: /newer line/ }).count()).toBe(0);
  await hits.focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.waitForURL(/line=402/);
  await page.locator('[data-seq="402"][data-marked]').waitFor();
  await page.getByRole("table", { name: "Log", exact: true }).focus();
  await page.keyboard.press("ArrowDown");
  for (let step = 0; step < 60; ++step) await page.keyboard.press("ArrowDown");
  const seq = Number(await page.evaluate(() => document.activeElement?.textContent));
  expect(seq).toBeGreaterThan(410);
  await page.keyboard.press("Enter");
  await page.waitForURL(new RegExp(`line=${seq}$`));
});

test("A time is gone to when it is all there, and not with each figure of a year", async () => {
  const id = await hub.deploy("timed", "seq 50; sleep 600");
  await expect.poll(() => lastOf(id)).toBe(50);
  const page = await open(id);
  await line(page, 50).waitFor();
  const asked: string[] = [];
  page.on("request", (request) => /logs\?.*from=/.test(request.url()) && asked.push(request.url()));
  const field = page.getByLabel("Jump to time");
  await field.focus();
  await page.keyboard.type("01012020");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.type("010101AM");
  expect(asked).toEqual([]);
  await page.keyboard.press("Enter");
  await page.waitForURL(/line=1$/);
  expect(asked.length).toBe(1);

  await page.route(/logs\?.*from=/, (route) => route.fulfill({ status: 503, json: { code: "provider.unreachable", detail: "its node does not answer", status: 503 } }));
  await field.focus();
  await page.keyboard.press("Enter");
  await page.getByText("The time could not be looked up").waitFor();
});

test("The download of a log that is written without end ends with the line that was the last when it began", async () => {
  const id = await hub.deploy("busy", "seq 25000; i=0; while true; do i=$((i+1)); echo more $i; sleep 0.05; done");
  await expect.poll(() => lastOf(id), { timeout: 30_000 }).toBeGreaterThan(25_000);
  const page = await open(id);
  await page.locator("[data-seq]").first().waitFor();
  const loading = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download" }).click();
  const saved = await (await loading).path();
  const texts = gunzipSync(readFileSync(saved)).toString().trimEnd().split("\n");
  expect(texts.length).toBeGreaterThan(25_000);
  expect(texts[24_999]).toMatch(/25000$/);
  expect(texts.length).toBeLessThanOrEqual(await lastOf(id));
});
