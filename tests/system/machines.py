"""A machine that runs no engine: `computehub agent` under test."""
import os
import pathlib
import signal
import socket
import select
import subprocess
import threading
import time

import hub

SESSION_S = 6


class Agent:
    """One agent on a data folder; may be killed and started again."""

    def __init__(self, folder, name, servers, token=hub.TOKEN, arguments=()):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(exist_ok=True)
        self.data = self.folder / "data"
        self.name, self.servers, self.token, self.arguments = name, servers, token, list(arguments)
        self.process = None
        self.starts = 0

    def start(self, wait=True):
        self.starts += 1
        self.errors = self.folder / f"stderr-{self.starts}.txt"
        command = [hub.BINARY, "agent", "--server", ",".join(self.servers), "--name", self.name, "--data", self.data,
                   *self.arguments]
        environment = {**os.environ, "COMPUTEHUB_TOKEN": self.token}
        with self.errors.open("wb") as errors:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors,
                                            env=environment)
        if wait:
            line = self._first_line()
            assert line.startswith("attached to "), f"{line!r}: {self.log()[-2000:]}"
        return self

    def _first_line(self):
        out = self.process.stdout.fileno()
        line = b""
        end = time.monotonic() + hub.DEADLINE_S
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([out], [], [], max(0.0, end - time.monotonic()))
            assert ready, f"not attached within {hub.DEADLINE_S:g} s: {self.log()[-2000:]}"
            byte = os.read(out, 1)
            if not byte:
                break
            line += byte
        return line.decode()

    def log(self):
        return self.errors.read_text()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(hub.DEADLINE_S)

    def kill(self):
        self.process.kill()
        self.process.wait(hub.DEADLINE_S)

    def wait(self):
        """Its exit status, when it ends by itself."""
        return self.process.wait(hub.DEADLINE_S)

    def running(self, command):
        """Processes of its deployments whose command line begins so."""
        return [line for line in hub.processes_under(self.data).values() if line.startswith(command)]

    def clean_up(self):
        if self.process is not None:
            if self.process.poll() is None:
                self.kill()
            self.process.stdout.close()
        for pid in hub.processes_under(self.data):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


class Proxy:
    """Passes TCP connections on to a server, until it is told to cut or to hold them."""

    def __init__(self, url):
        host, port = url.removeprefix("http://").split(":")
        self.target = (host, int(port))
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = "http://127.0.0.1:%d" % self.listener.getsockname()[1]
        self.lock = threading.Lock()
        self.pairs = []
        self.opened = 0
        self.cut_after = None  # bytes from the agent, of the connection that comes next
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(self.target)
            except OSError:
                near.close()
                continue
            with self.lock:
                self.pairs.append((near, far))
                self.opened += 1
                budget, self.cut_after = self.cut_after, None
            threading.Thread(target=self._pass, args=(near, far, budget), daemon=True).start()
            threading.Thread(target=self._pass, args=(far, near, None), daemon=True).start()

    def _pass(self, source, sink, budget):
        try:
            while bytes := source.recv(65536):
                if budget is not None:
                    bytes, budget = bytes[:budget], budget - len(bytes)
                sink.sendall(bytes)
                if budget is not None and budget <= 0:
                    break
        except OSError:
            pass
        self._end(source, sink)

    @staticmethod
    def _end(*sockets):
        for one in sockets:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self):
        """Every connection that is there, without a word; new ones are let through."""
        with self.lock:
            pairs, self.pairs = self.pairs, []
        for pair in pairs:
            self._end(*pair)

    def close(self):
        self.listener.close()
        self.cut()
