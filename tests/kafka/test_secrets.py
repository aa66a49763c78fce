"""Secrets of the nodes of one namespace: what is stored or sealed at one is used at another, under one key."""
import base64
import subprocess

import confluent_kafka
import pytest
from nodes import Nodes, hub

KEY, OTHER_KEY = "11" * 32, "22" * 32
CANARIES = 1_000
MARK = "q7ZxWv"


class SecretNodes(Nodes):
    """Nodes that keep their secrets under a key that they are given."""

    def make(self, name, key=KEY, arguments=()):
        return super().make(name, arguments=arguments, environment={"ENCRYPTION_KEY": key} if key else None)

    def start(self, name, **options):
        return self.make(name, **options).start()

    def topics(self):
        """topic → what lies on it: keys, values and headers of every record, also of what was not committed."""
        consumer = confluent_kafka.Consumer({
            "bootstrap.servers": self.bootstrap, "group.id": f"{self.namespace}-look", "enable.auto.commit": False,
            "isolation.level": "read_uncommitted", "auto.offset.reset": "earliest", "enable.partition.eof": True})
        known = consumer.list_topics(timeout=hub.DEADLINE_S).topics
        places = [confluent_kafka.TopicPartition(name, partition, confluent_kafka.OFFSET_BEGINNING)
                  for name in known if name.startswith(self.namespace + ".") for partition in known[name].partitions]
        consumer.assign(places)
        found, ended = {place.topic: b"" for place in places}, 0
        while ended < len(places):
            message = consumer.poll(hub.DEADLINE_S)
            assert message is not None, "the brokers answer"
            if message.error():
                assert message.error().code() == confluent_kafka.KafkaError._PARTITION_EOF
                ended += 1
                continue
            parts = [message.key(), message.value(), *(value for _, value in message.headers() or [])]
            found[message.topic()] += b"\n".join(part for part in parts if part) + b"\n"
        consumer.close()
        return found


@pytest.fixture
def nodes(bootstrap, namespace, tmp_path):
    made = SecretNodes(tmp_path, bootstrap, namespace)
    yield made
    made.clean_up()


def create(client, **fields):
    """The id of a deployment, as soon as its partition has an owner."""
    body = {"name": hub.unique("d"), "provider": "local", "command": ["true"], "desired": "stopped", **fields}
    headers = {"Idempotency-Key": hub.unique("key")}

    def made():
        answer = client.post("/api/v1/deployments", body, headers=headers)
        assert answer.status_code in (201, 202, 429, 503, 504), answer.text
        return answer.json()["id"] if answer.status_code == 201 else None

    return hub.eventually(made, "a deployment is made", 60)


def ended_well(client, ids):
    """Waits until each has run to its end, wherever that was, and its env was what its command looks for."""
    for id in ids:
        hub.eventually(lambda: client.deployment(id)["exit_code"] is not None, f"{id} has run", 60)
        assert client.deployment(id)["exit_code"] == 0


def checks(**values):
    """A command that ends well when its env is that."""
    return ["sh", "-c", " && ".join(f'[ "${name}" = "{value}" ]' for name, value in values.items())]


def test_what_is_stored_at_one_node_is_used_at_another(nodes):
    one, two = nodes.start("one"), nodes.start("two")
    assert one.client().put("/api/v1/secrets/TOKEN", {"value": "deep water"}).status_code == 200
    # Directly behind the answer the other node knows of it.
    ids = [create(two.client(), env={"A": {"secret": "TOKEN"}, "B": "plain"}, command=checks(A="deep water", B="plain"),
                  desired="running") for _ in range(4)]
    ids += [create(one.client(), env={"A": {"secret": "TOKEN"}, "B": "sealed"}, command=checks(A="deep water", B="sealed"),
                   desired="running") for _ in range(4)]
    ended_well(one.client(), ids)
    listed = two.client().get("/api/v1/secrets").json()["items"]
    assert [(item["name"], item["version"]) for item in listed] == [("TOKEN", 1)]
    assert two.client().put("/api/v1/secrets/TOKEN", {"value": "other"}).json()["version"] == 2
    assert one.client().delete("/api/v1/secrets/TOKEN").status_code == 204
    hub.eventually(lambda: two.client().get("/api/v1/secrets/TOKEN").status_code == 404, "it is gone")


