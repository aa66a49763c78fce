"""keys create | list | rotate | erase on a stopped server, and that no secret is in any file."""
import json
import os
import secrets
import shutil
import stat

import folders
import hub
import pytest

CANARIES = 1_000
PER_DEPLOYMENT = 50


def digest(client, id, lines):
    """The line that the deployment printed of its values; never the values."""
    items = hub.eventually(lambda: (lambda i: i if len(i) >= lines else None)(client.logs(id)["items"]), "its line")
    return items[-1]["text"]


def test_the_first_key_opens_a_server_that_is_not_for_developers(make_server):
    server = make_server(start=False, dev=False)
    done = folders.run("keys", "create", "--role", "admin", data=server.data, code=0)
    token = done.out.strip()
    server.start()
    me = server.client(token).get("/api/v1/me")
    assert me.status_code == 200
    assert server.client("chk_" + "x" * 43).get("/api/v1/me").status_code == 401
    server.client(token).create(desired="stopped")
    server.stop()
    folders.run("audit", "verify", data=server.data, code=0)
    assert folders.files_with(server.data, token) == []


def test_a_key_has_the_role_project_and_end_that_it_was_made_with(own_server):
    own_server.client().post("/api/v1/projects", {"name": "lab"})
    own_server.stop()
    made = folders.ask("keys", "create", "--role", "viewer", "--project", "lab", "--name", "eyes", "--expires", "90d",
                       data=own_server.data)
    listed = folders.ask("keys", "list", data=own_server.data)["items"]
    key = next(item for item in listed if item["id"] == made["id"])
    assert (key["name"], key["role"], key["project"]) == ("eyes", "viewer", "lab") and key["expires_at"]
    text = folders.run("keys", "list", data=own_server.data, code=0).out
    assert "eyes" in text and made["token"] not in text
    own_server.start()
    client = own_server.client(made["token"])
    assert client.get("/api/v1/deployments").status_code == 200
    assert client.post("/api/v1/deployments", {"name": "x", "provider": "local", "command": ["true"]},
                       project="lab").status_code == 403


def test_a_revoked_key_is_listed_as_that(own_server):
    client = own_server.client()
    id, _ = client.make_key()
    client.delete(f"/api/v1/api-keys/{id}")
    own_server.stop()
    text = folders.run("keys", "list", data=own_server.data, code=0).out
    assert "revoked" in next(line for line in text.splitlines() if id in line)


def test_no_key_is_made_for_an_unknown_project(record, copy_of):
    done = folders.run("keys", "create", "--role", "dev", "--project", "nothing", data=copy_of(record), code=4)
    assert "[project.unknown]" in done.err


@pytest.mark.parametrize("arguments", [["create", "--role", "admin"], ["list"], ["rotate"],
                                       ["erase", "--project", "default"]], ids=" ".join)
def test_keys_of_a_running_server_are_left_alone(own_server, arguments):
    done = folders.run("-o", "json", "keys", *arguments, data=own_server.data, code=1)
    assert json.loads(done.err)["code"] == "log.locked"
    assert own_server.client().get("/api/v1/me").status_code == 200


def make_sealed(client):
    client.put("/api/v1/secrets/kept", {"value": "kept-value"})
    id = client.create('printf %s "$A$B" | sha256sum; exit 0', wait="stopped",
                       env={"A": "sealed-value", "B": {"secret": "kept"}})["id"]
    return id, digest(client, id, 1)


def test_rotate_puts_everything_under_a_new_key_and_makes_a_new_dev_token(make_server):
    server = make_server()
    id, printed = make_sealed(server.client())
    server.stop()
    old_key, old_token = ((server.data / "keys" / name).read_text() for name in ("encryption-key", "dev-token"))
    report = folders.ask("keys", "rotate", data=server.data)
    assert report["key_id"] != report["key_id_before"]
    key, token = ((server.data / "keys" / name).read_text() for name in ("encryption-key", "dev-token"))
    assert key != old_key and token != old_token
    assert stat.S_IMODE((server.data / "keys" / "encryption-key").stat().st_mode) == 0o600
    assert folders.files_with(server.data, old_key.strip()) == []
    server.environment.pop("COMPUTEHUB_DEV_TOKEN")
    server.start()
    assert server.client().get("/api/v1/me").status_code == 401, "the old token"
    client = server.client(token.strip())
    client.act(id, "start", wait="stopped")
    assert digest(client, id, 2) == printed


def test_rotate_goes_from_a_given_key_to_the_one_of_a_file(make_server, tmp_path):
    old, new = tmp_path / "old.key", tmp_path / "new.key"
    old.write_text(secrets.token_hex(32))
    server = make_server("--encryption-key-file", str(old))
    id, printed = make_sealed(server.client())
    server.stop()
    missing = folders.run("keys", "rotate", "--encryption-key-file", old, data=server.data, code=2)
    assert "--new-key-file" in missing.err
    wrong = folders.run("keys", "rotate", "--new-key-file", new, data=server.data, code=1,
                        environment={"ENCRYPTION_KEY": secrets.token_hex(32)})
    assert "[secrets.wrong_key]" in wrong.err and not new.exists()
    folders.run("keys", "rotate", "--encryption-key-file", old, "--new-key-file", new, data=server.data, code=0)
    assert stat.S_IMODE(new.stat().st_mode) == 0o600
    refused = folders.run("serve", "--dev", "--listen", "127.0.0.1:0", "--encryption-key-file", old, data=server.data)
    assert refused.code == 1 and "[secrets.wrong_key]" in refused.err
    server.arguments[-1] = str(new)
    client = server.start().client()
    client.act(id, "start", wait="stopped")
    assert digest(client, id, 2) == printed


