"""What the campaigns share: their size, their dice, processes as the kernel sees them, and readers that follow a log."""
import json
import os
import pathlib
import random
import subprocess
import threading

import hub
import websockets.exceptions

LONG = bool(os.environ.get("HUB_LONG"))
PATH = "/api/v1/deployments"
CGROUPS = pathlib.Path("/sys/fs/cgroup")


def size(short, long):
    return long if LONG else short


def dice():
    seed = int(os.environ.get("HUB_SEED") or random.SystemRandom().randrange(1 << 32))
    made = random.Random(seed)
    made.seed_used = seed
    return made


def start_ticks(pid):
    """When a process began, which with its pid tells it from any other; None when it is gone."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else int(fields[19])


def cgroups_of(ids):
    """Control groups that carry the id of a deployment."""
    return [folder for folder, _, _ in os.walk(CGROUPS) if any(id in folder for id in ids)]


def lives_for(server, seconds):
    """Lets a server run; it must not end by itself meanwhile."""
    try:
        status = server.process.wait(seconds)
    except subprocess.TimeoutExpired:
        return
    raise AssertionError(f"the server ended with {status}: {server.errors.read_text()[-2000:]}")


def kill_while_starting(server, seconds):
    """Starts the server and kills it so soon that it may not yet listen."""
    command = [hub.BINARY, "serve", *server.arguments, "--data", server.data, "--listen", "127.0.0.1:0"]
    server.errors = server.folder / "stderr-early.txt"
    with server.errors.open("wb") as errors:
        server.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors, env=server.environment)
    lives_for(server, seconds)
    server.kill()


class QuickClient(hub.Client):
    """Without the check of every answer against the schemas, which takes longer than the answer."""

    @staticmethod
    def _check(*_, **__):
        pass

    def all_lines(self, id):
        lines, cursor = [], {}
        while True:
            page = self.logs(id, limit=10_000, **cursor)
            assert "lost" not in page
            if not page["items"]:
                return lines
            lines += page["items"]
            cursor = {"after": page["next_cursor"]}


class QuickLive(hub.Live):
    def receive(self, deadline_s=hub.DEADLINE_S):
        return json.loads(self.socket.recv(deadline_s))


class Follower(threading.Thread):
    """Follows one stream of lines over WebSocket, over any number of cuts, by the last cursor that it saw, until it
    sees the line that is the last one."""

    def __init__(self, server, id, last):
        super().__init__(daemon=True)
        self.server, self.stream, self.last = server, f"deployments/{id}/logs", last
        self.lines, self.cursor, self.resumes, self.fault = [], None, 0, None
        self.done = threading.Event()

    def run(self):
        while not self.done.is_set() and self.fault is None:
            try:
                self._follow()
            except (OSError, TimeoutError, websockets.exceptions.WebSocketException):
                self.done.wait(0.02)  # between servers
            except Exception as fault:  # told by the test
                self.fault = repr(fault)

    def _follow(self):
        with QuickLive(self.server.url) as live:
            answer = live.subscribe(self.stream, after=self.cursor)
            if self.cursor is None:
                snapshot = live.of(self.stream, "snapshot")
                self._take(snapshot)
            elif answer["recovered"]:
                self.resumes += 1
            else:
                raise AssertionError(f"not recovered behind {self.cursor}")
            while not self.done.is_set():
                frame = live.receive()
                if frame["type"] == "closed":  # too slow: go on behind the cursor
                    raise OSError(frame["code"])
                if frame["type"] == "event":
                    self._take(frame)

    def _take(self, frame):
        if "lost" in frame["data"]:
            raise AssertionError(f"lost: {frame['data']['lost']}")
        self.lines += [(line["seq"], line["text"]) for line in frame["data"]["items"]]
        self.cursor = frame["cursor"]
        if self.lines and self.lines[-1][1] == self.last:
            self.done.set()
