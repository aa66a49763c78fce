"""ops/kafka/start, stop and broker: what they promise to the tests and people that use them."""
import json
import os
import signal
import socket
import subprocess
import sys

import brokers
import confluent_kafka
import confluent_kafka.admin
import pytest

LOOPBACK = "0100007F"
DEADLINE_S = 60


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """One broker for the tests that leave it running."""
    kafka = brokers.Brokers(tmp_path_factory.mktemp("one") / "data").start()
    yield kafka
    kafka.stop("--now", "--remove")


@pytest.fixture
def fresh(tmp_path):
    kafka = brokers.Brokers(tmp_path / "data")
    yield kafka
    kafka.stop("--now", "--remove")


def make_topic(bootstrap, name, replication):
    admin = confluent_kafka.admin.AdminClient({"bootstrap.servers": bootstrap})
    topic = confluent_kafka.admin.NewTopic(name, num_partitions=1, replication_factor=replication)
    admin.create_topics([topic], operation_timeout=DEADLINE_S)[name].result(DEADLINE_S)


def write(bootstrap, topic, value):
    failures = []
    producer = confluent_kafka.Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True})
    producer.produce(topic, value, on_delivery=lambda error, _: failures.append(error) if error else None)
    assert producer.flush(DEADLINE_S) == 0
    assert failures == []


def values(bootstrap, topic, count):
    consumer = confluent_kafka.Consumer(
        {"bootstrap.servers": bootstrap, "group.id": "test", "auto.offset.reset": "earliest", "enable.auto.commit": False})
    consumer.assign([confluent_kafka.TopicPartition(topic, 0, 0)])
    try:
        messages = consumer.consume(count, DEADLINE_S)
    finally:
        consumer.close()
    assert [message.error() for message in messages] == [None] * count
    return [message.value() for message in messages]


def test_a_broker_answers_on_loopback_only_and_keeps_its_log(kept):
    (pid,) = kept.pids()
    listeners = brokers.listeners_of(pid)
    assert {address for address, _ in listeners} == {LOOPBACK}
    port = int(kept.bootstrap.removeprefix("127.0.0.1:"))
    assert port in {port for _, port in listeners}
    assert brokers.wire.members(port, DEADLINE_S) == ({1: port}, 1)
    assert "Kafka Server started" in (kept.folder / "broker-1" / "server.log").read_text()


def test_starting_twice_leaves_the_broker_as_it_is(kept):
    before, pids = kept.bootstrap, kept.pids()
    kept.start()
    assert (kept.bootstrap, kept.pids()) == (before, pids)


def test_topics_are_not_made_by_asking_for_them(kept):
    producer = confluent_kafka.Producer({"bootstrap.servers": kept.bootstrap, "message.timeout.ms": 3000})
    answers = []
    producer.produce("nobody-made-this", b"x", on_delivery=lambda error, _: answers.append(error))
    producer.flush(DEADLINE_S)
    assert [error.code() for error in answers] in ([confluent_kafka.KafkaError._MSG_TIMED_OUT],
                                                   [confluent_kafka.KafkaError._UNKNOWN_TOPIC],
                                                   [confluent_kafka.KafkaError.UNKNOWN_TOPIC_OR_PART])


def test_a_folder_holds_one_size_of_cluster(kept):
    done = brokers.run("start", "--brokers", 3, "--folder", kept.folder)
    assert done.returncode == 1
    assert "holds 1 broker(s), not 3" in done.stderr


def test_after_kill_9_it_goes_on_with_its_data_on_the_same_port(fresh):
    before = fresh.start().bootstrap
    make_topic(before, "facts", 1)
    write(before, "facts", b"one")
    os.kill(fresh.pids()[0], signal.SIGKILL)
    fresh.start()
    assert fresh.bootstrap == before
    write(before, "facts", b"two")
    assert values(before, "facts", 2) == [b"one", b"two"]


