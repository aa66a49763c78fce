import type { Translation } from "../translation";
import type { desk as en } from "../en/desk";

export const desk: Translation<typeof en> = {
  desk: {
    export: {
      title: "导出", hint: "筛选到的全部内容", csv: "CSV 文件", jsonl: "JSON 行", doing: "正在导出{{what}}…", done: "{{name}} 已保存",
      failed: "无法导出{{what}}", cancelled: "导出已取消",
    },
    columns: { title: "列", reset: "恢复默认" },
    views: {
      title: "已存视图", none: "还没有保存的视图", save: "保存此视图…", manage: "管理视图…", saveTitle: "保存视图：{{what}}", name: "视图名称",
      hint: "筛选条件和列保存在此浏览器中。", replaces: "将替换同名视图。", full: "已达到可保存的上限，请先删除一个。",
      link: "分享链接", saved: "视图 {{name}} 已保存", rename: "视图 {{name}} 的名称", remove: "删除视图 {{name}}",
    },
    palette: {
      title: "快速前往", hint: "查找页面、部署、任务或操作", none: "没有找到", failed: "无法向服务器搜索。", language: "语言 Language",
      group: { page: "本页操作", deployments: "部署", tasks: "任务", models: "模型", views: "已存视图", places: "前往", always: "通用" },
    },
    act: { chosen_other: "{{action}}所选的 {{count}} 个部署", one: "{{action}} {{name}}" },
    offline: {
      signOutFailed: "退出失败", notice: "服务器没有响应。这里显示的是 {{at}} 时的内容；服务器恢复后页面会自动继续。",
      asOf: "来源：{{source}}，截至 {{at}}",
    },
    undo: {
      undo: "撤销", startAgain: "重新启动", newRun: "重新启动是一次新的运行：内存中的内容已丢失。", sendAgain: "重新发送", anew: "重新发送后将从头开始。",
      done: "已恢复原状", failed: "无法恢复", since: "此后又被更改。",
    },
    edit: {
      title: "编辑 {{name}}", done: "{{name}} 已更改", conflict: "其他人同时做了更改：", mine: "保留我的", theirs: "采用对方的",
      since: "此后又被更改：{{fields}}", limitsHint: "限制从下次启动起生效。",
      field: { name: "名称", labels: "标签", limits: "限制", restart_policy: "重启", price_usd_micro_per_hour: "每小时价格" },
      input: { name: "名称", labels: "标签", cpus: "CPU 上限", memory: "内存上限", processes: "进程数上限", restart: "重启", maxRestarts: "最多重启次数", price: "每小时价格" },
    },
    fallbacks: {
      label: "备用模型", hint: "当此模型不在线、冷却中或重试时，按此顺序改为调用它们。", add: "添加模型", noMore: "没有其他模型",
      full: "已达上限", up: "上移 {{name}}", down: "下移 {{name}}", remove: "移除 {{name}}",
    },
    picture: { save: "保存为 PNG：{{title}}", making: "正在绘制…", saved: "{{title}} 已保存为 PNG", failed: "无法生成图片" },
  },
};
