"""The record as it lies on `<namespace>.events`: read by a client of its own, and what of it counts.

This knows nothing of the engine's code. It is told by the same rules as other consumers (ops/examples), and is stricter:
what does not fit is a fault, and what is left out is kept to be looked at."""
import collections
import dataclasses
import json
import pathlib
import sys

import confluent_kafka

sys.path.append(str(pathlib.Path(__file__).resolve().parents[3] / "ops" / "examples"))
import events_consumer  # noqa: E402

ANSWER_S = 30
INTERNAL = events_consumer.INTERNAL
CLAIMED, BATCH_END = events_consumer.CLAIMED, events_consumer.BATCH_END
PROJECT = "default"


@dataclasses.dataclass
class Written:
    """One record of the topic; `attributes` are those of the CloudEvent."""
    partition: int
    offset: int
    attributes: dict
    value: bytes

    @property
    def type(self):
        return self.attributes["type"]

    @property
    def seq(self):
        return int(self.attributes["id"].partition(":")[2])

    @property
    def author(self):
        return int(self.attributes["epoch"]), self.attributes["owner"]

    def is_event(self):
        return not self.type.startswith(INTERNAL)

    def is_shown(self):
        """To the clients; hosts belong to the system."""
        return self.is_event() and self.attributes.get("project") == PROJECT


@dataclasses.dataclass
class Outcome:
    command: str
    status: int
    code: str
    entity: str
    version: int


@dataclasses.dataclass
class End:
    partition: int
    epoch: int
    first: int
    last: int
    count: int
    consumed: dict
    outcomes: list
    hash: bytes


class Bytes:
    """Varints and sized texts, as events/log writes them."""

    def __init__(self, value):
        self.value, self.at = value, 0

    def number(self):
        shift = found = 0
        while True:
            byte = self.value[self.at]
            self.at += 1
            found |= (byte & 0x7f) << shift
            if byte < 0x80:
                return found
            shift += 7

    def signed(self):
        number = self.number()
        return (number >> 1) ^ -(number & 1)

    def take(self, size):
        part = self.value[self.at:self.at + size]
        assert len(part) == size, "an end is cut short"
        self.at += size
        return part

    def text(self):
        return self.take(self.number())


def end_of(value):
    """The end of a batch."""
    at = Bytes(value)
    assert at.number() == 0, "an end begins with a 0"
    partition, epoch, first, last, count = (at.number() for _ in range(5))
    at.signed()
    consumed = {}
    for _ in range(at.number()):
        source = at.text().decode()
        consumed[source] = at.number()
    outcomes = []
    for _ in range(at.number()):
        command, _, status, code, _, _, entity = (
            at.text().decode(), at.text(), at.signed(), at.text().decode(), at.text(), at.text(), at.text().decode())
        outcomes.append(Outcome(command, status, code, entity, at.number()))
    return End(partition, epoch, first, last, count, consumed, outcomes, at.take(32))


def read(bootstrap, namespace, partitions):
    """Every committed record of ours from the beginning to what is the end now, in order of each partition."""
    consumer = confluent_kafka.Consumer({
        "bootstrap.servers": bootstrap, "group.id": "checker", "isolation.level": "read_committed",
        "auto.offset.reset": "error", "enable.partition.eof": True, "enable.auto.commit": False})
    name = f"{namespace}.events"
    consumer.assign([confluent_kafka.TopicPartition(name, number, 0) for number in range(partitions)])
    found, ended = [], set()
    try:
        while len(ended) < partitions:
            message = consumer.poll(ANSWER_S)
            assert message is not None, "the brokers answer"
            if message.error():
                assert message.error().code() == confluent_kafka.KafkaError._PARTITION_EOF, message.error()
                ended.add(message.partition())
                continue
            attributes = events_consumer.attributes_of(message)
            if attributes is not None:
                found.append(Written(message.partition(), message.offset(), attributes, message.value() or b""))
    finally:
        consumer.close()
    return found


@dataclasses.dataclass
class Batch:
    author: tuple
    records: list
    end: End


class Counted:
    """What of a topic counts: whole batches of the author of the last claim that continued the batch before."""

    def __init__(self, written):
        self.batches = collections.defaultdict(list)  # partition → in order
        self.void, self.faults = [], []
        self._author, self._held, self._head = {}, collections.defaultdict(list), {}
        self._earlier = collections.defaultdict(set)  # hashes of a partition's head before it moved without a record
        for record in written:
            self._take(record)
        for partition, held in self._held.items():
            if held:
                self.faults.append(f"{partition}:{held[0].seq}: torn, the topic ends within a batch")

    def events(self):
        """In order of each partition."""
        return [record for batches in self.batches.values() for batch in batches for record in batch.records
                if record.is_event()]

    def shown(self):
        """Ids of those that a live stream tells, in order of each partition."""
        return [event.attributes["id"] for event in self.events() if event.is_shown()]

    def _take(self, record):
        if record.type == CLAIMED:
            self._take_claim(record)
        elif record.author != self._author.get(record.partition):
            if record.author[0] > self._author.get(record.partition, (0, ""))[0] and record.type != BATCH_END:
                self._fault(record, "an epoch that nobody claimed")
            self.void.append(record)
        elif record.type == BATCH_END:
            self._take_end(record)
        else:
            self._hold(record)

    def _hold(self, record):
        held = self._held[record.partition]
        last, _ = self._head.get(record.partition, (0, ""))
        if record.seq != last + len(held) + 1:
            self._fault(record, f"where {last + len(held) + 1} should be")
        held.append(record)

    def _take_claim(self, record):
        last, hash = self._head.get(record.partition, (0, bytes(32)))
        claim = json.loads(record.value)
        behind = claim["from"]["seq"]
        continued = bytes.fromhex(claim["from"]["hash"])
        stale = behind < last or (behind == last and continued in self._earlier[record.partition])
        if record.author[0] <= self._author.get(record.partition, (0, ""))[0] or stale:
            self.void.append(record)
            return
        if behind > last or continued != hash:
            self._fault(record, f"a claim behind {behind} where {last} is the last")
        self.void += self._held[record.partition]
        self._author[record.partition], self._held[record.partition] = record.author, []
        self._hold(record)

    def _take_end(self, record):
        end, held = end_of(record.value), self._held[record.partition]
        last, hash = self._head.get(record.partition, (0, bytes(32)))
        if (end.first, end.count, end.epoch) != (last + 1, len(held), record.author[0]) or end.last != last + end.count:
            self._fault(record, f"torn: it ends {end.count} records from {end.first} on, and {len(held)} came behind {last}")
        self.batches[record.partition].append(Batch(record.author, held, end))
        self._earlier[record.partition] = self._earlier[record.partition] | {hash} if end.last == last else set()
        self._held[record.partition], self._head[record.partition] = [], (end.last, end.hash)

    def _fault(self, record, what):
        self.faults.append(f"{record.attributes['id']} at offset {record.offset}: {what}")