def test_stop_ends_only_what_start_started(fresh):
    fresh.start()
    pid_file = fresh.folder / "broker-1" / "pid.json"
    fresh.stop()
    assert fresh.pids() == [None]
    # By now the number may belong to somebody else's process.
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        kept = json.loads(pid_file.read_text())
        pid_file.write_text(json.dumps({**kept, "pid": stranger.pid}))
        done = fresh.stop()
        assert "no broker" in done.stderr
        fresh.start()
        assert fresh.pids()[0] not in (None, stranger.pid)
        fresh.stop("--now")
        assert stranger.poll() is None
        stranger.stdin.close()


def test_a_port_that_was_taken_meanwhile_is_named_and_nothing_is_left_running(fresh):
    fresh.start().stop()
    port = fresh.kafka().members[0].ports["between"]
    with socket.create_server(("127.0.0.1", port)):
        done = brokers.run("start", "--folder", fresh.folder)
        assert done.returncode == 1
        assert f"port {port} of broker 1 is taken by another program" in done.stderr
        assert fresh.pids() == [None]
    fresh.start()


def test_a_port_taken_between_the_look_and_the_start_makes_it_choose_others(fresh, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        choices = iter([[taken.getsockname()[1], *brokers.cluster.free_ports(3)]])
        choose = brokers.cluster.free_ports
        monkeypatch.setattr(brokers.cluster, "free_ports", lambda count: next(choices, None) or choose(count))
        with fresh.kafka().locked() as kafka:
            kafka.start(1)
            assert kafka.members[0].ports["client"] != taken.getsockname()[1]
            assert kafka.members[0].pid() is not None


def test_a_broker_that_cannot_start_says_why_and_is_not_left_half(fresh):
    fresh.start().stop()
    meta = fresh.folder / "broker-1" / "data" / "meta.properties"
    meta.write_text(meta.read_text().replace("node.id=1", "node.id=7"))
    done = brokers.run("start", "--folder", fresh.folder)
    assert done.returncode == 1
    assert "broker 1 ended while it started" in done.stderr
    assert "node" in done.stderr and "7" in done.stderr
    assert fresh.pids() == [None]


def test_a_start_that_is_ended_takes_along_what_it_started(fresh):
    with subprocess.Popen([brokers.SCRIPTS / "start", "--folder", fresh.folder], stdout=subprocess.DEVNULL) as start:
        pid_file = fresh.folder / "broker-1" / "pid.json"
        brokers.eventually(pid_file.exists, "the broker is started")
        start.send_signal(signal.SIGTERM)
        assert start.wait(DEADLINE_S) == 143
    assert fresh.pids() == [None]


def test_clients_are_told_the_ports_of_a_proxy(fresh):
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        told = proxy.getsockname()[1]
        fresh.start(advertised=[told])
        assert fresh.bootstrap == f"127.0.0.1:{told}"
        own = fresh.kafka().members[0].ports["client"]
        assert brokers.wire.members(own, DEADLINE_S) == ({1: told}, 1)


def test_of_three_brokers_one_may_be_killed_paused_and_started_again(fresh):
    bootstrap = fresh.start(3).bootstrap
    assert len(bootstrap.split(",")) == 3
    make_topic(bootstrap, "facts", 3)
    fresh.broker(2, "kill")
    assert fresh.broker(2, "status") == "stopped"
    write(bootstrap, "facts", b"without two")
    fresh.broker(2, "start")
    fresh.broker(3, "pause")
    assert fresh.broker(3, "status").startswith("paused")
    write(bootstrap, "facts", b"without three")
    fresh.broker(3, "resume")
    assert fresh.broker(3, "status").startswith("running")
    fresh.broker(1, "stop")
    write(bootstrap, "facts", b"without one")
    assert fresh.start().bootstrap == bootstrap
    assert values(bootstrap, "facts", 3) == [b"without two", b"without three", b"without one"]
    fresh.stop()
    assert fresh.pids() == [None, None, None]
