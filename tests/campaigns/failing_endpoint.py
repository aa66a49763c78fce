"""failing_endpoint.py SEED: an endpoint on a free port of loopback, until standard input ends. It answers at once, and
fails at random: errors of every class, connections cut before and within an answer, and silence.

Prints its port, and at the end how often it did what."""
import asyncio
import collections
import json
import random
import sys

DONE = json.dumps({"text": "done"}).encode()
WHAT = {"done": 0.80, "server_error": 0.09, "cut": 0.03, "cut_within": 0.02, "rejected": 0.04, "lies": 0.01,
        "silent": 0.007, "slow_down": 0.003}


def answer(status, body, more=""):
    head = f"HTTP/1.1 {status} Any\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    return head.encode() + body


ANSWERS = {"done": answer(200, DONE), "server_error": answer(500, b"{}"), "rejected": answer(400, b"{}"),
           "lies": answer(200, b"{\"text\": "), "slow_down": answer(429, b"{}", "Retry-After: 1\r\n"),
           "cut_within": answer(200, DONE)[:-4]}


class Caller(asyncio.Protocol):
    """One connection; a request has come in whole when its body has."""

    def __init__(self, dice, did):
        self.dice, self.did, self.received = dice, did, b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.received += data
        while True:
            head, end, rest = self.received.partition(b"\r\n\r\n")
            if not end:
                return
            length = next(int(line.split(b":")[1]) for line in head.lower().split(b"\r\n")
                          if line.startswith(b"content-length:"))
            if len(rest) < length:
                return
            self.received = rest[length:]
            self.serve()

    def serve(self):
        [what] = self.dice.choices(list(WHAT), list(WHAT.values()))
        self.did[what] += 1
        if what in ANSWERS:
            self.transport.write(ANSWERS[what])
        if what in ("cut", "cut_within"):
            self.transport.close()


async def main():
    dice, did, loop = random.Random(int(sys.argv[1])), collections.Counter(), asyncio.get_running_loop()
    server = await loop.create_server(lambda: Caller(dice, did), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    print(json.dumps(did), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
