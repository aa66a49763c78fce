import type { systemInfo as en } from "../en/system_info";
import type { Translation } from "../translation";

export const systemInfo: Translation<typeof en> = {
  info: {
    versions: "版本", configuration: "生效配置", started: "启动时间", up: "已运行", node: "节点", log: "日志存储", logIs: "{{kind}}，格式 {{format}}，{{partitions}} 个分区",
    compiler: "编译器", modified: "含未提交的更改", option: "选项", value: "值", from: "来源", default: "默认", search: "搜索选项", setOnly: "仅已设置",
  },
  nodes: { title: "节点", name: "节点", since: "自", partitions: "分区", self: "本节点" },
  letters: {
    title: "死信", one: "死信", none: "没有。无法决定的输入会存放在这里。", reason: "原因", entity: "实体", type: "命令", size: "大小", at: "时间", driven: "重新投递",
    actions: "操作", never: "从未", show: "查看", drive: "重新投递", remove: "移除", source: "来源", place: "原位置", actor: "操作者", project: "项目",
    sources: { command: "命令", message: "消息", timer: "定时器", effect: "外部结果", foreign: "外来记录" },
    content: "内容", download: "下载", empty: "没有内容。", beginning: "仅显示前 {{size}}；下载可得全部。", foreignHint: "不属于本系统的记录：没有谁能对它作出决定。",
    driving: "正在重新投递…", drivenDone: "已重新投递并被接受", driveFailed: "未被接受",
    removeAsk: "移除这条死信？", removeHint: "其内容将随之消失。此操作无法撤销。", removing: "正在移除…", removed: "已移除", removeFailed: "无法移除",
  },
};
