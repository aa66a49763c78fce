"""Clients that break the rules of their protocols, byte by byte."""
import base64
import os
import socket
import struct
import urllib.parse

import hub

OPCODES = {"continuation": 0, "text": 1, "binary": 2, "close": 8, "ping": 9, "pong": 10}


def connect(url, receive_buffer=None):
    parts = urllib.parse.urlsplit(url)
    raw = socket.socket()
    if receive_buffer:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    raw.settimeout(hub.DEADLINE_S)
    raw.connect((parts.hostname, parts.port))
    return raw


def handshake(url, receive_buffer=None):
    """A WebSocket of which nothing is done but the handshake."""
    raw = connect(url, receive_buffer)
    key = base64.b64encode(os.urandom(16)).decode()
    raw.sendall(f"GET /api/v1/live HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
                f"Authorization: Bearer {hub.TOKEN}\r\n\r\n".encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += raw.recv(1)
    assert answer.startswith(b"HTTP/1.1 101 "), answer
    return raw


def frame(payload, opcode="text", final=True, reserved=0, masked=True, length=None):
    """One frame; `length` is what its header says when that is not the truth."""
    size = len(payload) if length is None else length
    code = opcode if isinstance(opcode, int) else OPCODES[opcode]
    head = bytes([(0x80 if final else 0) | reserved << 4 | code])
    mask_bit = 0x80 if masked else 0
    if size < 126:
        head += bytes([mask_bit | size])
    elif size < 1 << 16:
        head += bytes([mask_bit | 126]) + struct.pack("!H", size)
    else:
        head += bytes([mask_bit | 127]) + struct.pack("!Q", size)
    if not masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


def read_frame(raw):
    """(opcode, payload) of the server's next frame; None at the end of the connection."""
    def exactly(count):
        data = b""
        while len(data) < count:
            piece = raw.recv(count - len(data))
            if not piece:
                raise EOFError
            data += piece
        return data

    try:
        head = exactly(2)
        size = head[1] & 0x7F
        if size == 126:
            size = struct.unpack("!H", exactly(2))[0]
        elif size == 127:
            size = struct.unpack("!Q", exactly(8))[0]
        return head[0] & 0x0F, exactly(size)
    except (EOFError, ConnectionError):
        return None


def how_it_ends(raw):
    """The code with which the server closes, 0 for an end without one, None when it goes on (it answers a ping)."""
    try:
        raw.sendall(frame(b"still there?", "ping"))
    except ConnectionError:
        pass  # what it said before it went is still to be read
    while True:
        got = read_frame(raw)
        if got is None:
            return 0
        if got[0] == OPCODES["close"]:
            return struct.unpack("!H", got[1][:2])[0] if len(got[1]) >= 2 else 0
        if got == (OPCODES["pong"], b"still there?"):
            return None
