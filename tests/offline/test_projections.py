"""projections rebuild | verify on the folder of a stopped server."""
import json

import folders
import hub
import pytest


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x40
    path.write_bytes(content)


def test_a_stopped_servers_projections_are_what_the_record_says(record):
    items = folders.ask("projections", "verify", data=record)["items"]
    assert {item["name"]: item["equal"] for item in items} == {"accounts": True, "deployments": True, "tasks": True}
    assert all(item["records"] == len(folders.records(record)) for item in items)


def test_a_killed_servers_projections_are_as_far_as_they_go_what_the_record_says(own_server):
    client = own_server.client()
    for _ in range(20):
        client.create(desired="stopped")
    own_server.kill()
    folders.run("projections", "verify", data=own_server.data, code=0)


def test_commands_that_changed_nothing_leave_the_projections_equal(own_server):
    client = own_server.client()
    for _ in range(4):
        id = client.create(desired="stopped")["id"]
        assert client.act(id, "stop")["version"] == 1
        assert client.patch(f"/api/v1/deployments/{id}", {"name": "changed"}).json()["version"] == 2
    own_server.stop()
    folders.run("projections", "verify", data=own_server.data, code=0)


def test_verify_changes_no_byte(copy_of, record):
    data = copy_of(record)
    before = folders.fingerprint(data)
    folders.run("projections", "verify", data=data, code=0)
    assert folders.fingerprint(data) == before


@pytest.mark.parametrize("name, folder", [("deployments", "deployments-v3"), ("accounts", "accounts-v1")])
def test_a_damaged_projection_is_found_and_made_anew(copy_of, record, name, folder):
    data = copy_of(record)
    tables = [path for path in (data / "projections" / folder).rglob("*")
              if path.suffix in (".sst", ".log", ".blob") and path.stat().st_size]
    assert tables
    for path in tables:
        flip(path)
    done = folders.run("projections", "verify", name, data=data, code=5)
    assert done.last_line.startswith(f"bad: {name}: ")
    folders.run("projections", "rebuild", name, data=data, code=0)
    folders.run("projections", "verify", data=data, code=0)


def test_a_projection_of_another_record_is_found(copy_of, record, own_server):
    own_server.client().create(desired="stopped")
    own_server.stop()
    data = copy_of(record)
    folders.copy(own_server.data / "log", data / "other")
    (data / "log").rename(data / "old")
    (data / "other").rename(data / "log")
    folders.run("projections", "verify", "deployments", data=data, code=5)


def test_a_server_answers_the_same_behind_a_rebuild(own_server):
    client = own_server.client()
    ids = [client.create(desired="stopped", labels={"n": str(n)})["id"] for n in range(10)]
    client.act(ids[0], "delete", wait="deleted")
    client.make_key()
    before = [client.deployment(id) for id in ids], client.get("/api/v1/api-keys").json()
    own_server.stop()
    folders.run("projections", "rebuild", data=own_server.data, code=0)
    folders.run("projections", "verify", data=own_server.data, code=0)
    client = own_server.start().client()
    assert ([client.deployment(id) for id in ids], client.get("/api/v1/api-keys").json()) == before
    assert client.get("/api/v1/deployments").json()["total"] == 9


def test_an_unknown_projection_is_not_found(record):
    done = folders.run("-o", "json", "projections", "verify", "nothing", data=record, code=4)
    assert json.loads(done.err)["code"] == "projection.unknown"


@pytest.mark.parametrize("what", ["rebuild", "verify"])
def test_a_running_servers_projections_are_left_alone(own_server, what):
    assert "[log.locked]" in folders.run("projections", what, data=own_server.data, code=1).err
    assert own_server.client().get("/api/v1/deployments").status_code == 200
