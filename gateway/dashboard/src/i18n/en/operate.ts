export const operate = {
  system: {
    title: "System", health: "Health", ok: "OK", notOk: "Not OK", hosts: "Hosts", partitions: "Partitions", none: "none",
    log: "Log", node: "answered by {{name}}", records: "Records", partitionCount_one: "{{count}} partition", partitionCount_other: "{{count}} partitions",
    lag: "Most lag", lagNote: "records, of any partition", commit: "Commit", batches: "p50 · p99 {{p99}} · {{n}} batches", waiting: "Commands waiting",
    hostStatus: { online: "Online", away: "Away" },
    host: { name: "Host", status: "Status", kind: "Kind", cpus: "CPUs", memory: "Memory", gpus: "GPUs", running: "Running", seen: "Last heard" },
    column: { partition: "Partition", owner: "Owner", epoch: "Epoch", head: "Records", copy: "Lag of the copy", projections: "Lag of projections", fault: "Fault" },
  },
  audit: {
    title: "Audit", type: "Event", actor: "By", subject: "Of", project: "Project", time: "Time", position: "Position", search: "Search who, what, id",
    follow: "Follow", none: "No event fits", noneHint: "Among the newest events. Loosen the filter to see more.", shown: "{{n}} of the newest events",
  },
  keys: {
    title: "API keys", new: "New key", name: "Name", unnamed: "without a name", state: "State", role: "Role", by: "Made by", created: "Created", expires: "Expires", never: "never",
    host: "Host", none: "No keys yet", noneHint: "A key lets a program or a person in, with the rights of its role.", notAdmin: "Only admins see API keys",
    made: "The key is made", once: "Copy the token now. It is shown this once and is not kept anywhere.",
    revoke: "Revoke", revokeOne: "Revoke {{name}}", revokeAsk: "Revoke this key?", revokeHint: "Whoever uses it is shut out within a second. This cannot be undone.", revoking: "Revoking…", revoked: "The key is revoked", revokeFailed: "The key could not be revoked",
    states: { active: "Active", revoked: "Revoked", expired: "Expired" },
    roles: { viewer: "Viewer", dev: "Developer", admin: "Admin", host: "Host" },
    roleHint: { viewer: "Reads.", dev: "Reads and acts.", admin: "Manages members, keys and secrets as well.", host: "Attaches the machine that it names, and may nothing else." },
  },
};
