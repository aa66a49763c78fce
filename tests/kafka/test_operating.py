"""What operators see of several nodes: owners, epochs, lag, and the dead letters of all of them."""
import base64
import json
import re
import subprocess

import confluent_kafka
import confluent_kafka.admin
import hub
import pytest
from nodes import PARTITIONS, Nodes

LETTERS = "/api/v1/system/dead-letters"
COMMAND, EFFECT = 0, 3


@pytest.fixture
def nodes(bootstrap, namespace, tmp_path):
    made = Nodes(tmp_path, bootstrap, namespace)
    yield made
    made.clean_up()


def letters(server):
    return server.client().get(LETTERS, page_size=1000).json()["items"]


def produce(bootstrap, topic, partition, value, key=None, headers=None):
    """Offset of a record that is not ours."""
    told = []
    producer = confluent_kafka.Producer({"bootstrap.servers": bootstrap})
    producer.produce(topic, value, key=key, partition=partition, headers=headers,
                     on_delivery=lambda error, message: told.append((error, message.offset())))
    assert producer.flush(hub.DEADLINE_S) == 0
    assert told[0][0] is None
    return told[0][1]


def garbage_result(bootstrap, namespace, client):
    """What an effect came to, in bytes that nobody can read: (entity, its bytes)."""
    made = client.create("true", desired="stopped")
    data = b"\x00\xff no result"
    headers = {"ce_specversion": b"1.0", "ce_id": b"garbage", "ce_source": b"/computehub",
               "ce_type": b"computehub.internal.effect-result.v1", "ce_subject": made["id"].encode(),
               "ce_command": b"ReportExited", "content-type": b"application/json"}
    produce(bootstrap, f"{namespace}.commands", int(made["position"].split(":")[0]), data, made["id"].encode(), headers)
    return made["id"], data


def test_every_node_tells_who_owns_what(nodes):
    one, two = nodes.start("one"), nodes.start("two")
    nodes.shared_out("one", "two")

    def agree():
        # Partitions are claimed one at a time: the last may still be on its way.
        owners = nodes.owners()
        views = [server.client().get("/api/v1/system/cluster").json() for server in (one, two)]
        seen = [{each["partition"]: (each.get("owner"), each["epoch"]) for each in view["partitions"]} for view in views]
        return seen == [owners, owners] and (owners, views)
    owners, views = hub.eventually(agree, "both nodes see the owners", 60)
    for view in views:
        assert view["log"] == "kafka" and view["brokers_away"] is False
        assert {node["name"]: node["partitions"] for node in view["nodes"]} == {
            name: sum(owner == name for owner, _ in owners.values()) for name in ("one", "two")}
        assert all(each["owned_here"] == (each["owner"] == view["node"]) for each in view["partitions"])
        assert view["transactions"]["recycles"] == view["transactions"]["voids"] == 0
    one.client().create(desired="stopped")
    hub.eventually(lambda: all(
        each["lag"]["copy"]["records"] == each["lag"]["projections"]["records"] == 0 for server in (one, two)
        for each in server.client().get("/api/v1/system/cluster").json()["partitions"]), "nobody is behind")
    text = one.client().get("/metrics").text
    owned = sum(owner == "one" for owner, _ in owners.values())
    assert f"computehub_partitions_owned {owned}\n" in text
    assert len(re.findall(r"^computehub_partition_epoch\{", text, re.M)) == PARTITIONS
    # Whoever owns the deployment's partition has written.
    assert any(re.search(r"^computehub_kafka_transaction_seconds_count [1-9]", server.client().get("/metrics").text, re.M)
               for server in (one, two))
    for name in ("recycled_producers_total", "fenced_appends_total", "void_records_total", "brokers_away"):
        assert f"computehub_kafka_{name} " in text


def test_what_one_node_buries_every_node_lists_and_can_remove(nodes, bootstrap, namespace):
    one, two = nodes.start("one"), nodes.start("two")
    nodes.shared_out("one", "two")
    entity, data = garbage_result(bootstrap, namespace, one.client())
    for server in (one, two):
        [letter] = hub.eventually(lambda: letters(server), "the letter is listed")
        assert (letter["entity"], letter["type"], letter["source"]) == (entity, "ReportExited", "effect")
        shown = server.client().get(f"{LETTERS}/{letter['id']}").json()
        assert base64.b64decode(shown["data_base64"]) == data
    answer = two.client().post(f"{LETTERS}/{letter['id']}/redrive")
    assert (answer.status_code, answer.json()["state"]) == (200, "refused"), answer.text
    for server in (one, two):
        hub.eventually(lambda: letters(server)[0].get("redriven_as") == answer.json()["command_id"], "it is marked")
    # A node that comes later has it too, and one whose rows are lost has it again.
    three = nodes.start("three")
    hub.eventually(lambda: [each["id"] for each in letters(three)] == [letter["id"]], "a later node lists it")
    assert one.client().delete(f"{LETTERS}/{letter['id']}").status_code == 204
    for server in (one, two, three):
        hub.eventually(lambda: letters(server) == [], "it is gone")