def test_what_was_sealed_at_one_node_is_opened_at_another_also_when_the_first_is_gone(nodes):
    one, two = nodes.start("one"), nodes.start("two")
    hub.eventually(lambda: "two" in [host["name"] for host in one.client().get("/api/v1/hosts").json()["items"]],
                   "the host is known", 60)
    ids = [create(one.client(), host="two", env={"A": "sealed at one"}, command=checks(A="sealed at one"))
           for _ in range(6)]
    one.kill()
    client = two.client()

    def is_started(id):
        # What came before the partition has its next owner may expire undecided.
        client.post(f"/api/v1/deployments/{id}/start")
        return client.deployment(id)["desired"] == "running"

    for id in ids:
        hub.eventually(lambda: is_started(id), "it is started", 60)
    ended_well(client, ids)


def test_a_node_with_another_key_is_refused_at_start_and_told_what_to_do(nodes):
    one = nodes.start("one")
    # As long as nothing is there a folder's own key does.
    early = nodes.start("early", key=None)
    assert one.client().put("/api/v1/secrets/TOKEN", {"value": "v"}).status_code == 200
    for name, key in (("two", OTHER_KEY), ("three", None)):
        server = nodes.make(name, key=key)
        with pytest.raises(AssertionError):
            server.start()
        assert server.process.wait(hub.DEADLINE_S) != 0
        said = server.errors.read_text()
        assert "secrets.wrong_key" in said and "ENCRYPTION_KEY" in said and "--dev" in said
        assert OTHER_KEY not in said
    refused = early.client().put("/api/v1/secrets/OTHER", {"value": "v"})
    assert (refused.status_code, refused.json()["code"]) == (503, "secrets.other_key")


