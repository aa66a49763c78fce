import { expect, test } from "vitest";
import { Cutter } from "./cutter";
import { stage } from "./stage";

const { hub, open, visit } = stage();

test("A deployment is made in the form, planned, goes live, writes its log, moves its charts, and is stopped, on one page that nobody reloads", async () => {
  const page = await (await open()).signInWith(hub.token, "/deployments");
  await page.evaluate(() => Object.assign(window, { isSame: true }));
  await page.getByRole("link", { name: "New deployment" }).first().click();
  await page.getByRole("textbox", { name: "Name" }).fill("from-the-page");
  await page.getByRole("textbox", { name: "Command" }).fill(`sh -c 'i=0; while true; do i=$((i+1)); echo "line $i"; sleep 0.2; done'`);
  await page.getByRole("textbox", { name: "Price per hour" }).fill("2.5");
  await page.getByRole("button", { name: "Show plan" }).click();
  await page.getByRole("region", { name: "Plan" }).getByText("$60.00").waitFor();
  await page.getByRole("button", { name: "Confirm and start" }).click();

  await page.getByRole("heading", { name: "from-the-page" }).waitFor();
  const badge = page.getByRole("main").getByRole("status", { name: /^(Live|Starting|Stopp|Error)/ });
  await badge.filter({ hasText: "Live" }).waitFor();
  expect(await badge.getAttribute("data-status")).toBe("running");
  const log = page.getByRole("table", { name: "Log" });
  await log.getByRole("row", { name: /line 3$/ }).waitFor();
  await log.getByRole("row", { name: /line 9$/ }).waitFor();

  await page.getByRole("tab", { name: "Metrics" }).click();
  const plot = page.getByRole("figure", { name: "CPU" }).locator("[data-points]");
  const points = async () => Number(await plot.getAttribute("data-points"));
  const before = await points();
  await expect.poll(points, { timeout: 30_000 }).toBeGreaterThan(before + 1);

  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Stop" }).click();
  await badge.filter({ hasText: "Stopped" }).waitFor();
  expect(await badge.getAttribute("data-status")).toBe("stopped");
  expect(await page.evaluate(() => "isSame" in window)).toBe(true);
});

test("A form says at the field what is wrong with it, before anything is sent", async () => {
  const { page } = await visit("/deployments/new");
  await page.getByRole("button", { name: "Show plan" }).click();
  const name = page.getByLabel("Name");
  await expect.poll(() => name.getAttribute("aria-invalid")).toBe("true");
  await page.getByLabel("Memory limit").fill("much");
  await page.getByLabel("Name").fill("x");
  await expect.poll(() => page.getByLabel("Memory limit").getAttribute("aria-invalid")).toBe("true");
  await expect.poll(() => name.getAttribute("aria-invalid")).not.toBe("true");
});

test("No line is lost or doubled when the connection is cut twenty times while they come", async () => {
  const cutter = await Cutter.before(hub.url);
  try {
    const lines = 1_200;
    const page = await (await open({}, cutter.url)).signIn();
    const id = await hub.deploy("talker", `awk 'BEGIN { for (i = 1; i <= ${lines}; i++) { print "said " i; fflush(); if (i % 6 == 0) system("sleep 0.1") } }'; sleep 600`);
    await page.goto(`/deployments/${id}/logs`);
    await page.locator("[data-seq]").first().waitFor();
    // Looks at every change of the page: a line that stands there twice, even for a moment, is kept.
    await page.evaluate(() => {
      const seen = window as unknown as { doubled: string[] };
      seen.doubled = [];
      new MutationObserver(() => {
        const shown = [...document.querySelectorAll<HTMLElement>("[data-seq]")].map((line) => line.dataset.seq ?? "");
        if (new Set(shown).size !== shown.length) seen.doubled.push(shown.join(" "));
      }).observe(document.body, { childList: true, subtree: true });
    });
    const newest = async () => Number(await page.locator("[data-seq]").last().getAttribute("data-seq"));
    for (let cut = 0; cut < 20; ++cut) {
      const before = await newest();
      cutter.cut();
      await expect.poll(newest, { timeout: 60_000, interval: 20 }).toBeGreaterThan(before);
    }
    await page.getByRole("row", { name: new RegExp(`said ${lines}$`) }).waitFor();
    expect(await page.evaluate(() => (window as unknown as { doubled: string[] }).doubled)).toEqual([]);

    // And from the first line to the last, as somebody would who scrolls through all of it.
    const texts = new Map<number, string>();
    const log = page.getByRole("table", { name: "Log" });
    for (let top = 0; texts.size < lines; top += 400) {
      await log.evaluate((box, at) => (box.scrollTop = at), top);
      await page.locator(`[data-seq="${Math.min(lines, Math.floor(top / 20) + 28)}"]`).waitFor();
      const shown = await page.locator("[data-seq]").evaluateAll((rows) => rows.map((row) => [Number((row as HTMLElement).dataset.seq), row.lastElementChild?.textContent ?? ""] as const));
      for (const [seq, text] of shown) texts.set(seq, text);
      if (top > lines * 20) break;
    }
    expect([...texts].sort(([a], [b]) => a - b)).toEqual(Array.from({ length: lines }, (_, index) => [index + 1, `said ${index + 1}`]));
  } finally {
    cutter.stop();
  }
});

