"""replay of one entity and of the whole system, and the server that only reads what it made."""
import json
import time

import folders
import hub
import pytest
import requests


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    """A stopped server's folder with a deployment that ran, was changed and deleted, and one that only ran."""
    server = hub.Server(tmp_path_factory.mktemp("history")).start()
    client = server.client()
    try:
        gone = client.create("echo one; exec sleep 600", name="gone", wait="running")["id"]
        kept = client.create("echo first; exec sleep 600", name="kept", wait="running", labels={"n": "1"})["id"]
        hub.eventually(lambda: client.logs(kept)["items"] and client.logs(gone)["items"], "their first lines")
        before = client.deployment(kept)
        rows = client.get("/api/v1/deployments").json()
        lines = client.logs(kept)["items"]
        moment = rfc3339(time.time())
        client.patch(f"/api/v1/deployments/{kept}", {"labels": {"n": "2"}})
        client.act(kept, "restart", wait="running")
        hub.eventually(lambda: len(client.logs(kept)["items"]) > len(lines), "more lines")
        client.act(gone, "delete", wait="deleted")
        after = client.deployment(kept)
        server.stop()
        yield {"data": server.data, "gone": gone, "kept": kept, "before": before, "after": after, "moment": moment,
               "rows": rows, "lines": lines}
    finally:
        server.clean_up()


