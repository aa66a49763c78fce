import type { TFunction } from "i18next";
import type { Locator, Page } from "playwright-core";
import type { Visit } from "./browser";
import type { Scene } from "./scene";

/** Goes through everything that the page can show, in the language of `t`, and has each of it looked at. */
export interface Guide {
  visit: Visit;
  page: Page;
  t: TFunction;
  scene: Scene;
  see: (what: string) => Promise<void>;
}

export const pagesOf = ({ running, task }: Scene) => [
  "/dashboard", "/deployments", "/deployments/new", ...tabsOf(running), "/tasks", `/tasks/${task}`, "/models", "/statistics", "/system", "/audit", "/settings/api-keys",
];
const tabsOf = (id: string) => ["logs", "metrics", "files", "history", "config", "connect"].map((tab) => `/deployments/${id}/${tab}`);

export function pastOf({ running, then }: Scene): string[] {
  const now = new Date().toISOString();
  return [
    `/dashboard?at=${then}`, `/deployments?at=${then}`, ...tabsOf(running).map((tab) => `${tab}?at=${then}`),
    `/deployments?at=${then}&than=${now}`, `/deployments/${running}/config?at=${then}&than=${now}`,
    "/deployments?at=2020-01-01T00:00:00Z", `/deployments/${running}/config?at=2020-01-01T00:00:00Z`,
  ];
}

async function go({ visit, page }: Guide, path: string): Promise<void> {
  await page.goto(path);
  await visit.live();
}

const button = (within: Page | Locator, name: string) => within.getByRole("button", { name, exact: true });
const dialogOf = (page: Page) => page.getByRole("dialog");

/** Presses what asks or opens something, looks at that, and closes it again. */
async function opened({ page, see }: Guide, what: string, press: Locator): Promise<void> {
  await press.click();
  await dialogOf(page).waitFor();
  await see(what);
  await page.keyboard.press("Escape");
  await dialogOf(page).waitFor({ state: "detached" });
}

async function inMenu({ page, t: _, see }: Guide, menu: Locator, item: string, what?: string): Promise<Locator> {
  await menu.click();
  const found = page.getByRole("menuitem", { name: item, exact: true });
  await found.waitFor();
  if (what) await see(what);
  return found;
}

export async function allPages(guide: Guide): Promise<void> {
  const { page, t, scene, see, visit } = guide;
  await page.goto("/sign-in");
  await button(page, t("signIn.dev")).waitFor();
  await see("/sign-in");
  await button(page, t("signIn.dev")).click();
  await visit.live();
  for (const path of [...pagesOf(scene), `/tasks/${scene.cancelled}`, `/deployments/${scene.ended}/config`, "/deployments/dep_none/logs", "/tasks/tsk_none"]) {
    await go(guide, path);
    await see(path);
  }
}

export async function thePast(guide: Guide): Promise<void> {
  for (const path of pastOf(guide.scene)) {
    await guide.page.goto(path);
    await guide.visit.past();
    await guide.see(path);
  }
}

export async function overDeployments(guide: Guide): Promise<void> {
  const { page, t, see } = guide;
  await go(guide, "/deployments");
  await page.keyboard.press("Control+k");
  const field = page.getByRole("combobox", { name: t("desk.palette.title") });
  await field.waitFor();
  await see("palette");
  await field.fill("rufus");
  await page.getByRole("option", { name: /rufus/ }).waitFor();
  await see("palette with a hit");
  await field.fill("nirgends und nie");
  await page.getByText(t("desk.palette.none")).waitFor();
  await see("palette without a hit");
  await page.keyboard.press("Escape");
  for (const menu of [t("desk.columns.title"), t("desk.views.title"), t("desk.export.title"), t("session.menu")]) {
    await button(page, menu).click();
    await page.getByRole("menu").waitFor();
    await see(`menu ${menu}`);
    await page.keyboard.press("Escape");
    await page.getByRole("menu").waitFor({ state: "detached" });
  }
  await opened(guide, "save a view", await inMenu(guide, button(page, t("desk.views.title")), t("desk.views.save")));
  await page.getByRole("checkbox", { name: t("table.selectAll") }).check();
  const toolbar = page.getByRole("toolbar", { name: t("table.chosenActions") });
  await see("chosen deployments");
  for (const action of ["stop", "delete"] as const) await opened(guide, `${action} chosen`, button(toolbar, t(`deployments.action.${action}`)));
}

