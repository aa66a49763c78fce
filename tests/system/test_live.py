"""Streams on the live gateway: snapshots, events, cuts and resumes, and frames that are no frames."""
import base64
import datetime
import json

import hub
import pytest
import websockets.exceptions

UNKNOWN = "dep_" + "0" * 28
COUNTER = "i=0; while [ $i -lt {n} ]; do i=$((i+1)); echo line-$i; done; exec sleep 600"


def test_one_deployment_is_followed_through_its_states(live, client, make):
    id = make(desired="stopped")["id"]
    stream = f"deployments/{id}"
    assert live.subscribe(stream)["recovered"] is False
    assert live.of(stream, "snapshot")["data"]["status"] == "stopped"
    client.act(id, "start")
    live.of(stream, where=lambda d: d["status"] == "running")
    client.act(id, "stop")
    live.of(stream, where=lambda d: d["status"] == "stopped")
    client.act(id, "delete")
    live.of(stream, where=lambda d: d["status"] == "deleted")


def test_a_frame_is_the_resource_as_http_answers_it(live, client, make):
    id = make(desired="stopped")["id"]
    live.subscribe(f"deployments/{id}")
    snapshot = live.of(f"deployments/{id}", "snapshot")["data"]
    answer = client.deployment(id)
    assert snapshot == {field: answer[field] for field in snapshot}
    assert set(answer) - set(snapshot) <= {"env"}, "only what is sealed may be left out"


def test_the_list_is_followed(live, client, make):
    before = make(desired="stopped")
    # What the list does not have yet would come as a frame.
    client.get("/api/v1/deployments", min_pos=before["position"])
    live.subscribe("deployments")
    snapshot = live.of("deployments", "snapshot")["data"]
    assert before["id"] in [item["id"] for item in snapshot["items"]]
    after = make(desired="stopped")["id"]
    assert live.of("deployments", where=lambda d: d["item"]["id"] == after)["data"]["op"] == "put"
    client.act(after, "delete")
    live.of("deployments", where=lambda d: d["item"]["id"] == after and d["op"] == "delete")


def test_log_lines_come_in_order_exactly_once(live, client, make):
    id = make(COUNTER.format(n=500), desired="stopped")["id"]
    stream = f"deployments/{id}/logs"
    live.subscribe(stream)
    client.act(id, "start")
    seqs = []
    for frame in live.frames(stream, lambda f: f["data"]["items"][-1]["seq"] >= 500):
        seqs += [line["seq"] for line in frame["data"]["items"]]
    assert seqs == list(range(1, 501))


def test_the_snapshot_of_logs_is_the_last_1000_lines(live, client, make):
    id = make("seq 1 1500", wait="stopped")["id"]
    stream = f"deployments/{id}/logs"
    live.subscribe(stream)
    lines = live.of(stream, "snapshot")["data"]["items"]
    assert [line["seq"] for line in lines] == list(range(501, 1501))
    assert lines == client.logs(id, tail=1000)["items"]


def test_the_cursor_of_a_log_page_goes_on_live(live, client, make):
    id = make("seq 1 20", wait="stopped")["id"]
    page = client.logs(id, limit=12)
    stream = f"deployments/{id}/logs"
    assert live.subscribe(stream, after=page["next_cursor"])["recovered"] is True
    seqs = []
    for frame in live.frames(stream, lambda f: f["data"]["items"][-1]["seq"] == 20):
        seqs += [line["seq"] for line in frame["data"]["items"]]
    assert seqs == list(range(13, 21))


def test_metrics_come_every_second_while_somebody_watches(live, client, make):
    id = make("while :; do :; done", wait="running")["id"]
    stream = f"deployments/{id}/metrics"
    live.subscribe(stream)
    times = set()
    while len(times) < 4:
        series = live.of(stream)["data"]["series"]
        times |= {point[0] for s in series if s["name"] == "memory_bytes" for point in s["points"]}
    ordered = sorted(datetime.datetime.fromisoformat(time) for time in times)
    assert (ordered[-1] - ordered[0]).total_seconds() < 4, "four samples of one every five seconds take fifteen"


def test_events_are_followed_without_a_snapshot(live, make):
    live.subscribe("events")
    id = make(desired="stopped")["id"]
    event = live.of("events", where=lambda e: e["subject"] == id)["data"]
    assert event["type"] == "computehub.deployment.requested.v1"
    assert not [f for f in live.pending if f["type"] == "snapshot"]