def rfc3339(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{int(seconds % 1 * 1e6):06d}Z"


@pytest.fixture
def then(history, tmp_path):
    """The whole system as of the moment, and a server on it that only reads."""
    folders.run("replay", "--at", history["moment"], "--to", tmp_path / "then", data=history["data"], code=0)
    server = hub.Server(tmp_path, ["--read-only"])
    server.data = tmp_path / "then"
    yield server.start()
    server.clean_up()


def test_replay_tells_every_event_and_the_state_behind_it(history):
    document = folders.ask("replay", history["kept"], data=history["data"])
    events = [item["event"] for item in document["items"]]
    assert [event["version"] for event in events] == list(range(1, len(events) + 1))
    assert document["items"][0]["state"]["status"] == "creating"
    assert document["state"]["status"] == "running" == document["items"][-1]["state"]["status"]
    assert {event["type"].split(".")[2] for event in events} >= {"requested", "prepared", "started", "changed"}
    text = folders.run("replay", history["kept"], data=history["data"], code=0).out
    assert text.startswith(history["kept"] + "\n")
    assert "creating → starting" in text and "deployment.changed" in text


def test_replay_up_to_a_time_or_a_position_ends_there(history):
    versions = [item["event"]["version"]
                for item in folders.ask("replay", "kept", "--at", history["moment"], data=history["data"])["items"]]
    assert versions == list(range(1, history["before"]["version"] + 1))
    position = history["before"]["position"]
    at_position = folders.ask("replay", "kept", "--at", position, data=history["data"])
    assert at_position["items"][-1]["position"] == position
    assert [item["event"]["version"] for item in at_position["items"]] == versions


@pytest.mark.parametrize("meant", [lambda id: id, lambda id: id[:12], lambda id: id[4:14], lambda id: "kept"],
                         ids=["id", "beginning", "without dep_", "name"])
def test_an_entity_is_meant_by_its_id_its_beginning_or_its_name(history, meant):
    assert folders.ask("replay", meant(history["kept"]), data=history["data"])["id"] == history["kept"]


@pytest.mark.parametrize("arguments, code, failure", [
    (["nothing-of-that-name"], 4, "entity.not_found"),
    (["dep_"], 1, "entity.ambiguous"),
    (["kept", "--at", "2020-01-01T00:00:00Z"], 4, "entity.not_found"),
    (["kept", "--at", "yesterday"], 2, "cli.usage"),
    (["--to", "x", "--at", "1:1"], 2, "cli.usage"),
], ids=range(5))
def test_what_cannot_be_replayed_is_refused(history, tmp_path, arguments, code, failure):
    arguments = [str(tmp_path / "x") if word == "x" else word for word in arguments]
    done = folders.run("-o", "json", "replay", *arguments, data=history["data"], code=code)
    assert json.loads(done.err)["code"] == failure
    assert not (tmp_path / "x").exists()


def test_a_folder_that_holds_something_is_never_filled(history, tmp_path):
    (tmp_path / "mine").write_text("mine")
    done = folders.run("replay", "--to", tmp_path, data=history["data"], code=1)
    assert "[data.not_empty]" in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_replay_reads_only(history, tmp_path):
    before = folders.fingerprint(history["data"])
    folders.run("replay", "kept", data=history["data"], code=0)
    folders.run("replay", "--to", tmp_path / "copy", data=history["data"], code=0)
    assert folders.fingerprint(history["data"]) == before


def test_the_whole_system_as_it_was_verifies_and_holds_no_key(history, tmp_path):
    to = tmp_path / "then"
    folders.run("replay", "--at", history["moment"], "--to", to, data=history["data"], code=0)
    folders.run("audit", "verify", data=to, code=0)
    now, then_ = folders.records(history["data"]), folders.records(to)
    assert then_.items() <= now.items() and 0 < len(then_) < len(now)
    assert not (to / "keys").exists()


def test_a_server_that_only_reads_answers_as_the_system_did(history, then):
    client = then.client()
    hub.eventually(lambda: client.get("/api/v1/deployments").json()["total"] == history["rows"]["total"], "it has read")
    for id in (history["kept"], history["gone"]):
        was = next(row for row in history["rows"]["items"] if row["id"] == id)
        assert client.deployment(id) == was
    assert client.deployment(history["kept"])["labels"] == {"n": "1"}
    assert client.logs(history["kept"])["items"] == history["lines"]
    events = client.history(history["kept"])
    assert len(events) == history["before"]["version"]
    for path in ("/api/v1/providers", "/api/v1/me", "/api/v1/api-keys", "/api/v1/projects", "/api/v1/secrets",
                 "/api/v1/events", "/api/v1/system/health", "/metrics", f"/api/v1/deployments/{history['kept']}/metrics",
                 f"/api/v1/commands/{events[0]['commandid']}"):
        assert client.get(path).status_code == 200, path


def test_a_server_that_only_reads_serves_live_streams(history, then):
    client = then.client()
    hub.eventually(lambda: client.get("/api/v1/deployments").json()["total"] == 2, "it has read")
    with then.live() as live:
        for stream in ("deployments", f"deployments/{history['kept']}", f"deployments/{history['kept']}/logs",
                       f"deployments/{history['kept']}/metrics", "events"):
            assert live.subscribe(stream)["recovered"] is False
        assert len(live.of("deployments", "snapshot")["data"]["items"]) == 2
        assert live.of(f"deployments/{history['kept']}/logs", "snapshot")["data"]["items"] == history["lines"]


def test_a_server_that_only_reads_refuses_every_write_and_starts_nothing(history, then):
    client = then.client()
    id = history["kept"]
    before = folders.fingerprint(then.data / "log")
    body = {"name": "x", "provider": "local", "command": ["true"]}
    writes = [("POST", "/api/v1/deployments", body), ("POST", f"/api/v1/deployments/{id}/start", None),
              ("POST", f"/api/v1/deployments/{id}/stop", None), ("POST", f"/api/v1/deployments/{id}/restart", None),
              ("DELETE", f"/api/v1/deployments/{id}", None), ("PATCH", f"/api/v1/deployments/{id}", {"name": "y"}),
              ("POST", "/api/v1/deployments/batch", {"action": "stop", "ids": [id]}),
              ("POST", "/api/v1/api-keys", {"name": "k", "project": "default", "role": "dev"}),
              ("DELETE", "/api/v1/api-keys/key_x", None), ("POST", "/api/v1/projects", {"name": "p"}),
              ("PUT", "/api/v1/secrets/s", {"value": "v"}), ("DELETE", "/api/v1/secrets/s", None),
              ("PUT", "/api/v1/projects/default/members/ann", {"role": "dev"}),
              ("DELETE", "/api/v1/projects/default/members/ann", None)]
    for method, path, json_body in writes:
        answer = client.request(method, path, json=json_body)
        assert (answer.status_code, answer.json()["code"]) == (403, "server.read_only"), (method, path)
    # Who asks is still looked at first.
    assert requests.post(then.url + "/api/v1/deployments", json=body, timeout=30).status_code == 401
    assert client.deployment(id)["status"] == "running"
    assert [command for pid, command in hub.processes_under(then.data).items() if pid != then.process.pid] == []
    assert then.stop() == 0
    assert folders.fingerprint(then.data / "log") == before


def test_a_server_that_only_reads_makes_no_folder_where_there_is_none(tmp_path):
    done = folders.run("serve", "--dev", "--read-only", "--listen", "127.0.0.1:0", data=tmp_path / "none", code=4)
    assert "[log.absent]" in done.err
    assert not (tmp_path / "none").exists()


def test_the_original_can_be_read_beside_its_audit(history, tmp_path):
    server = hub.Server(tmp_path, ["--read-only"])
    server.data = history["data"]
    before = folders.fingerprint(history["data"] / "log")
    try:
        server.start()
        assert server.client().deployment(history["kept"]) == history["after"]
        folders.run("audit", "verify", data=history["data"], code=0)
    finally:
        server.kill()
    assert folders.fingerprint(history["data"] / "log") == before
