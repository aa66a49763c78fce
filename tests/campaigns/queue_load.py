"""Producers that submit, cancel and send tasks again at random, an operator who changes their models, and what each of
them was answered."""
import collections
import datetime
import http.client
import json
import random
import threading

import hub
import recorder

MODELS = "/api/v1/models"
TASKS = "/api/v1/tasks"
FULL = "model.queue_full"
BATCHES = (10, 10, 50, 300)  # at most so many tasks in one
MANY = 40                    # that a filter finds, at most
MINE_MAX = 2_000  # of the newest, from which to choose whom to cancel
SLOTS_MAX = 50


def instant(later_s=0.0):
    """As the record writes it, so that they compare as text."""
    time = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=later_s)
    return time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Answers:
    """What one producer asked and was answered."""

    def __init__(self):
        self.counts = collections.Counter()
        self.taken = {}       # id → model, in the order in which they were sent
        self.cancelled, self.sent_again = collections.Counter(), collections.Counter()
        self.full = []        # (model, asked, answered): refused, for its queue was full
        self.filled = []      # last id that was taken of a batch whose next one found the queue full


class Client(threading.Thread):
    """Runs `step()` until all is done; the first fault ends it and is told by the test."""

    def __init__(self, url, seed, done):
        super().__init__(daemon=True)
        self.url, self.dice, self.done, self.fault = url, random.Random(seed), done, None

    def run(self):
        try:
            self.wire = recorder.Wire(self.url)
            while not self.done.is_set():
                self.step()
            self.finish()
            self.wire.close()
        except (AssertionError, OSError, http.client.HTTPException, ValueError, KeyError) as fault:
            self.fault = repr(fault)
            self.done.set()

    def end(self):
        self.join(hub.DEADLINE_S)
        assert not self.is_alive() and self.fault is None, self.fault

    def finish(self):
        pass

    def ask(self, method, path, body=None, expected=(200, 201)):
        status, text = self.wire.ask(method, path, body)
        answer = json.loads(text)
        assert status in expected, (method, path, status, text[:500])
        return status, answer


class Producer(Client):
    def __init__(self, url, seed, done, models):
        super().__init__(url, seed, done)
        self.models, self.answers = models, Answers()
        self.mine = collections.deque(maxlen=MINE_MAX)
        self.steps = {self.batch: 16, self.single: 25, self.cancel: 22, self.send_again: 15, self.cancel_many: 12,
                      self.send_many_again: 10}

    def step(self):
        self.dice.choices(list(self.steps), list(self.steps.values()))[0]()

    def model(self):
        return self.dice.choices(self.models, [model["share"] for model in self.models])[0]

    def task(self, model):
        task = {"model_id": model["id"], "type": "text-generation", "input": "x", "priority": self.dice.randint(1, 3)}
        if self.dice.random() < 0.05:
            task["run_at"] = instant(self.dice.uniform(-0.5, 2.0))
        return task

    def batch(self):
        model, count = self.model(), self.dice.randint(1, self.dice.choice(BATCHES))
        tasks = [self.task(model) for _ in range(count)]
        begin = instant()
        items = self.ask("POST", f"{TASKS}/batch", tasks)[1]["items"]
        end = instant()
        taken = [item["id"] for item in items if "id" in item]
        refused = [item["code"] for item in items if "code" in item]
        assert len(items) == count and set(refused) <= {FULL}, refused[:5]
        self._taken(model, taken)
        self._refused(model, len(refused), begin, end)
        if taken and refused:
            self.answers.filled.append(taken[-1])

    def single(self):
        model = self.model()
        begin = instant()
        status, answer = self.ask("POST", TASKS, self.task(model), (201, 429))
        if status == 201:
            self._taken(model, [answer["id"]])
        else:
            self._refused(model, 1, begin, instant())

    def _taken(self, model, ids):
        self.answers.counts["submitted"] += len(ids)
        self.answers.taken.update((id, model["id"]) for id in ids)
        self.mine.extend(ids)

    def _refused(self, model, count, begin, end):
        self.answers.counts["refused"] += count
        if count:
            self.answers.full.append((model["id"], begin, end))

    def cancel(self):
        if not self.mine:
            return
        id = self.dice.choice(self.mine)
        status, answer = self.ask("DELETE", f"{TASKS}/{id}", expected=(200, 409))
        self.answers.counts["cancels"] += 1
        if status == 200 and answer["status"] == "cancelled":
            self.answers.cancelled[id] += 1

    def send_again(self):
        """One that was cancelled, most often."""
        ids = list(self.answers.cancelled)[-50:] if self.dice.random() < 0.8 else self.mine
        if ids:
            self._send_again(self.dice.choice(ids))

    def _send_again(self, id):
        begin = instant()
        status, answer = self.ask("POST", f"{TASKS}/{id}/retry", expected=(200, 409, 429))
        self.answers.counts["retries"] += 1
        if status == 200:
            self.answers.sent_again[id] += 1
        elif status == 429:
            self.answers.full.append((self.answers.taken[id], begin, instant()))

    def cancel_many(self):
        path = f"{TASKS}/cancel?model={self.model()['id']}&status=pending&priority={self.dice.randint(1, 3)}&page_size={MANY}"
        items = self.ask("POST", path)[1]["items"]
        self.answers.counts["cancels"] += len(items)

    def send_many_again(self):
        status = self.dice.choice(("failed", "cancelled"))
        path = f"{TASKS}/retry?model={self.model()['id']}&status={status}&page_size={MANY}"
        items = self.ask("POST", path)[1]["items"]
        self.answers.counts["retries"] += len(items)


class Operator(Client):
    """Changes slots, and switches models off and on; at the end all are on."""

    def __init__(self, url, seed, done, models):
        super().__init__(url, seed, done)
        self.models, self.changes = models, 0

    def step(self):
        model = self.dice.choice(self.models)
        if self.dice.random() < 0.7:
            self.ask("PATCH", f"{MODELS}/{model['id']}", {"max_workers": self.dice.randint(1, SLOTS_MAX)})
        else:
            self.set_status(model, self.dice.choice(("offline", "draining")))
            self.done.wait(self.dice.uniform(0, 0.3))
            self.set_status(model, "online")
        self.changes += 1
        self.done.wait(self.dice.uniform(0, 0.2))

    def finish(self):
        for model in self.models:
            self.set_status(model, "online")

    def set_status(self, model, status):
        self.ask("PUT", f"{MODELS}/{model['id']}/status", {"status": status})
        self.changes += 1
