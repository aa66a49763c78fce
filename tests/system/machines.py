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
        self.others = []
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

    def start_another(self):
        """A second process of the same folder."""
        first = self.process
        self.others.append(first)
        return self.start(wait=False)

    def wait(self):
        """Its exit status, when it ends by itself."""
        return self.process.wait(hub.DEADLINE_S)

    def running(self, command):
        """Processes of its deployments whose command line begins so."""
        return [line for line in hub.processes_under(self.data).values() if line.startswith(command)]

    def runs(self, command):
        """Waits until one such process is there, and sees that it is one."""
        found = hub.eventually(lambda: self.running(command), f"{command} runs")
        assert len(found) == 1, found

    def clean_up(self):
        for process in [*self.others, *([self.process] if self.process else [])]:
            if process.poll() is None:
                process.kill()
            process.wait(hub.DEADLINE_S)
            process.stdout.close()
        for pid in hub.processes_under(self.data):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


class Proxy:
    """Passes TCP connections on to a server, and cuts them when it is told to."""

    def __init__(self, url):
        self.lead_to(url)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = "http://127.0.0.1:%d" % self.listener.getsockname()[1]
        self.lock = threading.Lock()
        self.pairs = []
        self.is_open = True
        threading.Thread(target=self._accept, daemon=True).start()

    def lead_to(self, url):
        host, port = url.removeprefix("http://").split(":")
        self.target = (host, int(port))

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            try:
                if not self.is_open:
                    raise ConnectionRefusedError
                far = socket.create_connection(self.target)
            except OSError:
                near.close()
                continue
            with self.lock:
                self.pairs.append((near, far))
            for pair in ((near, far), (far, near)):
                threading.Thread(target=self._pass, args=pair, daemon=True).start()

    def _pass(self, source, sink):
        try:
            while bytes := source.recv(65536):
                sink.sendall(bytes)
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

    def cut(self, stay_shut=False):
        """Ends every connection in its middle; new ones are let through, unless it is to stay shut."""
        with self.lock:
            self.is_open = not stay_shut
            pairs, self.pairs = self.pairs, []
        for pair in pairs:
            self._end(*pair)

    def open(self):
        self.is_open = True

    def close(self):
        self.listener.close()
        self.cut()
