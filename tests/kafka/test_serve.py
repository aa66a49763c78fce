"""`computehub serve --log kafka` against a real broker: what holds on the embedded log holds on this one."""
import pathlib
import shutil
import subprocess
import sys
import threading

import brokers
import confluent_kafka
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))
import hub  # noqa: E402


@pytest.fixture
def server(bootstrap, namespace, tmp_path):
    there = ["--kafka-brokers", bootstrap, "--namespace", namespace]
    subprocess.run([hub.BINARY, "kafka", "init", *there, "--partitions", "4"], check=True, capture_output=True)
    made = hub.Server(tmp_path, arguments=["--log", "kafka", "--node", "one", *there])
    yield made
    made.clean_up()


def create(client):
    """201, or an answer that says that nothing was done and nothing will be."""
    body = {"name": hub.unique("d"), "provider": "local", "command": ["true"], "desired": "stopped"}
    answer = client.post("/api/v1/deployments", body)
    assert answer.status_code in (201, 503, 504), answer.text
    return answer


def answers(client, ids):
    return [client.deployment(id) for id in ids]


def test_a_killed_server_has_lost_nothing_and_adopts_what_runs(server):
    client = server.start().client()
    stopped = [client.create(desired="stopped")["id"] for _ in range(10)]
    running = client.create("echo one; sleep 600", wait="running")["id"]
    pid = [pid for pid, line in hub.processes_under(server.data).items() if line.startswith("sleep 600")]
    before = answers(client, stopped)
    server.kill()
    client = server.start().client()
    assert answers(client, stopped) == before
    assert client.deployment(running)["status"] == "running"
    assert [pid for pid, line in hub.processes_under(server.data).items() if line.startswith("sleep 600")] == pid
    assert client.post(f"/api/v1/deployments/{running}/stop", wait="stopped").json()["status"] == "stopped"
    assert server.stop() == 0
    ended = subprocess.run([hub.BINARY, "audit", "verify", "--data", server.data], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_what_the_folder_has_lost_comes_from_the_brokers(server):
    client = server.start().client()
    ids = [client.create(desired="stopped")["id"] for _ in range(20)]
    before = answers(client, ids)
    events = client.get("/api/v1/events", limit=1000).json()["items"]
    assert server.stop() == 0
    for folder in ("state", "projections", "log/db"):
        shutil.rmtree(server.data / folder)
    client = server.start().client()
    assert answers(client, ids) == before
    assert client.get("/api/v1/events", limit=1000).json()["items"][: len(events)] == events


def test_every_event_lies_on_the_topic_as_a_cloud_event(server, bootstrap, namespace):
    client = server.start().client()
    id = client.create(desired="stopped", name="on-the-topic")["id"]
    server.stop()
    consumer = confluent_kafka.Consumer({
        "bootstrap.servers": bootstrap, "group.id": namespace, "isolation.level": "read_committed",
        "auto.offset.reset": "earliest", "enable.partition.eof": True, "enable.auto.commit": False})
    consumer.subscribe([f"{namespace}.events"])
    found, ended = [], set()
    while len(ended) < 4:
        message = consumer.poll(hub.DEADLINE_S)
        assert message is not None, "the brokers answer"
        if message.error():
            assert message.error().code() == confluent_kafka.KafkaError._PARTITION_EOF
            ended.add(message.partition())
            continue
        headers = {name: value.decode(errors="replace") for name, value in message.headers()}
        if headers["ce_type"] == "computehub.deployment.requested.v1":
            found.append((message.key().decode(), headers))
    consumer.close()
    [(key, headers)] = found
    assert key == headers["ce_subject"] == id
    assert headers["ce_specversion"] == "1.0" and headers["ce_source"] == "/computehub"
    assert headers["ce_version"] == "1" and headers["ce_org"] == "default"
    assert headers["content-type"] == "application/json"
    assert headers["ce_id"].split(":")[0].isdigit()


def test_a_broker_that_dies_and_comes_back_has_lost_nothing_and_is_gone_on_with(tmp_path):
    kafka = brokers.Brokers(tmp_path / "kafka").start()
    there = ["--kafka-brokers", kafka.bootstrap]
    subprocess.run([hub.BINARY, "kafka", "init", *there, "--partitions", "4"], check=True, capture_output=True)
    server = hub.Server(tmp_path, arguments=["--log", "kafka", *there])
    try:
        client = server.start().client()
        ids = [client.create(desired="stopped")["id"] for _ in range(20)]
        kafka.broker(1, "kill")
        waiting, codes = [], []

        def is_refused():
            """Each in a thread: those that are being written when the brokers go wait until they are back."""
            if len(waiting) < 100:
                waiting.append(threading.Thread(target=lambda: codes.append(create(server.client()).json().get("code"))))
                waiting[-1].start()
            return "log.unavailable" in codes

        hub.eventually(is_refused, "writers are refused while the brokers are away", 60)
        assert [client.deployment(id)["id"] for id in ids] == ids, "reads go on"
        kafka.broker(1, "start")
        for each in waiting:
            each.join(120)
        for _ in range(20):  # often enough that each partition is met
            hub.eventually(lambda: create(client).status_code == 201, "writers go on", 60)
        assert [client.deployment(id)["id"] for id in ids] == ids
        assert server.stop() == 0
        ended = subprocess.run([hub.BINARY, "audit", "verify", "--data", server.data], capture_output=True, text=True)
        assert ended.returncode == 0, ended.stdout + ended.stderr
    finally:
        server.clean_up()
        kafka.stop("--now", "--remove")


def test_while_the_brokers_are_away_writers_are_told_when_to_ask_again_and_readers_how_old_it_is(tmp_path):
    kafka = brokers.Brokers(tmp_path / "kafka").start()
    there = ["--kafka-brokers", kafka.bootstrap]
    subprocess.run([hub.BINARY, "kafka", "init", *there, "--partitions", "4"], check=True, capture_output=True)
    server = hub.Server(tmp_path, arguments=["--log", "kafka", *there])

    def cluster():
        return server.client().get("/api/v1/system/cluster").json()

    def age():
        answer = server.client().get("/api/v1/deployments")
        assert answer.status_code == 200
        return int(answer.headers.get("Age", 0))

    try:
        server.start()
        hub.eventually(lambda: create(server.client()).status_code == 201, "it decides", 60)
        assert age() == 0 and cluster()["brokers_silent_seconds"] == 0
        with server.live() as live:
            live.send({"type": "ping"})
            assert live.expect(lambda frame: frame["type"] == "pong") == {"type": "pong"}
            kafka.broker(1, "pause")
            told = []
            while "log.unavailable" not in told:
                answer = create(server.client())
                if answer.status_code == 503:
                    assert int(answer.headers["Retry-After"]) > 0, answer.text
                    told.append(answer.json()["code"])
            hub.eventually(lambda: cluster()["brokers_away"], "the node sees that they are away", 60)
            hub.eventually(lambda: age() >= 5, "readers are told how old it is", 60)
            assert cluster()["brokers_silent_seconds"] >= 5
            assert all(each["lag"]["copy"]["seconds"] >= 5 for each in cluster()["partitions"])
            live.send({"type": "ping"})
            assert live.expect(lambda frame: frame["type"] == "pong")["age_seconds"] >= 5
            checks = {each["name"]: each for each in server.client().get("/api/v1/system/health").json()["checks"]}
            assert checks["log"]["ok"] and "reads go on" in checks["log"]["reason"]
            kafka.broker(1, "resume")
            hub.eventually(lambda: age() == 0, "what is read is fresh again", 60)
            hub.eventually(lambda: create(server.client()).status_code == 201, "writers go on", 60)
        hub.eventually(lambda: "brokers answer again" in server.errors.read_text(), "that they are back is told")
        log = server.errors.read_text()
        assert log.count("no broker answers") == log.count("brokers answer again")
        # Each of its clients meets the same: one line in half a minute tells it.
        assert log.count("Kafka's client has trouble") < 10
    finally:
        server.clean_up()
        kafka.stop("--now", "--remove")


def test_brokers_that_are_not_there_are_said_at_the_start(tmp_path):
    ended = subprocess.run([hub.BINARY, "serve", "--dev", "--listen", "127.0.0.1:0", "--data", tmp_path / "data", "--log",
                            "kafka", "--kafka-brokers", "127.0.0.1:1"], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 3, ended.stderr
    assert "127.0.0.1:1" in ended.stderr


def test_a_namespace_without_topics_is_said_at_the_start(bootstrap, namespace, tmp_path):
    ended = subprocess.run([hub.BINARY, "serve", "--dev", "--listen", "127.0.0.1:0", "--data", tmp_path / "data", "--log",
                            "kafka", "--kafka-brokers", bootstrap, "--namespace", namespace], capture_output=True,
                           text=True, timeout=60)
    assert ended.returncode == 4, ended.stderr
    assert "computehub kafka init" in ended.stderr
