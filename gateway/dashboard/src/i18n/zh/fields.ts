import type { fields as en } from "../en/fields";
import type { Translation } from "../translation";

export const fields: Translation<typeof en> = {
  fields: { reason: "原因", code: "原因代码", desired: "期望状态", label: "标签 {{key}}", exitCode: "退出码", stopped: "结束时间" },
};
