"""An OpenAI-compatible endpoint that does what a test tells it to: it answers when it is let, and counts."""
import contextlib
import http.server
import json
import threading

import pytest

DEADLINE_S = 30


class Call:
    """One request that has come in. It is answered when the test says so, or at once by the endpoint's rule."""

    def __init__(self, path, headers, body):
        self.path, self.headers, self.body = path, headers, body
        self.answer = None
        self.beginning = None
        self.answered = threading.Event()
        self.gone = threading.Event()  # the caller has hung up

    @property
    def text(self):
        """Of the last message, or what is to be embedded."""
        return self.body["messages"][-1]["content"] if "messages" in self.body else self.body.get("input")

    def reply(self, text="done", prompt_tokens=3, completion_tokens=5):
        usage = {"prompt_tokens": prompt_tokens, "completion_tokens": completion_tokens,
                 "total_tokens": prompt_tokens + completion_tokens}
        pieces = [text[:len(text) // 2], text[len(text) // 2:]]
        chunks = [{"choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": None}]} for piece in pieces]
        chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        chunks.append({"choices": [], "usage": usage})
        self.send(200, "text/event-stream", "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks)
                  + "data: [DONE]\n\n")

    def fail(self, status, headers=None, message="no"):
        self.send(status, "application/json", json.dumps({"error": {"message": message}}), headers)

    def begin(self, piece):
        """The head of a stream and its first bytes; no more comes until the caller hangs up."""
        self.beginning = piece

    def send(self, status, content_type, body, headers=None):
        self.answer = (status, content_type, body.encode(), headers or {})
        self.answered.set()


class Endpoint:
    """Its calls in the order in which they came. `rule(call)` answers at once; without one each waits for its test."""

    def __init__(self):
        self.calls, self.rule = [], None
        self.running = self.most = 0
        self._changed = threading.Condition()
        endpoint = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                endpoint._serve(self, Call(self.path, dict(self.headers), body))

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 1024

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    @property
    def port(self):
        return self._server.server_address[1]

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/v1"

    def _serve(self, handler, call):
        with self._changed:
            self.calls.append(call)
            self.running += 1
            self.most = max(self.most, self.running)
            self._changed.notify_all()
        try:
            if self.rule:
                self.rule(call)
            if call.beginning:
                self._begin(handler, call.beginning)
            self._await(handler, call)
            if call.answer:
                self._answer(handler, *call.answer)
        except OSError:
            call.gone.set()
        finally:
            with self._changed:
                self.running -= 1
                self._changed.notify_all()

    @staticmethod
    def _await(handler, call):
        """Until it is answered, or the caller has hung up."""
        handler.connection.settimeout(0.05)
        while not call.answered.wait(0):
            try:
                if handler.connection.recv(1) == b"":
                    call.gone.set()
                    handler.close_connection = True
                    return
            except TimeoutError:
                pass
        handler.connection.settimeout(None)

    @staticmethod
    def _begin(handler, piece):
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.end_headers()
        handler.wfile.write(piece)
        handler.wfile.flush()

    @staticmethod
    def _answer(handler, status, content_type, body, headers):
        handler.send_response(status)
        handler.send_header("Content-Type", content_type)
        handler.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    def call(self, number):
        """The call with this number, from 0, once it has come."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.calls) > number, DEADLINE_S), f"{len(self.calls)} calls came"
            return self.calls[number]

    def idle(self):
        with self._changed:
            assert self._changed.wait_for(lambda: self.running == 0, DEADLINE_S)

    def close(self):
        for call in self.calls:
            call.answered.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextlib.contextmanager
def running():
    endpoint = Endpoint()
    try:
        yield endpoint
    finally:
        endpoint.close()


@pytest.fixture
def endpoint():
    with running() as made:
        yield made
