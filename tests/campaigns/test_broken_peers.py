"""Broken frames, silent and slow peers: at most their own socket ends, nothing leaks, and the server goes on."""
import json
import os
import pathlib
import selectors
import socket
import struct
import time

import broken_peers
import campaign
import hub
import pytest
from broken_peers import frame

RANDOM_PEERS = campaign.size(150, 5_000)
SLOW_PEERS = campaign.size(20, 200)
HEADER_TIMEOUT_S = 10
BY_BYTE_MAX = 20_000
PING = json.dumps({"type": "ping"}).encode()

# What is sent behind the handshake, and how it may end: a close code, or None for "it goes on".
CASES = {
    "a text in one frame": (frame(PING), {None}),
    "a text in frames of one byte": (
        frame(PING[:1], final=False) + b"".join(frame(PING[i:i + 1], "continuation", final=False) for i in range(1, len(PING) - 1))
        + frame(PING[-1:], "continuation"), {None}),
    "a ping between two fragments": (
        frame(PING[:5], final=False) + frame(b"x", "ping") + frame(PING[5:], "continuation"), {None}),
    "an empty text": (frame(b""), {None}),
    "an unasked pong": (frame(b"so what", "pong"), {None}),
    "a ping of 125 bytes": (frame(b"x" * 125, "ping"), {None}),
    "a ping of 126 bytes": (frame(b"x" * 126, "ping"), {1002}),
    "a ping in fragments": (frame(b"x", "ping", final=False), {1002}),
    "a reserved bit": (frame(PING, reserved=4), {1002}),
    "reserved opcode 3": (frame(b"", 3), {1002}),
    "reserved opcode 11": (frame(b"", 11), {1002}),
    "a frame without a mask": (frame(PING, masked=False), {1002}),
    "a continuation of nothing": (frame(b"x", "continuation"), {1002}),
    "a text within a text": (frame(b"{", final=False) + frame(b"{"), {1002}),
    "a binary frame": (frame(b"\0", "binary"), {1003}),
    "text that is no UTF-8": (frame(b"\"\xff\xfe\""), {1007}),
    "half a character at the end": (frame(b"\xe2\x82"), {1007}),
    "a close without a code": (frame(b"", "close"), {0, 1000, 1005}),
    "a close with half a code": (frame(b"\x03", "close"), {1002}),
    "a close with code 1000": (frame(b"\x03\xe8", "close"), {1000}),
    "a close with code 999": (frame(b"\x03\xe7", "close"), {1002}),
    "a close with code 1005": (frame(b"\x03\xed", "close"), {1002}),
    "a close whose reason is no UTF-8": (frame(b"\x03\xe8\xff", "close"), {1007, 1002}),
    "a frame that says it has 64 MiB": (frame(b"x" * 1000, length=64 << 20), {1009}),
    "a frame that says it has 2^63 bytes": (frame(b"", length=1 << 63), {1009, 1002}),
    "64 MiB in fragments": (frame(b"x" * 60_000, final=False) + frame(b"x" * 60_000, "continuation", final=False), {1009}),
    "JSON that is none": (frame(b"{"), {None}),
    "nesting of 10,000": (frame(b"[" * 10_000), {None}),
}


def alive(server):
    return server.client().get("/api/v1/system/health").status_code == 200


def open_files(server):
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))


def resident_bytes(server):
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) * 1024


@pytest.mark.parametrize("pieces", ["whole", "byte by byte"])
def test_each_broken_frame_ends_as_the_protocol_says(own_server, figures, pieces):
    wrong = {}
    for name, (data, allowed) in CASES.items():
        raw = broken_peers.handshake(own_server.url)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            for piece in [data] if pieces == "whole" or len(data) > BY_BYTE_MAX else [data[i:i + 1] for i in range(len(data))]:
                raw.sendall(piece)
        except ConnectionError:
            pass  # it ended before all was sent
        ended = broken_peers.how_it_ends(raw)
        if ended not in allowed:
            wrong[name] = ended
        raw.close()
    assert wrong == {}
    assert alive(own_server)
    figures(cases=len(CASES), wrong=0)


