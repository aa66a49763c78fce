"""Holds what clients were answered, and what live followers were told, against the whole record: K1 to K4 and K9."""
import collections
import dataclasses
import hashlib

import topic

OK, FAIL, UNKNOWN = "ok", "fail", "unknown"
# The id of a command that came with a key is a hash.
DIGITS_OF_A_KEY = 64
# These change nothing when it is so already.
MAY_BE_SILENT = {"start", "stop"}


@dataclasses.dataclass
class Operation:
    """One command of a client, with all attempts under its Idempotency-Key."""
    kind: str       # create | change | start | stop
    entity: str     # id; of a create that was not answered, empty
    mark: str       # what its event carries and no other does
    key: str
    node: str       # where it was sent last
    began: float
    ended: float = 0.0
    outcome: str = UNKNOWN
    status: int = 0
    code: str = ""
    tries: int = 0


@dataclasses.dataclass
class History:
    operations: list
    written: list                                  # topic.Written
    streams: dict = dataclasses.field(default_factory=dict)  # follower → ids of events as they came

    def owner_of_keys(self):
        """(organisation, principal) of every command that came with a key: there is one client's token."""
        return next(((each.attributes.get("org", ""), each.attributes["actor"]) for each in self.written
                     if each.is_shown() and len(each.attributes.get("commandid", "")) == DIGITS_OF_A_KEY), ("", ""))


def command_id(owner, key):
    organisation, principal = owner
    return hashlib.sha256(f"{organisation}\0{principal}\0{key}".encode()).hexdigest()


def check(history):
    """Every exception as one line that begins with its rule; none: []."""
    counted = topic.Counted(history.written)
    found = [f"K4 {fault}" for fault in counted.faults]
    found += check_versions(counted)
    found += check_commands(history, counted)
    for name, ids in history.streams.items():
        found += check_stream(name, ids, counted)
    return found


def check_versions(counted):
    """Of each entity 1, 2, 3 …, and no epoch behind a higher one."""
    versions, found = collections.defaultdict(int), []
    for event in counted.events():
        subject, version = event.attributes["subject"], int(event.attributes["version"])
        if version != versions[subject] + 1:
            found.append(f"K4 {event.attributes['id']}: version {version} of {subject} behind {versions[subject]}")
        versions[subject] = version
    for partition, batches in counted.batches.items():
        epochs = [batch.author[0] for batch in batches]
        if epochs != sorted(epochs):
            found.append(f"K4 epochs of partition {partition} go back")
    return found


class Decided:
    """What the record says of each command."""

    def __init__(self, counted):
        self.outcomes, self.batches = collections.defaultdict(list), collections.defaultdict(collections.Counter)
        for partition, batches in counted.batches.items():
            for batch in batches:
                for outcome in batch.end.outcomes:
                    if outcome.status == 0:
                        self.outcomes[outcome.command].append(outcome)
                for record in batch.records:
                    if record.is_event() and record.attributes.get("commandid"):
                        self.batches[record.attributes["commandid"]][(partition, batch.end.first)] += 1
        self.marks = collections.Counter(mark_of(event) for event in counted.events())
        self.void = {record.attributes.get("commandid") for record in counted.void if record.is_event()}


def mark_of(event):
    """What a create or a change carries and no other does."""
    data = topic.events_consumer.parsed(event.value) or {}
    kind = event.type.removeprefix("computehub.deployment.").removesuffix(".v1")
    if kind == "requested":
        return data["spec"]["name"]
    return (data.get("labels") or {}).get("mark") if kind == "changed" else None


def check_commands(history, counted):
    """K1 to K3: what was acknowledged is there once, what was refused is not, what was not answered at most once."""
    decided, owner, found = Decided(counted), history.owner_of_keys(), []
    allowed = {OK: (1,), FAIL: (0,), UNKNOWN: (0, 1)}
    rules = {OK: "K1", FAIL: "K2", UNKNOWN: "K3"}
    for operation in history.operations:
        id = command_id(owner, operation.key)
        times = max(len(decided.outcomes[id]), len(decided.batches[id]), decided.marks[operation.mark])
        least = min(len(decided.outcomes[id]), 1 if operation.kind in MAY_BE_SILENT else decided.marks[operation.mark])
        if times in allowed[operation.outcome] and (operation.outcome != OK or least == 1):
            if operation.outcome == OK and decided.outcomes[id][0].entity != operation.entity:
                found.append(f"K1 another entity than the one answered: {decided.outcomes[id][0]}, {operation}")
            continue
        what = "doubled" if times > 1 else "there" if operation.outcome == FAIL else "lost"
        if what == "lost" and id in decided.void:
            what = "lost, acknowledged by a zombie: its events do not count"
        found.append(f"{rules[operation.outcome]} {what}: {times} times, {operation}")
    return found


def check_stream(name, ids, counted):
    """K9: a follower who was there from the first event on has each of them once, and those of a partition in order."""
    told, there = by_partition(ids), by_partition(counted.shown())
    found = []
    for partition in sorted(told.keys() | there.keys()):
        got, wanted = told.get(partition, []), there.get(partition, [])
        if got == wanted:
            continue
        missed, repeated = sorted(set(wanted) - set(got)), len(got) - len(set(got))
        made_up = sorted(set(got) - set(wanted))
        if missed:
            found.append(f"K9 {name} has a gap in partition {partition}: {len(missed)} missed from {missed[0]} on")
        if repeated:
            found.append(f"K9 {name} has {repeated} repeated in partition {partition}")
        if made_up:
            found.append(f"K9 {name} was told of {len(made_up)} that are not there in partition {partition}: {made_up[0]}")
        if got != sorted(got):
            found.append(f"K9 {name} has an inversion in partition {partition}")
    return found


def by_partition(ids):
    found = collections.defaultdict(list)
    for id in ids:
        partition, seq = map(int, id.split(":"))
        found[partition].append(seq)
    return found