def test_erased_values_are_gone_for_ever_and_the_record_still_verifies(own_server, tmp_path):
    client = own_server.client()
    client.post("/api/v1/projects", {"name": "lab"})
    erased = client.create("true", project="lab", wait="stopped", env={"A": "sealed-value"})["id"]
    kept, printed = make_sealed(client)
    own_server.stop()
    kept_checkpoint = folders.run("audit", "checkpoint", data=own_server.data, code=0).out
    document = folders.ask("replay", erased, data=own_server.data)
    for _ in range(2):  # safe to repeat
        done = folders.run("keys", "erase", "--project", "lab", data=own_server.data, code=0)
    assert "can never be read again" in done.out
    events = [each for each in folders.records(own_server.data).values() if "key_erased" in each["type"]]
    assert [(each["type"], each["project"], each["data"]["user_id"]) for each in events] == [
        ("computehub.project.key_erased.v1", "lab", os.geteuid())]
    assert events[0]["data"]["key_id"] == folders.ask("keys", "erase", "--project", "lab", data=own_server.data)["key_id"]
    assert folders.ask("audit", "verify", data=own_server.data)["unsigned"] == 0
    folders.run("audit", "verify", "--against", kept_checkpoint, data=own_server.data, code=0)
    assert folders.ask("replay", erased, data=own_server.data) == document
    client = own_server.start().client()
    client.act(erased, "start")
    failed = hub.eventually(
        lambda: (lambda d: d if d["status"] == "failed" else None)(client.deployment(erased)), "it cannot start")
    assert failed["reason"]["code"] == "sealed.erased"
    client.act(kept, "start", wait="stopped")
    assert digest(client, kept, 2) == printed, "other projects keep theirs"
    again = client.create("true", project="lab", wait="stopped", env={"A": "a new value"})
    assert again["status"] == "stopped"


def test_only_a_project_that_there_is_can_be_erased(record, copy_of):
    done = folders.run("keys", "erase", "--project", "nothing", data=copy_of(record), code=4)
    assert "[project.unknown]" in done.err


def test_an_erasure_whose_event_was_not_written_is_recorded_by_the_next_one(own_server, tmp_path):
    client = own_server.client()
    client.create("true", wait="stopped", env={"A": "sealed-value"})
    own_server.stop()
    before = folders.copy(own_server.data, tmp_path / "before")
    key = folders.ask("keys", "erase", "--project", "default", data=own_server.data)["key_id"]
    # As if the process had ended between the two: the key is gone, the log knows nothing of it.
    shutil.rmtree(before / "keys")
    shutil.copytree(own_server.data / "keys", before / "keys")
    for _ in range(2):
        folders.run("keys", "erase", "--project", "default", data=before, code=0)
    erased = [each["data"]["key_id"] for each in folders.records(before).values() if "key_erased" in each["type"]]
    assert erased == [key]
    folders.run("projections", "verify", data=before, code=0)


def test_nothing_is_erased_that_cannot_be_recorded(own_server):
    id = own_server.client().create("true", wait="stopped", env={"A": "sealed-value"})["id"]
    own_server.stop()
    key = own_server.data / "keys" / "checkpoint-key.pem"
    kept = key.read_text()
    key.unlink()
    assert "[key.absent]" in folders.run("keys", "erase", "--project", "default", data=own_server.data, code=4).err
    key.write_text(kept)
    key.chmod(0o600)
    own_server.start().client().act(id, "start", wait="stopped")


def test_no_file_holds_one_of_a_thousand_canaries(own_server, tmp_path):
    """Env values and secrets: not in log, rows, output, exports, replays, backups, messages or process lists."""
    run = secrets.token_hex(4)
    canaries = [f"canary-{run}-{n:04d}-{secrets.token_hex(8)}" for n in range(CANARIES)]
    client = own_server.client()
    names = []
    for start in range(0, CANARIES, PER_DEPLOYMENT):
        some = canaries[start:start + PER_DEPLOYMENT]
        env = {f"V{n}": value for n, value in enumerate(some[10:])}
        for n, value in enumerate(some[:10]):
            names.append(f"s{start}-{n}")
            assert client.put(f"/api/v1/secrets/{names[-1]}", {"value": value}).status_code == 200
            env[f"S{n}"] = {"secret": names[-1]}
        client.create('exec sleep 600', env=env, wait="running")
    commands = " ".join(hub.processes_under(own_server.data).values())
    own_server.kill()
    data = own_server.data
    text = ""
    for arguments in (["audit", "export"], ["audit", "verify"], ["keys", "list"], ["doctor"]):
        text += folders.run(*arguments, data=data).out
    text += folders.run("replay", folders.ask("audit", "verify", data=data) and next(
        record["subject"] for record in folders.records(data).values() if "subject" in record), data=data, code=0).out
    folders.run("backup", "--to", tmp_path / "backup", data=data, code=0)
    folders.run("backup", "--to", tmp_path / "backup-with-keys", "--with-keys", data=data, code=0)
    folders.run("replay", "--to", tmp_path / "then", data=data, code=0)
    assert f"canary-{run}".encode() not in (text + commands).encode()
    # One needle stands for all: each canary begins with it, and it is nowhere.
    assert folders.files_with(tmp_path, f"canary-{run}") == []
    assert folders.files_with(own_server.folder, f"canary-{run}") == []
    # The control: the same search finds what is there.
    (tmp_path / "control").write_text(canaries[0])
    assert folders.files_with(tmp_path, f"canary-{run}") == [str(tmp_path / "control")]
