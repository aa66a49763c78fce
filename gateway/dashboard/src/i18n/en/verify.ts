export const verify = {
  verify: {
    open: "Verify", title: "Verify the record", again: "Verify again", stop: "Stop", begins: "It begins…", progress: "Progress of the verification",
    stage: { records: "{{done}} of {{of}} records proved", indexes: "{{done}} of {{of}} records looked up in the indexes" },
    sound: "Sound", bad: "Not as it was written", soundHint: "Every record, hash, version and signature fits.",
    place: "Found at {{position}} (partition:record). What comes before it in its partition is sound.",
    because: {
      changed: "A record was changed or damaged.", signature: "A signature does not fit.", otherKey: "Something is signed with a key that is not the server's.",
      missing: "Records are missing.", unsigned: "A signature that was due is missing.", version: "The events of something do not follow each other.", other: "Something does not fit.",
    },
    records: "Records", recordsBefore: "Sound before it", inBatches: "{{records}} in {{batches}} batches", checkpoints: "Signatures that fit", unsigned: "{{n}} records wait for the next",
    keys: "Signed with", signed: "{{n}} times", span: "From – to", took: "Took", heads: "Heads", column: { partition: "Partition", head: "Last record", signed: "Signed up to", hash: "Hash" },
    keysHint: "The keys are those kept beside the record. To hold it against keys and a checkpoint kept elsewhere: computehub audit verify.",
    copyHint: "What was proved is this node's copy of the record on Kafka, with the keys that the nodes have announced.",
    refused: "It could not begin", cut: "It was cut off before its end", cutHint: "Nothing is known of the rest. The connection was lost, or the server stops.",
  },
};
