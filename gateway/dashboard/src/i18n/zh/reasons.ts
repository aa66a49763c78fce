import type { reasons as en } from "../en/reasons";
import type { Translation } from "../translation";

export const reasons: Translation<typeof en> = {
  reasons: {
    said: {
      asked: "已请求，提供方正在准备",
      askedIdle: "已请求，不立即启动",
      prepared: "已就绪，正在启动命令",
      startAsked: "正在启动命令",
      startAskedNew: "已请求启动，提供方正在准备",
      runs: "命令正在运行",
      stopAsked: "已请求停止",
      restartAsked: "已请求重启",
      answers: "已恢复联系，正在运行",
      taskWaits: "排队等待中",
      taskRuns: "模型正在处理",
      taskDone: "结果已就绪",
      taskCancelled: "已被取消",
      taskAgain: "已重新提交，排在现有任务之后",
      taskInterrupted: "发出调用的节点已离开，将重新调用",
    },
    exited: "已退出，退出码 {{code}}",
    signalled: "被信号 {{signal}} 终止（{{name}}）",
    stopped: "已按要求停止：{{how}}",
    pending: {
      no_free_slot: "等待槽位（已用 {{used}}/{{slots}}）",
      model_offline: "模型不在线",
      cooling_down: "模型冷却至 {{time}}",
      delayed: "将于 {{time}} 开始",
      retry: "将于 {{time}} 重试",
    },
  },
};
