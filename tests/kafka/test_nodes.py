"""Several nodes of one namespace: partitions are shared out, commands enter anywhere, and what a dead node owned goes on
elsewhere."""
import json
import subprocess
import threading

import confluent_kafka
import contract
from nodes import PARTITIONS, are_seen, hub, post, settled


def test_a_command_enters_at_any_node_and_is_seen_at_every_other(nodes):
    one, two = nodes.start("one"), nodes.start("two")
    nodes.shared_out("one", "two")
    ids = [settled(server.client(), post(server.client())) for _ in range(20) for server in (one, two)]
    assert all(ids)
    for server in (one, two):
        are_seen(server.client(), ids)
        [answer] = {server.client().get("/api/v1/deployments", page_size=1).json()["total"]}
        assert answer == 40


def test_the_same_key_is_decided_once_wherever_it_comes(nodes):
    clients = [nodes.start(name).client() for name in ("one", "two")]
    nodes.shared_out("one", "two")
    for _ in range(5):
        headers, body = {"Idempotency-Key": hub.unique("key")}, {"name": hub.unique("n"), "provider": "local",
                                                                "command": ["true"], "desired": "stopped"}
        answers = []
        threads = [threading.Thread(target=lambda c=client: answers.append(
            c.post("/api/v1/deployments", body, headers=headers))) for client in clients * 4]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {answer.status_code for answer in answers} == {201}, [answer.text for answer in answers]
        assert len({answer.text for answer in answers}) == 1
        other = clients[0].post("/api/v1/deployments", {**body, "name": "another"}, headers=headers)
        assert (other.status_code, other.json()["code"]) == (409, "idempotency.other_body")
    assert clients[0].get("/api/v1/deployments").json()["total"] == 5


def test_each_node_proves_its_copy_while_all_write(nodes):
    """Also of what another has just begun to sign, and of what is on its way here."""
    servers = [nodes.start(name) for name in ("one", "two")]
    nodes.shared_out("one", "two")
    stop = threading.Event()

    def write(client):
        while not stop.is_set():
            post(client)

    writers = [threading.Thread(target=write, args=(server.client(),)) for server in servers]
    for writer in writers:
        writer.start()
    try:
        for server in [*servers * 3, nodes.start("three")]:
            answer = server.client().post("/api/v1/audit/verify")
            assert answer.status_code == 200, answer.text
            lines = [json.loads(line) for line in answer.text.splitlines()]
            for line in lines:
                contract.check_schema("AuditLine", line)
            result = lines[-1]
            assert result["sound"] is True, result["fault"]
            assert result["copy"] is True and result["records"] == lines[0]["records"] > 0
            assert len(result["keys"]) >= 2
            assert sum(key["checkpoints"] for key in result["keys"]) == result["checkpoints"] > 0
    finally:
        stop.set()
        for writer in writers:
            writer.join()


def test_what_a_killed_node_owned_goes_on_elsewhere(nodes):
    one, two = nodes.start("one"), nodes.start("two")
    nodes.shared_out("one", "two")
    client = two.client()
    ids = [settled(client, post(client)) for _ in range(30)]
    one.kill()
    later = [post(client) for _ in range(12)]
    nodes.shared_out("two")
    ids += [id for id in (settled(client, answer) for answer in later) if id]
    for id in ids:
        hub.eventually(lambda: client.patch(f"/api/v1/deployments/{id}", {"labels": {"a": "b"}}).status_code == 200,
                       "it goes on", 60)
    # Back again it has a part of its own, and knows of all that happened meanwhile.
    client = nodes.start("one").client()
    nodes.shared_out("one", "two")
    for id in ids:
        hub.eventually(lambda: client.deployment(id)["labels"] == {"a": "b"}, "all is known")
    for server in (one, two):
        assert server.stop() == 0
        ended = subprocess.run([hub.BINARY, "audit", "verify", "--data", server.data], capture_output=True, text=True)
        assert ended.returncode == 0, ended.stdout + ended.stderr


def test_a_restart_within_the_session_moves_nothing(nodes):
    one, two = nodes.start("one"), nodes.start("two")
    before = nodes.shared_out("one", "two")
    one.kill()
    nodes.start("one")
    client = one.client()
    for _ in range(20):
        assert settled(client, post(client))
    after = nodes.owners()
    assert {p: owner for p, owner in after.items() if owner[0] == "two"} == \
           {p: owner for p, owner in before.items() if owner[0] == "two"}


def test_a_second_process_of_the_same_name_is_told_apart(nodes):
    one = nodes.start("one")
    assert settled(one.client(), post(one.client()))
    other = nodes.make("one", folder="other").start()
    assert one.process.wait(hub.DEADLINE_S) == 1
    assert "node.name_taken" in one.errors.read_text()
    assert settled(other.client(), post(other.client()))


def test_a_stream_goes_on_at_another_node_where_it_was_left(nodes):
    one, two = nodes.start("one"), nodes.start("two")
    nodes.shared_out("one", "two")
    with one.live() as live:
        live.subscribe("events")
        first = [settled(one.client(), post(one.client())) for _ in range(5)]
        frames = [live.of("events") for _ in first]
    assert sorted(frame["data"]["subject"] for frame in frames) == sorted(first)
    second = [settled(one.client(), post(one.client())) for _ in range(5)]
    are_seen(two.client(), second)
    with two.live() as live:
        assert live.subscribe("events", after=frames[-1]["cursor"])["recovered"] is True
        assert sorted(live.of("events")["data"]["subject"] for _ in second) == sorted(second)


def test_a_foreign_record_among_the_commands_is_passed_over(nodes, bootstrap, namespace):
    client = nodes.start("one").client()
    assert settled(client, post(client))
    producer = confluent_kafka.Producer({"bootstrap.servers": bootstrap})
    for partition in range(PARTITIONS):
        producer.produce(f"{namespace}.commands", b"{}", key=b"nothing of ours", partition=partition)
        producer.produce(f"{namespace}.commands", b"\xff\x00", partition=partition, headers={
            "ce_type": b"computehub.internal.command.v1", "ce_id": b"x", "ce_subject": b"dep_nonsense", "ce_command": b"Stop"})
    assert producer.flush(hub.DEADLINE_S) == 0
    for _ in range(20):
        assert settled(client, post(client))
