"""Drives ops/kafka for tests."""
import os
import pathlib
import select
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "ops" / "kafka"
COMMAND_SECONDS = 400

sys.path.insert(0, str(SCRIPTS))
import cluster  # noqa: E402
import wire  # noqa: E402,F401


def run(script, *arguments):
    """One of ops/kafka/{start,stop,broker}, to its end."""
    return subprocess.run([SCRIPTS / script, *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=COMMAND_SECONDS)


def eventually(condition, what, deadline_s=60):
    """Asks until `condition()` is true; for what no answer of the brokers' waits for."""
    end = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < end, f"not within {deadline_s:g} s: {what}"
        select.select([], [], [], 0.05)


class Brokers:
    """A cluster in a folder of its own."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.bootstrap = None

    def start(self, count=None, advertised=None):
        arguments = ["--folder", self.folder]
        if count:
            arguments += ["--brokers", count]
        if advertised:
            arguments += ["--advertised", ",".join(map(str, advertised))]
        done = run("start", *arguments)
        assert done.returncode == 0, done.stderr
        last = done.stdout.splitlines()[-1]
        assert last.startswith("bootstrap 127.0.0.1:"), last
        self.bootstrap = last.removeprefix("bootstrap ")
        return self

    def stop(self, *arguments):
        done = run("stop", "--folder", self.folder, *arguments)
        assert done.returncode == 0, done.stderr
        return done

    def broker(self, node, action):
        done = run("broker", node, action, "--folder", self.folder)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def kafka(self):
        """The cluster as ops/kafka sees it: members with their ports and pids."""
        return cluster.Cluster(self.folder)

    def pids(self):
        return [member.pid() for member in self.kafka().members]


def listeners_of(pid):
    """Addresses on which a process accepts connections, as the kernel writes them: hex address, port."""
    sockets = set()
    for handle in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = os.readlink(handle)
        except OSError:
            continue
        if target.startswith("socket:["):
            sockets.add(target[8:-1])
    found = []
    for table in ("tcp", "tcp6"):
        for line in pathlib.Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in sockets:
                address, port = fields[1].split(":")
                found.append((address, int(port, 16)))
    return found
