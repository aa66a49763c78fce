import type { Browser, BrowserContextOptions } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { launch, Visit } from "./browser";
import { Hub } from "./hub";

export interface Stage {
  /** Runs for all tests of the file. */
  readonly hub: Hub;
  /** Nobody is signed in yet; at `url`, or at the server itself. It is closed behind the test, which fails if the page complained. */
  open(options?: BrowserContextOptions, url?: string): Promise<Visit>;
  /** As developer, at `path`. */
  visit(path?: string, options?: BrowserContextOptions): Promise<Visit>;
}

/** One server and one browser for the tests of a file, and what `furnish` puts into that server before them. */
export function stage(furnish: (hub: Hub) => Promise<unknown> = async () => undefined): Stage {
  const hub = new Hub();
  let browser: Browser;
  let visits: Visit[] = [];

  beforeAll(async () => {
    [browser] = await Promise.all([launch(), hub.begin()]);
    await furnish(hub);
  });
  afterEach(async () => {
    const complaints = visits.flatMap((visit) => visit.complaints);
    await Promise.all(visits.map((visit) => visit.close()));
    visits = [];
    expect(complaints).toEqual([]);
  });
  afterAll(async () => {
    await browser.close();
    await hub.stop();
  });

  const open = async (options: BrowserContextOptions = {}, url = hub.url): Promise<Visit> => {
    const visit = await Visit.open(browser, url, options);
    visits.push(visit);
    return visit;
  };
  const visit = async (path?: string, options?: BrowserContextOptions): Promise<Visit> => {
    const opened = await open(options);
    await opened.signIn(path);
    return opened;
  };
  return { hub, open, visit };
}
