"""What the record says of models and their tasks, held against what is promised; knows nothing of how it is decided.

Feed it the lines of `computehub audit export` in order; it breaks off at the first broken promise."""
import bisect
import collections
import heapq
import json

ENDED = ("completed", "failed", "cancelled")
NEVER_TRIED_AGAIN = ("call.rejected", "call.unauthorised", "call.forbidden", "call.not_found")


class Broken(AssertionError):
    pass


def hold(promise, *what):
    if not promise:
        raise Broken(" ".join(str(word) for word in what))


class Task:
    __slots__ = ("model", "version", "status", "priority", "submitted", "left", "order", "due", "attempts", "retries",
                 "max_retries", "cancels", "requeues")

    def __init__(self, model):
        self.model, self.version, self.status, self.due = model, 0, None, None
        self.attempts = self.retries = self.cancels = self.requeues = 0


class Model:
    """Its queue and its calls. What waits is in one of two heaps, where entries that no longer hold are left lying."""

    def __init__(self):
        self.version, self.slots, self.limit, self.online = 0, 0, 0, False
        self.cooling, self.tried = None, False  # until when; one call alone is made behind it
        self.ready, self.delayed = [], []
        self.calls, self.pending, self.orders, self.most = set(), 0, 0, 0
        self.full_since, self.full = None, []  # [from, to] of each time at which it took nobody more

    @property
    def may_run(self):
        return 0 if not self.online or self.cooling else 1 if self.tried else self.slots

    def describe(self, spec, time):
        self.slots, self.limit = spec["max_workers"], spec["max_queue_size"]
        self.set_pending(self.pending, time)

    def set_pending(self, pending, time):
        self.pending = pending
        if pending >= self.limit and self.full_since is None:
            self.full_since = time
        elif pending < self.limit and self.full_since is not None:
            self.full.append((self.full_since, time))
            self.full_since = None

    def was_full(self, begin, end):
        """At any instant between the two."""
        if self.full_since is not None and self.full_since <= end:
            return True
        place = bisect.bisect_left(self.full, begin, key=lambda times: times[1])
        return place < len(self.full) and self.full[place][0] <= end


