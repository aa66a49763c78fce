import { expect, test } from "vitest";
import { stage } from "./stage";

const { hub, open, visit } = stage(async (hub) => {
  await hub.deploy("trainer", "echo said; sleep 600");
});

test("What is no part of a page in its address is dropped, and the page is the one of the rest", async () => {
  const { page } = await visit("/deployments?status=bogus&cursor=x&page_size=1&at=garbage&text=trainer");
  await page.getByRole("row", { name: /trainer/ }).waitFor();
  expect(new URL(page.url()).search).toBe("?text=trainer");
  for (const path of ["/dashboard?at=2026-99-99T00:00:00Z", "/dashboard?at=2099-01-01T00:00:00Z", "/tasks?status=xx&model_id=none", "/statistics?days=5000"]) {
    await page.goto(path);
    await page.locator('main[data-live="live"]:not([data-at])').waitFor();
    await page.getByRole("heading", { level: 1 }).waitFor();
    expect(await page.getByRole("alert").count(), path).toBe(0);
    expect(new URL(page.url()).search, path).toBe("");
  }
});

test("Who signs in is led to a place of this server alone", async () => {
  for (const next of ["//evil.example", "/\\evil.example", "https://evil.example/x", "javascript:alert(1)"]) {
    const { page } = await open();
    await page.goto(`/sign-in?next=${encodeURIComponent(next)}`);
    await page.getByRole("button", { name: "Sign in as developer" }).click();
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    expect(page.url(), next).toBe(`${hub.url}/dashboard`);
  }
});

test("A wrong address says that there is nothing, and leads on", async () => {
  const { page, complaints } = await visit();
  const answer = await page.goto("/deploymints/today");
  expect(answer?.status()).toBe(404);
  await page.getByText("There is nothing here").waitFor();
  await page.getByRole("link", { name: "Go to the overview" }).click();
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  expect(complaints.splice(0), "the browser's word of the status").toHaveLength(1);
});

test("The focus comes back from a dialog to what opened it", async () => {
  const { page } = await visit("/deployments");
  await page.getByRole("row", { name: /trainer/ }).click();
  for (const name of ["Stop", "Restart", "Delete"]) {
    const button = page.getByRole("button", { name, exact: true });
    await button.focus();
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(await button.evaluate((element) => element === document.activeElement), name).toBe(true);
  }
  await page.locator('[data-status="running"]').first().waitFor();
});

test("A server that hangs is told within ten seconds, and the page goes on when it does", async () => {
  const { page } = await visit("/dashboard");
  hub.hang();
  try {
    await page.locator('main[data-live="stale"]').waitFor({ timeout: 15_000 });
    await page.getByRole("button", { name: "Try now" }).waitFor();
  } finally {
    hub.goOn();
  }
  await page.locator('main[data-live="live"]').waitFor();
});

test("The figure of what is in trouble leads to all of it", async () => {
  await hub.deploy("breaks", "exit 3");
  const { page } = await visit("/dashboard");
  await page.getByRole("group", { name: "In trouble" }).getByRole("link", { name: "1" }).click();
  await page.waitForURL(/\/deployments\?status=failed$/);
  await page.getByRole("row", { name: /breaks/ }).waitFor();
});
