import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { seriousFaults } from "./faults";
import { leftovers } from "./leftovers";
import { ModelServer } from "./model_server";
import { furnish, given, type Scene } from "./scene";
import { stage } from "./stage";
import { allPages, overDeployments, overOneDeployment, overTasksAndModels, overTheRest, thePast } from "./tour";
import { localeOf, wordsIn } from "./words";

let models: ModelServer;
let scene: Scene;
const { hub, open } = stage(async () => {
  models = await ModelServer.start();
  scene = await furnish(hub, models);
});
afterAll(() => models.stop());

// What keeps somebody from using the page is the same in both languages but for its words, and in both colours but for its contrast:
// each language is looked at in one of the colours.
describe.each([
  { language: "en", lang: "en", colorScheme: "dark" },
  { language: "zh", lang: "zh-CN", colorScheme: "light" },
] as const)("Every page and whatever opens over it, in $language and $colorScheme colours", ({ language, lang, colorScheme }) => {
  const faults: string[] = [];
  const languages = new Set<string | null>();
  const english: string[] = [];
  let seen = 0;

  beforeAll(async () => {
    const visit = await open({ locale: localeOf(language), colorScheme, reducedMotion: "reduce" });
    const { page } = visit;
    const see = async (what: string) => {
      seen += 1;
      languages.add(await page.getAttribute("html", "lang"));
      faults.push(...(await seriousFaults(page)).map((fault) => `${what} ${fault}`));
      if (language === "zh") english.push(...(await leftovers(page, given)).map((word) => `${what} ${word}`));
    };
    const guide = { visit, page, t: await wordsIn(language), scene, see };
    for (const part of [allPages, thePast, overDeployments, overOneDeployment, overTasksAndModels, overTheRest]) await part(guide);
  }, 400_000);

  test("Nothing serious keeps anybody from using them", () => {
    expect(seen).toBeGreaterThan(70);
    expect(faults).toEqual([]);
  });

  test("They say which language they speak", () => expect([...languages]).toEqual([lang]));

  if (language === "zh") test("Nothing of the other language is left on them", () => expect(english).toEqual([]));
});
