import type { time as en } from "../en/time";
import type { Translation } from "../translation";

export const time: Translation<typeof en> = {
  time: {
    enter: "回到过去", band: "时间", shown: "{{time}}（{{zone}}）时的状态", finding: "正在定位时刻…", now: "回到现在",
    mark: "过去", slider: "时刻", scale: "滑块的时间范围", whole: "全部", previous: "上一个事件", next: "下一个事件", field: "跳转到时间（{{zone}}）",
    event: "第 {{n}} 个事件，共 {{of}} 个：{{type}}", behind: "最近的事件：{{id}} 的 {{type}}", stepFailed: "无法读取下一个事件",
    notYet: "当时还不存在", notYetHint: "{{name}} 创建于 {{time}}。", toFirst: "转到它的第一个事件",
    noFiles: "过去的文件没有保留", noFilesHint: "工作区只有现在的内容。回到现在即可查看。",
    noneThen: "当时没有部署", noneThenFound: "当时没有符合筛选条件的部署", noneThenHint: "请前往更晚的时刻。",
    logsUntil: "截至该时刻", noLogs: "当时还没有输出", noSamples: "截至该时刻没有采样", metricsSpan: "截至该时刻的时间范围",
    unknown: "过去的数值未知", hours24: "截至 {{time}} 的 24 小时", hoursGone: "这么久以前的小时数据没有保留",
    lastEvents: "当时最近发生的事", noEvents: "当时还没有发生任何事", tasksHint: "任务只按现在的状态列出，请见任务页。",
    toEvent: "转到该时刻", toEventOf: "转到第 {{n}} 个事件",
    compare: "比较", compareHint: "显示与现在的差异", than: "与 {{time}}（{{zone}}）比较", thanField: "与某个时间比较（{{zone}}）",
    swap: "互换", swapHint: "移动两个时刻中的另一个", endCompare: "结束比较",
    differences: "差异", between: "从 {{from}} 到 {{to}}", fieldName: "字段", before: "之前", after: "之后", none: "没有差异",
    noneHint: "这两个时刻之间没有变化。", eventsBetween: "其间的事件", absent: "不存在", notWhole: "还有更多：只比较了最新的 {{n}} 个。",
    kind: { appeared: "新增", changed: "改变", vanished: "消失" },
    kinds: "新增 {{appeared}}，改变 {{changed}}，消失 {{vanished}}",
  },
};
