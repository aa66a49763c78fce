"""Several nodes of one namespace sign with a key each: whoever has the folder of one of them can verify what all of
them have signed, and no more."""
import json
import pathlib
import subprocess
import sys
import threading
import uuid

import confluent_kafka
import pytest

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / name) for name in ("system", "offline")]
import folders  # noqa: E402
import hub  # noqa: E402

PARTITIONS = 4
WRITES = 12
# The least that brokers allow: so long what a stopped node owned waits for it.
SESSION_S = 6


class Nodes:
    """Nodes of one namespace, each with a folder of its own."""

    def __init__(self, bootstrap, folder):
        self.folder, self.servers = folder, []
        self.namespace = f"t{uuid.uuid4().hex[:16]}"
        self.there = ["--kafka-brokers", bootstrap, "--namespace", self.namespace]
        self.kafka("init", "--partitions", str(PARTITIONS))

    def kafka(self, *arguments):
        """What `computehub kafka …` answers."""
        command = [hub.BINARY, "-o", "json", "kafka", *arguments, *self.there]
        return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)

    def make(self, name, **options):
        folder = self.folder / name
        folder.mkdir()
        self.servers.append(hub.Server(folder, arguments=[
            "--log", "kafka", "--node", name, "--session-timeout", f"{SESSION_S}s", *self.there], **options))
        return self.servers[-1]

    def make_key(self, server, role):
        """Token of an API key that is made with the folder of a stopped node."""
        arguments = ["keys", "create", "--role", role, "--log", "kafka", "--node", server.folder.name, *self.there]
        return folders.run(*arguments, data=server.data, code=0).out.strip()

    def clean_up(self):
        for server in self.servers:
            server.clean_up()


@pytest.fixture
def nodes(bootstrap, tmp_path):
    made = Nodes(bootstrap, tmp_path)
    yield made
    made.clean_up()


@pytest.fixture(scope="module")
def written(bootstrap, tmp_path_factory):
    """Two nodes, stopped: one has written, then two. Not to be changed."""
    made = Nodes(bootstrap, tmp_path_factory.mktemp("written"))
    servers = [made.make(name) for name in ("one", "two")]
    for server in servers:
        write(server)
    yield servers
    made.clean_up()


def create(client):
    """One deployment, as soon as its partition has an owner."""
    body = {"name": hub.unique("d"), "provider": "local", "command": ["true"], "desired": "stopped"}
    headers = {"Idempotency-Key": hub.unique("key")}

    def made():
        answer = client.post("/api/v1/deployments", body, headers=headers)
        assert answer.status_code in (201, 202, 429, 503, 504), answer.text
        return answer.json()["id"] if answer.status_code == 201 else None

    return hub.eventually(made, "a deployment is made", 60)


def write(server):
    """One run of a server: some deployments are made, and it stops."""
    client = server.start().client()
    ids = [create(client) for _ in range(WRITES)]
    assert server.stop() == 0
    return ids


def key_of(server):
    """Id of the key that the folder of a stopped server signs with."""
    return json.loads(folders.run("audit", "checkpoint", data=server.data, code=0).out)["key_id"]


def signers(report):
    return {key["id"]: key["checkpoints"] for key in report["keys"]}


def ids_of(folder):
    return {item["id"] for item in folders.ask("audit", "key", data=folder)["items"]}


def heads(report):
    return [partition["head"] for partition in report["partitions"]]


def test_each_node_verifies_what_all_have_signed(nodes):
    one, two = nodes.make("one"), nodes.make("two")
    written = write(one)
    written += write(two)
    at_two = folders.ask("audit", "verify", data=two.data)
    assert at_two["sound"] is True
    assert signers(at_two).keys() == {key_of(one), key_of(two)}
    assert all(signers(at_two).values())
    at_one = folders.ask("audit", "verify", data=one.data)
    assert all(mine <= all_of_it for mine, all_of_it in zip(heads(at_one), heads(at_two), strict=True))
    written += write(one)
    at_one = folders.ask("audit", "verify", data=one.data)
    assert at_one["sound"] is True and signers(at_one).keys() == signers(at_two).keys()
    assert signers(at_one)[key_of(one)] > signers(at_two)[key_of(one)]
    assert {record["subject"] for record in folders.records(one.data).values() if "subject" in record} >= set(written)
    announced = {(key["node"], key["id"]) for key in nodes.kafka("describe")["signing_keys"]}
    assert announced == {("one", key_of(one)), ("two", key_of(two))}


def test_a_node_that_runs_learns_of_the_key_of_another_that_begins_to_sign(nodes):
    one, two = nodes.make("one"), nodes.make("two")
    file = one.data / "log" / "public-key.pem"
    first = one.start().client()
    create(first)
    assert file.read_text().count("BEGIN PUBLIC KEY") == 1
    second = two.start().client()

    def both_are_beside_the_log_of_one():
        create(first)
        create(second)
        return file.read_text().count("BEGIN PUBLIC KEY") == 2

    hub.eventually(both_are_beside_the_log_of_one, "one has the key of two", 60)
    assert two.stop() == 0 and one.stop() == 0
    for server in (one, two):
        report = folders.ask("audit", "verify", data=server.data)
        assert signers(report).keys() == {key_of(one), key_of(two)} and all(signers(report).values())