def test_a_letter_driven_again_at_any_node_is_done_once(nodes, namespace):
    one, two = nodes.start("one"), nodes.start("two")
    nodes.shared_out("one", "two")
    entity = one.client().create("true", desired="stopped")["id"]
    assert one.stop() == 0
    planted = subprocess.run(
        [hub.BINARY.parent / "tests" / "hub_plant_letter", one.data / "state", str(COMMAND), entity, "ChangeDeployment",
         "default", "default"], input=b'{"labels":{"driven":"again"}}', capture_output=True, check=True)
    id = planted.stdout.decode().strip()
    nodes.start("one")
    # It tells the others at its start what they do not know yet.
    hub.eventually(lambda: [each["id"] for each in letters(two)] == [id], "the other node lists it")
    ended = [hub.eventually(lambda: (answer := server.client().post(f"{LETTERS}/{id}/redrive")).status_code == 200 and
                            answer.json(), "it is decided", 60) for server in (one, two, one)]
    assert {answer["state"] for answer in ended} == {"accepted"}
    assert len({answer["command_id"] for answer in ended}) == 1
    for server in (one, two):
        hub.eventually(lambda: server.client().deployment(entity)["labels"] == {"driven": "again"}, "it is done")
        assert [e["type"] for e in server.client().history(entity)].count("computehub.deployment.changed.v1") == 1


def test_foreign_records_are_kept_once_with_their_bytes_and_stop_nothing(nodes, bootstrap, namespace):
    one = nodes.start("one")
    nodes.shared_out("one")
    client = one.client()
    value, headers = b"\xff\x00 not of ours", [("x", b"\x00\x01"), ("x", b"two")]
    placed = {(f"{namespace}.{topic}", partition): produce(bootstrap, f"{namespace}.{topic}", partition, value, b"k\xff", headers)
              for topic in ("events", "commands") for partition in (0, 3)}

    def kept(server):
        return {(each["foreign"]["topic"], each["foreign"]["partition"]): each["foreign"]["offset"]
                for each in letters(server) if each["source"] == "foreign"}
    hub.eventually(lambda: kept(one) == placed, "all are kept")
    for _ in range(10):
        assert client.create("true", desired="stopped")
    # Read again by a fresh node and behind a restart, each is there once.
    one.kill()
    nodes.start("one")
    two = nodes.start("two")
    for server in (one, two):
        hub.eventually(lambda: kept(server) == placed and len(letters(server)) == len(placed), "each is there once")
    letter = letters(two)[0]
    shown = two.client().get(f"{LETTERS}/{letter['id']}").json()
    assert base64.b64decode(shown["data_base64"]) == value
    assert base64.b64decode(shown["foreign"]["key_base64"]) == b"k\xff"
    assert [(h["name"], base64.b64decode(h["value_base64"])) for h in shown["foreign"]["headers"]] == headers
    answer = two.client().post(f"{LETTERS}/{letter['id']}/redrive")
    assert (answer.status_code, answer.json()["code"]) == (409, "dead_letters.foreign")


def test_a_command_where_its_owner_would_not_look_is_kept_as_foreign_and_not_done(nodes, bootstrap, namespace):
    one = nodes.start("one")
    nodes.shared_out("one")
    made = one.client().create("true", desired="stopped")
    topic, elsewhere = f"{namespace}.commands", (int(made["position"].split(":")[0]) + 1) % PARTITIONS
    headers = {"ce_type": b"computehub.internal.command.v1", "ce_id": b"cmd_stray", "ce_subject": made["id"].encode(),
               "ce_command": b"DeleteDeployment", "ce_org": b"default", "ce_project": b"default"}
    offset = produce(bootstrap, topic, elsewhere, b"{}", made["id"].encode(), headers)
    [letter] = hub.eventually(lambda: letters(one), "it is kept")
    assert letter["foreign"] == {"topic": topic, "partition": elsewhere, "offset": offset}
    assert one.client().get("/api/v1/system/cluster").json()["dead_letters"] == 1
    assert one.client().deployment(made["id"])["status"] == "stopped"
    assert doctor(one, bootstrap, namespace)["letters"]["state"] == "warning"


