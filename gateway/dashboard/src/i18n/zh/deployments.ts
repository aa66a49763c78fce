import type { deployments as en } from "../en/deployments";
import type { Translation } from "../translation";

export const deployments: Translation<typeof en> = {
  deployments: {
    title: "部署", one: "部署", new: "新建部署", name: "名称", statusTitle: "状态", place: "主机", cost: "费用",
    perHour: "{{price}}/小时", restarts: "重启次数", created: "创建时间", started: "启动时间", search: "搜索名称、ID、标签",
    none: "还没有部署", noneHint: "部署是为您运行的进程或机器。启动一个，即可在此实时查看。",
    noneFound: "没有符合筛选条件的部署", noneFoundHint: "放宽筛选条件以查看更多。", toList: "全部部署",
    waitsFor: "等待失联的主机 {{host}}",
    status: {
      creating: "启动中（创建）", starting: "启动中", running: "运行中", stopping: "停止中", stopped: "已停止", failed: "错误",
      unreachable: "失联", deleting: "删除中", deleted: "已删除",
    },
    action: { start: "启动", stop: "停止", restart: "重启", delete: "删除" },
    tab: { logs: "日志", metrics: "指标", files: "文件", history: "历史", config: "配置", connect: "连接" },
  },
  batch: {
    ask: {
      start_other: "启动 {{count}} 个部署？", stop_other: "停止 {{count}} 个部署？",
      restart_other: "重启 {{count}} 个部署？", delete_other: "删除 {{count}} 个部署？",
    },
    endsRun: "本次运行会结束，内存中的内容会丢失；工作区的文件会保留。",
    deleteWarning: "正在运行的内容会被终止，工作区及其全部文件会被删除。此操作无法撤销。",
    outcomes: "部署", ok: "完成", failed: "被拒绝",
    allDone_other: "{{action}}：{{count}} 个全部接受",
    someFailed: "{{action}}：{{count}} 个中有 {{failed}} 个被拒绝",
  },
  act: {
    doing: { start: "正在启动 {{name}}…", stop: "正在停止 {{name}}…", restart: "正在重启 {{name}}…", delete: "正在删除 {{name}}…" },
    done: { start: "{{name}} 开始启动", stop: "{{name}} 开始停止", restart: "{{name}} 开始重启", delete: "{{name}} 正在删除" },
    failed: { start: "无法启动 {{name}}", stop: "无法停止 {{name}}", restart: "无法重启 {{name}}", delete: "无法删除 {{name}}" },
  },
  logs: {
    title: "日志", hits: "找到的日志行", search: "搜索日志", stream: "输出流", bothStreams: "全部输出", jump: "跳转到时间",
    times: "时间", wrap: "换行", download: "下载", downloading: "正在读取日志…", downloaded: "日志已保存",
    downloadFailed: "无法读取日志", none: "还没有输出", noneHint: "输出一产生就会出现在这里。",
    lines_other: "{{n}} 行", following: "跟随中", paused: "已暂停", follow: "跟随",
    followNew_other: "跟随（{{n}} 行新内容）",
    noHits: "没有找到匹配的行", noHitsHint_other: "已搜索 {{count}} 行。", moreHits: "查找更多",
  },
  metrics: {
    noneThen: "这段时间没有样本", noneThenHint: "目前没有运行。更长的时间范围内可能有之前运行的样本。", noNetwork: "网络与主机共用，无法按部署计量", saved: "样本已保存为 CSV",
    range: "时间范围", live: "回到实时", none: "还没有采样", noneHint: "运行期间每隔几秒采样一次。",
    cpu: "CPU", memory: "内存", gpu: "GPU", gpuMemory: "显存", temperature: "GPU 温度", power: "GPU 功率", network: "网络", disk: "磁盘",
    line: {
      cpu_percent: "CPU", memory_bytes: "内存", network_rx_bytes: "接收", network_tx_bytes: "发送", disk_read_bytes: "读取",
      disk_write_bytes: "写入", gpu_percent: "GPU", gpu_memory_bytes: "显存", gpu_temperature_celsius: "温度", gpu_power_watts: "功率",
    },
  },
  files: {
    noName: "名称不能包含斜杠，也不能是 . 或 ..",
    name: "名称", size: "大小", modified: "修改时间", download: "下载", rename: "重命名", upload: "上传", newFolder: "新建文件夹", workspace: "工作区", trail: "文件夹",
    none: "文件夹为空", noneHint: "将文件拖到此处，或点击上传。", noPreview: "内容既不是文本也不是图片", tooLarge: "{{size}} 太大，无法显示，请下载查看",
    more: "还有更多未显示", actions: "{{name}} 的操作", uploaded: "已上传 {{name}}", uploadFailed: "无法上传 {{name}}",
    making: "正在创建 {{name}}…", made: "已创建 {{name}}", makeFailed: "无法创建 {{name}}", renaming: "正在重命名为 {{name}}…", renamed: "已重命名为 {{name}}", renameFailed: "无法重命名为 {{name}}",
    removeAsk: "删除 {{name}}？", removeHint: "此操作无法撤销。", removeFolder: "文件夹及其全部内容都会被删除。此操作无法撤销。",
    removing: "正在删除 {{name}}…", removed: "已删除 {{name}}", removeFailed: "无法删除 {{name}}",
    kind: { file: "文件", folder: "文件夹", link: "链接", other: "特殊文件" },
  },
  connect: { none: "没有可连接的入口", noneHint: "它既没有开放端口，也没有 SSH。", command: "命令", ports: "端口" },
  config: {
    runs: "运行内容", about: "基本信息", env: "环境变量", noEnv: "没有变量", sealed: "已密封，不再显示", secret: "密钥 {{name}}",
    command: "命令", image: "镜像", ports: "端口", files: "文件", gpu: "GPU", limits: "限制", restart: "重启策略", grace: "停止宽限",
    price: "价格", project: "项目", owner: "创建者", labels: "标签", created: "创建时间", updated: "更新时间", version: "版本（位置）",
    processes_other: "{{count}} 个进程",
  },
  create: {
    title: "新建部署", what: "运行什么", where: "在哪里运行", how: "如何运行", name: "名称", command: "命令", commandHint: "按 shell 规则拆分，不做展开。",
    env: "环境变量", envHint: "每行一个 NAME=value。@NAME 在每次启动时读取密钥。", provider: "提供方", host: "主机", anyHost: "任意", image: "镜像",
    gpuModel: "GPU 型号", gpuCount: "GPU 数量", cpus: "CPU 上限", memory: "内存上限", restart: "重启", labels: "标签", ports: "端口",
    stopGrace: "停止宽限", price: "每小时价格", plan: "方案", planHint: "先查看方案：在哪里运行、费用多少。此时不会启动任何东西。",
    perHour: "每小时", perDay: "每天", showPlan: "查看方案", confirm: "确认并启动", yaml: "另存为 YAML", made: "正在创建 {{name}}",
    fault: { needed: "必填", small: "数值过小", large: "数值过大", long: "内容过长", shape: "无法识别", open: "引号没有闭合" },
    restarts: { never: "从不", "on-failure": "失败时", always: "总是" },
  },
};
