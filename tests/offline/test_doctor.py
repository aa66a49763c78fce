"""doctor: facts about folder and machine."""
import folders

NAMES = {"port", "clock", "disk", "keys", "podman", "cgroups", "gpu", "record", "secrets"}


def checks(data, code=None, **options):
    done = folders.run("-o", "json", "doctor", data=data, code=code, **options)
    items = done.json()["items"]
    assert len(items) == len({item["name"] for item in items}), "each is checked once"
    return {item["name"]: item for item in items}


def test_a_stopped_servers_folder_is_looked_at_and_not_changed(copy_of, record):
    data = copy_of(record)
    before = folders.fingerprint(data)
    found = checks(data)
    assert folders.fingerprint(data) == before
    assert set(found) == NAMES
    assert found["record"]["text"].startswith(f"{len(folders.records(record)):,} records")
    assert "a day: full in" in found["disk"]["text"]
    assert found["secrets"]["state"] == found["keys"]["state"] == "good"


def test_a_running_servers_folder_is_looked_at_too(own_server):
    found = checks(own_server.data)
    assert "answers at" in found["server"]["text"]
    assert found["record"]["text"] == "in use by a server"


def test_a_key_that_does_not_open_the_secrets_is_bad(own_server):
    own_server.client().put("/api/v1/secrets/s", {"value": "v"})
    own_server.stop()
    found = checks(own_server.data, code=1, environment={"ENCRYPTION_KEY": "1" * 64})
    assert found["secrets"]["state"] == "bad" and "kept under key" in found["secrets"]["text"]


def test_a_damaged_log_is_bad(copy_of, record):
    data = copy_of(record)
    (data / "log" / "db" / "CURRENT").write_text("nonsense\n")
    assert checks(data, code=1)["record"]["state"] == "bad"


def test_a_folder_that_is_not_there_is_not_made(tmp_path):
    found = checks(tmp_path / "none")
    assert found["record"]["text"] == "none yet"
    assert not (tmp_path / "none").exists()
