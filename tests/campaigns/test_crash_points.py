"""The server dies at named points of its work, not at random ones: before and behind each write, sync, answer, effect,
signature and rename. Behind each death everything that was answered holds."""
import random
import signal
import subprocess
import threading

import campaign
import hub
import pytest
import recorder
from test_kills import audit

TIMES = campaign.size(1, 40)  # half of them before it, half behind it
CLIENTS = 4
RESTARTS_MAX = 2
REACHED_S = 10
AGAIN_MAX = 3
CRASH_AT = hub.BINARY.parent / "tests" / "crash_at.so"

# name → (call, what its path or socket contains, highest count): one of the first so many calls is the last one.
POINTS = {
    "the write of a batch": ("pwrite", "/data/log/", 60),
    "the sync of a batch": ("fdatasync", "/data/log/", 60),
    "an answer": ("sendmsg", "tcp", 60),
    "the start of a supervisor": ("posix_spawn", "computehub-supervisor", 4),
    "a word to a supervisor": ("send", "unix", 3),
    "a word of a supervisor": ("recv", "unix", 12),
    "the signature of a checkpoint": ("EVP_DigestSign", "checkpoint", 2),
    "a write of state rows": ("pwrite", "/data/state/", 12),
    "a rename among state rows": ("rename", "/data/state/", 2),
    "a write of projection rows": ("pwrite", "/data/projections/", 12),
    "a rename among projection rows": ("rename", "/data/projections/", 2),
}


class Crash:
    def __init__(self, server, dice):
        self.server, self.dice, self.reached = server, dice, 0

    def start_armed(self, call, when, part, count):
        """False when it died before it listened."""
        self.server.environment.update(LD_PRELOAD=str(CRASH_AT), HUB_CRASH_AT=f"{call} {when} {part} {count}")
        try:
            self.server.start()
            return True
        except AssertionError:
            return False
        finally:
            del self.server.environment["LD_PRELOAD"], self.server.environment["HUB_CRASH_AT"]

    def once(self, call, when, part, count_max):
        """Works until the point is reached, or until it ends in peace without it: some are reached only then."""
        if self.start_armed(call, when, part, self.dice.randint(1, count_max)):
            work = Work(self.server, self.dice)
            work.start()
            try:
                self.server.process.wait(REACHED_S if call not in ("pwrite", "rename") or "log" in part else 1)
            except subprocess.TimeoutExpired:
                self.server.process.send_signal(signal.SIGTERM)
            status = self.server.process.wait(hub.DEADLINE_S)
            work.finish()
        else:
            work, status = None, self.server.process.wait(hub.DEADLINE_S)
        assert status in (0, -signal.SIGKILL), self.server.errors.read_text()[-2000:]
        self.reached += status == -signal.SIGKILL
        return work


class Work:
    """A few recorders, and deployments that restart and are stopped."""

    def __init__(self, server, dice):
        self.done = threading.Event()
        self.recorders = [recorder.Recorder(server, random.Random(dice.random()), self.done) for _ in range(CLIENTS)]
        self.runner = threading.Thread(target=self._run, args=(server,), daemon=True)
        self.folder = server.folder / "runs"

    def start(self):
        self.folder.mkdir(exist_ok=True)
        for thread in (*self.recorders, self.runner):
            thread.start()

    def finish(self):
        self.done.set()
        for thread in (*self.recorders, self.runner):
            thread.join(hub.DEADLINE_S)

    def _run(self, server):
        policy = {"policy": "on-failure", "max_restarts": RESTARTS_MAX, "backoff_initial": "0.1s", "backoff_max": "0.2s"}
        try:
            wire = recorder.Wire(server.url)
            while not self.done.is_set():
                name = hub.unique("run")
                command = ["sh", "-c", f"echo run >> {self.folder}/{name}; exit 1"]
                body = {**recorder.creation(name), "command": command, "restart_policy": policy, "desired": "running"}
                wire.ask("POST", campaign.PATH, body)
                status, text = wire.ask("POST", f"{campaign.PATH}?wait=running", {
                    **recorder.creation("steady"), "command": ["sleep", "600"], "desired": "running"})
                if status == 201:
                    wire.ask("POST", f"{campaign.PATH}/{recorder.json.loads(text)['id']}/stop?wait=stopped")
        except (OSError, recorder.http.client.HTTPException):
            pass  # it has reached the point


def check(server, works):
    client = campaign.QuickClient(server.url)

    def unsettled():
        found = []
        for status in ("creating", "starting", "stopping", "deleting"):
            found += client.get(campaign.PATH, status=status, page_size=1000).json()["items"]
        return found + [d for d in client.get(campaign.PATH, text="run-", page_size=1000).json()["items"]
                        if d["status"] != "failed" or d["restarts"] < RESTARTS_MAX]

    hub.eventually(lambda: not unsettled(), "it settles", 60)
    events = recorder.whole_log(client)
    recorder.check_order(events)
    operations = [operation for work in works for each in work.recorders for operation in each.operations]
    assert [fault for work in works for each in work.recorders for fault in each.faults] == []
    recorder.check_commands(events, operations)
    for deployment in client.get(campaign.PATH, text="run-", page_size=1000).json()["items"]:
        runs = (server.folder / "runs" / deployment["name"]).read_text().splitlines()
        assert len(runs) == 1 + RESTARTS_MAX == 1 + deployment["restarts"], f"each run once: {deployment}"
    return len(operations), len(events)


@pytest.mark.parametrize("point", POINTS)
def test_a_death_at_a_named_point_loses_and_repeats_nothing(make_server, dice, figures, point):
    server = make_server(start=False)
    crash, works = Crash(server, dice), []
    call, part, count_max = POINTS[point]
    turn = 0
    # A server that ends in peace may have made fewer calls than were drawn: then fewer are waited for.
    while turn < TIMES or (crash.reached == 0 and turn < TIMES + AGAIN_MAX):
        when = ("before", "behind")[(turn + dice.seed_used) % 2]
        work = crash.once(call, when, part, count_max if turn < TIMES else 1)
        works += [work] if work else []
        turn += 1
    server.start()
    commands, events = check(server, works)
    assert server.stop() == 0
    audit(server)
    assert crash.reached > 0, "the point is reached"
    figures(times=turn, reached=crash.reached, commands=commands, events=events, exceptions=0)
