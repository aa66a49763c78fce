"""Clients that send commands to random nodes and note how each went, and followers of the live stream."""
import contextlib
import http.client
import json
import threading
import time
import uuid

import campaign
import checker
import hub
import recorder
import websockets.exceptions
import websockets.sync.client

# What is answered so was not done, and may be tried again with the same key.
NOT_DONE = {"log.unavailable", "queue.full", "server.stopping", "partition.moved", "disk.full", "command.expired"}
PER_CLIENT_MAX = 40
GIVE_UP_S = 90
ANSWER_S = 12  # a command is answered within 5 s, if only with where to ask later


class Recorder(threading.Thread):
    """One client: creates, changes, starts and stops deployments of its own, at whatever node it comes upon. What is not
    answered it sends again with its key, mostly, at another node. With `is_home` it keeps to what lies in one partition, as
far as it can: that others are without an owner does not keep it from writing."""

    def __init__(self, nodes, dice, done, is_home=None):
        super().__init__(daemon=True)
        self.nodes, self.dice, self.done, self.is_home = nodes, dice, done, is_home
        self.operations, self.faults, self.mine, self.wires = [], [], [], {}
        self.unheard = 0  # repeats of what a node had not heard of

    def run(self):
        try:
            while not self.done.is_set():
                self._one()
        except Exception as fault:  # told by the test
            self.faults.append(repr(fault))

    def _one(self):
        wants_more = self.is_home is None and len(self.mine) < PER_CLIENT_MAX
        new = not self.mine or (wants_more and self.dice.random() < 0.4)
        kind = "create" if new else self.dice.choice(("change",) * 6 + ("start", "stop"))
        entity = "" if new else self.dice.choice(self.mine)
        operation = checker.Operation(kind, entity, uuid.uuid4().hex, uuid.uuid4().hex, "", time.monotonic())
        self.operations.append(operation)
        insists = self.dice.random() < 0.7
        while True:
            self._attempt(operation)
            over = self.done.is_set() and time.monotonic() > operation.began + GIVE_UP_S
            may_yet = operation.outcome == checker.UNKNOWN or operation.code in NOT_DONE or operation.code == "refused"
            if not may_yet or not insists or over:
                break
            threading.Event().wait(0.05)
        if operation.outcome == checker.OK and self.dice.random() < 0.1:
            self._repeat(operation)
        if operation.outcome == checker.OK and new and (self.is_home is None or self.is_home(operation.entity)):
            self.mine.append(operation.entity)

    def _request(self, operation):
        path = f"{campaign.PATH}/{operation.entity}" if operation.kind != "create" else campaign.PATH
        if operation.kind == "create":
            return "POST", path, recorder.creation(operation.mark)
        if operation.kind == "change":
            return "PATCH", path, {"labels": {"mark": operation.mark}}
        return "POST", f"{path}/{operation.kind}", None

    def _attempt(self, operation):
        """Once, at a node of its choice; then the outcome is what is certain of all attempts."""
        operation.tries += 1
        operation.node = self.dice.choice(up(self.nodes))
        doubt = operation.outcome == checker.UNKNOWN and operation.tries > 1
        try:
            status, body = self._wire(operation.node).ask(*self._request(operation), operation.key)
            # A command that waits on the topic is followed until it is certain.
            if status == 202 and "status_url" in body:
                status, body = self._follow(operation, body["status_url"])
        except ConnectionRefusedError:
            if not doubt:
                self._note(operation, checker.FAIL, 0, "refused")
            return
        except (OSError, http.client.HTTPException):
            self._drop(operation.node)
            self._note(operation, checker.UNKNOWN, 0, "cut")
            return
        code = body.get("code", "")
        # A start of what is being stopped, and the like.
        refused = status in (404, 409, 410, 412, 422) and code != "idempotency.other_body"
        if status in (200, 201, 202):
            self._note(operation, checker.OK, status, "")
            operation.entity = operation.entity or body.get("id") or body.get("entity")
        elif code in NOT_DONE or refused:
            # This attempt was not; an earlier one of the same key may be.
            self._note(operation, checker.UNKNOWN if doubt else checker.FAIL, status, code)
        elif status in (503, 504):
            self._note(operation, checker.UNKNOWN, status, code)
        else:
            self._note(operation, checker.UNKNOWN, status, code)
            self.faults.append((operation, body))

    def _follow(self, operation, url):
        """(status, body) as if it had been waited for: asked at any node until it is certain."""
        end = time.monotonic() + GIVE_UP_S
        while time.monotonic() < end:
            node = self.dice.choice(up(self.nodes))
            try:
                status, body = self._wire(node).ask("GET", url)
            except (OSError, http.client.HTTPException):
                self._drop(node)
                threading.Event().wait(0.1)
                continue
            if status == 200:
                if body["state"] == "accepted":
                    return 200, body
                return body["status"], body
            assert status in (404, 503), (status, body)
            threading.Event().wait(0.1)
        raise http.client.HTTPException("nobody knows what became of it")

    def _repeat(self, operation):
        """An acknowledged command, sent again with its key elsewhere, is answered as before and not done again."""
        node = self.dice.choice(up(self.nodes))
        try:
            status, body = self._wire(node).ask(*self._request(operation), operation.key)
        except (OSError, http.client.HTTPException):
            self._drop(node)
            return
        if status == 201 and body["id"] != operation.entity:
            self.faults.append((operation, node, body))
        elif status == 404 and body.get("code") == "deployment.not_found":
            self.unheard += 1  # that node has not read of the create yet: it is behind, or cut off
        elif status not in (200, 201, 202, 503, 429, 504):
            self.faults.append((operation, node, status, body))

    def _note(self, operation, outcome, status, code):
        operation.ended, operation.outcome, operation.status, operation.code = time.monotonic(), outcome, status, code

    def _wire(self, node):
        url = url_of(self.nodes, node)
        kept = self.wires.get(node)
        if kept is None or kept.url != url:
            self._drop(node)
            self.wires[node] = kept = JsonWire(url)
        return kept

    def _drop(self, node):
        kept = self.wires.pop(node, None)
        if kept is not None:
            kept.close()


