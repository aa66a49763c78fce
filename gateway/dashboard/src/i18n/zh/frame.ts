import type { frame as en } from "../en/frame";
import type { Translation } from "../translation";

export const frame: Translation<typeof en> = {
  nav: {
    label: "主导航", open: "打开导航", close: "关闭导航", operate: "运维",
    overview: "总览", deployments: "部署", tasks: "任务", models: "模型", statistics: "统计",
    system: "系统", audit: "审计", apiKeys: "API 密钥", docs: "API 文档",
  },
  session: { menu: "账户", signOut: "退出登录", dev: "开发", devHint: "开发用服务器：本机上的任何人都可以登录。" },
  signIn: {
    title: "登录 ComputeHub", hint: "粘贴一个 API 密钥。它只用来换取会话，不会被保存。",
    ended: "会话已结束。重新登录后将回到刚才的页面。", token: "令牌", enter: "登录",
    invalid: "令牌无效或已失效。", dev: "以开发者身份登录",
  },
  live: {
    live: "实时", resuming: "正在恢复…", stale: "未连接",
    resumingNotice: "连接中断；服务器一应答，就从断点继续。", tryNow: "立即重试",
    staleNotice: "没有连接。显示的是最后已知的状态；服务器恢复后会自动继续。",
  },
  look: { light: "浅色外观", dark: "深色外观" },
  toast: { label: "消息", dismiss: "关闭消息" },
  source: {
    of: "来源：{{source}}", stale: "来源：{{source}}，可能已过时",
    age: "{{source}}：最近更新于 {{ago}}（{{at}}）", never: "{{source}}：尚无数据",
  },
  table: {
    selectAll: "全选", select: "选择 {{name}}", chosen_other: "已选 {{count}} 项",
    chosenActions: "操作", chooseNone: "取消选择", shown: "{{shown}} / 共 {{total}}",
  },
  filter: { anyStatus: "全部状态", anyType: "全部类型", clear: "清除筛选" },
  failed: { title: "无法读取" },
  notFound: { title: "这里什么也没有", hint: "地址可能有误。", home: "返回总览" },
  unreachable: { title: "服务器没有响应", again: "重试" },
  loading: "加载中", close: "关闭", cancel: "取消", save: "保存", edit: "编辑", delete: "删除", copy: "复制", copied: "已复制", refresh: "刷新",
};
