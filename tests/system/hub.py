"""A server under test, its HTTP client and its live client. Every answer and frame is held against schemas/."""
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import time
import urllib.parse
import uuid

import contract
import requests
import websockets.sync.client

TOKEN = "test-token-0123456789abcdef0123456789abcdef"
DEADLINE_S = 30.0
BINARY = pathlib.Path(os.environ.get("HUB_BINARY", contract.ROOT / "build" / "release" / "computehub"))

# Has a server meet failing and slow disks and a clock that is off; tests/system/faults.cpp says how.
FAULTS = BINARY.parent / "tests" / "libfaults.so"


def copy_of_the_living(folder, to):
    """A copy of a folder that somebody works in: what goes meanwhile is left out."""
    try:
        shutil.copytree(folder, to, symlinks=True)
    except shutil.Error as error:
        left_out = [why for _, _, why in error.args[0] if "No such file or directory" not in why]
        assert not left_out, left_out


def eventually(condition, what, deadline_s=DEADLINE_S):
    """Asks until `condition()` is true and answers what it said. Only for what no `?wait=` and no frame tells."""
    end = time.monotonic() + deadline_s
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < end, f"not within {deadline_s:g} s: {what}"
        select.select([], [], [], 0.02)


def listed(client, path, total, **filters):
    """The page of a list when its total is `total`. For what was written at no one position; of one write `min_pos=` is behind it."""
    def page():
        found = client.get(path, **filters).json()
        return found if found["total"] == total else None

    return eventually(page, f"{total} of {path} with {filters}")


def unique(word):
    return f"{word}-{uuid.uuid4().hex[:12]}"


def processes_under(folder):
    """pid → command line of every process that works in `folder` or names it in its arguments."""
    found = {}
    folder = str(pathlib.Path(folder).resolve())
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if os.readlink(entry / "cwd").startswith(folder) or folder in command:
                found[int(entry.name)] = command
        except OSError:
            continue  # it ended meanwhile
    return found


