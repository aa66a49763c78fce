"""What is not kept any more is never skipped in silence: a node that would have to refuses to start and says what to do;
what only the group knew is not needed."""
import collections
import os
import pathlib
import shutil
import subprocess
import sys

import brokers
import confluent_kafka
import confluent_kafka.admin
import hub
import pytest
from nodes import PARTITIONS, SESSION_S, Nodes, post, settled

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "offline"))
import folders  # noqa: E402

GONE = 1
FOREIGN = 3


def partitions_of(topic):
    return [confluent_kafka.TopicPartition(topic, number) for number in range(PARTITIONS)]


def ends(bootstrap, topic):
    """partition → (first offset that is kept, offset behind the last one)."""
    consumer = confluent_kafka.Consumer({"bootstrap.servers": bootstrap, "group.id": "test"})
    try:
        return {place.partition: consumer.get_watermark_offsets(place, hub.DEADLINE_S) for place in partitions_of(topic)}
    finally:
        consumer.close()


def cut(bootstrap, topic, but=0):
    """Everything that lies on the topic is gone, as when its retention has passed, but so many at the end."""
    admin = confluent_kafka.admin.AdminClient({"bootstrap.servers": bootstrap})
    places = [confluent_kafka.TopicPartition(topic, number, max(low, high - but))
              for number, (low, high) in ends(bootstrap, topic).items()]
    for future in admin.delete_records(places).values():
        future.result(hub.DEADLINE_S)
    assert all(high - low <= but for low, high in ends(bootstrap, topic).values())


def cut_before(bootstrap, topic, offsets):
    """What lies in front of these (partition → offset) is gone."""
    admin = confluent_kafka.admin.AdminClient({"bootstrap.servers": bootstrap})
    places = [confluent_kafka.TopicPartition(topic, number, offset) for number, offset in offsets.items()]
    for future in admin.delete_records(places).values():
        future.result(hub.DEADLINE_S)


def refused(server):
    """What a server says that does not start; it is given the time of a start."""
    command = [hub.BINARY, "serve", *server.arguments, "--data", server.data, "--listen", "127.0.0.1:0"]
    ended = subprocess.run(command, capture_output=True, text=True, env=server.environment, timeout=2 * hub.DEADLINE_S)
    assert ended.returncode == GONE, ended.stdout + ended.stderr
    assert "listening" not in ended.stdout
    return ended.stderr


def everywhere(client):
    """Deployments in every partition."""
    ids = {}
    while len(ids) < PARTITIONS:
        made = settled(client, post(client))
        assert made
        ids[client.deployment(made)["position"].split(":")[0]] = made
    return list(ids.values())


def answers(client, ids):
    return [client.deployment(id) for id in ids]


def test_a_copy_that_ends_before_what_is_kept_is_not_started_on(nodes, bootstrap, namespace, tmp_path):
    server = nodes.start("one")
    everywhere(server.client())
    assert server.stop() == 0
    shutil.copytree(server.data, tmp_path / "old")
    ids = everywhere(server.start().client())
    before = answers(server.client(), ids)
    assert server.stop() == 0
    # Kafka's mark behind the last transaction is no record of ours.
    cut(bootstrap, f"{namespace}.events", but=1)
    # Whoever has read it all needs nothing of it.
    assert answers(server.start().client(), ids) == before
    assert settled(server.client(), post(server.client()))
    assert server.stop() == 0
    shutil.move(server.data, tmp_path / "new")
    shutil.copytree(tmp_path / "old", server.data)
    said = refused(server)
    assert "log.truncated" in said and f"{namespace}.events" in said and "backup" in said, said
    # It has not touched what it refused; and one that has nothing would have to skip it all.
    assert "log.truncated" in refused(server)
    shutil.rmtree(server.data)
    assert "log.truncated" in refused(server)
    # As it says: the folder of a node that has read further.
    shutil.rmtree(server.data)
    shutil.copytree(tmp_path / "new", server.data)
    assert answers(server.start().client(), ids) == before


def test_a_fresh_node_begins_at_a_backup_where_the_beginning_is_kept_no_more(nodes, bootstrap, namespace, tmp_path):
    one = nodes.start("one")
    ids = everywhere(one.client())
    assert one.stop() == 0
    folders.run("backup", "--to", tmp_path / "backup", data=one.data, code=0)
    # Kafka's mark behind the last transaction is no record of ours.
    then = {number: high - 1 for number, (_, high) in ends(bootstrap, f"{namespace}.events").items()}
    ids += everywhere(one.start().client())
    before = answers(one.client(), ids)
    assert one.stop() == 0
    cut_before(bootstrap, f"{namespace}.events", then)
    other = nodes.make("other")
    assert "log.truncated" in refused(other)
    shutil.rmtree(other.data)
    folders.run("restore", "--from", tmp_path / "backup", data=other.data, code=0)
    client = other.start().client()
    assert answers(client, ids) == before
    # What the other one owned is its own for a session yet.
    hub.eventually(lambda: settled(client, post(client)), "it owns what it is asked for", 5 * SESSION_S)
    assert other.stop() == 0
    folders.run("audit", "verify", data=other.data, code=0)


