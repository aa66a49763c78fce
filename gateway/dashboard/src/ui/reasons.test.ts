import i18next from "i18next";
import { beforeAll, expect, test } from "vitest";
import { en } from "@/i18n/en";
import { zh } from "@/i18n/zh";
import { moment } from "./format";
import { pendingText, reasonText } from "./reasons";

beforeAll(() => i18next.init({ lng: "zh", resources: { en: { translation: en }, zh: { translation: zh } }, interpolation: { escapeValue: false } }));

test("A reason of the server is told in the reader's language, also inside another one", () => {
  const t = i18next.getFixedT("zh");
  expect(reasonText(t, "its command runs")).toBe("命令正在运行");
  expect(reasonText(t, "exited with code 3")).toBe("已退出，退出码 3");
  expect(reasonText(t, "stopped as asked: ended by signal 15 (Terminated)")).toBe("已按要求停止：被信号 15 终止（Terminated）");
});

test("In English a reason is told as the server tells it", () => {
  const t = i18next.getFixedT("en");
  for (const text of ["its command runs", "exited with code 3", "stopped as asked: ended by signal 15 (Terminated)"]) expect(reasonText(t, text)).toBe(text);
});

test("A reason that nobody knows is told as it came", () => {
  expect(reasonText(i18next.getFixedT("zh"), "exited with code 3; not restarted again, max_restarts is 2")).toBe("exited with code 3; not restarted again, max_restarts is 2");
});

test("Why a task waits is a sentence, with its time in the reader's zone", () => {
  const t = i18next.getFixedT("en");
  expect(pendingText(t, "no_free_slot (2 of 2)")).toBe("waits: 2 of 2 slots in use");
  expect(pendingText(t, "model_offline")).toBe("its model is not online");
  expect(pendingText(t, "retry (2026-03-01T12:00:00.000000Z)")).toBe(`is tried again at ${moment("2026-03-01T12:00:00Z")}`);
  expect(pendingText(t, "something_new (1)")).toBe("something_new (1)");
});
