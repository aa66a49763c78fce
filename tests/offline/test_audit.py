"""audit verify | export | checkpoint | key on the folder of a stopped server."""
import json
import shutil

import folders
import hub
import pytest

READING = [["audit", "verify"], ["-o", "json", "audit", "verify"], ["audit", "export"], ["audit", "checkpoint"],
           ["audit", "key"]]


def test_a_stopped_servers_record_is_sound(record):
    done = folders.run("audit", "verify", data=record, code=0)
    assert done.last_line == "sound: every record, hash, version and signature fits"
    report = folders.ask("audit", "verify", data=record)
    assert report["sound"] is True and report["fault"] is None
    assert report["records"] == len(folders.records(record))
    assert report["checkpoints"] >= 3


def test_a_server_that_was_stopped_has_signed_all_of_it(record):
    report = folders.ask("audit", "verify", data=record)
    assert report["unsigned"] == 0 and not any(partition["unsigned"] for partition in report["partitions"])
    text = folders.run("audit", "verify", data=record, code=0).out
    assert "all of it" in text and "NOT YET" not in text


def test_verify_says_how_many_records_wait_for_a_signature(own_server):
    own_server.client().create(desired="stopped")
    own_server.kill()
    report = folders.ask("audit", "verify", data=own_server.data)
    waiting = sum(partition["unsigned"] for partition in report["partitions"])
    assert report["unsigned"] == waiting > 0
    text = folders.run("audit", "verify", data=own_server.data, code=0).out
    assert f"{report['records'] - waiting} of {report['records']}; {waiting} behind the last checkpoints" in text


def test_what_a_killed_server_wrote_is_sound(own_server):
    client = own_server.client()
    ids = [client.create(desired="stopped")["id"] for _ in range(30)]
    own_server.kill()
    folders.run("audit", "verify", data=own_server.data, code=0)
    assert {record["subject"] for record in folders.records(own_server.data).values() if "subject" in record} >= set(ids)


@pytest.mark.parametrize("arguments", READING, ids=" ".join)
def test_the_audit_changes_no_byte_and_no_time_of_the_folder(copy_of, record, arguments):
    data = copy_of(record)
    before = folders.fingerprint(data)
    folders.run(*arguments, data=data, code=0)
    assert folders.fingerprint(data) == before


def test_the_audit_needs_no_right_to_write(copy_of, record):
    data = copy_of(record)
    for path in [data, *data.rglob("*")]:
        path.chmod(path.stat().st_mode & ~0o222)
    try:
        folders.run("audit", "verify", data=data, code=0)
    finally:
        for path in [data, *data.rglob("*")]:
            path.chmod(path.stat().st_mode | 0o200)


def test_only_the_log_and_the_public_key_are_needed(record, tmp_path):
    shutil.copytree(record / "log", tmp_path / "alone" / "log")
    folders.run("audit", "verify", data=tmp_path / "alone", code=0)


@pytest.mark.parametrize("arguments", READING[:4], ids=" ".join)
def test_the_folder_of_a_running_server_is_refused_in_words_that_name_it(own_server, arguments):
    done = folders.run(*arguments, data=own_server.data, code=1)
    if "json" in arguments:
        assert json.loads(done.err)["code"] == "log.locked"
    else:
        assert "[log.locked]" in done.err and own_server.url in done.err
    assert own_server.client().get("/api/v1/deployments").status_code == 200


def test_a_folder_without_a_log_is_not_found_and_stays_as_it_is(tmp_path):
    done = folders.run("audit", "export", data=tmp_path, code=4)
    assert "[log.absent]" in done.err
    assert list(tmp_path.iterdir()) == []


def test_an_export_verifies_without_the_folder(record, tmp_path):
    export, key = tmp_path / "export.ndjson", tmp_path / "key.pem"
    folders.run("audit", "export", "--file", export, data=record, code=0)
    key.write_text(folders.run("audit", "key", data=record, code=0).out)
    done = folders.run("audit", "verify", "--file", export, "--public-key", key, data=tmp_path, code=0)
    assert done.last_line.startswith("sound: ")
    report = folders.ask("audit", "verify", "--file", export, "--public-key", key, data=tmp_path)
    assert report == folders.ask("audit", "verify", data=record)
    assert export.read_text() == folders.run("audit", "export", data=record, code=0).out


