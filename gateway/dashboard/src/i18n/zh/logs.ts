import type { logs as en } from "../en/logs";
import type { Translation } from "../translation";

export const logs: Translation<typeof en> = {
  logView: {
    lost: "已丢失：不再保留", earlier_other: "前面还有 {{n}} 行", later_other: "后面还有 {{n}} 行",
    newer_other: "搜索 {{n}} 行新内容", jumpFailed: "无法查找该时间", retrying: "暂时无法读取日志的开头",
  },
  chartView: {
    hint: "拖动可缩放。按住 Shift 拖动或用两指可平移。Ctrl 加滚轮可缩放。双击可还原。键盘：方向键、+ 和 −、Escape。",
    chart: "{{title}}：图表",
  },
};
