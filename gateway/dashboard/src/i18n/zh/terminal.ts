import type { terminal as en } from "../en/terminal";
import type { Translation } from "../translation";

export const terminal: Translation<typeof en> = {
  terminal: {
    title: "终端", open: "打开终端", close: "结束 Shell", input: "终端输入；按 Shift+Escape 离开", way: "Shift+Esc 离开",
    none: "没有打开的 Shell", hint: "在工作区中的 Shell，使用命令的变量与限制。它随运行结束；打开与结束会记入历史。",
    notRunning: "未在运行", notRunningHint: "Shell 是运行中的进程之一。请先启动该部署。",
    phase: { opening: "正在打开…", open: "已连接", resuming: "连接中断，正在回到 Shell…" },
    end: {
      terminal_exited: "Shell 已结束（{{code}}）", terminal_closed: "已结束", terminal_gone: "之前的 Shell 已结束", terminal_left: "无人返回，Shell 已结束",
      terminal_taken: "该 Shell 现在在另一个窗口中打开", terminal_run_ended: "运行已结束，Shell 也随之结束", auth_revoked: "使用此 Shell 的权限已失效",
      server_stopping: "服务器已停止，Shell 也随之结束", terminal_elsewhere: "它在另一台机器上运行；请在那里打开终端",
      terminal_too_many: "打开的 Shell 已达上限",
    },
  },
};