def test_a_cut_is_resumed_without_gap_or_repeat(server, client, make):
    with server.live() as first:
        cursor = first.subscribe("events")["cursor"]
        made = [make(desired="stopped")["id"]]
        seen = []
        for frame in first.frames("events", lambda f: f["data"]["subject"] == made[0]):
            seen.append(frame["data"]["id"])
            cursor = frame["cursor"]
        first.cut()
    made += [make(desired="stopped")["id"] for _ in range(20)]
    with server.live() as second:
        assert second.subscribe("events", after=cursor)["recovered"] is True
        wanted = set(made[1:])

        def done(frame):
            wanted.discard(frame["data"]["subject"])
            return not wanted

        seen += [frame["data"]["id"] for frame in second.frames("events", done)]
    assert len(seen) == len(set(seen)), "nothing twice"
    missed = {event["id"] for id in made[:-1] for event in client.history(id)} - set(seen)
    assert not missed, "nothing left out"


def test_the_cursor_of_subscribed_is_the_point_before_the_next_frame(server, make):
    with server.live() as first:
        cursor = first.subscribe("events")["cursor"]
        first.cut()
    id = make(desired="stopped")["id"]
    with server.live() as second:
        assert second.subscribe("events", after=cursor)["recovered"] is True
        second.of("events", where=lambda e: e["subject"] == id)


def test_a_cut_log_is_resumed_without_gap_or_repeat(server, client, make):
    shell = "i=0; while [ $i -lt 400 ]; do i=$((i+1)); echo line-$i; sleep 0.005; done; exec sleep 600"
    id = make(shell, wait="running")["id"]
    stream, seqs, cursor = f"deployments/{id}/logs", [], client.logs(id, to="2020-01-01T00:00:00Z")["next_cursor"]
    while len(seqs) < 400:
        stop = min(len(seqs) + 100, 400)
        with server.live() as connection:
            assert connection.subscribe(stream, after=cursor)["recovered"] is True
            for frame in connection.frames(stream, lambda f, stop=stop: f["data"]["items"][-1]["seq"] >= stop):
                seqs += [line["seq"] for line in frame["data"]["items"]]
                cursor = frame["cursor"]
            connection.cut()
    assert seqs == list(range(1, 401))


def test_a_cursor_of_another_log_is_not_recovered(make_server):
    one, other = make_server(), make_server()
    with one.live() as connection:
        connection.subscribe("deployments")
        foreign = connection.of("deployments", "snapshot")["cursor"]
    id = other.client().create(desired="stopped")["id"]
    with other.live() as connection:
        answer = connection.subscribe("deployments", after=foreign)
        assert answer["recovered"] is False
        assert answer["cursor"] != foreign
        assert [item["id"] for item in connection.of("deployments", "snapshot")["data"]["items"]] == [id]