test("Who scrolls up reads in peace, and is told how much is new", async () => {
  const id = await hub.deploy("chatty", "i=0; while true; do i=$((i+1)); echo \"word $i\"; sleep 0.05; done");
  const { page } = await visit(`/deployments/${id}/logs`);
  await page.getByRole("row", { name: /word 80$/ }).waitFor();
  await page.getByRole("table", { name: "Log" }).hover();
  await page.mouse.wheel(0, -600);
  const follow = page.getByRole("button", { name: /Follow \(\d+ new lines\)/ });
  await follow.waitFor();
  await follow.click();
  await follow.waitFor({ state: "detached" });
  await page.getByText(/following/).waitFor();
});

test("The server is killed and started again under an open page, which goes on by itself", async () => {
  const id = await hub.deploy("survivor", 'i=0; while true; do i=$((i+1)); echo "alive $i"; sleep 0.1; done');
  const seen = await visit(`/deployments/${id}/logs`);
  const { page } = seen;
  await page.locator("[data-seq]").nth(5).waitFor();
  const newest = async () => Number(await page.locator("[data-seq]").last().getAttribute("data-seq"));
  const before = await newest();
  const cut = page.locator('main[data-live="resuming"], main[data-live="stale"]').waitFor();
  const back = hub.crash();
  await cut;
  await back;
  await seen.live();
  await expect.poll(newest, { timeout: 60_000 }).toBeGreaterThan(before);
  const shown = await page.locator("[data-seq]").evaluateAll((rows) => rows.map((row) => Number((row as HTMLElement).dataset.seq)));
  expect(shown).toEqual(shown.map((_, index) => (shown[0] ?? 0) + index));
});

test("A batch says of each deployment what became of it, refusals too", async () => {
  const [kept, gone] = await Promise.all([hub.deploy("batch-kept", "sleep 600"), hub.deploy("batch-gone", "sleep 600")]);
  const { page } = await visit("/deployments?text=batch-");
  await page.getByRole("checkbox", { name: "Select batch-kept" }).check();
  await page.getByRole("checkbox", { name: "Select batch-gone" }).check();
  await page.getByRole("toolbar").getByRole("button", { name: "Stop" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("heading", { name: "Stop 2 deployments?" }).waitFor();
  await hub.ask("DELETE", `/api/v1/deployments/${gone}?wait=deleted`);
  await dialog.getByRole("button", { name: "Stop" }).click();
  await dialog.getByLabel("Refused").waitFor();
  expect(await dialog.getByRole("listitem").filter({ hasText: "batch-gone" }).textContent()).toMatch(/\(deployment\.|\(.*not_found/);
  await dialog.getByRole("listitem").filter({ hasText: "batch-kept" }).getByLabel("Done").waitFor();
  await dialog.getByRole("button", { name: "Close" }).last().click();
  await page.locator(`tr[data-id="${kept}"] [data-status="stopped"]`).waitFor();
  await page.locator(`tr[data-id="${gone}"]`).waitFor({ state: "detached" });
});

test("A list is gone through by keys alone, and filters stand in the address", async () => {
  await hub.deploy("keys-one", "sleep 600");
  const second = await hub.deploy("keys-two", "sleep 600");
  const { page } = await visit("/deployments");
  await page.getByLabel("Search name, id, labels").fill("keys-");
  await page.waitForURL(/text=keys-/);
  await page.getByRole("row", { name: /keys-two/ }).focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press(" ");
  await expect.poll(() => page.getByRole("checkbox", { name: "Select keys-one" }).isChecked()).toBe(true);
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await page.waitForURL(new RegExp(`/deployments/${second}/logs`));
});

test("Lines are searched by the server, and a hit leads to its place", async () => {
  const id = await hub.deploy("searched", 'for i in $(seq 1 3000); do echo "row $i"; done; echo "needle here"; for i in $(seq 1 3000); do echo "after $i"; done; sleep 600');
  const { page } = await visit(`/deployments/${id}/logs`);
  await page.getByRole("row", { name: /after 3000$/ }).waitFor();
  await page.getByLabel("Search the log").fill("needle");
  const hit = page.getByRole("table", { name: "Log lines found" }).getByRole("row", { name: /needle here/ });
  await hit.getByRole("link").click();
  await page.waitForURL(/line=3001/);
  await page.locator('[data-seq="3001"][data-marked]').waitFor();
  await page.getByRole("row", { name: /row 3000$/ }).waitFor();
  await page.reload();
  await page.locator('[data-seq="3001"][data-marked]').waitFor();
});

test("A file is put into the workspace, looked at, renamed and removed, and the deployment sees it", async () => {
  const id = await hub.deploy("with-files", "mkdir -p out; echo made > out/by-it.txt; while [ ! -e config.yaml ]; do sleep 0.1; done; cat config.yaml; sleep 600");
  const { page } = await visit(`/deployments/${id}/files`);
  await page.getByRole("row", { name: /^Folder out/ }).click();
  await page.waitForURL(/path=out/);
  await page.getByRole("row", { name: /by-it\.txt/ }).click();
  await page.getByText("made", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Workspace" }).click();

  await page.locator('input[type="file"]').setInputFiles({ name: "config.yaml", mimeType: "application/yaml", buffer: Buffer.from("epochs: 10\n") });
  await page.getByRole("row", { name: /config\.yaml/ }).waitFor();
  await expect.poll(async () => (await hub.ask<{ items: { text: string }[] }>("GET", `/api/v1/deployments/${id}/logs`)).items.map(({ text }) => text)).toContain("epochs: 10");

  await page.getByRole("button", { name: "Actions of config.yaml" }).click();
  await page.getByRole("menuitem", { name: "Rename" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("settings.yaml");
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await page.getByRole("row", { name: /settings\.yaml/ }).waitFor();

  await page.getByRole("button", { name: "Actions of settings.yaml" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await page.getByRole("row", { name: /settings\.yaml/ }).waitFor({ state: "detached" });
});
