"""Records written into a topic of events as ComputeHub writes them, and as nobody should."""
import json

import confluent_kafka

DEADLINE_S = 60


def attributes(type, id, subject="", epoch=1, owner="first", **others):
    """Headers as ComputeHub writes them."""
    known = {"specversion": "1.0", "id": id, "source": "/computehub", "type": type, "epoch": str(epoch), "owner": owner,
             "chain": "00" * 8, "subject": subject, **others}
    return [(f"ce_{name}", value.encode()) for name, value in known.items() if value] + [("content-type", b"application/json")]


class Planter:
    """Writes records into a topic of events, in transactions as a server does."""

    def __init__(self, bootstrap, namespace):
        self.topic = f"{namespace}.events"
        self.producer = confluent_kafka.Producer({
            "bootstrap.servers": bootstrap, "transactional.id": f"{namespace}-planted", "linger.ms": 0})
        self.producer.init_transactions(DEADLINE_S)

    def write(self, *records, commit=True):
        """Of (key, headers, value), to partition 0."""
        self.producer.begin_transaction()
        for key, headers, value in records:
            self.producer.produce(self.topic, key=key, value=value, headers=headers, partition=0)
        assert self.producer.flush(DEADLINE_S) == 0
        self.producer.commit_transaction() if commit else self.producer.abort_transaction()


def claim(seq, epoch, owner, behind):
    data = {"epoch": epoch, "node": owner, "from": {"seq": behind, "hash": "00" * 32}, "transactional_ids": []}
    return None, attributes("computehub.internal.claimed.v1", f"0:{seq}", epoch=epoch, owner=owner), json.dumps(data)


def end(seq, epoch=1, owner="first"):
    """Binary, for the servers alone."""
    return None, attributes("computehub.internal.batch-end.v1", f"0:{seq}", epoch=epoch, owner=owner), b"\x00\x01\xff"


def event(seq, type, subject, data="{}", **author):
    return subject, attributes(f"computehub.deployment.{type}.v1", f"0:{seq}", subject, version="1", **author), data


def foreign(subject, epoch=1, owner="first"):
    """What anybody could write into the topic, by mistake or to deceive; the author is the partition's."""
    requested = "computehub.deployment.requested.v1"
    running = b'{"desired":"running"}'
    nobody = [header for header in attributes(requested, "0:999", subject) if header[0] not in ("ce_epoch", "ce_owner")]
    return [(b"key", [], b"not ours"), (None, None, None), (b"\xff\xfe", [("ce_type", b"\xff")], b"\x00"),
            (subject, nobody, running), (subject, attributes(requested, "7:999", subject, epoch, owner), running),
            (subject, attributes(requested, "0:x", subject, epoch, owner), running),
            (subject, [*nobody, ("ce_epoch", b"one"), ("ce_owner", owner.encode())], running)]