def ahead(cursor, many=9):
    """The same place of the same log, but that many events later in its first partition."""
    raw = bytearray(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    at = 1  # behind the version, the incarnation, a varint
    while raw[at] & 0x80:
        at += 1
    assert raw[at + 1] + many < 0x80
    raw[at + 1] += many
    return base64.urlsafe_b64encode(bytes(raw)).decode().rstrip("=")


def test_a_cursor_that_is_ahead_of_the_log_is_not_recovered(own_server):
    client = own_server.client()
    client.create(desired="stopped")
    forged = ahead(client.get("/api/v1/events", limit=1000).json()["next_cursor"])
    for query in ({}, {"follow": "true"}):
        refused = client.get("/api/v1/events", after=forged, **query)
        assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (422, "cursor.other_log", "after")
    with own_server.live() as connection:
        for stream in ("events", "deployments"):
            assert connection.subscribe(stream, after=forged)["recovered"] is False
        ids = {client.create(desired="stopped")["id"] for _ in range(40)}
        while ids:
            ids.discard(connection.of("events")["data"]["subject"])


def test_a_stream_goes_on_over_a_restart_of_the_server(own_server):
    client = own_server.client()
    first = client.create(desired="stopped")["id"]
    with own_server.live() as connection:
        connection.subscribe("deployments")
        cursor = connection.of("deployments", "snapshot")["cursor"]
    second = client.create(desired="stopped")["id"]
    own_server.kill()
    own_server.start()
    with own_server.live() as connection:
        assert connection.subscribe("deployments", after=cursor)["recovered"] is True
        assert connection.of("deployments")["data"]["item"]["id"] == second
        assert first not in [f["data"]["item"]["id"] for f in connection.pending if f["type"] == "event"]


def test_ping_is_answered_by_pong(live):
    live.send({"type": "ping"})
    live.expect(lambda f: f["type"] == "pong")


def test_nothing_comes_behind_unsubscribed(live, make):
    id = live.subscribe("deployments")["id"]
    live.of("deployments", "snapshot")
    live.send({"type": "unsubscribe", "id": id})
    live.expect(lambda f: f["type"] == "unsubscribed" and f["id"] == id)
    make(desired="stopped")
    live.send({"type": "ping"})
    live.expect(lambda f: f["type"] == "pong")
    assert live.pending == []


def test_many_streams_share_a_socket(live, make):
    ids = [make(desired="stopped")["id"] for _ in range(5)]
    for id in ids:
        live.subscribe(f"deployments/{id}")
    for id in reversed(ids):
        assert live.of(f"deployments/{id}", "snapshot")["data"]["id"] == id


@pytest.mark.parametrize("stream", [
    "", "nothing", "deployments/", "deployments/nonsense", f"deployments/{UNKNOWN}", f"deployments/{UNKNOWN}/logs",
    f"deployments/{UNKNOWN}/secrets", "deployments/../events", "Events", "x" * 10_000])
def test_an_unknown_stream_is_an_error_and_the_socket_stays(live, stream):
    live.send({"type": "subscribe", "id": 7, "stream": stream})
    error = live.expect(lambda f: f["type"] == "error")
    assert error["id"] == 7
    live.send({"type": "ping"})
    live.expect(lambda f: f["type"] == "pong")


@pytest.mark.parametrize("message", [
    "", "{", "null", "[]", "7", '{"type": 1}', '{"type": "dance"}', '{"type": "subscribe"}',
    '{"type": "subscribe", "id": "one", "stream": "events"}', '{"type": "subscribe", "id": 1, "stream": 5}',
    '{"type": "subscribe", "id": 1, "stream": "events", "after": 5}',
    '{"type": "subscribe", "id": 1, "stream": "events", "after": "nonsense"}',
    '{"type": "subscribe", "id": 1, "stream": "events", "colour": "red"}',
    '{"type": "unsubscribe", "id": 99}', "[" * 1000,
], ids=lambda text: text[:40] or "empty")
def test_a_bad_message_is_an_error_and_the_socket_stays(live, message):
    live.send(message)
    live.expect(lambda f: f["type"] == "error")
    live.send({"type": "ping"})
    live.expect(lambda f: f["type"] == "pong")


def test_a_stream_is_had_once_a_socket(live):
    live.subscribe("events")
    live.send({"type": "subscribe", "id": 77, "stream": "events"})
    live.expect(lambda f: f["type"] == "error" and (f["id"], f["code"]) == (77, "live.already_subscribed"))


def closed_code(connection):
    """The close code that the server gives; None when it only drops the connection."""
    try:
        while True:
            connection.socket.recv(hub.DEADLINE_S)
    except websockets.exceptions.ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None


def test_a_message_of_64_mb_closes_its_own_socket_only(server, live):
    with server.live() as big:
        try:
            big.socket.send("x" * (64 << 20))
        except (websockets.exceptions.ConnectionClosed, OSError):
            pass
        assert closed_code(big) in (1009, None)
    live.send({"type": "ping"})
    live.expect(lambda f: f["type"] == "pong")


def test_a_binary_frame_is_refused(server, live):
    with server.live() as connection:
        connection.socket.send(json.dumps({"type": "ping"}).encode())
        assert closed_code(connection) == 1003
    live.send({"type": "ping"})
    live.expect(lambda f: f["type"] == "pong")


def test_bytes_that_are_no_utf8_close_the_socket_with_1007(server):
    with server.live() as connection:
        connection.socket.socket.sendall(b"\x81\x82\x00\x00\x00\x00\xff\xfe")
        assert closed_code(connection) in (1007, None)


def test_a_half_sent_frame_and_a_silent_client_harm_nobody(server, live):
    with server.live() as silent:
        silent.socket.socket.sendall(b"\x81")
        live.send({"type": "ping"})
        live.expect(lambda f: f["type"] == "pong")
        silent.cut()


def test_a_graceful_stop_closes_with_a_frame(own_server):
    with own_server.live() as connection:
        connection.subscribe("deployments")
        assert own_server.stop() == 0
        assert closed_code(connection) in (1001, 1012)
