"""A TCP proxy that knows as much of Kafka's protocol as it takes to find a request and its answer, and hurts them.

It stands between clients and one broker, which tells its clients the proxy's port (ops/kafka/start --advertised)."""
import collections
import contextlib
import dataclasses
import select
import socket
import struct
import threading

END_TXN = 26
HEADER = struct.Struct(">ihhi")  # size, api key, api version, correlation id
CHUNK = 1 << 16
ACCEPT_S = 0.2
CONNECT_S = 10


@dataclasses.dataclass
class Frame:
    """A request or an answer with its size in front; `api` is the request's."""
    api: int
    data: bytes


class Ended(Exception):
    """One side has closed, or the proxy is to close both."""


class Rules:
    """What happens to frames; the default is nothing. Called on the threads of connections; `frame` is on its way until
    a call returns."""

    def request(self, link, frame):
        return frame

    def answer(self, link, frame):
        return frame


class Delay(Rules):
    """Every frame is `mean_s` ± `spread_s` on its way, in order."""

    def __init__(self, mean_s, spread_s, dice):
        self.mean_s, self.spread_s, self.dice = mean_s, spread_s, dice

    def request(self, link, frame):
        link.wait(self.mean_s + self.dice.uniform(-self.spread_s, self.spread_s))
        return frame

    answer = request


class EndsOfTransactions(Rules):
    """Every `every`-th end of a transaction meets one of `fates`, in turn:

    request lost: the broker never sees it, and the connection is cut.
    answer lost: the broker has done it, and the connection is cut.
    answer swallowed: the broker has done it, and nothing more comes over the connection.
    request late: the connection is cut at once; the request comes to the broker seconds later, when the client has asked
    again over another one. (What Jepsen did to Kafka.)
    slow: the request comes to the broker seconds later, over a connection that stays."""

    FATES = ("request lost", "answer lost", "answer swallowed", "request late", "slow")

    def __init__(self, fates, every, dice, late_s=(1.0, 30.0)):
        self.fates, self.every, self.dice, self.late_s = fates, every, dice, late_s
        self.lock = threading.Lock()
        self.seen, self.met, self.under_way, self.on = 0, collections.Counter(), 0, True

    def request(self, link, frame):
        if frame.api != END_TXN:
            return frame
        with self.lock:
            self.seen += 1
            if not self.on or self.seen % self.every:
                return frame
            fate = self.fates[sum(self.met.values()) % len(self.fates)]
            self.met[fate] += 1
            late_s = self.dice.uniform(*self.late_s)
        if fate == "request lost":
            raise Ended
        if fate in ("request late", "slow"):
            if fate == "request late":
                link.cut_client()
            self._hold(link, late_s)
        else:
            link.fate = fate
        return frame

    def _hold(self, link, seconds):
        with self.lock:
            self.under_way += 1
        link.wait(seconds)
        with self.lock:
            self.under_way -= 1

    def answer(self, link, frame):
        if link.fate is None or frame.api != END_TXN:
            return frame
        if link.fate == "answer lost":
            raise Ended
        return None


class Link:
    """One connection of a client, and its own to the broker."""

    def __init__(self, proxy, client):
        self.proxy, self.client = proxy, client
        self.broker = socket.create_connection(("127.0.0.1", proxy.target), CONNECT_S)
        self.fate, self.asked, self.lock = None, {}, threading.Lock()
        self.is_late, self.late_is_answered, self.parts = False, threading.Event(), 2
        for each in (self.client, self.broker):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            each.settimeout(None)
        for part in (self._requests, self._answers):
            threading.Thread(target=self._run, args=(part,), daemon=True).start()

    def wait(self, seconds):
        self.proxy.stopping.wait(max(0.0, seconds))

    def cut_client(self):
        """The request that is on its way gets to the broker all the same."""
        self.is_late = True
        shut(self.client)

    def cut(self):
        shut(self.client)
        shut(self.broker)

    def _run(self, part):
        try:
            part()
        except (OSError, Ended):
            pass
        self.cut()
        with self.lock:
            self.parts -= 1
            if self.parts:
                return
        # Nobody reads from them any more.
        self.client.close()
        self.broker.close()

    def _requests(self):
        while True:
            head = exactly(self.client, HEADER.size)
            size, api, _, correlation = HEADER.unpack(head)
            data = head + exactly(self.client, size + 4 - HEADER.size)
            with self.lock:
                self.asked[correlation] = api
            frame = self.proxy.rules.request(self, Frame(api, data))
            if frame is not None:
                self.broker.sendall(frame.data)
            if self.is_late:
                self.late_is_answered.wait(CONNECT_S)
                return

    def _answers(self):
        while True:
            head = exactly(self.broker, 8)
            size, correlation = struct.unpack(">ii", head)
            data = head + exactly(self.broker, size - 4)
            with self.lock:
                api = self.asked.pop(correlation, -1)
            if self.is_late:
                if api == END_TXN:
                    self.late_is_answered.set()
                continue
            frame = self.proxy.rules.answer(self, Frame(api, data))
            if frame is not None:
                self.client.sendall(frame.data)


class Proxy:
    """Listens on a free port of loopback; `target` is the broker's own, named when it is known."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        self.target, self.rules, self.links = None, Rules(), []
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def _accept(self):
        while not self.stopping.is_set():
            if not select.select([self.listener], [], [], ACCEPT_S)[0]:
                continue
            client, _ = self.listener.accept()
            try:
                self.links.append(Link(self, client))
            except OSError:
                client.close()  # the broker is away

    def close(self):
        self.stopping.set()
        self.thread.join(10)
        self.listener.close()
        for link in self.links:
            link.cut()


def shut(connection):
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def exactly(connection, size):
    data = bytearray()
    while len(data) < size:
        part = connection.recv(min(CHUNK, size - len(data)))
        if not part:
            raise Ended
        data += part
    return bytes(data)
