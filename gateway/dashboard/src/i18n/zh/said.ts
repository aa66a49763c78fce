import type { said as en } from "../en/said";
import type { Translation } from "../translation";

export const said: Translation<typeof en> = {
  said: {
    requested: "已申请，提供方正在准备", requestedIdle: "已申请，未要求启动",
    prepared: "已准备好，正在请求运行其命令", startRequested: "正在请求运行其命令",
    startUnprepared: "已请求运行，提供方正在准备", started: "命令正在运行", toRestart: "已请求重启", toStop: "已请求停止",
    reachable: "已恢复响应，正在运行", toDelete: "已请求删除", deleted: "提供方处已不存在",
    stoppedBefore: "在运行之前被停止", stoppedWaiting: "在等待重启时被停止",
    stoppedExited: "已按要求停止：退出码 {{code}}", stoppedSignalled: "已按要求停止：被信号 {{signal}}（{{name}}）终止",
    exited: "退出码 {{code}}", signalled: "被信号 {{signal}}（{{name}}）终止",
    rebooted: "命令运行期间机器重新启动", supervisorLost: "监督进程已结束，没有留下命令的退出记录",
    shellExited: "Shell 已退出，退出码 {{code}}", shellSignalled: "Shell 被信号 {{signal}} 终止", shellClosed: "由使用者关闭",
    shellLeft: "无人返回 Shell", shellEnded: "Shell 已结束", runEnded: "部署的运行已结束",
    rightGone: "使用此 Shell 的权限已失效", serverEnded: "持有它的服务器已结束", serverStopping: "服务器正在停止",
    waits: "正在排队等待", works: "模型正在处理", resultThere: "结果已就绪", unwanted: "已不再需要",
    cancelledBy: "由 {{who}} 取消", requeued: "已重新提交，排在已有任务之后",
    interrupted: "发起调用的节点已离开，将重新调用", callLost: "发起调用的节点在调用结束前退出，或失去了该模型",
    noGpu: "本机没有 GPU", noDeployment: "没有这个部署", noDeploymentThere: "没有这个部署", noTask: "没有这个任务", noTaskThere: "没有这个任务",
  },
  pending: {
    delayed: "等待至 {{at}}", retry: "将于 {{at}} 重试", model_offline: "模型不在线",
    cooling_down: "模型冷却至 {{at}}", no_free_slot: "没有空闲槽位：已占用 {{of}}",
  },
  hostKinds: { node: "服务器", agent: "代理" },
  outcomes: { completed: "完成", failed: "失败", timed_out: "超时", interrupted: "中断", aborted: "中止" },
  mayNot: { make: "您只有查看权限", makeHint: "新建部署需要开发者角色。" },
  showSecret: "显示或隐藏所输入的内容",
};
