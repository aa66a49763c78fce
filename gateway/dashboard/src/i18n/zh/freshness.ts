export const freshness = {
  freshness: {
    old: "已过时",
    logAge: "服务器已有 {{seconds}} 秒未收到其日志的消息，显示的内容可能已过时。",
  },
};
