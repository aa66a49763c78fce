"""What is acknowledged survives kill -9, once; what runs goes on running, and its log with it."""
import concurrent.futures
import os
import random
import threading
import time
import uuid

import contract
import hub
import requests

CLIENTS = 64
ROUNDS = 20 if os.environ.get("HUB_LONG") else 3
PATH = "/api/v1/deployments"


class Load:
    """64 clients that create as fast as they can, each create under a key of its own, and note what was answered."""

    def __init__(self):
        self.lock = threading.Lock()
        self.acked = {}    # name → id
        self.unknown = {}  # name → key: sent, and no answer came
        self.refused = set()

    def run(self, url, stop):
        client = hub.Client(url)
        while not stop.is_set():
            name, key = f"load-{uuid.uuid4().hex}", uuid.uuid4().hex
            try:
                answer = client.post(PATH, body(name), headers={"Idempotency-Key": key})
            except requests.exceptions.RequestException:
                with self.lock:
                    self.unknown[name] = key
                return
            with self.lock:
                if answer.status_code == 201:
                    self.acked[name] = answer.json()["id"]
                else:
                    self.refused.add(name)


def body(name):
    return {"name": name, "provider": "local", "command": ["true"], "desired": "stopped"}


def everything(client):
    """name → [id] of every deployment."""
    found = {}
    page = client.get(PATH, page_size=1000).json()
    while True:
        for item in page["items"]:
            found.setdefault(item["name"], []).append(item["id"])
        if not page["next_cursor"]:
            return found
        page = client.get(PATH, page_size=1000, cursor=page["next_cursor"]).json()


def check_history(client):
    """Versions are contiguous in each entity, seqs in each partition; answers requested events by entity."""
    versions, requested, seqs, after = {}, {}, {}, {}
    while True:
        page = client.get("/api/v1/events", limit=1000, **after).json()
        if not page["items"]:
            break
        for event in page["items"]:
            contract.check_event_data(event)
            versions.setdefault(event["subject"], []).append(event["version"])
            partition, seq = map(int, event["id"].split(":"))
            seqs.setdefault(partition, []).append(seq)
            if event["type"] == "computehub.deployment.requested.v1":
                requested[event["subject"]] = requested.get(event["subject"], 0) + 1
        after = {"after": page["next_cursor"]}
    assert all(found == list(range(1, len(found) + 1)) for found in versions.values())
    assert all(found == sorted(set(found)) for found in seqs.values())
    return requested


def test_every_acknowledged_create_is_there_exactly_once_behind_kill_9(own_server, record_property):
    load, dice = Load(), random.Random(20260301)
    slowest_start_s = 0.0
    for _ in range(ROUNDS):
        stop = threading.Event()
        target = len(load.acked) + dice.randint(200, 600)
        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
            runs = [pool.submit(load.run, own_server.url, stop) for _ in range(CLIENTS)]
            hub.eventually(lambda target=target: len(load.acked) >= target, "the load runs")
            own_server.kill()
            stop.set()
            for run in runs:
                run.result()
        begun = time.monotonic()
        own_server.start()
        slowest_start_s = max(slowest_start_s, time.monotonic() - begun)
    client = own_server.client()
    requested = check_history(client)
    there = everything(client)
    assert [name for name, id in load.acked.items() if there.get(name) != [id]] == [], "acknowledged, there once"
    assert [name for name in load.refused if name in there] == [], "refused, not there"
    assert [name for name in load.unknown if len(there.get(name, [])) > 1] == [], "unknown, there at most once"
    assert set(there) <= set(load.acked) | set(load.unknown)
    assert set(requested.values()) == {1}
    assert set(requested) == {ids[0] for ids in there.values()}
    for name, key in load.unknown.items():
        again = client.post(PATH, body(name), headers={"Idempotency-Key": key})
        assert again.status_code == 201
        assert there.get(name, [again.json()["id"]]) == [again.json()["id"]], "the key meets what it made"
    for figure, value in (("rounds", ROUNDS), ("acknowledged", len(load.acked)), ("unknown", len(load.unknown)),
                          ("slowest_start_s", round(slowest_start_s, 3))):
        record_property(figure, value)
        print(f"{figure}={value}")