def garbage(dice):
    """Frames of which nothing is sure, or bytes that are no frames at all."""
    data = b""
    for _ in range(dice.randint(1, 6)):
        payload = dice.choice((PING, dice.randbytes(dice.randint(0, 300)), b"\xf0\x9f", b"{" * dice.randint(1, 200)))
        length = dice.choice((None, None, None, len(payload) + dice.randint(0, 9), dice.getrandbits(dice.randint(1, 63))))
        data += frame(payload, dice.randint(0, 15), dice.random() < 0.7, dice.choice((0, 0, 0, 1, 7)), dice.random() < 0.9, length)
        if dice.random() < 0.2:
            data += dice.randbytes(dice.randint(1, 50))
    return data[:dice.randint(1, len(data))]


def test_random_frames_end_at_most_their_own_socket_and_leak_nothing(own_server, dice, figures):
    before = open_files(own_server)
    with own_server.live() as watching:
        for _ in range(RANDOM_PEERS):
            raw = broken_peers.handshake(own_server.url)
            try:
                raw.sendall(garbage(dice))
            except ConnectionError:
                pass
            if dice.random() < 0.5:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # it is reset, not ended
            raw.close()
        watching.send({"type": "ping"})
        watching.expect(lambda f: f["type"] == "pong", "the others are served")
    hub.eventually(lambda: open_files(own_server) <= before, "every socket is closed")
    assert own_server.is_running()
    figures(peers=RANDOM_PEERS, open_files_before=before, open_files_behind=open_files(own_server))


def test_slowloris_and_half_open_peers_are_cut_off_in_time(own_server, figures):
    before = open_files(own_server)
    trickling = [broken_peers.connect(own_server.url) for _ in range(SLOW_PEERS)]
    silent = [broken_peers.connect(own_server.url) for _ in range(SLOW_PEERS)]
    for raw in silent:
        raw.sendall(b"POST /api/v1/deployments HTTP/1.1\r\nHost: a\r\n")
    begun = time.monotonic()
    ended, slowest = 0, 0.0
    with selectors.DefaultSelector() as waiting:
        for raw in trickling + silent:
            waiting.register(raw, selectors.EVENT_READ, raw in trickling)
        text = b"GET /api/v1/me HTTP/1.1\r\nX: " + b"y" * 10_000
        sent = 0
        while ended < 2 * SLOW_PEERS and time.monotonic() < begun + 3 * HEADER_TIMEOUT_S:
            for key, _ in waiting.select(timeout=0.2):
                answer = key.fileobj.recv(4096)
                assert answer == b"" or answer.startswith(b"HTTP/1.1 408 "), answer
                waiting.unregister(key.fileobj)
                key.fileobj.close()
                ended, slowest = ended + 1, time.monotonic() - begun
            for raw in trickling:
                if raw.fileno() >= 0:
                    try:
                        raw.send(text[sent:sent + 1])
                    except ConnectionError:
                        pass  # the answer is still to be read
            sent += 1
            if sent % 10 == 0:
                assert alive(own_server)
    assert ended == 2 * SLOW_PEERS
    assert HEADER_TIMEOUT_S - 1 <= slowest <= 2 * HEADER_TIMEOUT_S
    hub.eventually(lambda: open_files(own_server) <= before + 1, "every socket is closed")
    figures(peers=2 * SLOW_PEERS, slowest_cut_s=round(slowest, 2), open_files_before=before, open_files_behind=open_files(own_server))


def test_a_frame_of_64_mib_costs_no_memory(own_server, figures):
    before = resident_bytes(own_server)
    sent = 0
    raw = broken_peers.handshake(own_server.url)
    head = frame(b"", length=64 << 20)
    try:
        raw.sendall(head)
        for _ in range(1024):
            raw.sendall(b"x" * 65_536)
            sent += 65_536
    except ConnectionError:
        pass  # closed before all was sent
    raw.close()
    grown = resident_bytes(own_server) - before
    assert alive(own_server)
    assert grown < 8 << 20
    figures(said_bytes=64 << 20, taken_bytes=sent, grown_bytes=grown)