export async function overOneDeployment(guide: Guide): Promise<void> {
  const { page, t, scene, see } = guide;
  const one = `/deployments/${scene.running}`;
  await go(guide, "/deployments/new");
  await button(page, t("create.showPlan")).click();
  await page.locator('[aria-invalid="true"]').first().waitFor();
  await see("faults of the form");
  await page.getByLabel(t("create.name")).first().fill("rike");
  await page.getByRole("textbox", { name: t("create.command") }).fill("sleep 600");
  await button(page, t("create.showPlan")).click();
  await button(page, t("create.confirm")).waitFor();
  await see("plan");
  await go(guide, `${one}/config`);
  await opened(guide, "delete one", button(page, t("deployments.action.delete")));
  await opened(guide, "edit", button(page, t("edit")));
  await go(guide, `${one}/files?file=datei.txt`);
  await page.locator("pre, code").getByText("zahl").waitFor();
  await see("preview of a file");
  await opened(guide, "new folder", button(page, t("files.newFolder")));
  const menu = button(page, t("files.actions", { name: "datei.txt" }));
  await opened(guide, "rename a file", await inMenu(guide, menu, t("files.rename"), "menu of a file"));
  await opened(guide, "delete a file", await inMenu(guide, menu, t("delete")));
  await go(guide, `${one}/logs?contains=zahl`);
  await page.getByRole("table", { name: t("logs.hits") }).waitFor();
  await see("hits of the log");
  await go(guide, `${one}/history?event=${scene.event}`);
  await see("an event of the history");
  await go(guide, `${one}/connect`);
  await button(page, t("terminal.open")).click();
  await page.getByText(t("terminal.phase.open")).waitFor();
  await see("terminal");
  await button(page, t("terminal.close")).click();
  await button(page, t("terminal.open")).waitFor();
  await see("terminal that has ended");
}

async function chosen({ page }: Guide, field: string, option: string): Promise<void> {
  await dialogOf(page).getByRole("combobox", { name: field }).click();
  await page.getByRole("option", { name: option, exact: true }).click();
}

export async function overTasksAndModels(guide: Guide): Promise<void> {
  const { page, t, scene, see } = guide;
  await go(guide, "/tasks");
  await button(page, t("tasks.submit")).click();
  for (const type of ["translation", "summarization", "embedding", "custom"] as const) {
    await chosen(guide, t("tasks.typeTitle"), t(`tasks.type.${type}`));
    await see(`submit ${type}`);
  }
  await page.keyboard.press("Escape");
  await dialogOf(page).waitFor({ state: "detached" });
  await opened(guide, "cancel all tasks", button(page, t("tasks.cancelAll")));
  await opened(guide, "retry all tasks", button(page, t("tasks.retryAll")));
  await go(guide, `/tasks/${scene.task}`);
  await opened(guide, "cancel a task", button(page, t("tasks.cancel")));
  await go(guide, "/models");
  await button(page, t("models.add")).click();
  for (const type of ["openai", "local", "custom"] as const) {
    await dialogOf(page).getByText(t(`models.types.${type}`), { exact: true }).click();
    await see(`add a model: ${type}`);
  }
  await page.keyboard.press("Escape");
  await dialogOf(page).waitFor({ state: "detached" });
  const menu = button(page, t("models.actions", { name: "rita" }));
  await opened(guide, "edit a model", await inMenu(guide, menu, t("edit"), "menu of a model"));
  await opened(guide, "delete a model", await inMenu(guide, menu, t("delete")));
  await (await inMenu(guide, menu, t("models.switchOn"))).click();
  await page.getByText(t("models.switched", { name: "rita", status: t("models.status.online") })).waitFor();
  await see("message of success");
  await (await inMenu(guide, menu, t("models.switchOff"))).click();
  await page.getByText(t("models.switched", { name: "rita", status: t("models.status.offline") })).waitFor();
}

export async function overTheRest(guide: Guide): Promise<void> {
  const { page, t, scene, see } = guide;
  await go(guide, `/audit?event=${scene.event}`);
  await dialogOf(page).waitFor();
  await see("drawer of an event");
  await go(guide, "/audit");
  await button(page, t("verify.open")).click();
  await page.locator('[data-status="sound"]').waitFor();
  await see("verified record");
  await go(guide, "/settings/api-keys");
  await opened(guide, "revoke a key", button(page, t("keys.revokeOne", { name: "rolf" })).first());
  await button(page, t("keys.new")).click();
  await see("new key");
  await button(dialogOf(page), t("keys.new")).click();
  await page.getByText(t("keys.once")).waitFor();
  await see("key that was made");
  await go(guide, "/system");
  await button(page, t("letters.show")).first().click();
  await page.getByRole("dialog", { name: t("letters.one") }).getByText(t("letters.content")).waitFor();
  await see("drawer of a dead letter");
  await go(guide, "/system");
  await opened(guide, "remove a dead letter", button(page, t("letters.remove")).first());
  await page.setViewportSize({ width: 390, height: 844 });
  await button(page, t("nav.open")).click();
  await see("navigation on a phone");
}
