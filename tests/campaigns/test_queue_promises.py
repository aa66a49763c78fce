"""Random submits, cancels, retries, changes and failures on the real server; then its whole record is held against what
a queue promises, by an oracle that knows nothing of how it is decided."""
import collections
import contextlib
import json
import os
import pathlib
import subprocess
import sys
import threading
import time

import campaign
import hub
import queue_load
import task_oracle

HERE = pathlib.Path(__file__).parent
OPERATIONS = campaign.size(20_000, 1_000_000)
LONGEST_S = campaign.size(120, 780)  # what is left then is left out, and the figures say so
PRODUCERS = 8
SETTLE_S = 120
MET = ("task.attempt_failed", "task.failed", "task.cancelled", "task.call_ended", "task.requeued", "model.cooled_down",
       "model.woken", "model.changed", "model.status_set")


@contextlib.contextmanager
def failing_endpoint(seed):
    """Yields (its port, an empty counter that says at the end how often it did what)."""
    did = collections.Counter()
    process = subprocess.Popen([sys.executable, HERE / "failing_endpoint.py", str(seed)], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
    try:
        yield int(process.stdout.readline()), did
        process.stdin.close()
        did.update(json.loads(process.stdout.readline()))
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def make_models(client, port):
    """Four that answer at once, and three at an endpoint that fails."""
    quick = [{"type": "noop", "max_queue_size": size} for size in (200, 500, 1_000, 4_000)]
    failing = [{"type": "custom", "url": f"http://127.0.0.1:{port}/", "request_template": {"say": "{{text}}"},
                "result_pointer": "/text", "max_queue_size": 100 * (retries + 1),
                "task_defaults": {"timeout": "500ms", "max_retries": retries, "retry_delay": "20ms"}}
               for retries in range(3)]
    made = []
    for number, body in enumerate(quick + failing):
        answer = client.post(queue_load.MODELS, {"name": f"m{number}", "status": "online", "max_workers": 3 * number + 1,
                                                 **body})
        assert answer.status_code == 201, answer.text
        made.append({"id": answer.json()["id"], "share": 10 if body["type"] == "noop" else 2})
    return made


class Load:
    """All who ask at once, until enough has been done and all has ended."""

    def __init__(self, server, port, dice):
        self.client = campaign.QuickClient(server.url)
        self.models = make_models(self.client, port)
        self.done, self.idle = threading.Event(), threading.Event()
        self.producers = [queue_load.Producer(server.url, dice.random(), self.done, self.models)
                          for _ in range(PRODUCERS)]
        self.operator = queue_load.Operator(server.url, dice.random(), self.idle, self.models)

    def run(self):
        end = time.monotonic() + LONGEST_S
        for each in [*self.producers, self.operator]:
            each.start()
        while not self.done.wait(0.5):
            if self.operations() >= OPERATIONS or time.monotonic() > end:
                self.done.set()
        for each in self.producers:
            each.end()
        # Models go on being switched off and on, which ends their cool-downs.
        hub.eventually(self.is_idle, "all tasks have ended", SETTLE_S)
        self.idle.set()
        self.operator.end()

    def tasks(self):
        return self.client.get("/api/v1/stats/dashboard").json()["tasks"]

    def is_idle(self):
        tasks = self.tasks()
        return tasks["pending"] + tasks["running"] == 0

    def asked(self):
        return sum((each.answers.counts for each in self.producers), collections.Counter(changes=self.operator.changes))

    def operations(self):
        """What was asked, and the calls that have ended."""
        tasks = self.tasks()
        return self.asked().total() + tasks["completed"] + tasks["failed"]


def replayed(server):
    """The oracle behind the whole record of a server that has ended."""
    export = subprocess.Popen([hub.BINARY, "audit", "export", "--data", server.data, "--file", "-"],
                              stdout=subprocess.PIPE)
    with export.stdout:
        oracle = task_oracle.Oracle().read(export.stdout)
    assert export.wait() == 0
    return oracle.finish()


def check_answers(oracle, answers):
    """What one producer was answered is what the record says."""
    for model in oracle.models:
        order = [oracle.tasks[id].submitted for id, its_model in answers.taken.items() if its_model == model]
        assert order == sorted(order), "tasks stand in the order in which they were sent"
    assert [id for id in answers.cancelled if oracle.tasks[id].cancels == 0] == []
    assert [id for id, times in answers.sent_again.items() if oracle.tasks[id].requeues < times] == []
    assert [refused for refused in answers.full if not oracle.models[refused[0]].was_full(*refused[1:])] == [], \
        "refused while there was room"
    assert [id for id in answers.filled if oracle.tasks[id].left > 0] == [], "refused while there was room"


def test_a_queue_keeps_its_promises(make_server, dice, figures):
    server = make_server("--noop-models")
    with failing_endpoint(dice.randrange(1 << 32)) as (port, did):
        load = Load(server, port, dice)
        begin = time.monotonic()
        load.run()
        seconds, said = time.monotonic() - begin, load.tasks()
    assert server.stop() == 0
    begin = time.monotonic()
    oracle = replayed(server)
    taken = [id for each in load.producers for id in each.answers.taken]
    assert len(taken) == len(set(taken)) == len(oracle.tasks) and set(taken) == set(oracle.tasks), "0 lost, 0 made twice"
    for each in load.producers:
        check_answers(oracle, each.answers)
    assert said == {"pending": 0, "running": 0, **collections.Counter(
        {"completed": 0, "failed": 0, "cancelled": 0}), **collections.Counter(
            task.status for task in oracle.tasks.values())}
    assert load.asked()["refused"] > 0 and all(oracle.counts[fact] > 0 for fact in MET), "each of them is met"
    assert did.total() <= sum(task.attempts for task in oracle.tasks.values()), "no call beyond the attempts"
    counts, asked = oracle.counts, load.asked()
    ends = sum(counts[f"task.{end}"] for end in ("completed", "failed", "attempt_failed", "call_ended"))
    figures(operations=asked.total() + ends, **asked, calls_ended=ends, events=counts.total(),
            seconds=round(seconds), replay_s=round(time.monotonic() - begin), load=os.getloadavg()[0])
    figures(inversions=0, over_admitted=0, lost=0, completed_twice=0, endpoint=dict(did), by_type=dict(counts),
            most_at_once=[model.most for model in oracle.models.values()])
