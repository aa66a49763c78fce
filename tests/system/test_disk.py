"""A disk that is full, and one that fails: nothing acknowledged is lost, nothing is acknowledged that may be lost."""
import json
import os
import subprocess
import threading

import hub
import pytest
import requests

MIB = 1 << 20
DISK_BYTES = 192 * MIB


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)]
    done = None
    for command in (mount, ["sudo", "-n", *mount]):
        try:
            done = subprocess.run(command, capture_output=True, timeout=hub.DEADLINE_S)
        except FileNotFoundError:
            continue
        if done.returncode == 0:
            break
    if done is None or done.returncode != 0:
        pytest.skip("needs the right to mount a small file system")
    yield folder
    for command in (["umount", "-l", str(folder)], ["sudo", "-n", "umount", "-l", str(folder)]):
        try:
            if subprocess.run(command, capture_output=True, timeout=hub.DEADLINE_S).returncode == 0:
                return
        except FileNotFoundError:
            continue


@pytest.fixture
def disk_server(small_disk):
    server = hub.Server(small_disk)
    yield server
    server.clean_up()


def fill(folder):
    """Takes all that is left."""
    file = folder / "filler"
    with file.open("ab", buffering=0) as filler:
        block = bytes(MIB)
        for size in (MIB, 4096, 1):
            try:
                while filler.write(block[:size]) == size:
                    pass
            except OSError:
                continue
    return file


class Writer(threading.Thread):
    """Creates deployments until it is told to stop; keeps what became of each: acked, refused or unknown."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server = server
        self.done = threading.Event()
        self.acked, self.refused, self.unknown, self.odd = [], 0, [], []

    def run(self):
        client = requests.Session()
        client.trust_env = False
        client.headers["Authorization"] = f"Bearer {hub.TOKEN}"
        while not self.done.is_set():
            name = hub.unique("disk")
            body = {"name": name, "provider": "local", "command": ["true"], "desired": "stopped", "labels": {"x": "y" * 900}}
            try:
                answer = client.post(self.server.url + "/api/v1/deployments", json=body, timeout=hub.DEADLINE_S)
            except requests.RequestException:
                self.unknown.append(name)
                return
            if answer.status_code == 201:
                self.acked.append((answer.json()["id"], name))
            elif answer.status_code == 507 and answer.json()["code"] == "disk.full":
                self.refused += 1
                self.done.wait(0.01)
            else:
                self.odd.append((answer.status_code, answer.text))

    def finish(self):
        self.done.set()
        self.join(hub.DEADLINE_S)
        return self


def names_in_log(client):
    """name → how often its deployment was requested, from every event."""
    found, cursor = {}, None
    while True:
        page = client.get("/api/v1/events", limit=1000, type="computehub.deployment.requested.v1",
                          **({"after": cursor} if cursor else {})).json()
        for event in page["items"]:
            name = event["data"]["spec"]["name"]
            found[name] = found.get(name, 0) + 1
        if not page["items"]:
            return found
        cursor = page["next_cursor"]


def verify(server):
    """Chain, checkpoints and rows of the stopped server's folder hold together."""
    for command in (["audit", "verify"], ["projections", "verify"]):
        ended = subprocess.run([hub.BINARY, *command, "--data", server.data], capture_output=True, timeout=hub.DEADLINE_S)
        assert ended.returncode == 0, (command, ended.stdout, ended.stderr)


def is_refused(client):
    body = {"name": hub.unique("probe"), "provider": "local", "command": ["true"], "desired": "stopped"}
    answer = client.post("/api/v1/deployments", body)
    assert answer.status_code in (201, 507), answer.text
    return answer.status_code == 507


