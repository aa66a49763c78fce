import { expect, test } from "vitest";
import { leftoversOf } from "./leftovers";

const given = new Set(["rufus"]);

test("An English word among Chinese ones is found, in whatever it stands", () => {
  expect(leftoversOf("停止 the 部署", given)).toEqual(["the"]);
  expect(leftoversOf("Toggle password visibility", given)).toEqual(["Toggle", "password", "visibility"]);
  expect(leftoversOf("3 running", given)).toEqual(["running"]);
});

test("Names, ids, measures and what somebody has called something are the same in every language", () => {
  for (const text of ["CPU 上限", "dep_h46k3ven · 运行中", "来源：/api/v1/deployments/…/files", "468 KiB", "deployment.started", "删除 rufus？", "时间（GMT+8）", "保存为 PNG：内存"]) expect(leftoversOf(text, given)).toEqual([]);
});
