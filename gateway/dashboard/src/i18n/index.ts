import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { en } from "./en";

export const languages = { en: "English", zh: "简体中文" } as const;
export type Language = keyof typeof languages;

const kKey = "computehub.language";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "translation";
    resources: { translation: typeof en };
  }
}

function preferred(): Language {
  const kept = localStorage.getItem(kKey);
  if (kept === "en" || kept === "zh") return kept;
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

/** Texts other than English are fetched when they are needed. */
async function load(language: Language): Promise<void> {
  if (language === "zh" && !i18next.hasResourceBundle("zh", "translation"))
    i18next.addResourceBundle("zh", "translation", (await import("./zh")).zh);
}

export async function startTexts(): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: "en",
    fallbackLng: "en",
    resources: { en: { translation: en } },
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  await setLanguage(preferred(), false);
}

export async function setLanguage(language: Language, keep = true): Promise<void> {
  await load(language);
  await i18next.changeLanguage(language);
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  if (keep) localStorage.setItem(kKey, language);
}
