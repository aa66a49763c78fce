import i18next from "i18next";
import { expect, test } from "vitest";
import { en } from "@/i18n/en";
import { zh } from "@/i18n/zh";
import { pendingIn, saidIn } from "./said";

const resources = { en: { translation: en }, zh: { translation: zh } };
const texts = i18next.createInstance();
await texts.init({ lng: "en", resources, interpolation: { escapeValue: false } });
const [english, chinese] = [texts.getFixedT("en"), texts.getFixedT("zh")];

test("What the server says is the same in English, and is said in Chinese with what is particular in it", () => {
  for (const text of ["its command runs", "exited with code 3", "stopped as asked: ended by signal 15 (Terminated)", "cancelled by user:dev"]) expect(saidIn(english, text)).toBe(text);
  expect(saidIn(chinese, "its command runs")).toBe("命令正在运行");
  expect(saidIn(chinese, "stopped as asked: ended by signal 15 (Terminated)")).toBe("已按要求停止：被信号 15（Terminated）终止");
  expect(saidIn(chinese, "cancelled by user:dev")).toBe("由 user:dev 取消");
});

test("What the page has no words for stays as the server said it", () => {
  expect(saidIn(chinese, "the disk is made of cheese")).toBe("the disk is made of cheese");
  expect(pendingIn(chinese, "something_new (7)")).toBe("something_new (7)");
});

test("Why a task waits is said in words", () => {
  expect(pendingIn(english, "no_free_slot (1 of 2)")).toBe("no slot is free: 1 / 2 are taken");
  expect(pendingIn(chinese, "model_offline")).toBe("模型不在线");
  expect(pendingIn(english, "retry (2026-03-01T12:00:00Z)")).toMatch(/^is tried again at 2026-03-01 \d\d:00:00$/);
});