def up(nodes):
    """Names of nodes that have started and are not paused."""
    return [name for name, server in list(nodes.items()) if server.url and not getattr(server, "paused", False)]


def url_of(nodes, name):
    server = nodes.get(name)
    if server is None:
        raise ConnectionRefusedError(f"{name} has left")
    return server.url


class JsonWire(recorder.Wire):
    def __init__(self, url):
        super().__init__(url)
        self.url = url
        self.connection.timeout = ANSWER_S
        self.connection.sock.settimeout(ANSWER_S)

    def ask(self, *arguments):
        status, text = super().ask(*arguments)
        return status, json.loads(text or b"{}")


class Follower(threading.Thread):
    """Follows `events` from before the first one on; whenever it is cut, and now and then by itself, it goes on at another
    node with its cursor."""

    def __init__(self, nodes, dice, at):
        super().__init__(daemon=True)
        self.nodes, self.dice, self.node = nodes, dice, at
        self.ids, self.cursor, self.resumes, self.fault = [], None, 0, None
        self.ready, self.done = threading.Event(), threading.Event()
        self.cut_off = set()  # nodes that may have no way to the brokers at the moment

    def run(self):
        while not self.done.is_set() and self.fault is None:
            try:
                self._follow(self.dice.randint(20, 200))
            except (OSError, TimeoutError, websockets.exceptions.WebSocketException):
                self.done.wait(0.05)
            except Exception as fault:  # told by the test
                self.fault = repr(fault)
            self.node = self.dice.choice(up(self.nodes))

    def _follow(self, frames):
        # A paused node takes connections and says nothing.
        with Quick(url_of(self.nodes, self.node)) as live:
            answer = live.subscribe("events", after=self.cursor)
            if self.cursor is not None and answer["recovered"] is not True and self.node in self.cut_off:
                return  # it has not read so far, and cannot: others have
            if self.cursor is not None:
                assert answer["recovered"] is True, answer
                self.resumes += 1
            self.cursor = answer["cursor"]
            self.ready.set()
            while not self.done.is_set() and frames:
                with contextlib.suppress(TimeoutError):
                    message = live.receive(0.2)
                    if message["type"] != "event":
                        assert message["type"] == "closed", message
                        return
                    self.ids.append(message["data"]["id"])
                    self.cursor = message["cursor"]
                    frames -= 1
            live.cut()


class Quick(campaign.QuickLive):
    """Gives up sooner on a node that is paused."""

    def __init__(self, url):
        self.socket = websockets.sync.client.connect(
            url.replace("http://", "ws://") + "/api/v1/live", max_size=None, open_timeout=3, close_timeout=1,
            compression=None, proxy=None, additional_headers={"Authorization": f"Bearer {hub.TOKEN}"})
        self.pending, self.last_id = [], 0

    def expect(self, condition, what="a frame", deadline_s=3):
        try:
            return super().expect(condition, what, deadline_s)
        except AssertionError as fault:
            raise TimeoutError(str(fault)) from fault