def test_a_full_disk_refuses_writers_lets_readers_read_and_goes_on_by_itself(disk_server):
    server = disk_server.start()
    client = server.client()
    kept = client.create(desired="stopped")["id"]
    rounds = 50 if os.environ.get("HUB_LONG") else 8
    acked, refused = [], 0
    for number in range(rounds):
        writers = [Writer(server) for _ in range(2)]
        for writer in writers:
            writer.start()
        filler = fill(server.folder)  # while they write
        hub.eventually(lambda: is_refused(client), "writers are refused")
        assert client.deployment(kept)["id"] == kept
        assert client.get("/api/v1/deployments").status_code == 200
        health = client.get("/api/v1/system/health")
        bad = {check["name"]: check["reason"] for check in health.json()["checks"] if not check["ok"]}
        assert health.status_code == 503 and set(bad) == {"log", "disk"}, health.text
        filler.unlink()
        hub.eventually(lambda: not is_refused(client), "writers go on by themselves")
        for writer in writers:
            writer.finish()
            assert writer.odd == [] and writer.unknown == [], f"round {number}"
            acked += writer.acked
            refused += writer.refused
    assert refused >= rounds
    assert server.is_running() and server.stop() == 0
    verify(server)
    server.start()
    client = server.client()
    found = names_in_log(client)
    assert [name for _, name in acked if found.get(name) != 1] == [], "each acknowledged one is there once"
    assert set(found.values()) == {1}
    for id, name in acked[:: max(1, len(acked) // 200)]:
        assert client.deployment(id)["name"] == name
    print(json.dumps({"name": "disk_full", "rounds": rounds, "acked": len(acked), "refused": refused, "lost": 0}))


def test_a_server_stops_and_starts_on_a_full_disk(disk_server):
    server = disk_server.start()
    client = server.client()
    ids = [client.create(desired="stopped")["id"] for _ in range(20)]
    filler = fill(server.folder)
    hub.eventually(lambda: is_refused(client), "writers are refused")
    assert server.stop() == 0
    assert "ballast given free" in server.errors.read_text()
    fill(server.folder)  # what the ballast gave free, but for what the stop has written
    (server.folder / "filler").open("r+b").truncate((server.folder / "filler").stat().st_size - 8 * MIB)
    server.start()
    client = server.client()
    assert is_refused(client)
    for id in ids:
        assert client.deployment(id)["id"] == id
    filler.unlink()
    hub.eventually(lambda: not is_refused(client), "writers go on by themselves")


def test_what_ends_while_the_disk_is_full_is_recorded_when_there_is_room(disk_server):
    server = disk_server.start()
    client = server.client()
    gate = server.folder / "gate"
    id = client.create(f"until [ -e {gate} ]; do sleep 0.05; done; exit 7", wait="running")["id"]
    filler = fill(server.folder)
    hub.eventually(lambda: is_refused(client), "writers are refused")
    gate.mkdir()
    refused = client.post(f"/api/v1/deployments/{id}/stop")
    assert (refused.status_code, refused.json()["code"]) == (507, "disk.full")
    assert int(refused.headers["Retry-After"]) >= 1
    filler.unlink()
    hub.eventually(lambda: client.deployment(id)["status"] == "failed", "its end is recorded")
    assert client.deployment(id)["exit_code"] == 7, client.deployment(id)


def test_an_fsync_that_fails_once_ends_the_server_before_it_answers_and_a_restart_recovers(make_server, tmp_path):
    rounds = 20 if os.environ.get("HUB_LONG") else 3
    server = make_server(start=False)
    trigger = tmp_path / "fail"
    server.environment.update(LD_PRELOAD=str(hub.FAULTS), HUB_FAIL_SYNC=str(trigger))
    acked, unknown = [], []
    for _ in range(rounds):
        server.start()
        writers = [Writer(server) for _ in range(4)]
        for writer in writers:
            writer.start()
        hub.eventually(lambda: all(len(writer.acked) >= 5 for writer in writers), "they write")
        trigger.touch()
        assert server.process.wait(hub.DEADLINE_S) != 0
        assert not trigger.exists(), "the sync failed"
        for writer in writers:
            writer.finish()
            assert writer.odd == []
            acked += writer.acked
            unknown += writer.unknown
        # Behind it may stand lines of requests whose batch was durable before.
        told = [line for line in server.errors.read_text().splitlines() if " error the log failed; the process ends" in line]
        assert len(told) == 1 and "Input/output error" in told[0], server.errors.read_text()[-2000:]
    server.start()
    found = names_in_log(server.client())
    assert [name for _, name in acked if found.get(name) != 1] == []
    assert all(found.get(name, 0) <= 1 for name in unknown)
    assert server.stop() == 0
    verify(server)
    print(json.dumps({"name": "fsync_eio", "rounds": rounds, "acked": len(acked), "unknown": len(unknown), "lost": 0}))
