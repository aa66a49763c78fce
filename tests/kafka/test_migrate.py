"""`computehub migrate`: the record of a server moves to Kafka and back, and nothing of it is another afterwards."""
import json
import os
import pathlib
import random
import signal
import subprocess
import sys

import brokers
import confluent_kafka
import pytest

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / name) for name in ("system", "offline")]
import folders  # noqa: E402
import hub  # noqa: E402

HISTORY = hub.BINARY.parent / "tests" / "hub_history"
PARTITIONS = 4
LONG = bool(os.environ.get("HUB_LONG"))
RECORDS = 60_000
# There and back: a million, or as many as are asked for, in the long run.
LONG_RECORDS = int(os.environ.get("HUB_MIGRATE_MILLIONS", "1")) * 1_000_000
KILLS = 30 if LONG else 3
# The least that brokers allow: so long what a stopped node owned waits for it.
SESSION_S = 6
BATCH_END = b"computehub.internal.batch-end.v1"
MIGRATE_S = 3_600 if LONG else 300


class House:
    """A namespace, and folders of servers that live in it or do not yet."""

    def __init__(self, bootstrap, namespace, folder):
        self.bootstrap, self.namespace, self.folder = bootstrap, namespace, folder
        self.there = ["--kafka-brokers", bootstrap, "--namespace", namespace]
        self.servers, self.consumers = [], {}

    def server(self, name, data=None, arguments=()):
        """A server on the data folder of `name`, or that of another server."""
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        made = hub.Server(folder, arguments=arguments)
        made.data = data or made.data
        self.servers.append(made)
        return made

    def embedded(self, name, data=None):
        return self.server(name, data, ["--partitions", str(PARTITIONS)])

    def node(self, name, data=None):
        return self.server(name, data, ["--log", "kafka", "--node", name, "--session-timeout", f"{SESSION_S}s",
                                        *self.there])

    def history(self, records=RECORDS):
        """A folder with a long record."""
        data = self.folder / "history"
        subprocess.run([HISTORY, data, str(PARTITIONS), str(records)], check=True)
        return data

    def command(self, data, way=("embedded", "kafka"), arguments=()):
        return [hub.BINARY, "--data", data, "-o", "json", "migrate", "--from", way[0], "--to", way[1], *self.there,
                *arguments]

    def migrate(self, data, way=("embedded", "kafka"), arguments=()):
        """What a move that must succeed says of itself."""
        done = self.try_to_migrate(data, way, arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        moved = json.loads(done.stdout)
        assert moved["equal"] is True
        for each in moved["partitions"]:
            assert each["folder"] == each["kafka"], each
        return moved

    def try_to_migrate(self, data, way=("embedded", "kafka"), arguments=()):
        return subprocess.run(self.command(data, way, arguments), capture_output=True, text=True, timeout=MIGRATE_S)

    def refused(self, data, code, way=("embedded", "kafka"), arguments=()):
        done = self.try_to_migrate(data, way, arguments)
        assert done.returncode > 0 and json.loads(done.stderr.splitlines()[-1])["code"] == code, done

    def back(self, data):
        return self.migrate(data, ("kafka", "embedded"))

    def kafka(self, *arguments):
        done = subprocess.run([hub.BINARY, "-o", "json", "kafka", *arguments, *self.there], capture_output=True,
                              text=True)
        return json.loads(done.stdout)

    def consumer(self, isolation):
        """A consumer of the topic of the record, from its beginning."""
        if isolation not in self.consumers:
            made = self.consumers[isolation] = confluent_kafka.Consumer({
                "bootstrap.servers": self.bootstrap, "group.id": self.namespace, "enable.auto.commit": False,
                "isolation.level": isolation})
            made.assign([confluent_kafka.TopicPartition(f"{self.namespace}.events", id, confluent_kafka.OFFSET_BEGINNING)
                         for id in range(PARTITIONS)])
        return self.consumers[isolation]

    def offsets(self):
        """How many messages lie on the topic of the record, whether committed or not."""
        consumer = self.consumer("read_uncommitted")
        return sum(consumer.get_watermark_offsets(each, timeout=hub.DEADLINE_S)[1] for each in consumer.assignment())

    def is_committed(self):
        """Whether a batch lies there for good: offsets alone do not say it, for claims and aborted ones count there."""
        for message in self.consumer("read_committed").consume(1_000, timeout=0.05):
            if message.error() is None and ("ce_type", BATCH_END) in message.headers():
                return True
        return False

    def write_foreign(self, topic):
        producer = confluent_kafka.Producer({"bootstrap.servers": self.bootstrap})
        producer.produce(f"{self.namespace}.{topic}", b"not ours", partition=0)
        assert producer.flush(hub.DEADLINE_S) == 0

    def start_and_kill(self, data, is_time):
        """A move that is killed when `is_time()` is true, once the topics are there."""
        moving = subprocess.Popen(self.command(data), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            brokers.eventually(lambda: self.kafka("describe")["partitions"], "the topics are made")
            brokers.eventually(lambda: is_time() or moving.poll() is not None, "it is time to kill")
        finally:
            moving.kill()
            said = moving.communicate()[1]
        assert moving.returncode == -signal.SIGKILL, said


@pytest.fixture
def house(bootstrap, namespace, tmp_path):
    made = House(bootstrap, namespace, tmp_path)
    yield made
    for server in made.servers:
        server.clean_up()
    for consumer in made.consumers.values():
        consumer.close()


def live(server):
    """A client, as soon as every partition has an owner."""
    client = server.start().client()

    def is_served():
        answer = client.post("/api/v1/deployments", {"name": hub.unique("d"), "provider": "local", "command": ["true"],
                                                     "desired": "stopped"})
        return answer.status_code == 201

    for _ in range(3):
        hub.eventually(is_served, "a deployment is made", 60)
    return client


def furnish(client):
    """Deployments, a key and refusals."""
    ids = [client.create(desired="stopped")["id"] for _ in range(20)]
    ids.append(client.create("echo one; sleep 600", wait="running")["id"])
    client.act(ids[-1], "stop", wait="stopped")
    client.act(ids[0], "delete", wait="deleted")
    _, token = client.make_key("viewer")
    refused = hub.Client(client.url, token).post("/api/v1/deployments", {"name": "no", "provider": "local",
                                                                        "command": ["true"]})
    assert refused.status_code == 403
    return ids[1:], token


def events_of(client, limit=1_000, **params):
    return client.get("/api/v1/events", limit=limit, **params).json()


def by_id(events):
    return {event["id"]: event for event in events}


def has_gone_on(client, before, cursor):
    """All events of `before` are the same, and behind the cursor, which stood at their end, come the others alone."""
    now = by_id(events_of(client)["items"])
    behind = by_id(events_of(client, after=cursor)["items"])
    return before.items() <= now.items() and behind == {id: now[id] for id in now.keys() - before.keys()}


def all_keys(data):
    return {key["id"] for key in folders.ask("audit", "verify", data=data)["keys"]}


def test_a_server_goes_on_on_kafka_with_all_that_it_had(house):
    server = house.embedded("home")
    client = server.start().client()
    ids, token = furnish(client)
    answers = [client.deployment(id) for id in ids]
    page = events_of(client)
    before, cursor = by_id(page["items"]), page["next_cursor"]
    assert server.stop() == 0
    signers = all_keys(server.data)

    moved = house.migrate(server.data, arguments=["--node", "home"])
    assert moved["records"] == moved["copied"] == sum(each["folder"]["seq"] for each in moved["partitions"])
    assert {key["id"] for key in house.kafka("describe")["signing_keys"]} == signers

    node = house.node("home", server.data)
    client = live(node)
    assert [client.deployment(id) for id in ids] == answers
    assert hub.Client(client.url, token).deployment(ids[0]) == answers[0]
    assert has_gone_on(client, before, cursor)
    page = events_of(client)
    then, later = by_id(page["items"]), page["next_cursor"]
    assert len(then) > len(before)
    assert node.stop() == 0
    assert all_keys(node.data) == signers

    # A node that was never there before knows all of it, and can verify who signed it.
    other = house.node("other")
    client = other.start().client()
    assert [client.deployment(id) for id in ids] == answers
    assert has_gone_on(client, before, cursor) and has_gone_on(client, then, later)
    assert other.stop() == 0
    assert folders.ask("audit", "verify", data=other.data)["sound"] is True
    assert signers <= all_keys(other.data)


def test_a_move_that_is_killed_goes_on_and_writes_nothing_twice(house):
    data = house.history()
    untouched = folders.copy(data, house.folder / "untouched")
    seed = random.randrange(1 << 32)
    print("seed", seed)
    draw = random.Random(seed)
    for _ in range(KILLS - 1):
        offset = draw.randrange(1, RECORDS // 2)
        house.start_and_kill(data, lambda at=offset: house.offsets() >= at)
        folders.ask("audit", "verify", data=data)
    # At least one of them has left something behind.
    house.start_and_kill(data, house.is_committed)
    # What is half there nobody serves.
    refused = folders.run("serve", "--dev", "--log", "kafka", *house.there, data=house.folder / "early")
    assert refused.code != 0 and "[kafka.filling]" in refused.err, refused
    moved = house.migrate(data)
    assert moved["records"] >= RECORDS and moved["unfolded"] == 0
    assert moved["copied"] < moved["records"]
    house.refused(data, "migrate.done")
    house.refused(untouched, "migrate.other_records")
    assert "[log.not_a_copy]" in folders.run("serve", "--dev", "--log", "kafka", *house.there, data=untouched).err
    assert "[log.copy]" in folders.run("serve", "--dev", data=data).err
    client = live(house.node("home", data))
    assert client.get("/api/v1/deployments").json()["total"] >= RECORDS // 10


@pytest.mark.timeout(4 * MIGRATE_S)
def test_a_record_that_goes_there_and_back_is_the_same(house):
    data = house.history(LONG_RECORDS if LONG else RECORDS // 10)
    there, back = house.migrate(data), house.back(data)
    assert [each["folder"] for each in back["partitions"]] == [each["folder"] for each in there["partitions"]]
    print({key: there[key] for key in ("records", "transactions", "copying_ms", "verifying_ms")}, back["verifying_ms"])
    assert house.embedded("back", data).start().client().get("/api/v1/deployments").json()["total"] > 0


def test_what_is_in_the_way_is_named_and_the_server_stays_where_it_is(house):
    data = house.history(2_000)
    house.refused(house.folder / "nowhere", "log.absent")
    house.kafka("init", "--partitions", "8")
    house.refused(data, "kafka.partitions")
    house.namespace += "b"
    house.there[-1] = house.namespace
    house.kafka("init", "--partitions", str(PARTITIONS))
    running = house.embedded("running", data)
    running.start()
    house.refused(data, "log.locked")
    assert running.stop() == 0
    house.write_foreign("commands")
    house.refused(data, "migrate.other_records")
    house.namespace += "c"
    house.there[-1] = house.namespace
    house.kafka("init", "--partitions", str(PARTITIONS))
    house.write_foreign("events")
    house.refused(data, "migrate.other_records")
    house.refused(data, "log.not_a_copy", ("kafka", "embedded"))
    assert running.start().client().get("/api/v1/deployments").json()["total"] > 0


def test_a_copy_that_is_not_equal_is_not_lived_in(house):
    data = house.history()
    house.start_and_kill(data, lambda: house.offsets() > 0)
    house.write_foreign("events")
    done = house.try_to_migrate(data)
    # Alone in its partition it is another's record; among ours it is one that no reader may meet.
    codes = ("kafka.foreign_record", "migrate.other_records")
    assert done.returncode > 0 and json.loads(done.stderr.splitlines()[-1])["code"] in codes, done
    assert house.kafka("describe")["trouble"] == "kafka.filling"
    assert house.embedded("stays", data).start().client().get("/api/v1/deployments").json()["total"] > 0


def test_a_record_comes_back_with_what_was_added_on_kafka(house):
    home = house.embedded("home")
    client = home.start().client()
    ids, _ = furnish(client)
    page = events_of(client)
    before, cursor = by_id(page["items"]), page["next_cursor"]
    assert home.stop() == 0
    house.migrate(home.data)
    node, other = house.node("home", home.data), house.node("other")
    client = live(node)
    ids += [client.create(desired="stopped")["id"] for _ in range(10)]
    assert node.stop() == 0
    client = live(other)
    house.refused(home.data, "migrate.in_use", ("kafka", "embedded"), ["--wait", "1s"])
    page = events_of(client)
    then, later = by_id(page["items"]), page["next_cursor"]
    answers = [client.deployment(id) for id in ids]
    # Killed, so that it leaves the group by its session only.
    other.kill()

    moved = house.back(home.data)
    assert moved["records"] >= len(then)
    assert "[kafka.left]" in folders.run("serve", "--dev", "--log", "kafka", *house.there, data=other.data).err
    assert folders.ask("audit", "verify", data=home.data)["sound"] is True
    server = house.embedded("back", home.data)
    client = server.start().client()
    assert [client.deployment(id) for id in ids] == answers
    assert has_gone_on(client, before, cursor) and has_gone_on(client, then, later)
    assert client.create(desired="stopped")["status"] == "stopped"
    assert server.stop() == 0
    assert folders.ask("audit", "verify", data=home.data)["sound"] is True
    house.refused(home.data, "log.not_a_copy", ("kafka", "embedded"))
    house.refused(home.data, "kafka.left")


def sealed_and_secret(client):
    """A deployment that ends well when its sealed value and its secret are what they were."""
    assert client.put("/api/v1/secrets/TOKEN", {"value": "deep water"}).status_code == 200
    return client.create(env={"A": {"secret": "TOKEN"}, "B": "sealed"}, desired="stopped",
                         command=["sh", "-c", '[ "$A" = "deep water" ] && [ "$B" = sealed ]'])["id"]


def runs_well(client, id):
    before = client.deployment(id)["version"]
    client.act(id, "start")

    def has_run():
        found = client.deployment(id)
        return found["version"] > before and found["status"] == "stopped" and found["exit_code"] == 0

    hub.eventually(has_run, "it ran well", 60)


def test_secrets_and_what_is_sealed_go_along_and_what_is_erased_does_not_come_back(house):
    server = house.embedded("one")
    client = server.start().client()
    id = sealed_and_secret(client)
    runs_well(client, id)
    assert server.stop() == 0
    assert house.migrate(server.data)["secrets"] == 2
    # In the folder they would outlive an erasure.
    assert not (server.data / "keys" / "secrets").exists()
    node = house.node("one", server.data)
    client = live(node)
    runs_well(client, id)
    assert client.put("/api/v1/secrets/OTHER", {"value": "of Kafka"}).status_code == 200
    assert client.delete("/api/v1/secrets/TOKEN").status_code == 204
    assert node.stop() == 0
    house.back(server.data)
    client = server.start().client()
    assert [item["name"] for item in client.get("/api/v1/secrets").json()["items"]] == ["OTHER"]
    again = client.create(env={"A": {"secret": "OTHER"}}, command=["sh", "-c", '[ "$A" = "of Kafka" ]'])["id"]
    hub.eventually(lambda: client.deployment(again)["exit_code"] == 0, "it reads what was stored on Kafka", 60)