def test_a_claim_that_continues_another_record_is_told_with_what_to_do(nodes, bootstrap, namespace):
    """Whoever may write to the topic of events can stop a partition; nobody is left to guess which, and why."""
    one = nodes.start("one")
    nodes.shared_out("one")
    made = one.client().create("true", desired="stopped")
    partition = int(made["position"].split(":")[0])

    def fault():
        # At the head as it is now, which a checkpoint may have moved meanwhile: then it counts for nobody.
        cluster = one.client().get("/api/v1/system/cluster").json()
        seen = next(each for each in cluster["partitions"] if each["partition"] == partition)
        if "fault" not in seen:
            claim = {"epoch": seen["epoch"] + 1, "node": "evil", "from": {"seq": seen["head"], "hash": "00" * 32},
                     "transactional_ids": []}
            said = {"specversion": "1.0", "id": f"{partition}:{seen['head'] + 1}", "source": "/computehub",
                    "type": "computehub.internal.claimed.v1", "epoch": str(seen["epoch"] + 1), "owner": "evil", "chain": "00" * 8}
            produce(bootstrap, f"{namespace}.events", partition, json.dumps(claim).encode(),
                    headers={f"ce_{name}": value.encode() for name, value in said.items()})
        return seen.get("fault")
    text = hub.eventually(fault, "the fault is told")
    assert f"{namespace}.events" in text and "let nodes alone write to it" in text
    answer = one.client().get("/api/v1/system/health")
    checks = {each["name"]: each for each in answer.json()["checks"]}
    assert answer.status_code == 503 and f"partition {partition} is not read any more" in checks["log"]["reason"]
    assert f'computehub_partition_fault{{partition="{partition}"}} 1\n' in one.client().get("/metrics").text
    assert doctor(one, bootstrap, namespace, code=1)["partitions"]["state"] == "bad"
    # The others go on.
    assert one.client().get(f"/api/v1/deployments/{made['id']}").status_code == 200


def doctor_now(server, bootstrap, namespace, code=None):
    ended = subprocess.run(
        [hub.BINARY, "-o", "json", "doctor", "--data", server.data, "--log", "kafka", "--node", "one", "--kafka-brokers",
         bootstrap, "--namespace", namespace], capture_output=True, timeout=hub.DEADLINE_S * 2)
    assert code is None or ended.returncode == code, ended
    return {check["name"]: check for check in json.loads(ended.stdout)["items"]}


def doctor(server, bootstrap, namespace, code=0):
    return doctor_now(server, bootstrap, namespace, code)


def test_the_doctor_looks_at_brokers_topics_keys_and_the_copy(nodes, bootstrap, namespace):
    one = nodes.start("one")
    nodes.shared_out("one")
    one.client().create("true", desired="stopped")
    found = doctor(one, bootstrap, namespace)
    assert "in use by a server" in found["copy"]["text"]
    assert {name: found[name]["state"] for name in ("partitions", "lag", "transactions", "letters")} == dict.fromkeys(
        ("partitions", "lag", "transactions", "letters"), "good"), found
    assert found["partitions"]["text"].startswith(f"one owns {PARTITIONS} of {PARTITIONS}, epochs ")
    assert f" to {max(epoch for _, epoch in nodes.owners().values())}" in found["partitions"]["text"]
    assert "0 producers recycled" in found["transactions"]["text"]
    assert one.stop() == 0
    found = doctor(one, bootstrap, namespace)
    assert {name: found[name]["state"] for name in ("brokers", "topics", "signing", "copy")} == dict.fromkeys(
        ("brokers", "topics", "signing", "copy"), "good")
    assert found["copy"]["text"] == "it has all that the topic has"
    assert "1 of them by one" in found["signing"]["text"]
    # What another node writes meanwhile is told as how far the folder is behind.
    two = nodes.start("two")
    nodes.shared_out("two")
    two.client().create("true", desired="stopped")
    found = doctor(one, bootstrap, namespace)
    assert re.fullmatch(r"[1-9][0-9,]* records behind the topic; a start fetches them", found["copy"]["text"])


def test_the_doctor_names_a_topic_that_would_drop_the_record(nodes, bootstrap, namespace):
    one = nodes.make("one")
    one.data.mkdir()
    assert doctor(one, bootstrap, namespace)["topics"]["state"] == "good"
    admin = confluent_kafka.admin.AdminClient({"bootstrap.servers": bootstrap})
    week = confluent_kafka.admin.ConfigEntry("retention.ms", "604800000",
                                             incremental_operation=confluent_kafka.admin.AlterConfigOpType.SET)
    topic = confluent_kafka.admin.ConfigResource("topic", f"{namespace}.events", incremental_configs=[week])
    for done in admin.incremental_alter_configs([topic]).values():
        done.result()
    found = hub.eventually(lambda: (seen := doctor_now(one, bootstrap, namespace)["topics"])["state"] == "bad" and seen, "it is seen")
    assert f"{namespace}.events" in found["text"] and "retention.ms=604800000" in found["text"]


def test_the_doctor_says_what_is_wrong_with_the_brokers(nodes, bootstrap, namespace):
    one = nodes.make("one")
    one.data.mkdir()
    found = doctor(one, bootstrap, namespace + "x", code=1)
    assert found["topics"]["state"] == "bad" and "kafka init" in found["topics"]["text"] + found["topics"]["advice"]
    found = doctor(one, "127.0.0.1:1", namespace, code=1)
    assert found["brokers"]["state"] == "bad"
