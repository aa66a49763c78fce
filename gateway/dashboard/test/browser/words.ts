import i18next, { type TFunction } from "i18next";
import { en } from "../../src/i18n/en";
import { zh } from "../../src/i18n/zh";

export type Language = "en" | "zh";

/** The page's own texts, to find by their names what it shows in that language. */
export async function wordsIn(language: Language): Promise<TFunction> {
  const texts = i18next.createInstance();
  await texts.init({ lng: language, resources: { [language]: { translation: language === "en" ? en : zh } }, interpolation: { escapeValue: false } });
  return texts.t;
}

export const localeOf = (language: Language) => (language === "en" ? "en-US" : "zh-CN");
