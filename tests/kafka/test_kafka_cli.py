"""`computehub kafka` against a real broker, as operators run it. HUB_BINARY names the program."""
import json
import os
import pathlib
import socket
import subprocess
import threading

import brokers
import confluent_kafka
import confluent_kafka.admin
import pytest

BINARY = os.environ.get("HUB_BINARY", str(pathlib.Path(__file__).resolve().parents[2] / "build/release/computehub"))
DEADLINE_S = 60
# What the machine that runs the tests has set must not steer them.
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("COMPUTEHUB_")}
TOPICS = ["commands", "events", "logs", "metrics", "secrets", "control", "dead-letters"]


def run(*arguments, code=0, environment=None):
    done = subprocess.run([BINARY, "kafka", *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=DEADLINE_S, env={**CLEAN, **(environment or {})})
    assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture
def there(bootstrap, namespace):
    return ["--kafka-brokers", bootstrap, "--namespace", namespace]


def test_init_makes_the_topics_and_says_so_and_a_second_one_makes_none(there, namespace):
    first = json.loads(run("init", *there, "--partitions", "4", "-o", "json").stdout)
    assert sorted(first["made"]) == sorted(f"{namespace}.{topic}" for topic in TOPICS)
    assert (first["namespace"], first["partitions"], len(first["incarnation"])) == (namespace, 4, 16)
    second = json.loads(run("init", *there, "-o", "json").stdout)
    assert second == {**first, "made": []}
    assert run("init", *there).stdout == (
        f"the namespace {namespace} has 4 partitions; its incarnation is {first['incarnation']}\n")


def test_describe_shows_the_topics(there, bootstrap, namespace):
    made = json.loads(run("init", *there, "--partitions", "3", "-o", "json").stdout)
    shown = json.loads(run("describe", *there, "-o", "json").stdout)
    assert shown["incarnation"] == made["incarnation"]
    assert [f"{broker['host']}:{broker['port']}" for broker in shown["brokers"]] == [bootstrap]
    assert [(topic["name"], topic["partitions"]) for topic in shown["topics"]] == [
        (f"{namespace}.{topic}", 3 if topic in ("commands", "events", "logs", "metrics") else 1) for topic in TOPICS]
    assert shown["trouble"] is None
    text = run("describe", *there).stdout
    assert made["incarnation"] in text
    events = next(line.split() for line in text.splitlines() if line.startswith(f"{namespace}.events"))
    assert events[1:] == ["3", "1", "1", "for", "ever", "good"]


def test_what_is_there_can_be_used_by_any_client(there, bootstrap, namespace):
    run("init", *there, "--partitions", "2")
    topics = confluent_kafka.admin.AdminClient({"bootstrap.servers": bootstrap}).list_topics(timeout=DEADLINE_S).topics
    assert len(topics[f"{namespace}.events"].partitions) == len(topics[f"{namespace}.commands"].partitions) == 2


def test_describe_of_a_namespace_that_is_not_there_shows_what_is_missing_and_how_to_make_it(there, bootstrap, namespace):
    done = run("describe", *there, code=4)
    assert done.stdout.count("missing") == len(TOPICS)
    assert f'run "computehub kafka init --kafka-brokers {bootstrap} --namespace {namespace}"' in done.stderr
    failure = json.loads(run("describe", *there, "-o", "json", code=4).stderr)
    assert (failure["code"], failure["exit_code"]) == ("kafka.topics_missing", 4)


def test_another_number_of_partitions_is_refused(there):
    run("init", *there, "--partitions", "2")
    assert "has 2 partitions, not 3" in run("init", *there, "--partitions", "3", code=1).stderr


def test_more_copies_than_brokers_are_refused(there):
    assert "1 broker(s)" in run("init", *there, "--replication", "3", code=1).stderr


def test_brokers_that_do_not_answer_are_exit_code_3():
    done = run("describe", "--kafka-brokers", "127.0.0.1:1", code=3)
    assert "127.0.0.1:1" in done.stderr and "Connection refused" in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr


@pytest.mark.parametrize("arguments, word", [
    (["init"], "--kafka-brokers"),
    (["init", "--kafka-brokers", "127.0.0.1:1", "--partitions", "0"], "--partitions"),
    (["init", "--kafka-brokers", "127.0.0.1:1", "--partitions", "1025"], "--partitions"),
    (["init", "--kafka-brokers", "127.0.0.1:1", "--kafka-conf", "nothing"], "NAME=VALUE"),
    (["init", "--kafka-brokers", "127.0.0.1:1", "--kafka-conf-file", "/nowhere"], "cannot be read"),
    (["init", "--kafka-brokers", "127.0.0.1:1", "--kafka-conf", "sasl.password=x"], "--kafka-conf-file"),
])
def test_wrong_usage_is_said_before_anything_is_tried(arguments, word):
    assert word in run(*arguments, code=2).stderr


def test_what_listens_and_is_no_broker_is_said_to_be_none_in_time():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def answer():
            while True:
                try:
                    peer, _ = listener.accept()
                except OSError:
                    return
                with peer:
                    peer.recv(1)
                    peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        thread = threading.Thread(target=answer)
        thread.start()
        done = run("describe", "--kafka-brokers", f"127.0.0.1:{listener.getsockname()[1]}", code=3)
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
    assert "does not speak Kafka's protocol" in done.stderr and "check the port" in done.stderr
    assert "receive.message.max.bytes" not in done.stderr


def test_what_exactly_once_hangs_on_is_not_taken_from_operators(there):
    done = run("describe", *there, "--kafka-conf", "isolation.level=read_uncommitted", code=1)
    assert "isolation.level is for ComputeHub to set" in done.stderr


def test_wrong_values_name_the_property_and_never_the_value(tmp_path):
    secrets = tmp_path / "kafka.conf"
    secrets.write_text("# for tests\nsasl.pasword = hunter2\n")
    done = run("describe", "--kafka-brokers", "127.0.0.1:1", "--kafka-conf-file", str(secrets), code=1)
    assert "sasl.pasword" in done.stderr and "hunter2" not in done.stderr
    secrets.write_text("just-a-password\n")
    done = run("describe", "--kafka-brokers", "127.0.0.1:1", "--kafka-conf-file", str(secrets), code=2)
    assert "line 1" in done.stderr and "just-a-password" not in done.stderr


def test_a_namespace_has_a_name_that_topics_can_have(bootstrap):
    assert "a namespace has" in run("init", "--kafka-brokers", bootstrap, "--namespace", "Prod!", code=1).stderr


def test_credentials_come_from_a_file_or_the_environment(there, namespace, bootstrap_file, tmp_path):
    run("init", *there, "--partitions", "1")
    guarded = bootstrap_file.with_name("bootstrap-sasl").read_text().strip()
    flags = ["describe", "--kafka-brokers", guarded, "--namespace", namespace,
             "--kafka-conf", "security.protocol=sasl_plaintext", "--kafka-conf", "sasl.mechanisms=PLAIN"]
    secrets = tmp_path / "kafka.conf"
    secrets.write_text("sasl.username=computehub\nsasl.password=for-tests\n")
    run(*flags, "--kafka-conf-file", str(secrets))
    run(*flags, environment={"COMPUTEHUB_KAFKA_CONF": "sasl.username=computehub,sasl.password=for-tests"})
    secrets.write_text("sasl.username=computehub\nsasl.password=of-last-year\n")
    done = run(*flags, "--kafka-conf-file", str(secrets), code=1)
    assert "check sasl.mechanisms, sasl.username and sasl.password" in done.stderr
    assert "of-last-year" not in done.stderr and "--token" not in done.stderr


def test_brokers_and_namespace_come_from_the_servers_configuration(bootstrap, namespace, tmp_path):
    config = tmp_path / "computehub.yaml"
    config.write_text(f"kafka-brokers: {bootstrap}\nnamespace: {namespace}\nkafka-conf: [client.id=test, linger.ms=1]\n")
    made = json.loads(run("init", "--config", str(config), "--partitions", "1", "-o", "json").stdout)
    assert made["namespace"] == namespace
    run("describe", environment={"COMPUTEHUB_CONFIG": str(config)})
    run("describe", environment={"COMPUTEHUB_KAFKA_BROKERS": bootstrap, "COMPUTEHUB_NAMESPACE": namespace})


def test_of_three_brokers_one_may_be_away_and_is_waited_for_when_asked(tmp_path, namespace):
    kafka = brokers.Brokers(tmp_path / "data").start(3)
    there = ["--kafka-brokers", kafka.bootstrap, "--namespace", namespace, "--replication", "3"]
    try:
        kafka.broker(3, "stop")
        # When it led the controllers the others take some seconds to find that it is gone, each for itself.
        left = kafka.bootstrap.split(",")[:2]
        brokers.eventually(lambda: all(len(listed(each, namespace)) == 2 for each in left), "two brokers are left")
        assert "2 broker(s)" in run("init", *there, code=1).stderr
        with subprocess.Popen([BINARY, "kafka", "init", *there, "--wait", "60s"], stdout=subprocess.PIPE, text=True,
                              env=CLEAN) as waiting:
            kafka.broker(3, "start")
            assert f"made {namespace}.events" in waiting.communicate(timeout=2 * DEADLINE_S)[0]
        assert waiting.returncode == 0
        events = described(there, namespace)
        assert (events["replication"], events["settings"]["min.insync.replicas"]) == (3, "2")
        assert events["under_replicated"] == 0
        kafka.broker(2, "kill")
        brokers.eventually(lambda: described(there, namespace)["under_replicated"] == 16, "the lack of copies is seen")
        assert described(there, namespace)["without_leader"] == 0
        assert "16 lack copies" in run("describe", *there[:4]).stdout
    finally:
        kafka.stop("--now", "--remove")


def listed(broker, namespace):
    """All brokers that this one knows, before there are topics."""
    asked = run("describe", "--kafka-brokers", broker, "--namespace", namespace, "-o", "json", code=4)
    return json.loads(asked.stdout)["brokers"]


def described(there, namespace):
    topics = json.loads(run("describe", *there[:4], "-o", "json").stdout)["topics"]
    return next(topic for topic in topics if topic["name"] == f"{namespace}.events")
