"""backup and restore."""
import json
import stat

import folders
import hub
import pytest


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """The folder of a stopped server with deployments, a sealed value, a secret, output and an API key."""
    server = hub.Server(tmp_path_factory.mktemp("filled")).start()
    client = server.client()
    client.put("/api/v1/secrets/token", {"value": "s3cret"})
    shell = 'printf %s "$SEALED$SECRET" | sha256sum; exit 0'
    ran = client.create(shell, wait="stopped", env={"SEALED": "canary", "SECRET": {"secret": "token"}})["id"]
    lines = hub.eventually(lambda: client.logs(ran)["items"], "its line")
    for _ in range(5):
        client.create(desired="stopped")
    _, key = client.make_key("admin")
    rows = client.get("/api/v1/deployments").json()["items"]
    server.stop()
    server.clean_up()
    return {"data": server.data, "ran": ran, "lines": lines, "rows": rows, "key": key}


@pytest.fixture
def backup(filled, tmp_path):
    def make(*flags):
        folders.run("backup", "--to", tmp_path / "backup", *flags, data=filled["data"], code=0)
        return tmp_path / "backup"

    return make


def restored(backup, tmp_path, code=0):
    return folders.run("restore", "--from", backup, data=tmp_path / "restored", code=code), tmp_path / "restored"


def start_on(make_server, data, *arguments, **options):
    server = make_server(*arguments, start=False, **options)
    server.data = data
    return server.start()


def test_a_backup_with_keys_goes_on_as_the_server_was(backup, filled, make_server, tmp_path):
    _, data = restored(backup("--with-keys"), tmp_path)
    folders.run("audit", "verify", data=data, code=0)
    server = start_on(make_server, data)
    client = server.client()
    rows = hub.eventually(
        lambda: (lambda items: items if len(items) == len(filled["rows"]) else None)(
            client.get("/api/v1/deployments").json()["items"]), "all rows")
    assert rows == filled["rows"]
    assert client.logs(filled["ran"])["items"] == filled["lines"]
    client.act(filled["ran"], "start", wait="stopped")
    lines = hub.eventually(lambda: (lambda i: i if len(i) == 2 else None)(client.logs(filled["ran"])["items"]), "2 lines")
    assert lines[1]["text"] == lines[0]["text"], "sealed values and secrets are the same"
    assert server.client(filled["key"]).get("/api/v1/me").status_code == 200
    server.stop()
    folders.run("audit", "verify", data=data, code=0)


def test_a_backup_has_no_key_unless_it_is_asked_for_and_says_so(backup, filled, tmp_path):
    plain = backup()
    assert not (plain / "keys").exists()
    names = {path.name for path in plain.rglob("*")}
    assert not names & {"checkpoint-key.pem", "encryption-key", "dev-token", "current"}
    text = folders.run("backup", "--to", tmp_path / "again", data=filled["data"], code=0).out
    assert "keys" in text and "not in it" in text


def test_without_its_keys_a_restored_record_can_be_read_and_not_be_gone_on_with(backup, make_server, tmp_path):
    _, data = restored(backup(), tmp_path)
    done = folders.run("serve", "--dev", "--listen", "127.0.0.1:0", data=data, code=4)
    assert "[key.absent]" in done.err and "--read-only" in done.err and "new folder" in done.err
    folders.run("audit", "verify", data=data, code=0)
    server = start_on(make_server, data, "--read-only")
    assert server.client().get("/api/v1/deployments").status_code == 200


def test_a_record_without_either_half_of_its_key_gets_no_new_one(filled, copy_of):
    data = copy_of(filled["data"])
    for half in (data / "keys" / "checkpoint-key.pem", data / "log" / "public-key.pem"):
        half.unlink()
    for command in (["serve", "--dev", "--listen", "127.0.0.1:0"], ["keys", "create", "--role", "admin"]):
        assert "[key.absent]" in folders.run(*command, data=data, code=4).err
    assert not (data / "keys" / "checkpoint-key.pem").exists()


def test_the_key_of_another_system_is_refused(backup, own_server, tmp_path):
    _, data = restored(backup(), tmp_path)
    own_server.stop()
    folders.copy(own_server.data / "keys", data / "other")
    (data / "other").rename(data / "keys")
    done = folders.run("serve", "--dev", "--listen", "127.0.0.1:0", data=data, code=1)
    assert "[key.other]" in done.err
    folders.run("audit", "verify", data=data, code=0)