class Server:
    """One `computehub serve --dev` on a data folder; may be killed and started again."""

    def __init__(self, folder, arguments=(), dev=True, environment=None):
        self.folder = pathlib.Path(folder)
        self.data = self.folder / "data"
        self.arguments = [*(["--dev"] if dev else []), *arguments]
        self.environment = {**os.environ, "COMPUTEHUB_DEV_TOKEN": TOKEN, **(environment or {})}
        self.process = None
        self.url = None
        self.starts = 0

    def start(self):
        self.starts += 1
        self.errors = self.folder / f"stderr-{self.starts}.txt"
        command = [BINARY, "serve", *self.arguments, "--data", self.data, "--listen", "127.0.0.1:0"]
        with self.errors.open("wb") as errors:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, env=self.environment)
        line = self._first_line()
        assert line.startswith(("listening on http://", "listening on https://")), f"first line is {line!r}: {self.errors.read_text()[-2000:]}"
        self.url = line.removeprefix("listening on ").strip()
        return self

    def _first_line(self):
        out = self.process.stdout.fileno()
        line = b""
        end = time.monotonic() + DEADLINE_S
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([out], [], [], max(0.0, end - time.monotonic()))
            assert ready, f"no line on standard output within {DEADLINE_S:g} s: {self.errors.read_text()[-2000:]}"
            byte = os.read(out, 1)
            if not byte:
                break
            line += byte
        return line.decode()

    def rest_of_output(self):
        """What standard output held behind the first line; the server must have ended."""
        return self.process.stdout.read()

    def stop(self):
        """Asks it to end and answers its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(DEADLINE_S)

    def kill(self):
        self.process.kill()
        self.process.wait(DEADLINE_S)

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def client(self, token=TOKEN):
        return Client(self.url, token)

    def live(self, token=TOKEN, **options):
        return Live(self.url, token, **options)

    def clean_up(self):
        """Ends the server and every process that it left behind: deployments outlive a server."""
        if self.is_running():
            self.kill()
        if self.process is not None:
            self.process.stdout.close()
        for pid in processes_under(self.data):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


class Client:
    """HTTP with a token. Answers are checked against the OpenAPI document before the test sees them."""

    def __init__(self, url, token=TOKEN):
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False
        if token:
            self.session.headers["Authorization"] = f"Bearer {token}"
        self.session.hooks["response"].append(self._check)

    @staticmethod
    def _check(response, *_, stream=False, **__):
        if stream:
            return
        path = urllib.parse.urlsplit(response.request.url).path
        content_type = response.headers.get("Content-Type", "").split(";")[0]
        contract.check_answer(response.request.method, path, response.status_code, content_type, response.content)

    def request(self, method, path, **options):
        options.setdefault("timeout", 60)
        options.setdefault("allow_redirects", False)
        return self.session.request(method, self.url + path, **options)

    def get(self, path, **params):
        return self.request("GET", path, params=params)

    def post(self, path, body=None, headers=None, **params):
        return self.request("POST", path, json=body, headers=headers, params=params)

    def put(self, path, body=None, **params):
        return self.request("PUT", path, json=body, params=params)

    def patch(self, path, body, **params):
        return self.request("PATCH", path, json=body, params=params)

    def delete(self, path, **params):
        return self.request("DELETE", path, params=params)

    def create(self, shell=None, headers=None, wait=None, timeout="30s", project=None, **fields):
        """Makes a deployment that runs a line of shell, and answers it."""
        body = {"name": unique("test"), "provider": "local", "command": ["sh", "-c", shell or "exec sleep 600"], **fields}
        params = {"wait": wait, "timeout": timeout} if wait else {}
        if project:
            params["project"] = project
        answer = self.post("/api/v1/deployments", body, headers=headers, **params)
        assert answer.status_code == 201, answer.text
        if wait:
            assert answer.json()["status"] == wait, answer.text
        return answer.json()

    def deployment(self, id, **params):
        answer = self.get(f"/api/v1/deployments/{id}", **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def act(self, id, action, wait=None, timeout="30s"):
        """start, stop, restart or delete; with `wait` until it has that status."""
        params = {"wait": wait, "timeout": timeout} if wait else {}
        path = f"/api/v1/deployments/{id}"
        answer = self.delete(path, **params) if action == "delete" else self.post(f"{path}/{action}", **params)
        assert answer.status_code in ((200,) if wait else (200, 202)), answer.text
        return answer.json()

    def logs(self, id, **params):
        answer = self.get(f"/api/v1/deployments/{id}/logs", **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def history(self, id):
        """Every event of one deployment."""
        events, after = [], {}
        while True:
            page = self.get(f"/api/v1/deployments/{id}/events", **after).json()
            if not page["items"]:
                return events
            for event in page["items"]:
                contract.check_event_data(event)
            events += page["items"]
            after = {"after": page["next_cursor"]}

    def make_key(self, role="dev", project="default", **fields):
        """A new API key: (id, token)."""
        body = {"name": unique("key"), "project": project, "role": role, **fields}
        answer = self.post("/api/v1/api-keys", body)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"], answer.json()["token"]


class Live:
    """One WebSocket. Frames are checked against the AsyncAPI document as they come."""

    def __init__(self, url, token=TOKEN, subprotocols=None, headers=None):
        headers = dict(headers or {})
        if token and not subprotocols:
            headers["Authorization"] = f"Bearer {token}"
        self.socket = websockets.sync.client.connect(
            url.replace("http://", "ws://") + "/api/v1/live", additional_headers=headers, subprotocols=subprotocols,
            max_size=None, open_timeout=DEADLINE_S, compression=None, proxy=None)
        self.pending = []
        self.last_id = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def cut(self):
        """Drops the connection without a word, as a broken network does."""
        self.socket.socket.shutdown(2)

    def send(self, message):
        self.socket.send(json.dumps(message) if isinstance(message, dict) else message)

    def receive(self, deadline_s=DEADLINE_S):
        frame = json.loads(self.socket.recv(deadline_s))
        contract.check_frame(frame)
        return frame

    def expect(self, condition, what="a frame", deadline_s=DEADLINE_S):
        """The first frame not yet taken that meets `condition`; the others stay, in order."""
        for index, frame in enumerate(self.pending):
            if condition(frame):
                return self.pending.pop(index)
        end = time.monotonic() + deadline_s
        while True:
            left = end - time.monotonic()
            assert left > 0, f"no {what} within {deadline_s:g} s; came: {str(self.pending)[-2000:]}"
            try:
                frame = self.receive(left)
            except TimeoutError:
                continue
            if condition(frame):
                return frame
            self.pending.append(frame)

    def subscribe(self, stream, after=None):
        """Answers the `subscribed` frame."""
        self.last_id += 1
        message = {"type": "subscribe", "id": self.last_id, "stream": stream}
        if after is not None:
            message["after"] = after
        self.send(message)
        frame = self.expect(
            lambda f: f["type"] in ("subscribed", "error") and f.get("id") == message["id"], f"answer to {message}")
        assert frame["type"] == "subscribed", frame
        return frame

    def of(self, stream, kind="event", where=lambda data: True):
        """The next event (or snapshot) of a stream whose data meets `where`."""
        return self.expect(
            lambda f: f["type"] == kind and f["stream"] == stream and where(f["data"]), f"{kind} of {stream}")

    def frames(self, stream, done):
        """Events of a stream in order, one by one, until `done(frame)` is true of the last."""
        while True:
            frame = self.of(stream)
            yield frame
            if done(frame):
                return