def batches(nodes):
    """partition → how many batches lie there."""
    return collections.Counter(partition for partition, _ in nodes.records("computehub.internal.batch-end.v1"))


def test_commands_that_are_gone_undecided_are_told_at_the_start_and_left_behind_when_asked(nodes, bootstrap, namespace):
    server = nodes.start("one")
    ids = everywhere(server.client())
    assert server.stop() == 0
    topic = f"{namespace}.commands"
    cut(bootstrap, topic)
    # All of these were decided: nothing is missed.
    before = answers(server.start().client(), ids)
    assert server.stop() == 0
    producer = confluent_kafka.Producer({"bootstrap.servers": bootstrap})
    for place in [0] * FOREIGN + [PARTITIONS - 1]:
        producer.produce(topic, b"{}", partition=place)
    assert producer.flush(hub.DEADLINE_S) == 0
    cut(bootstrap, topic)
    said = refused(server)
    assert "commands.truncated" in said and "--skip-lost-commands" in said, said
    assert f" 0 ({FOREIGN} from offset" in said and f" {PARTITIONS - 1} (1 from offset" in said, said
    ended = batches(nodes)
    server.arguments.append("--skip-lost-commands")
    assert answers(server.start().client(), ids) == before
    # It is recorded, whether anybody asks for something or not: nobody need say it again.
    hub.eventually(lambda: all(batches(nodes)[place] > ended[place] + 1 for place in (0, PARTITIONS - 1)), "it is recorded")
    assert server.stop() == 0
    server.arguments.remove("--skip-lost-commands")
    client = server.start().client()
    assert answers(client, ids) == before
    everywhere(client)


@pytest.fixture
def own_broker(tmp_path):
    kafka = brokers.Brokers(tmp_path / "brokers").start(1)
    yield kafka
    kafka.stop("--now", "--remove")


def decided(client, keys):
    """Ids of what was made under these keys; each is made once, however often it is asked for."""
    made = []
    for key in keys:
        body = {"name": key, "provider": "local", "command": ["true"], "desired": "stopped"}
        made.append(settled(client, client.post("/api/v1/deployments", body, headers={"Idempotency-Key": key})))
    return made


def test_without_what_the_group_knew_the_batch_ends_say_where_to_go_on(own_broker, namespace, tmp_path):
    nodes = Nodes(tmp_path, own_broker.bootstrap, namespace)
    keys = [hub.unique("key") for _ in range(3 * PARTITIONS)]
    try:
        server = nodes.start("one")
        ids = decided(server.client(), keys)
        assert server.stop() == 0
        times = 0
        if os.environ.get("HUB_LONG"):
            delete_group(own_broker.bootstrap, f"{namespace}-engine")
            times = goes_on(server, keys, ids, times)
        own_broker.stop()
        lost = list((own_broker.folder / "broker-1" / "data").glob("__consumer_offsets-*"))
        assert lost
        for folder in lost:
            shutil.rmtree(folder)
        own_broker.start()
        shutil.rmtree(server.data / "state")
        goes_on(server, keys, ids, times)
    finally:
        nodes.clean_up()


def delete_group(bootstrap, group):
    admin = confluent_kafka.admin.AdminClient({"bootstrap.servers": bootstrap})

    def is_deleted():
        # Its member, which said no goodbye, is in it until the session is over.
        try:
            return admin.delete_consumer_groups([group])[group].result(hub.DEADLINE_S) is None
        except confluent_kafka.KafkaException as error:
            assert error.args[0].code() == confluent_kafka.KafkaError.NON_EMPTY_GROUP, error
            return False
    hub.eventually(is_deleted, "the group is deleted", 5 * SESSION_S)


def goes_on(server, keys, ids, times):
    """Nothing is decided twice, and nothing is left out."""
    client = server.start().client()
    assert decided(client, keys) == ids
    later = decided(client, [f"{key}-{times}" for key in keys[:PARTITIONS]])
    assert all(later) and not set(later) & set(ids)
    assert client.get("/api/v1/deployments").json()["total"] == len(ids) + (times + 1) * PARTITIONS
    assert server.stop() == 0
    return times + 1
