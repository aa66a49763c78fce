"""What a server says of itself: versions, and the configuration in force, of which nothing secret is told."""
import datetime
import json
import os
import subprocess

import hub

PATH = "/api/v1/system/info"
CANARY = "canary-3f9a"
# By option: what may not be seen of it, and what is given.
SECRETS = {
    "COMPUTEHUB_DEV_TOKEN": f"{CANARY}-dev-token-0123456789abcdef0123456789",
    "ENCRYPTION_KEY": "63616e6172792d33663961" + "0" * 42,
    "COMPUTEHUB_OUTBOUND_PROXY": f"http://hub:{CANARY}-proxy@127.0.0.1:9",
    "COMPUTEHUB_KAFKA_CONF": f"sasl.username=hub,sasl.password={CANARY}-kafka,ssl.key.password={CANARY}-ssl",
}


def settings(client):
    answer = client.get(PATH)
    assert answer.status_code == 200, answer.text
    return {each["name"]: (each["value"], each["source"]) for each in answer.json()["configuration"]}


def test_versions_and_the_start_are_told(own_server):
    info = own_server.client().get(PATH).json()
    said = subprocess.run([hub.BINARY, "--version"], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["computehub", info["version"]]
    assert info["api_version"] == own_server.client().get("/api/v1/openapi.json").json()["info"]["version"]
    assert {each["name"] for each in info["libraries"]} >= {"Boost", "CAF", "RocksDB", "librdkafka", "OpenSSL"}
    assert all(each["version"] for each in info["libraries"])
    assert info["log"]["kind"] == "embedded" and info["log"]["partitions"] == 16
    # Of a checkout the commit is known, of the sources alone there is none.
    assert ("commit" in info["build"]) == (info["build"]["committed_at"] is not None)
    started = datetime.datetime.strptime(info["started_at"], "%Y-%m-%dT%H:%M:%S.%f%z")
    assert datetime.timedelta() <= datetime.datetime.now(datetime.timezone.utc) - started < datetime.timedelta(minutes=5)


def test_each_option_has_its_value_and_says_where_it_came_from(make_server, tmp_path):
    file = tmp_path / "computehub.yaml"
    file.write_text("log-level: warning\nqueue:\n  max_retries: 7\nthreads: 2\n")
    server = make_server("--config", str(file), "--threads", "3", environment={"COMPUTEHUB_MAX_CONNECTIONS": "500"})
    found = settings(server.client())
    assert found["log-level"] == ("warning", f"{file} line 1")
    assert found["queue.max_retries"] == ("7", f"{file} line 3")
    assert found["threads"] == ("3", "flag --threads"), "a flag wins over the file"
    assert found["max-connections"] == ("500", "environment COMPUTEHUB_MAX_CONNECTIONS")
    assert found["queue.max_queue_size"] == ("10000", "default")
    options = json.loads(subprocess.run([hub.BINARY, "-o", "json", "config"], capture_output=True, check=True).stdout)["items"]
    told = {each["name"] for each in options} - {"url", "token", "ca"}
    assert set(found) == told, "no option is left out"


def test_what_is_in_force_is_shown_and_not_what_was_asked_for(make_server):
    server = make_server("--partitions", "8")
    server.client().create(desired="stopped")
    assert settings(server.client())["partitions"] == ("8", "flag --partitions")
    port = server.url.rsplit(":", 1)[1]
    assert settings(server.client())["server.port"] == (port, "a free port")
    assert settings(server.client())["listen"][0] == f"127.0.0.1:{port}"
    server.stop()
    server.arguments = ["--dev", "--partitions", "32"]
    assert settings(server.start().client())["partitions"] == ("8", "the log")


def test_no_secret_is_shown_whatever_way_it_was_given(make_server, tmp_path):
    key_file = tmp_path / "key"
    key_file.write_text(SECRETS["ENCRYPTION_KEY"])
    key_file.chmod(0o600)
    server = make_server(environment=SECRETS)
    client = server.client(SECRETS["COMPUTEHUB_DEV_TOKEN"])
    answer = client.get(PATH)
    for text in (CANARY, SECRETS["ENCRYPTION_KEY"], "hub:"):
        assert text not in answer.text
    found = settings(client)
    assert found["dev-token"] == ("********", "environment COMPUTEHUB_DEV_TOKEN")
    assert found["encryption-key"] == ("********", "environment ENCRYPTION_KEY")
    assert found["outbound.proxy"][0] == "http://********@127.0.0.1:9"
    assert found["kafka-conf"][0] == "sasl.password=********,sasl.username=hub,ssl.key.password=********"
    # The command line shows no more.
    shown = subprocess.run([hub.BINARY, "-o", "json", "config"], capture_output=True, text=True, check=True, env={**os.environ, **SECRETS}).stdout
    assert CANARY not in shown and SECRETS["ENCRYPTION_KEY"] not in shown


def test_only_admins_see_it(client, server):
    for role in ("viewer", "dev"):
        assert server.client(client.make_key(role=role)[1]).get(PATH).status_code == 403, role
    assert server.client(client.make_key(role="admin")[1]).get(PATH).status_code == 200
    assert server.client(None).get(PATH).status_code == 401
    assert client.get(PATH, colour="red").json()["code"] == "query.unknown"
