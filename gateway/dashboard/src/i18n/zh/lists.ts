import type { lists as en } from "../en/lists";
import type { Translation } from "../translation";

export const lists: Translation<typeof en> = {
  lists: {
    noAnswer: "服务器没有响应", pending: "服务器已接收，但尚未完成。再次提交即可查看结果；只会执行一次。",
    allTasks: "全部任务，至少 {{n}} 个：未设置筛选", foundTasks: "符合筛选条件的全部任务，至少 {{n}} 个",
    brokeOff: {
      cancel_other: "已取消 {{count}} 个任务，{{refused}} 个被拒绝；随后中断", retry_other: "已重新提交 {{count}} 个任务，{{refused}} 个被拒绝；随后中断",
    },
    replace_other: "替换 {{count}} 个文件？", replaceConfirm: "替换",
    replaceHint: "此处已有同名文件，其内容将丢失。",
    fileTooLarge: "文件大小为 {{size}}，最大允许 {{most}}。", notUploaded: "{{name}} 未上传", uploading: "正在上传 {{name}}",
    label: "标签", owner: "创建者", provider: "提供方", remove: "移除筛选 {{name}}：{{value}}", filters: "筛选", anyProvider: "任意提供方", anyModel: "任意模型",
    eventGone: "该事件不在最新事件之中", cutHistory: "只读取了前 {{n}} 个事件",
  },
  broken: {
    title: "页面的这一部分无法加载", hint: "服务器曾不可用，或页面已有新版本。", reload: "重新加载页面",
  },
};
