import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from "playwright-core";
import type { Hub } from "./hub";

export const launch = (): Promise<Browser> => chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });

/** A page whose console is kept: what it complains of fails the test, broken connections aside. */
export class Visit {
  readonly complaints: string[] = [];
  private constructor(
    readonly context: BrowserContext,
    readonly page: Page,
  ) {}

  /** Without the page's worker, which would answer for a server that a test takes away, unless `options` allow it. */
  static async open(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visit> {
    const context = await browser.newContext({ baseURL: url, viewport: { width: 1440, height: 900 }, locale: "en-US", serviceWorkers: "block", ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    const visit = new Visit(context, page);
    page.on("pageerror", (error) => visit.complaints.push(error.message));
    page.on("console", (message) => {
      const isCut = /WebSocket connection|net::ERR_|status of (401|503)/.test(message.text());
      if (message.type() === "error" && !isCut) visit.complaints.push(message.text());
    });
    return visit;
  }

  /** Signs in with the button that a server for development shows. */
  async signIn(path = "/dashboard"): Promise<Page> {
    await this.page.goto(path);
    await this.page.getByRole("button", { name: "Sign in as developer" }).click();
    await this.live();
    return this.page;
  }

  async signInWith(token: string, path = "/dashboard"): Promise<Page> {
    await this.page.goto(path);
    await this.page.getByLabel("Token", { exact: true }).fill(token);
    await this.page.getByRole("button", { name: "Sign in", exact: true }).click();
    await this.live();
    return this.page;
  }

  /** Until the page is live and shows what it has read. */
  async live(): Promise<void> {
    await this.page.locator('main[data-live="live"]').waitFor();
    await this.page.waitForFunction(() => !document.querySelector('[role="status"][aria-label="Loading"], [role="status"][aria-label="加载中"]'));
  }

  /** Until the page shows the moment of its address. */
  async past(): Promise<void> {
    await this.page.locator("main[data-at]").waitFor();
    await this.page.waitForFunction(() => !document.querySelector('[role="status"][aria-label="Loading"], [role="status"][aria-label="加载中"], section[aria-busy="true"]'));
  }

  async close(): Promise<void> {
    await this.context.close();
  }
}

export const newHubPage = async (browser: Browser, hub: Hub, path?: string): Promise<Visit> => {
  const visit = await Visit.open(browser, hub.url);
  await visit.signIn(path);
  return visit;
};
