"""Drives several servers of one namespace."""
import collections
import json
import pathlib
import subprocess
import sys

import confluent_kafka

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))
import hub  # noqa: E402

PARTITIONS = 6
SESSION_S = 6
CLAIMED = "computehub.internal.claimed.v1"


class Nodes:
    """Servers of one namespace, each with a data folder of its own."""

    def __init__(self, folder, bootstrap, namespace):
        self.folder, self.bootstrap, self.namespace = folder, bootstrap, namespace
        self.there = ["--kafka-brokers", bootstrap, "--namespace", namespace]
        self.all = {}
        made = subprocess.run([hub.BINARY, "kafka", "init", *self.there, "--partitions", str(PARTITIONS)],
                              capture_output=True, text=True)
        assert made.returncode == 0, made.stdout + made.stderr

    def make(self, name, folder=None, arguments=(), **options):
        """`options` as hub.Server takes them."""
        home = self.folder / (folder or name)
        home.mkdir()
        all = ["--log", "kafka", "--node", name, "--session-timeout", f"{SESSION_S}s", *self.there, *arguments]
        return self.all.setdefault(folder or name, self.server(name, home, all, **options))

    def server(self, name, home, arguments, **options):
        return hub.Server(home, arguments=arguments, **options)

    def start(self, name):
        return (self.all.get(name) or self.make(name)).start()

    def records(self, type):
        """Every committed record of a type, in order of each partition: (partition, value)."""
        consumer = confluent_kafka.Consumer({
            "bootstrap.servers": self.bootstrap, "group.id": self.namespace, "isolation.level": "read_committed",
            "auto.offset.reset": "earliest", "enable.partition.eof": True, "enable.auto.commit": False})
        consumer.assign([confluent_kafka.TopicPartition(f"{self.namespace}.events", p, confluent_kafka.OFFSET_BEGINNING)
                         for p in range(PARTITIONS)])
        found, ended = [], set()
        while len(ended) < PARTITIONS:
            message = consumer.poll(hub.DEADLINE_S)
            assert message is not None, "the brokers answer"
            if message.error():
                assert message.error().code() == confluent_kafka.KafkaError._PARTITION_EOF
                ended.add(message.partition())
            elif dict(message.headers())["ce_type"] == type.encode():
                found.append((message.partition(), message.value()))
        consumer.close()
        return found

    def owners(self):
        """partition → (node, epoch) of its last claim."""
        return {partition: (claim["node"], claim["epoch"])
                for partition, claim in ((p, json.loads(value)) for p, value in self.records(CLAIMED))}

    def shared_out(self, *names):
        """Waits until all is claimed by these alone, by each its even share: then no claim is still to come."""
        def are_owners():
            owners = self.owners()
            owned = collections.Counter(node for node, _ in owners.values())
            return len(owners) == PARTITIONS and set(owned) == set(names) and \
                max(owned.values()) - min(owned.values()) <= 1 and owners
        return hub.eventually(are_owners, f"partitions are shared out to {names}", 60)

    def clean_up(self):
        for server in self.all.values():
            server.clean_up()


def settled(client, answer):
    """The deployment of an answer, also of one that came before the decision; None when it came too late for certain."""
    if answer.status_code == 201:
        return answer.json()["id"]
    if answer.status_code == 504 and answer.json()["code"] == "command.expired":
        return None
    assert answer.status_code == 202, answer.text
    url = answer.json()["status_url"]
    outcome = hub.eventually(lambda: client.get(url).status_code == 200 and client.get(url).json(), "it is decided", 60)
    assert outcome["state"] in ("accepted", "expired"), outcome
    return outcome["entity"] if outcome["accepted"] else None


def post(client, **fields):
    return client.post("/api/v1/deployments", {"name": hub.unique("n"), "provider": "local", "command": ["true"],
                                               "desired": "stopped", **fields})


def are_seen(client, ids):
    hub.eventually(lambda: all(client.get(f"/api/v1/deployments/{id}").status_code == 200 for id in ids), "all are seen")