def test_a_checkpoint_by_a_key_that_is_not_trusted_is_named(written, tmp_path):
    one, two = written
    only = {}
    for server in (one, two):
        key = next(item for item in folders.ask("audit", "key", data=two.data)["items"] if item["id"] == key_of(server))
        only[server] = tmp_path / f"{key['id']}.pem"
        only[server].write_text(key["pem"])
    both = ["--public-key", only[one], "--public-key", only[two]]
    assert folders.ask("audit", "verify", *both, data=two.data) == folders.ask("audit", "verify", data=two.data)
    for trusted, other in ((one, two), (two, one)):
        bad = folders.run("audit", "verify", "--public-key", only[trusted], data=two.data, code=5).last_line
        assert f"signed by the key {key_of(other)}, not {key_of(trusted)}" in bad
        partition, seq = map(int, bad.removeprefix("bad at ").split(": ")[0].split(":"))
        named = folders.records(two.data)[partition, seq]
        assert named["type"] == "computehub.internal.checkpoint.v1" and named["data"]["key_id"] == key_of(other)


def test_a_fork_that_is_signed_with_a_key_of_ones_own_is_found(written, tmp_path):
    one, two = written
    (partition, seq), _ = next((place, record) for place, record in folders.records(two.data).items()
                               if record.get("version") == 1)
    forged = folders.copy(two.data, tmp_path / "forged")
    folders.tamper(forged, "fork-and-sign", partition, seq)
    found = folders.run("audit", "verify", data=forged, code=5).last_line
    assert found.startswith(f"bad at {partition}:") and "signed by the key" in found


def test_what_the_folder_of_a_node_has_lost_of_its_keys_is_made_anew(nodes):
    one = nodes.make("one")
    write(one)
    before = key_of(one)
    (one.data / "keys" / "checkpoint-key.pem").unlink()
    write(one)
    said = one.errors.read_text()
    assert "this node signs with a new key" in said and before in said and key_of(one) in said
    report = folders.ask("audit", "verify", data=one.data)
    assert report["sound"] is True and signers(report).keys() == {before, key_of(one)}
    file = one.data / "log" / "public-key.pem"
    sound = file.read_text()
    for damage in (file.unlink, lambda: file.write_text(sound[:-30])):
        damage()
        write(one)
        assert file.read_text() == sound
    assert "this node signs with a new key" not in one.errors.read_text(), "it is said once"


def test_what_anybody_writes_in_the_place_of_an_announcement_is_left_out_and_named(nodes, bootstrap):
    one = nodes.make("one")
    write(one)
    producer = confluent_kafka.Producer({"bootstrap.servers": bootstrap})
    key = f"signing-key:one:{key_of(one)}"
    producer.produce(f"{nodes.namespace}.control", key=key, value="not an announcement")
    producer.produce(f"{nodes.namespace}.control", key=key, value=None)
    assert producer.flush(30) == 0
    (one.data / "log" / "public-key.pem").unlink()
    write(one)
    assert "announces no signing key" in one.errors.read_text()
    assert ids_of(one.data) == {key_of(one)}, "the announcement that was there stays in force"
    folders.run("audit", "verify", data=one.data, code=0)


def test_a_backup_of_one_nodes_folder_verifies_all_that_was_signed(written, tmp_path):
    one, two = written
    folders.run("backup", "--to", tmp_path / "backup", data=two.data, code=0)
    folders.run("restore", "--from", tmp_path / "backup", data=tmp_path / "restored", code=0)
    assert signers(folders.ask("audit", "verify", data=tmp_path / "restored")).keys() == {key_of(one), key_of(two)}


def test_api_keys_are_made_with_the_folder_of_a_stopped_node_and_every_node_takes_them(nodes):
    one, two = nodes.make("one", dev=False), nodes.make("two", dev=False)
    admin = nodes.make_key(one, "admin")
    assert ids_of(one.data) == {key_of(one)}
    client = one.start().client(admin)
    made = [create(client)]
    ended = threading.Event()

    def write_on():
        other = one.client(admin)
        while not ended.is_set():
            made.append(create(other))

    # Whoever owns the partition of a key is shut out, and goes on behind it: what was acknowledged meanwhile is there.
    writers = [threading.Thread(target=write_on) for _ in range(4)]
    for writer in writers:
        writer.start()
    viewer = nodes.make_key(two, "viewer")
    ended.set()
    for writer in writers:
        writer.join()
    hub.eventually(lambda: one.client(viewer).get("/api/v1/me").status_code == 200, "a node that runs takes the key")
    made += [create(client) for _ in range(WRITES)]
    assert one.stop() == 0
    report = folders.ask("audit", "verify", data=one.data)
    assert report["sound"] is True and signers(report).keys() == {key_of(one), key_of(two)}
    assert {record["subject"] for record in folders.records(one.data).values() if "subject" in record} >= set(made)


def test_nothing_is_added_to_the_copy_of_a_node_alone(nodes):
    one = nodes.make("one")
    one.start()
    assert one.stop() == 0
    done = folders.run("keys", "create", "--role", "admin", data=one.data, code=1)
    assert "[log.copy]" in done.err and "--log kafka" in done.err
    done = folders.run("serve", "--dev", "--listen", "127.0.0.1:0", data=one.data, code=1)
    assert "[log.copy]" in done.err
