import type { work as en } from "../en/work";
import type { Translation } from "../translation";

export const work: Translation<typeof en> = {
  overview: {
    title: "总览", running: "运行中的部署", ofAll: "共 {{n}}", inTrouble: "异常", perHour: "每小时花费",
    spentSoFar: "累计 {{cost}}", queue: "等待的任务", runningTasks: "{{slots}} 个槽位中 {{n}} 个运行", success: "成功率（24 小时）",
    ended: "{{n}} 个已结束", recent: "最近的部署", failures: "失败的任务", noFailures: "没有失败的任务", all: "查看全部",
  },
  tasks: {
    title: "任务", task: "任务", submit: "提交任务", submitted: "任务已提交", statusTitle: "状态", typeTitle: "类型", model: "模型",
    priority: "优先级", attempts: "尝试", cost: "费用", created: "提交时间", estimated: "预计开始", position: "队列位置",
    tokens: "令牌数", input: "输入", output: "输出", result: "结果", noOutput: "暂无", noAttempts: "尚未尝试",
    search: "搜索模型、ID、标签", none: "还没有任务", noneHint: "任务是向模型提出的请求。提交一个，即可看到回答逐步到来。",
    noneFound: "没有符合筛选条件的任务", noneFoundHint: "放宽筛选条件以查看更多。", toList: "全部任务", noModel: "没有这个模型",
    cancel: "取消任务", cancelAll: "全部取消…", retry: "重试", retryAll: "全部重试…",
    inputText: "文本", inputTexts: "文本，或每行一段文本", inputJson: "输入（文本或 JSON）", target: "目标语言", source: "源语言", maxWords: "最多词数", timeout: "时限",
    retriesLeft_other: "最多重试 {{count}} 次",
    vectors_other: "{{count}} 个向量，每个 {{size}} 维",
    status: { pending: "等待中", running: "运行中", completed: "已完成", failed: "失败", cancelled: "已取消" },
    type: { "text-generation": "文本生成", translation: "翻译", summarization: "摘要", embedding: "向量化", custom: "自定义" },
    priorities: { "1": "1 低", "2": "2 普通", "3": "3 高" },
    attempt: { started: "开始", took: "用时", outcome: "结果", node: "节点", detail: "详情" },
    bulk: {
      chosen_other: "选中的 {{count}} 个任务", found_other: "符合筛选条件的全部 {{count}} 个任务", all_other: "全部 {{count}} 个任务：未设置筛选", some: "{{count}} 个中有 {{failed}} 个被拒绝",
      cancel: { ask: "取消？", confirm: "取消这些任务", doing: "正在取消…", done_other: "已取消 {{count}} 个任务", failed: "无法取消" },
      retry: { ask: "重新提交？", confirm: "重试这些任务", doing: "正在重新提交…", done_other: "已重新提交 {{count}} 个任务", failed: "无法重新提交" },
    },
  },
  models: {
    title: "模型", name: "名称", statusTitle: "状态", slots: "占用槽位", pending: "等待", address: "地址", price: "输入/输出价格", perMillion: "每百万令牌",
    cooling: "冷却至", add: "添加模型", added: "已添加 {{name}}", changed: "已修改 {{name}}", edit: "编辑 {{name}}", type: "类型",
    none: "还没有模型", noneHint: "模型是能作答的地方：OpenAI 兼容接口、本地服务器，或任何接受 JSON 的网址。",
    actions: "{{name}} 的操作", switchOn: "上线", switchOff: "下线", drain: "排空", switching: "正在切换 {{name}}…", switched: "{{name}}：{{status}}", switchFailed: "无法切换 {{name}}",
    deleteAsk: "删除 {{name}}？", deleteHint: "只有没有等待或运行任务的模型才能删除。之后名称可再次使用。", deleting: "正在删除 {{name}}…", deleted: "已删除 {{name}}", deleteFailed: "无法删除 {{name}}",
    keyKept: "已保存，末尾为 {{last4}}", startOnline: "立即上线",
    status: { online: "在线", offline: "离线", draining: "排空中" },
    types: { openai: "OpenAI 兼容", local: "本地服务器", custom: "自定义网址" },
    field: {
      name: "名称", base_url: "基础网址", model: "对方的模型名", host: "服务器", port: "端口", model_path: "模型路径", url: "网址", request_template: "请求模板",
      result_pointer: "结果指针", max_tokens: "最大令牌数", temperature: "温度", max_workers: "槽位", max_queue_size: "队列长度",
      prompt: "每百万输入令牌（美元）", completion: "每百万输出令牌（美元）", api_key: "API 密钥",
    },
  },
  stats: {
    title: "统计", range: "时间范围", byDay: "每日任务", days: "每日明细", byModel: "按模型（近 24 小时）", byHour: "每小时结束", queue: "每小时最大等待数",
    dayCount_other: "{{count}} 天", dayTitle: "{{date}}：完成 {{completed}}，失败 {{failed}}，取消 {{cancelled}}",
    queueTitle: "{{hour}}：最多等待 {{most}}，结束时 {{last}}",
    endings: "近 24 小时按结束次数统计：失败后重新提交又失败的任务算两次。每日明细按任务的提交日期统计其当前状态。",
    bySubmission: "按提交日期统计任务的当前状态",
    completed24: "完成（24 小时）", failed24: "失败（24 小时）", success24: "成功率（24 小时）", spent24: "任务花费（24 小时）", tokens24: "{{n}} 个令牌", wait: "等待时间", run: "运行时间",
    column: {
      date: "日期（UTC）", model: "模型", total: "提交", pending: "等待", running: "运行", completed: "完成", failed: "失败", cancelled: "取消",
      success: "成功率", wait: "等待 p50 / p95", run: "运行 p50 / p95", tokens: "令牌", cost: "费用",
    },
  },
};