def test_running_processes_are_adopted_again_and_their_logs_go_on(own_server):
    client = own_server.client()
    shell = "echo $$; i=1; while [ $i -lt 400 ]; do i=$((i+1)); echo line-$i; sleep 0.01; done; echo done; exec sleep 600"
    ids = [client.create(shell, wait="running")["id"] for _ in range(5)]
    pids = {id: int(hub.eventually(lambda id=id: client.logs(id, limit=1)["items"], "its pid")[0]["text"]) for id in ids}
    cursor = None
    with own_server.live() as connection:
        connection.subscribe(f"deployments/{ids[0]}/logs", after=client.logs(ids[0], to="2020-01-01T00:00:00Z")["next_cursor"])
        seen = []
        for frame in connection.frames(f"deployments/{ids[0]}/logs", lambda f: f["data"]["items"][-1]["seq"] > 20):
            seen += [line["seq"] for line in frame["data"]["items"]]
            cursor = frame["cursor"]
    for _ in range(ROUNDS):
        own_server.kill()
        assert set(pids.values()) <= set(hub.processes_under(own_server.data)), "they outlive the server"
        own_server.start()
    client = own_server.client()
    for id in ids:
        state = hub.eventually(
            lambda id=id: (lambda d: d if d["status"] == "running" else None)(client.deployment(id)), "it runs")
        assert state["restarts"] == 0
    with own_server.live() as connection:
        stream = f"deployments/{ids[0]}/logs"
        assert connection.subscribe(stream, after=cursor)["recovered"] is True
        for frame in connection.frames(stream, lambda f: f["data"]["items"][-1]["text"] == "done"):
            seen += [line["seq"] for line in frame["data"]["items"]]
    assert seen == list(range(1, 402)), "live: no gap, no repeat"
    for id in ids:
        lines = hub.eventually(
            lambda id=id: (lambda items: items if items[-1]["text"] == "done" else None)(client.logs(id, limit=1000)["items"]),
            "all lines")
        assert [line["seq"] for line in lines] == list(range(1, 402))
        assert [line["text"] for line in lines] == [str(pids[id]), *(f"line-{n}" for n in range(2, 401)), "done"]
        client.act(id, "delete", wait="deleted")
    assert not set(pids.values()) & set(hub.processes_under(own_server.data)), "no orphan"


def test_what_ended_while_the_server_was_away_is_told_behind_it(own_server):
    client = own_server.client()
    marker = own_server.folder / "go-on"
    shell = f"echo up; while [ ! -e {marker} ]; do sleep 0.05; done; exit 4"
    id = client.create(shell, wait="running")["id"]
    hub.eventually(lambda: client.logs(id)["items"], "it runs")
    own_server.kill()
    marker.touch()
    hub.eventually(lambda: not [c for c in hub.processes_under(own_server.folder).values() if str(marker) in c], "it ended")
    own_server.start()
    client = own_server.client()
    ended = hub.eventually(
        lambda: (lambda d: d if d["status"] == "failed" else None)(client.deployment(id)), "the end is told")
    assert (ended["exit_code"], ended["reason"]["code"]) == (4, "process.exited")


def test_the_same_key_is_remembered_over_a_kill(own_server):
    key = {"Idempotency-Key": "over-a-kill"}
    first = own_server.client().post(PATH, body("kept"), headers=key)
    own_server.kill()
    own_server.start()
    again = own_server.client().post(PATH, body("kept"), headers=key)
    assert (again.status_code, again.json()["id"]) == (201, first.json()["id"])
    other = own_server.client().post(PATH, body("another"), headers=key)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency.other_body")


def test_answers_before_and_behind_a_kill_are_equal(own_server):
    client = own_server.client()
    ids = [client.create(desired="stopped", labels={"n": str(n)})["id"] for n in range(20)]
    client.act(ids[0], "delete", wait="deleted")
    client.patch(f"{PATH}/{ids[1]}", {"name": "changed"})
    before = [client.deployment(id) for id in ids]
    own_server.kill()
    own_server.start()
    client = own_server.client()
    assert [client.deployment(id) for id in ids] == before
    assert client.get(PATH).json()["total"] == 19
    assert client.get(PATH, status="deleted").json()["total"] == 1
