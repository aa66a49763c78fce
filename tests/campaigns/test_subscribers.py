"""Live streams under load: cuts, clients that never read, cursors from long ago and from elsewhere."""
import contextlib
import json
import statistics
import threading
import time
import uuid

import broken_peers
import campaign
import hub
import pytest
import recorder
from test_broken_peers import resident_bytes

FOLLOWERS = campaign.size(8, 50)
CUTS = campaign.size(5, 50)
NEVER_READ = campaign.size(100, 500)
EVENTS = campaign.size(800, 20_000)
LATENCIES = campaign.size(150, 1_000)
QUEUE_BYTES_MAX = 4 << 20  # of one socket, as the server has it
LATENCY_S_MAX = 0.1
SMALL_BUFFER = 4096
LINES_KEPT_BYTES = 64 << 20


class EventFollower(threading.Thread):
    """Follows `events`, cutting its own connection now and then; notes the id of every event."""

    def __init__(self, server, dice, cuts):
        super().__init__(daemon=True)
        self.server, self.cuts_left, self.fault = server, cuts, None
        self.dice, self.ids, self.cursor, self.resumes = dice, [], None, 0
        self.ready, self.done = threading.Event(), threading.Event()

    def run(self):
        try:
            while not self.done.is_set():
                self._follow(self.dice.randint(1, EVENTS // (CUTS + 1)) if self.cuts_left else None)
                self.cuts_left -= 1
        except Exception as fault:  # told by the test
            self.fault = repr(fault)

    def _follow(self, frames):
        with campaign.QuickLive(self.server.url) as live:
            answer = live.subscribe("events", after=self.cursor)
            if self.cursor is not None:
                assert answer["recovered"] is True, answer
                self.resumes += 1
            self.cursor = answer["cursor"]
            self.ready.set()
            while not self.done.is_set() and frames != 0:
                with contextlib.suppress(TimeoutError):
                    message = live.receive(0.2)
                    if message["type"] != "event":
                        assert message["type"] == "closed", message
                        return
                    self.ids.append(message["data"]["id"])
                    self.cursor = message["cursor"]
                    frames = frames and frames - 1
            live.cut()


def load(url, count):
    wire = recorder.Wire(url)
    for _ in range(count):
        status, _ = wire.ask("POST", campaign.PATH, recorder.creation(uuid.uuid4().hex))
        assert status == 201
    wire.close()


def test_each_follower_of_events_has_all_of_them_once_in_order_over_its_cuts(own_server, dice, figures):
    followers = [EventFollower(own_server, campaign.random.Random(dice.random()), CUTS) for _ in range(FOLLOWERS)]
    for follower in followers:
        follower.start()
    for follower in followers:
        assert follower.ready.wait(hub.DEADLINE_S)
    before = recorder.whole_log(campaign.QuickClient(own_server.url))
    load(own_server.url, EVENTS)
    logged = [event["id"] for event in recorder.whole_log(campaign.QuickClient(own_server.url))][len(before):]
    for follower in followers:
        hub.eventually(lambda f=follower: f.fault or len(f.ids) >= len(logged), "it has all", 60)
        follower.done.set()
        follower.join(hub.DEADLINE_S)
        assert follower.fault is None
        assert sorted(follower.ids) == sorted(logged), "no gap, no repeat"
        assert by_partition(follower.ids) == by_partition(logged), "no inversion"
    figures(followers=FOLLOWERS, events=len(logged), resumes=sum(f.resumes for f in followers), lost=0, repeated=0, inverted=0)


def by_partition(ids):
    found = {}
    for id in ids:
        partition, seq = map(int, id.split(":"))
        found.setdefault(partition, []).append(seq)
    return found


def latencies(server, count):
    """Seconds from a request to the frame of its event, at one subscriber who reads."""
    found = []
    wire = recorder.Wire(server.url)
    with campaign.QuickLive(server.url) as live:
        live.subscribe("events")
        for _ in range(count):
            name, begun = uuid.uuid4().hex, time.monotonic()
            wire.ask("POST", campaign.PATH, recorder.creation(name))
            live.of("events", where=lambda e, name=name: e["data"].get("spec", {}).get("name") == name)
            found.append(time.monotonic() - begun)
    wire.close()
    return statistics.quantiles(found, n=100)


def live_metric(client, name):
    text = client.get("/metrics").text
    return next(float(line.split()[-1]) for line in text.splitlines() if line.startswith(f"computehub_live_{name} "))


def test_clients_that_never_read_are_closed_and_harm_nobody(own_server, figures):
    client = campaign.QuickClient(own_server.url)
    quiet = latencies(own_server, LATENCIES)
    before = resident_bytes(own_server)
    deaf = [broken_peers.handshake(own_server.url, SMALL_BUFFER) for _ in range(NEVER_READ)]
    for raw in deaf:
        for number, stream in enumerate(("events", "deployments")):
            raw.sendall(broken_peers.frame(json.dumps({"type": "subscribe", "id": number + 1, "stream": stream}).encode()))
    hub.eventually(lambda: live_metric(client, "subscriptions") >= 2 * NEVER_READ, "all are subscribed")
    labels = {f"label-{number}": "x" * 1000 for number in range(20)}  # 20 KB an event
    wire = recorder.Wire(own_server.url)
    for _ in range(400):
        assert wire.ask("POST", campaign.PATH, recorder.creation("big", labels=labels))[0] == 201
    full = time.monotonic()
    hub.eventually(lambda: live_metric(client, "dropped_streams_total") >= NEVER_READ or live_metric(client, "sockets") == 0,
                   "their streams of events are closed")
    closed_s = time.monotonic() - full
    loud = latencies(own_server, LATENCIES)
    grown = resident_bytes(own_server) - before
    sockets = live_metric(client, "sockets")
    for raw in deaf:
        raw.close()
    hub.eventually(lambda: live_metric(client, "sockets") == 0, "their sockets are gone")
    behind = latencies(own_server, LATENCIES)
    figures(never_read=NEVER_READ, closed_s=round(closed_s, 2), sockets_left=int(sockets),
            p99_ms_before=round(quiet[98] * 1e3, 2), p99_ms_with=round(loud[98] * 1e3, 2),
            p99_ms_behind=round(behind[98] * 1e3, 2), p50_ms_behind=round(behind[49] * 1e3, 2), p50_ms_before=round(quiet[49] * 1e3, 2), p50_ms_with=round(loud[49] * 1e3, 2), grown_mib=grown >> 20)
    assert closed_s < 5
    assert grown < NEVER_READ * QUEUE_BYTES_MAX / 4, "a frame is kept once, not once a client"
    if campaign.LONG:  # in the short run too few to be held against each other
        assert loud[98] < max(1.2 * quiet[98], LATENCY_S_MAX)


def test_a_cursor_of_lines_that_are_no_longer_kept_is_told_so(own_server, figures):
    client = campaign.QuickClient(own_server.url)
    go_on = own_server.folder / "go-on"
    shell = (f"seq 1 100; while [ ! -e {go_on} ]; do sleep 0.05; done; "
             f"head -c {LINES_KEPT_BYTES * 5 // 4} /dev/zero | tr '\\0' y | fold -w 1023; echo; echo end; exec sleep 600")
    id = client.create(shell, wait="running")["id"]
    stream = f"deployments/{id}/logs"
    page = hub.eventually(lambda: (lambda p: p if len(p["items"]) == 50 else None)(client.logs(id, limit=50)), "its first lines")
    go_on.touch()
    hub.eventually(lambda: client.logs(id, tail=1)["items"][0]["text"] == "end", "all is written", 120)
    with campaign.QuickLive(own_server.url) as live:
        assert live.subscribe(stream, after=page["next_cursor"])["recovered"] is False
        snapshot = live.of(stream, "snapshot")["data"]["items"]
    assert snapshot[-1]["text"] == "end"
    over_http = client.logs(id, after=page["next_cursor"], limit=1)
    assert over_http["lost"]["from"] == 51
    assert over_http["items"][0]["seq"] == over_http["lost"]["to"] + 1
    figures(lost_lines=over_http["lost"]["to"] - 50, snapshot_lines=len(snapshot))


def test_a_cursor_of_far_too_long_ago_is_answered_in_full_or_by_a_snapshot(own_server, figures):
    with campaign.QuickLive(own_server.url) as live:
        old = {stream: live.subscribe(stream)["cursor"] for stream in ("deployments", "events")}
    total = campaign.size(1_200, 12_000)
    threads = [threading.Thread(target=load, args=(own_server.url, total // 4)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    client = campaign.QuickClient(own_server.url)
    hub.eventually(lambda: client.get(campaign.PATH, page_size=1).json()["total"] == total, "all are listed")
    answered = {}
    for stream, cursor in old.items():
        with campaign.QuickLive(own_server.url) as live:
            recovered = live.subscribe(stream, after=cursor)["recovered"]
            answered[stream] = recovered
            if recovered:
                ids = set()
                while len(ids) < total:
                    data = live.of(stream)["data"]
                    ids.add(data["item"]["id"] if stream == "deployments" else data["subject"])
            elif stream == "deployments":
                assert live.of(stream, "snapshot")["data"]["total"] == total
    figures(missed=total, **{f"{stream}_recovered": recovered for stream, recovered in answered.items()})


@pytest.mark.parametrize("stream", ["deployments", "deployments/{id}", "deployments/{id}/logs", "events"])
def test_a_cursor_of_another_log_is_not_recovered_on_any_stream(make_server, stream):
    first, second = make_server(), make_server()
    made = [server.client().create("echo up; exec sleep 600", wait="running")["id"] for server in (first, second)]
    for server, id in zip((first, second), made):
        hub.eventually(lambda server=server, id=id: server.client().logs(id)["items"], "its line")
    with first.live() as live:
        cursor = live.subscribe(stream.format(id=made[0]))["cursor"]
    with second.live() as live:
        name = stream.format(id=made[1])
        assert live.subscribe(name, after=cursor)["recovered"] is False
        if stream != "events":
            live.of(name, "snapshot")
