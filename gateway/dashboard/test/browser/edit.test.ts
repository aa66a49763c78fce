import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { stage } from "./stage";

const { hub, visit } = stage();

type Known = { name: string; labels: Record<string, string>; limits: { memory_bytes?: number } | null };
const read = (id: string) => hub.ask<Known>("GET", `/api/v1/deployments/${id}`);

async function openForm(page: Page) {
  await page.getByRole("button", { name: "Edit", exact: true }).click();
  const form = page.getByRole("dialog");
  await form.getByLabel("Name").waitFor();
  return form;
}

test("A deployment is edited, what it would be refused for is said at its field, and undo puts it back", async () => {
  const id = await hub.deploy("edited", "sleep 600", { labels: { team: "vision" } });
  const { page } = await visit(`/deployments/${id}/config`);
  const form = await openForm(page);
  await form.getByLabel("Memory limit").fill("much");
  await expect.poll(() => form.getByLabel("Memory limit").getAttribute("aria-invalid")).toBe("true");
  expect(await form.getByRole("button", { name: "Save" }).isDisabled()).toBe(true);
  await form.getByLabel("Memory limit").fill("512 MiB");
  await form.getByLabel("Name").fill("renamed");
  await form.getByLabel("Labels").fill("team=language");
  await form.getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { name: "renamed", exact: true }).waitFor();
  expect(await read(id)).toMatchObject({ name: "renamed", labels: { team: "language" }, limits: { memory_bytes: 512 * 2 ** 20 } });

  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("heading", { name: "edited", exact: true }).waitFor();
  await page.getByText("It is as it was").waitFor();
  const back = await read(id);
  expect(back.labels).toEqual({ team: "vision" });
  expect(back.limits?.memory_bytes ?? null).toBeNull();
});

test("What somebody else changed meanwhile is shown, and written over only by who says so", async () => {
  const id = await hub.deploy("shared", "sleep 600", { labels: { team: "vision" } });
  const { page } = await visit(`/deployments/${id}/config`);
  const form = await openForm(page);
  await form.getByLabel("Name").fill("mine");
  await hub.ask("PATCH", `/api/v1/deployments/${id}`, { name: "theirs", labels: { team: "audio" } });
  await form.getByRole("button", { name: "Save" }).click();
  const conflict = form.getByRole("alert");
  expect(await conflict.textContent()).toContain("shared → theirs");
  expect((await read(id)).name).toBe("theirs");
  await conflict.getByRole("button", { name: "Keep mine" }).click();
  // What was not touched here follows what is there now.
  expect(await form.getByLabel("Labels").inputValue()).toBe("team=audio");
  await form.getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { name: "mine", exact: true }).waitFor();
  expect((await read(id)).labels).toEqual({ team: "audio" });
});

test("Undo does not write over what was changed since, and says so", async () => {
  const id = await hub.deploy("contested", "sleep 600");
  const { page } = await visit(`/deployments/${id}/config`);
  const form = await openForm(page);
  await form.getByLabel("Name").fill("first");
  await form.getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { name: "first", exact: true }).waitFor();
  await hub.ask("PATCH", `/api/v1/deployments/${id}`, { name: "second" });
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("alert").filter({ hasText: "changed again since: Name" }).waitFor();
  expect((await read(id)).name).toBe("second");
});

test("A batch that was stopped is started again from its message", async () => {
  const ids = await Promise.all([hub.deploy("again-one", "sleep 600"), hub.deploy("again-two", "sleep 600")]);
  const { page } = await visit("/deployments?text=again-");
  for (const name of ["again-one", "again-two"]) await page.getByRole("checkbox", { name: `Select ${name}` }).check();
  await page.getByRole("toolbar").getByRole("button", { name: "Stop" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Stop" }).click();
  for (const id of ids) await page.locator(`tr[data-id="${id}"] [data-status="stopped"]`).waitFor();
  await page.getByRole("button", { name: "Start again" }).click();
  for (const id of ids) await page.locator(`tr[data-id="${id}"] [data-status="running"]`).waitFor();
});

test("Fallbacks of a model are chosen in an order, and undo takes them away again", async () => {
  for (const name of ["main", "spare-one", "spare-two"]) await hub.ask("POST", "/api/v1/models", { name, type: "local", host: "127.0.0.1", port: 9 });
  const { page } = await visit("/models");
  await page.getByRole("button", { name: "Actions of main" }).click();
  await page.getByRole("menuitem", { name: "Edit" }).click();
  const form = page.getByRole("dialog");
  for (const name of ["spare-one", "spare-two"]) {
    await form.getByRole("combobox", { name: "Fallback models" }).click();
    await page.getByRole("option", { name }).click();
  }
  await form.getByRole("button", { name: "spare-two further up" }).click();
  expect(await form.getByRole("list", { name: "Fallback models" }).getByRole("listitem").allTextContents()).toEqual(["spare-two", "spare-one"]);
  await form.getByRole("button", { name: "Save" }).click();
  await form.waitFor({ state: "detached" });
  const { items } = await hub.ask<{ items: { id: string; name: string; fallbacks: string[] }[] }>("GET", "/api/v1/models");
  const idOf = (name: string) => items.find((one) => one.name === name)?.id;
  expect(items.find((one) => one.name === "main")?.fallbacks).toEqual([idOf("spare-two"), idOf("spare-one")]);
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByText("It is as it was").waitFor();
  expect((await hub.ask<{ fallbacks: string[] }>("GET", "/api/v1/models/main")).fallbacks).toEqual([]);
});