def shapes():
    """The mark as text, in hexadecimal, and in base64 at each of its three places."""
    found = {MARK.encode(), MARK.encode().hex().encode(), MARK.encode().hex().upper().encode()}
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + MARK.encode())
        found.add(coded[(8 * shift + 5) // 6:(8 * (shift + len(MARK))) // 6])
    return found


def hits(places):
    return [(place, found) for place, content in places.items() for found in shapes() if found in content]


def test_no_value_is_found_in_any_file_or_topic(nodes):
    servers = [nodes.start("one"), nodes.start("two")]
    clients = [server.client() for server in servers]
    for number in range(CANARIES // 10):
        client = clients[number % 2]
        value = f"canary{number:05}{MARK}{number:05}"
        assert client.put(f"/api/v1/secrets/S_{number}", {"value": value}).status_code == 200
        create(client, env={"S": {"secret": f"S_{number}"}, **{f"E{i}": f"canary{number}{MARK}{i}" for i in range(9)}})
    refused = clients[0].put("/api/v1/secrets/bad", {"value": [MARK]})
    assert refused.status_code == 422 and MARK not in refused.text
    for server in servers:
        assert server.stop() == 0
    files = {str(path): path.read_bytes() for server in servers for path in server.folder.rglob("*")
             if path.is_file() and path.name != "ballast"}
    topics = nodes.topics()
    assert len(topics) == 7 and len(topics[f"{nodes.namespace}.secrets"]) > 100 * 100
    assert MARK.encode() not in KEY.encode() and hits({"planted": b"x" + MARK.encode()})
    assert hits({**files, **topics}) == []


def test_keys_of_a_folder_that_is_a_copy_are_left_to_the_namespace(nodes):
    one = nodes.start("one")
    assert one.client().put("/api/v1/secrets/TOKEN", {"value": "v"}).status_code == 200
    assert one.stop() == 0
    for command in (["rotate", "--new-key-file", nodes.folder / "new.key"], ["erase", "--project", "default"]):
        done = subprocess.run([hub.BINARY, "keys", *command, "--data", one.data], capture_output=True, text=True,
                              env={"ENCRYPTION_KEY": KEY})
        assert done.returncode != 0 and "log.copy" in done.stderr, done.stderr
    one.start()
    assert one.client().get("/api/v1/secrets/TOKEN").status_code == 200


def test_a_key_that_is_given_beside_the_one_in_force_does_too(nodes):
    one = nodes.start("one")
    assert one.client().put("/api/v1/secrets/TOKEN", {"value": "deep water"}).status_code == 200
    assert one.stop() == 0
    (nodes.folder / "in-force.key").write_text(KEY)
    two = nodes.start("two", key=OTHER_KEY, arguments=["--encryption-key-next-file", nodes.folder / "in-force.key"])
    assert two.client().put("/api/v1/secrets/TOKEN", {"value": "deeper"}).json()["version"] == 2


def keys(nodes, *command):
    home = nodes.folder / "operator"
    done = subprocess.run([hub.BINARY, "keys", *command, "--data", home, "--log", "kafka", *nodes.there], env={},
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_key_is_rotated_from_outside_while_nodes_run(nodes):
    before, behind = nodes.folder / "before.key", nodes.folder / "behind.key"
    before.write_text(KEY)
    behind.write_text(OTHER_KEY)
    ready = nodes.start("ready", arguments=["--encryption-key-next-file", behind])
    other = nodes.start("other")
    assert ready.client().put("/api/v1/secrets/TOKEN", {"value": "deep water"}).status_code == 200
    said = keys(nodes, "rotate", "--encryption-key-file", before, "--new-key-file", behind)
    assert KEY not in said and OTHER_KEY not in said
    ended_well(ready.client(), [create(ready.client(), host="ready", env={"A": {"secret": "TOKEN"}, "B": "sealed"},
                                       command=checks(A="deep water", B="sealed"), desired="running")])
    assert ready.client().put("/api/v1/secrets/MORE", {"value": "v"}).status_code == 200
    refused = other.client().put("/api/v1/secrets/OTHER", {"value": "v"})
    assert (refused.status_code, refused.json()["code"]) == (503, "secrets.other_key")
    late = nodes.start("late", key=OTHER_KEY)
    assert {item["name"] for item in late.client().get("/api/v1/secrets").json()["items"]} == {"TOKEN", "MORE"}


def test_a_project_is_erased_from_outside_while_nodes_run(nodes):
    key = nodes.folder / "in-force.key"
    key.write_text(KEY)
    one, two = nodes.start("one"), nodes.start("two")
    hub.eventually(lambda: "two" in [host["name"] for host in one.client().get("/api/v1/hosts").json()["items"]],
                   "the host is known", 60)
    id = create(one.client(), host="two", env={"A": "sealed"}, command=checks(A="sealed"))
    assert "can never be read again" in keys(nodes, "erase", "--project", "default", "--encryption-key-file", key)

    def is_refused():
        one.client().post(f"/api/v1/deployments/{id}/start")
        found = one.client().deployment(id)
        return found["status"] == "failed" and found

    failed = hub.eventually(is_refused, "what was sealed cannot be opened at its host", 60)
    assert failed["reason"]["code"] == "sealed.erased"
    recorded = two.client().get("/api/v1/events", type="computehub.project.key_erased.v1").json()["items"]
    assert len(recorded) == 1
    for server in (one, two):
        assert server.stop() == 0
        ended = subprocess.run([hub.BINARY, "audit", "verify", "--data", server.data], capture_output=True, text=True)
        assert ended.returncode == 0, ended.stdout + ended.stderr