def test_keys_may_be_given_in_one_file_or_in_several(record, own_server, tmp_path):
    """A key too many does no harm; what lacks the right one does not verify."""
    own_server.client().create(desired="stopped")
    own_server.stop()
    mine, other, both = record / "log" / "public-key.pem", own_server.data / "log" / "public-key.pem", tmp_path / "both.pem"
    both.write_text(other.read_text() + mine.read_text())
    for files in ([both], [mine, other], [other, mine]):
        arguments = [word for file in files for word in ("--public-key", file)]
        report = folders.ask("audit", "verify", *arguments, data=record)
        assert sorted(key["checkpoints"] for key in report["keys"]) == [0, report["checkpoints"]]
        assert all(str(file) in folders.run("audit", "verify", *arguments, data=record, code=0).out for file in files)
    folders.run("audit", "verify", "--public-key", other, data=record, code=5)
    absent = folders.run("audit", "verify", "--public-key", mine, "--public-key", tmp_path / "none.pem", data=record, code=4)
    assert "[key.absent]" in absent.err and "none.pem" in absent.err
    both.write_text(both.read_text()[:-20])
    assert "[key.invalid]" in folders.run("audit", "verify", "--public-key", both, data=record, code=1).err


def test_a_changed_export_is_found_at_its_position(record, tmp_path):
    lines = folders.run("audit", "export", data=record, code=0).out.splitlines()
    index = next(i for i, line in enumerate(lines) if "deployment.requested" in line)
    changed = json.loads(lines[index])
    changed["actor"] = "user:eve"
    lines[index] = json.dumps(changed, separators=(",", ":"))
    export = tmp_path / "export.ndjson"
    export.write_text("\n".join(lines) + "\n")
    done = folders.run("audit", "verify", "--file", export, "--public-key", record / "log" / "public-key.pem", code=5)
    assert done.last_line.startswith(f"bad at {changed['id']}: ")


def test_a_checkpoint_verifies_what_it_signs_and_all_that_follows(copy_of, record):
    kept = folders.run("audit", "checkpoint", data=record, code=0).out
    data = copy_of(record)
    server = hub.Server(data.parent)
    server.data = data
    client = server.start().client()
    client.create(desired="stopped")
    server.stop()
    server.clean_up()
    done = folders.run("audit", "verify", "--against", kept, data=data, code=0)
    assert "nothing of what the kept checkpoint signs is missing" in done.out


def test_a_checkpoint_of_another_system_is_refused(record, own_server):
    own_server.client().create(desired="stopped")
    own_server.stop()
    kept = folders.run("audit", "checkpoint", data=own_server.data, code=0).out
    done = folders.run("audit", "verify", "--against", kept, data=record, code=5)
    assert "signed by the key" in done.last_line


@pytest.mark.parametrize("against, code, word", [("/nowhere/at/all", 2, "there is no file"), ("{}", 1, "checkpoint")])
def test_what_is_no_checkpoint_is_refused(record, against, code, word):
    assert word in folders.run("audit", "verify", "--against", against, data=record, code=code).err


def test_the_key_that_is_printed_is_the_one_beside_the_log(record):
    printed = folders.run("audit", "key", data=record, code=0).out
    assert printed == (record / "log" / "public-key.pem").read_text()
    [item] = folders.ask("audit", "key", data=record)["items"]
    report = folders.ask("audit", "verify", data=record)
    assert item["pem"] == printed and report["keys"] == [{"id": item["id"], "checkpoints": report["checkpoints"]}]


def test_no_checkpoint_is_signed_without_the_key_and_none_is_made(copy_of, record):
    data = copy_of(record)
    (data / "keys" / "checkpoint-key.pem").unlink()
    done = folders.run("audit", "checkpoint", data=data, code=4)
    assert "[key.absent]" in done.err
    assert not (data / "keys" / "checkpoint-key.pem").exists()
