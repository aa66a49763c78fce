"""One recorder for what clients asked and were answered, and the check of it against the whole log afterwards."""
import collections
import dataclasses
import http.client
import json
import threading
import time
import urllib.parse
import uuid

import campaign
import hub

OK, REFUSED, UNKNOWN = "ok", "refused", "unknown"


@dataclasses.dataclass
class Operation:
    kind: str     # create | change | delete
    entity: str   # id; of a create that was not answered, empty
    mark: str     # what its event carries and no other does: the name that it gives
    key: str
    began: float
    ended: float = 0.0
    outcome: str = UNKNOWN
    status: int = 0


class Wire:
    """A keep-alive connection that costs little; one request at a time."""

    def __init__(self, url):
        parts = urllib.parse.urlsplit(url)
        self.connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
        self.connection.connect()  # fails here, before anything counts as asked

    def ask(self, method, path, body=None, key=None):
        headers = {"Authorization": f"Bearer {hub.TOKEN}", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        self.connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = self.connection.getresponse()
        return answer.status, answer.read()

    def close(self):
        self.connection.close()


def creation(name, **fields):
    return {"name": name, "provider": "local", "command": ["true"], "desired": "stopped", **fields}


class Recorder(threading.Thread):
    """One client: creates, changes and deletes deployments of its own as fast as it can, over the server's deaths."""

    def __init__(self, server, dice, done):
        super().__init__(daemon=True)
        self.server, self.dice, self.done = server, dice, done
        self.operations, self.faults, self.mine = [], [], []

    def run(self):
        while not self.done.is_set():
            try:
                self._until_cut(Wire(self.server.url))
            except (OSError, http.client.HTTPException):
                self.done.wait(0.05)  # between servers

    def _until_cut(self, wire):
        try:
            while not self.done.is_set():
                self._one(wire)
        finally:
            wire.close()

    def _one(self, wire):
        kind = self.dice.choice(("create", "change", "change", "delete")) if self.mine else "create"
        entity = "" if kind == "create" else self.dice.choice(self.mine)
        name = uuid.uuid4().hex
        operation = Operation(kind, entity, name, uuid.uuid4().hex, time.monotonic())
        self.operations.append(operation)
        path = campaign.PATH + (f"/{entity}" if entity else "")
        if kind == "delete":
            self.mine.remove(entity)
            status, text = wire.ask("DELETE", path, key=operation.key)
        else:
            method, body = ("POST", creation(name)) if kind == "create" else ("PATCH", {"name": name})
            status, text = wire.ask(method, path, body, operation.key)
        operation.ended, operation.status = time.monotonic(), status
        if status in (200, 201, 202):
            operation.outcome = OK
            if kind == "create":
                operation.entity = json.loads(text)["id"]
                self.mine.append(operation.entity)
        elif status in (429, 503, 504):  # not done, and may be tried again
            operation.outcome = REFUSED
        else:
            self.faults.append((operation, text))


def whole_log(client):
    """Every event in the order of its partition."""
    events, after = [], {}
    while True:
        page = client.get("/api/v1/events", limit=1000, **after).json()
        if not page["items"]:
            return events
        events += page["items"]
        after = {"after": page["next_cursor"]}


def mark_of(event):
    """(kind, what the command carried) of an event that a command caused."""
    kind = event["type"].removeprefix("computehub.deployment.").removesuffix(".v1")
    if kind == "requested":
        return "create", event["data"]["spec"]["name"]
    if kind == "changed":
        return "change", event["data"].get("name")
    return ("delete", event["subject"]) if kind == "delete_requested" else (None, None)


def check_order(events):
    """K4: versions contiguous in each entity, seqs never back in a partition."""
    versions, seqs = collections.defaultdict(list), collections.defaultdict(list)
    for event in events:
        versions[event["subject"]].append(event["version"])
        partition, seq = map(int, event["id"].split(":"))
        seqs[partition].append(seq)
    assert [subject for subject, found in versions.items() if found != list(range(1, len(found) + 1))] == []
    assert [partition for partition, found in seqs.items() if found != sorted(set(found))] == []


def check_commands(events, operations):
    """K1 to K3: what was acknowledged is there once, what was refused is not, of what was not answered at most one."""
    there = collections.Counter(mark_of(event) for event in events)
    wrong = []
    for operation in operations:
        mark = operation.entity if operation.kind == "delete" else operation.mark
        count = there[(operation.kind, mark)]
        allowed = {OK: (1,), REFUSED: (0,), UNKNOWN: (0, 1)}[operation.outcome]
        if count not in allowed:
            wrong.append((count, operation))
    assert wrong == []


def check_projection(client, events):
    """K5: what the events come to is what is answered."""
    names, deleted = {}, set()
    for event in events:
        kind, mark = mark_of(event)
        if kind in ("create", "change"):
            names[event["subject"]] = mark
        elif kind == "delete":
            deleted.add(event["subject"])
    shown = {}
    for status in ({}, {"status": "deleted"}, {"status": "deleting"}):
        cursor = {}
        while True:
            page = client.get(campaign.PATH, page_size=1000, **status, **cursor).json()
            shown.update({item["id"]: item for item in page["items"]})
            if not page["next_cursor"]:
                break
            cursor = {"cursor": page["next_cursor"]}
    assert {id: item["name"] for id, item in shown.items()} == names
    assert {id for id, item in shown.items() if item["status"] in ("deleted", "deleting")} == deleted
