import { afterAll, expect, test } from "vitest";
import { ModelServer } from "./model_server";
import { stage } from "./stage";

let models: ModelServer;
let deployment: string;
let task: string;

const { hub, open, visit } = stage(async () => {
  models = await ModelServer.start();
  await hub.ask("POST", "/api/v1/models", { name: "small", type: "openai", base_url: models.url, model: "tiny", status: "online", max_workers: 1 });
  deployment = await hub.deploy("shown", "while true; do echo '\x1b[31mred\x1b[0m text'; sleep 1; done");
  const given = { model_id: "small", type: "text-generation", input: "Say hello.", timeout: "1h" };
  task = (await hub.ask<{ id: string }>("POST", "/api/v1/tasks", given)).id;
});

afterAll(() => models.stop());

const addresses = () => [
  "/dashboard", "/deployments", "/deployments/new", ...["logs", "metrics", "history", "config", "connect"].map((tab) => `/deployments/${deployment}/${tab}`),
  "/tasks", `/tasks/${task}`, "/models", "/statistics", "/system", "/audit", "/settings/api-keys",
];

test("Every page fits a phone: nothing has to be scrolled sideways", async () => {
  const seen = await open({ viewport: { width: 390, height: 844 } });
  await seen.signIn();
  for (const path of addresses()) {
    await seen.page.goto(path);
    await seen.live();
    const [inner, outer] = await seen.page.evaluate(() => {
      const main = document.querySelector("main");
      return [Math.max(main?.scrollWidth ?? 0, document.documentElement.scrollWidth), window.innerWidth];
    });
    expect(inner, path).toBeLessThanOrEqual(outer ?? 0);
  }
}, 300_000);

test("A token that is none is refused in words, and the page that was asked for comes behind the sign-in", async () => {
  const { page } = await open();
  await page.goto("/models");
  await page.waitForURL(/\/sign-in\?next=/);
  await page.getByLabel("Token", { exact: true }).fill("chk_none");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByText("This token is not valid").waitFor();
  await page.getByLabel("Token", { exact: true }).fill(hub.token);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.waitForURL(/\/models$/);
  await page.getByRole("table", { name: "Models" }).waitFor();
  expect(await page.evaluate(() => document.cookie + JSON.stringify({ ...localStorage, ...sessionStorage }))).not.toContain(hub.token);
});

test("Older names of pages lead to those of today", async () => {
  const seen = await visit();
  for (const [from, to] of [["/", "/dashboard"], ["/deploy", "/deployments"], ["/deploy/new", "/deployments/new"], ["/settings", "/settings/api-keys"]] as const) {
    await seen.page.goto(from);
    await seen.page.waitForURL((url) => url.pathname === to);
  }
});

test("What a model says is shown while it says it, and then the whole", async () => {
  const call = await models.call();
  const { page } = await visit(`/tasks/${task}`);
  await page.locator('h1 ~ [data-status="running"]').waitFor();
  call.say("Good ");
  await page.getByText("Good", { exact: true }).waitFor();
  call.say("morning");
  await page.getByText("Good morning", { exact: true }).waitFor();
  call.end();
  await page.locator('h1 ~ [data-status="completed"]').waitFor();
  await page.getByRole("region", { name: "Result" }).getByText("Good morning", { exact: true }).waitFor();
});

test("A task is submitted on the page, waits for its turn, and is cancelled after a question", async () => {
  const { page } = await visit("/tasks");
  const blocking = await hub.ask<{ id: string }>("POST", "/api/v1/tasks", { model_id: "small", type: "custom", input: "first", timeout: "1h" });
  const call = await models.call();
  await page.locator(`tr[data-id="${blocking.id}"] [data-status="running"]`).waitFor();
  await page.getByRole("button", { name: "Submit task" }).click();
  const form = page.getByRole("dialog");
  await form.getByRole("combobox", { name: "Model" }).click();
  await page.getByRole("option", { name: "small" }).click();
  await form.getByLabel("Text").fill("second");
  await form.getByRole("button", { name: "Submit task" }).click();
  await page.waitForURL(/\/tasks\/tsk_/);
  await page.getByRole("group", { name: "Place in the queue" }).getByText("1", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Cancel task" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel them" }).click();
  await page.locator('h1 ~ [data-status="cancelled"]').waitFor();
  call.end();
});

test("A key that is revoked shuts its page out at once", async () => {
  const key = await hub.ask<{ id: string; token: string }>("POST", "/api/v1/api-keys", { role: "dev", name: "doomed" });
  const page = await (await open()).signInWith(key.token);
  await hub.ask("DELETE", `/api/v1/api-keys/${key.id}`);
  await page.waitForURL(/\/sign-in/);
});

test("The language is kept, and nothing of the other one is left", async () => {
  const { page } = await visit();
  await page.getByRole("button", { name: "简体中文" }).click();
  await page.getByRole("heading", { name: "总览" }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "总览" }).waitFor();
  expect(await page.getAttribute("html", "lang")).toBe("zh-CN");
  await page.getByRole("link", { name: "部署", exact: true }).click();
  await page.getByRole("table", { name: "部署" }).waitFor();
  await page.getByRole("button", { name: "English" }).click();
  await page.getByRole("table", { name: "Deployments" }).waitFor();
});

test("An event is in the audit the moment it happens", async () => {
  const { page } = await visit("/audit");
  const id = await hub.deploy("audited", "sleep 600");
  await page.getByRole("row", { name: new RegExp(`deployment\\.started.*${id.slice(0, 12)}`) }).waitFor();
});
