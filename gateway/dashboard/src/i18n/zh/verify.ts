import type { verify as en } from "../en/verify";
import type { Translation } from "../translation";

export const verify: Translation<typeof en> = {
  verify: {
    open: "验证", title: "验证记录", again: "再次验证", stop: "停止", begins: "即将开始…", progress: "验证进度",
    stage: { records: "已验证 {{of}} 条记录中的 {{done}} 条", indexes: "已在索引中核对 {{of}} 条记录中的 {{done}} 条" },
    sound: "完好", bad: "与写入时不一致", soundHint: "每条记录、哈希、版本和签名都吻合。",
    place: "发现于 {{position}}（分区:记录）。该分区中在此之前的内容完好。",
    because: {
      changed: "有记录被更改或损坏。", signature: "有签名不吻合。", otherKey: "有内容由不属于服务器的密钥签名。",
      missing: "缺少记录。", unsigned: "缺少应有的签名。", version: "某个对象的事件不连续。", other: "有内容不吻合。",
    },
    records: "记录", recordsBefore: "此前完好", inBatches: "{{batches}} 个批次中的 {{records}} 条", checkpoints: "吻合的签名", unsigned: "{{n}} 条记录等待下一次签名",
    keys: "签名密钥", signed: "{{n}} 次", span: "起止时间", took: "耗时", heads: "各分区末端", column: { partition: "分区", head: "最后记录", signed: "已签名至", hash: "哈希" },
    keysHint: "使用的是保存在记录旁的密钥。要与另行保存的密钥和检查点核对，请使用：computehub audit verify。",
    copyHint: "验证的是此节点所持的 Kafka 记录副本，使用各节点公布的密钥。",
    refused: "无法开始", cut: "在结束前中断", cutHint: "其余部分情况不明。连接已断开，或服务器正在停止。",
  },
};