def test_files_of_backup_and_restore_are_for_their_owner_alone(backup, tmp_path):
    made = backup("--with-keys")
    _, data = restored(made, tmp_path)
    for folder in (made, data):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        for path in (folder / "keys").rglob("*"):
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_backup_and_verify_change_nothing_of_their_source(filled, backup, tmp_path):
    before = folders.fingerprint(filled["data"])
    made = backup()
    assert folders.fingerprint(filled["data"]) == before
    before = folders.fingerprint(made)
    restored(made, tmp_path)
    folders.run("audit", "verify", data=made, code=0)
    assert folders.fingerprint(made) == before


def test_nothing_is_restored_over_something(backup, filled):
    before = folders.fingerprint(filled["data"])
    done = folders.run("restore", "--from", backup(), data=filled["data"], code=1)
    assert "[data.not_empty]" in done.err
    assert folders.fingerprint(filled["data"]) == before


def test_a_cursor_of_the_original_is_not_taken_for_one_of_the_restored(backup, filled, make_server, tmp_path):
    """The restored system may go on otherwise, so a client that goes on there must be told that it is another."""
    server = start_on(make_server, folders.copy(filled["data"], tmp_path / "original"))
    cursor = server.client().get("/api/v1/events").json()["next_cursor"]
    server.stop()
    _, data = restored(backup("--with-keys"), tmp_path)
    answer = start_on(make_server, data).client().get("/api/v1/events", after=cursor)
    assert (answer.status_code, answer.json()["code"]) == (422, "cursor.other_log")


def first_segment(folder):
    return next(path for path in sorted(folder.rglob("*.seg")))


CHANGES = {
    "a line of output": lambda b: first_segment(b).write_bytes(first_segment(b).read_bytes()[:-1] + b"?"),
    "a file that is missing": lambda b: first_segment(b).unlink(),
    "a file that was put in": lambda b: (b / "local" / "extra").write_text("x"),
    "the public key": lambda b: (b / "log" / "public-key.pem").write_text("x"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_backup_that_was_changed_is_refused_and_leaves_nothing(backup, tmp_path, change):
    made = backup()
    CHANGES[change](made)
    done, data = restored(made, tmp_path, code=5)
    assert done.last_line.startswith("bad at ")
    assert not data.exists()


@pytest.mark.parametrize("what", ["change", "change-rechained", "delete", "truncate", "fork-and-sign"])
def test_a_record_that_was_changed_in_a_backup_is_refused_at_its_position(backup, tmp_path, what):
    made = backup()
    records = folders.records(made)
    partition, seq = next(place for place, record in records.items() if "subject" in record)
    folders.tamper(made, what, partition, seq)
    done, data = restored(made, tmp_path, code=5)
    assert done.last_line.startswith(f"bad at {partition}:")
    assert not data.exists()


def test_records_that_no_signature_covers_yet_are_missed_in_a_backup(own_server, tmp_path):
    own_server.client().create(desired="stopped")
    own_server.kill()
    made = tmp_path / "backup"
    folders.run("backup", "--to", made, data=own_server.data, code=0)
    partition = next(p for p in folders.ask("audit", "verify", data=made)["partitions"] if p["unsigned"])
    folders.tamper(made, "truncate", partition["partition"], partition["head"])
    folders.run("audit", "verify", data=made, code=0)
    done, data = restored(made, tmp_path, code=5)
    assert done.last_line.startswith(f"bad at {partition['partition']}:")
    assert not data.exists()


def test_a_backup_that_was_cut_off_is_none(backup, tmp_path):
    made = backup()
    (made / "backup.json").unlink()
    done, data = restored(made, tmp_path, code=4)
    assert "[backup.absent]" in done.err
    assert not data.exists()


def test_a_running_server_is_not_backed_up(own_server, tmp_path):
    done = folders.run("-o", "json", "backup", "--to", tmp_path / "backup", data=own_server.data, code=1)
    assert json.loads(done.err)["code"] == "log.locked"
    assert not (tmp_path / "backup").exists()