class Oracle:
    def __init__(self):
        self.tasks, self.models = {}, collections.defaultdict(Model)
        self.counts = collections.Counter()
        self._seqs, self._touched, self._complete = {}, set(), False
        self._rules = {
            "task.submitted": self._submitted, "task.started": self._started, "task.completed": self._completed,
            "task.attempt_failed": self._attempt_failed, "task.failed": self._failed,
            "task.cancelled": self._cancelled, "task.call_ended": self._call_ended,
            "task.requeued": self._requeued, "model.created": self._created, "model.changed": self._changed,
            "model.status_set": self._status_set, "model.cooled_down": self._cooled_down, "model.woken": self._woken}

    def read(self, lines):
        for line in lines:
            self.apply(json.loads(line))
        return self

    def apply(self, record):
        kind = record["type"]
        if kind == "computehub.internal.batch-end.v1":
            return self._batch_ended(record)
        if kind == "computehub.export.end.v1":
            self._complete = True
            return None
        if "id" not in record:
            return None
        partition, seq = record["id"].split(":")
        hold(int(seq) == self._seqs.get(partition, 0) + 1, "a record is missing before", record["id"])
        self._seqs[partition] = int(seq)
        rule = self._rules.get(kind.removeprefix("computehub.").removesuffix(".v1"))
        if rule is None:
            hold(not kind.startswith(("computehub.task.", "computehub.model.")), "not known:", kind)
            return None
        self.counts[kind.split(".", 1)[1].removesuffix(".v1")] += 1
        return rule(*self._whose(record), record["data"], record["time"])

    def finish(self):
        """All that was to be done is done."""
        hold(self._complete, "the record is cut off")
        for id, task in self.tasks.items():
            hold(task.status in ENDED, "lost:", id, task.status)
        for id, model in self.models.items():
            hold(not model.calls and model.pending == 0, "left over:", id, model.pending, model.calls)
        return self

    def _whose(self, record):
        """(id of the task, task, model) or (model,); versions have no gap."""
        subject, version = record["subject"], record["version"]
        is_task = "parent" in record
        model_id, model_version = (record["parent"], record["parentversion"]) if is_task else (subject, version)
        model = self.models[model_id]
        self._touched.add(model_id)
        model.version += 1
        hold(model_version == model.version, "a version is missing:", record["id"], model_id, model_version)
        if not is_task:
            return (model,)
        task = self.tasks.get(subject)
        if task is None:
            task = self.tasks[subject] = Task(model_id)
        task.version += 1
        hold(version == task.version, "a version is missing:", record["id"], subject, version)
        hold(task.model == model_id, "of another model:", record["id"])
        return subject, task, model

    def _batch_ended(self, record):
        for model_id in self._touched:
            model = self.models[model_id]
            if len(model.calls) < model.may_run:
                hold(self._first(model) is None, "a slot is free and somebody waits:", model_id, "behind",
                     f"{record['partition']}:{record['last']}")
        self._touched.clear()

    # What waits.

    def _first(self, model):
        """Id of the one whose turn it is."""
        while model.ready:
            _, order, id = model.ready[0]
            task = self.tasks[id]
            if task.status == "pending" and task.due is None and task.order == order:
                return id
            heapq.heappop(model.ready)
        return None

    def _wait(self, id, task, model, due, time):
        task.status, task.due = "pending", due
        if due is None:
            heapq.heappush(model.ready, (-task.priority, task.order, id))
        else:
            heapq.heappush(model.delayed, (due, id))
        model.set_pending(model.pending + 1, time)

    def _take_in(self, id, task, model, data, due, time):
        """Of a newcomer, or of one that a user sends again: it stands behind those that are there."""
        model.orders += 1
        task.order = model.orders
        if not data["starts"]:
            self._wait(id, task, model, due, time)
            return hold(model.pending <= model.limit, "over-admitted:", id, model.pending, "of", model.limit)
        hold(due is None, "before its time:", id)
        hold(self._first(model) is None, "past those that wait:", id)
        return self._run(id, task, model)

    def _run(self, id, task, model):
        hold(len(model.calls) < model.slots, "more than its slots:", id, len(model.calls), model.slots)
        hold(len(model.calls) < model.may_run, "it is not to be called:", id, len(model.calls), model.may_run)
        task.status, task.attempts = "running", task.attempts + 1
        model.calls.add((id, task.attempts))
        model.most = max(model.most, len(model.calls))

    def _hang_up(self, id, model, end):
        hold((id, end["attempt"]) in model.calls, "no such call:", id, end["attempt"])
        model.calls.remove((id, end["attempt"]))

    # Facts about tasks.

    def _submitted(self, id, task, model, data, time):
        hold(task.status is None, "submitted twice:", id)
        task.priority, task.max_retries = data["priority"], data["max_retries"]
        self._take_in(id, task, model, data, data.get("run_at"), time)
        task.submitted, task.left = task.order, model.limit - model.pending

    def _requeued(self, id, task, model, data, time):
        hold(task.status in ("failed", "cancelled"), "sent again, and has not ended:", id, task.status)
        task.retries, task.requeues = 0, task.requeues + 1
        self._take_in(id, task, model, data, None, time)

    def _started(self, id, task, model, data, time):
        hold(task.status == "pending", "started, and does not wait:", id, task.status)
        hold(task.due is None, "before its time:", id)
        hold(self._first(model) == id, "another one is before it:", id, self._first(model))
        heapq.heappop(model.ready)
        model.set_pending(model.pending - 1, time)
        self._run(id, task, model)
        hold(data["attempt"] == task.attempts, "another attempt:", id, data["attempt"])

    def _completed(self, id, task, model, data, time):
        hold(task.status == "running", "completed, and does not run:", id, task.status)
        self._hang_up(id, model, data["end"])
        task.status = "completed"
        if not model.cooling:
            model.tried = False

    def _attempt_failed(self, id, task, model, data, time):
        hold(task.status == "running", "failed, and does not run:", id, task.status)
        self._hang_up(id, model, data["end"])
        if data["end"]["outcome"] != "interrupted":
            task.retries += 1
        hold(data["retries"] == task.retries <= task.max_retries, "tried too often:", id, task.retries)
        self._wait(id, task, model, data.get("retry_at"), time)

    def _failed(self, id, task, model, data, time):
        hold(task.status == "running", "failed, and does not run:", id, task.status)
        self._hang_up(id, model, data["end"])
        task.status = "failed"
        hold(data["end"]["code"] in NEVER_TRIED_AGAIN or task.retries == task.max_retries, "given up too early:", id)

    def _cancelled(self, id, task, model, data, time):
        hold(task.status in ("pending", "running"), "cancelled, and has ended:", id, task.status)
        if task.status == "pending":
            model.set_pending(model.pending - 1, time)
        task.status, task.cancels = "cancelled", task.cancels + 1

    def _call_ended(self, id, task, model, data, time):
        self._hang_up(id, model, data["end"])

    # Facts about models.

    def _created(self, model, data, time):
        model.describe(data["spec"], time)
        model.online = data["status"] == "online"

    def _changed(self, model, data, time):
        model.describe(data["spec"], time)

    def _status_set(self, model, data, time):
        model.online = data["status"] == "online"
        if model.online:
            model.cooling, model.tried = None, False

    def _cooled_down(self, model, data, time):
        model.cooling, model.tried = data["until"], True

    def _woken(self, model, data, time):
        hold(data["at"] <= time, "woken before the time came:", data["at"], time)
        if model.cooling and model.cooling <= data["at"]:
            model.cooling = None
        while model.delayed and model.delayed[0][0] <= data["at"]:
            due, id = heapq.heappop(model.delayed)
            task = self.tasks[id]
            if task.status == "pending" and task.due == due:
                task.due = None
                heapq.heappush(model.ready, (-task.priority, task.order, id))
