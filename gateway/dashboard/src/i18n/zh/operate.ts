import type { operate as en } from "../en/operate";
import type { Translation } from "../translation";

export const operate: Translation<typeof en> = {
  system: {
    title: "系统", health: "健康", ok: "正常", notOk: "异常", hosts: "主机", partitions: "分区", none: "无",
    log: "日志存储", node: "由 {{name}} 应答", records: "记录数", partitionCount_other: "{{count}} 个分区",
    lag: "最大滞后", lagNote: "任一分区的记录数", commit: "提交", batches: "p50 · p99 {{p99}} · {{n}} 个批次", waiting: "等待的命令",
    hostStatus: { online: "在线", away: "失联" },
    host: { name: "主机", status: "状态", kind: "种类", cpus: "CPU", memory: "内存", gpus: "GPU", running: "运行数", seen: "最近联系" },
    column: { partition: "分区", owner: "所有者", epoch: "纪元", head: "记录数", copy: "副本滞后", projections: "投影滞后", fault: "故障" },
  },
  audit: {
    title: "审计", type: "事件", actor: "操作者", subject: "对象", project: "项目", time: "时间", position: "位置", search: "搜索操作者、事件、ID",
    follow: "跟随", none: "没有符合条件的事件", noneHint: "仅在最新事件中查找。放宽筛选以查看更多。", shown: "最新事件 {{n}} 条",
  },
  keys: {
    title: "API 密钥", new: "新建密钥", name: "名称", unnamed: "未命名", state: "状态", role: "角色", by: "创建者", created: "创建时间", expires: "到期", never: "永不",
    host: "主机", none: "还没有密钥", noneHint: "密钥让程序或人员以其角色的权限进入。", notAdmin: "只有管理员可以查看 API 密钥",
    made: "密钥已创建", once: "请立即复制令牌。它只显示这一次，不会保存在任何地方。",
    revoke: "吊销", revokeOne: "吊销 {{name}}", revokeAsk: "吊销此密钥？", revokeHint: "使用者会在一秒内失去访问权限。此操作无法撤销。", revoking: "正在吊销…", revoked: "密钥已吊销", revokeFailed: "无法吊销密钥",
    states: { active: "有效", revoked: "已吊销", expired: "已过期" },
    roles: { viewer: "查看者", dev: "开发者", admin: "管理员", host: "主机" },
    roleHint: { viewer: "只读。", dev: "可读可操作。", admin: "还可管理成员、密钥和机密。", host: "只用于接入其指定的机器。" },
  },
};
