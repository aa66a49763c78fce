"""A cluster of one or three brokers in a folder: started, stopped, and broken on purpose by tests."""
import base64
import contextlib
import fcntl
import json
import pathlib
import random
import shutil
import signal
import socket
import tempfile
import time
import uuid

import jars
import wire
from jars import Trouble
from member import Member

START_SECONDS = 180
STOP_SECONDS = 15
TRAIN_END_SECONDS = 120
ANSWER_SECONDS = 2
TRIES = 3
# Below the ports that the system gives to outgoing connections, which could take one between our look and the start.
PORTS = range(15000, 32000)
FILE = "cluster.json"
BOOTSTRAP = "bootstrap"
BOOTSTRAP_SASL = "bootstrap-sasl"
KINDS = ("client", "sasl", "between", "controller")


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen(1)
        except OSError:
            return False
        return True


def free_ports(count):
    found = []
    for port in random.sample(PORTS, len(PORTS)):
        if len(found) == count:
            break
        if is_free(port):
            found.append(port)
    if len(found) < count:
        raise Trouble("there are no free ports on 127.0.0.1")
    return found


def train(runtime):
    """Runs a broker for as long as it takes to start, and has it end in order."""
    with tempfile.TemporaryDirectory(prefix="training.", dir=jars.BUILD) as folder:
        kafka = Cluster(folder)
        kafka._start(1, (), runtime)
        kafka.members[0].end(TRAIN_END_SECONDS)


class Cluster:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder).resolve()
        self.members = []
        self.made = None
        with contextlib.suppress(FileNotFoundError):
            self._take(json.loads((self.folder / FILE).read_text()))

    def _take(self, made):
        self.made = made
        self.members = [self._member(broker["node"], broker["ports"]) for broker in made["brokers"]]

    def _member(self, node, ports):
        """A test may spread them over machines of its own."""
        return Member(self.folder, node, ports)

    @contextlib.contextmanager
    def locked(self):
        """One command at a time works on a folder."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self.folder / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.__init__(self.folder)
            yield self

    @property
    def bootstrap(self):
        return self._addresses("advertised")

    def _addresses(self, kind):
        return ",".join(f"{member.address}:{member.ports[kind]}" for member in self.members)

    def member(self, node):
        for member in self.members:
            if member.node == node:
                return member
        raise Trouble(f"there is no broker {node} in {self.folder}")

    def start(self, brokers=None, advertised=()):
        """Starts what does not run yet and waits until all brokers answer. `advertised`: ports that clients are told
        instead of the brokers' own, for a proxy in between."""
        self._start(brokers, advertised, jars.runtime(train))

    def _start(self, brokers, advertised, runtime):
        if self.made and brokers not in (None, len(self.members)):
            raise Trouble(f"{self.folder} holds {len(self.members)} broker(s), not {brokers}; give another --folder")
        for attempt in range(TRIES):
            fresh = self.made is None
            if fresh:
                self._make(brokers or 1, advertised)
            started = [member for member in self.members if member.pid() is None]
            if advertised and len(started) < len(self.members):
                raise Trouble("brokers that run tell their clients other ports already; stop them first")
            if advertised and not fresh:
                self._advertise(advertised)
            try:
                self._launch(started, runtime, fresh)
                return
            except BaseException as error:
                for member in started:
                    member.kill()
                taken = any(not is_free(member.ports[kind]) for member in started for kind in KINDS)
                if not fresh or not taken or not isinstance(error, Trouble) or attempt + 1 == TRIES:
                    raise
                # Somebody took a port between our look and the broker's; nothing is lost with an empty cluster.
                self._forget()

    def _make(self, brokers, advertised):
        ports = iter(free_ports(brokers * len(KINDS)))
        made = {"id": base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("="), "brokers": []}
        for node in range(1, brokers + 1):
            own = {kind: next(ports) for kind in KINDS}
            made["brokers"].append({"node": node, "ports": {**own, "advertised": own["client"]}})
        self._save(made)
        if advertised:
            self._advertise(advertised)

    def _advertise(self, ports):
        if len(ports) != len(self.members):
            raise Trouble(f"--advertised: give {len(self.members)} port(s)")
        for broker, port in zip(self.made["brokers"], ports):
            broker["ports"]["advertised"] = port
        self._save(self.made)

    def _save(self, made):
        written = self.folder / (FILE + ".new")
        written.write_text(json.dumps(made, indent=1) + "\n")
        written.rename(self.folder / FILE)
        self._take(made)
        (self.folder / BOOTSTRAP).write_text(self.bootstrap + "\n")
        (self.folder / BOOTSTRAP_SASL).write_text(self._addresses("sasl") + "\n")

    def remove(self):
        """Ends what runs, and deletes the data; true when there was a process to end."""
        ended = self.stop(at_once=True)
        if self.made:
            self._forget()
        return ended

    def _forget(self):
        (self.folder / FILE).unlink()
        for name in (BOOTSTRAP, BOOTSTRAP_SASL):
            (self.folder / name).unlink(missing_ok=True)
        for member in self.members:
            shutil.rmtree(member.folder, ignore_errors=True)
        self.made, self.members = None, []

    def _launch(self, started, runtime, fresh):
        for member in started:
            for kind in KINDS:
                if not fresh and not is_free(member.ports[kind]):
                    raise Trouble(f"port {member.ports[kind]} of broker {member.node} is taken by another program; "
                                  "end that one, or give another --folder")
        voters = ",".join(f"{member.node}@{member.address}:{member.ports['controller']}" for member in self.members)
        processes = []
        for member in started:
            member.configure(voters, len(self.members), self.made["id"])
            processes.append((member, member.launch(runtime)))
        self._wait_until_all_answer(processes)

    def _wait_until_all_answer(self, processes):
        end = time.monotonic() + START_SECONDS
        waiting = list(self.members)
        while waiting:
            for member, process in processes:
                if process.poll() is not None:
                    raise Trouble(f"broker {member.node} ended while it started\n{member.last_words()}")
            if self._answers(waiting[0]):
                waiting.pop(0)
            elif time.monotonic() > end:
                raise Trouble(f"broker {waiting[0].node} did not answer within {START_SECONDS} s\n{waiting[0].last_words()}")
            else:
                time.sleep(0.05)

    def _answers(self, member):
        """Whether it takes part, and sees that all the others do."""
        try:
            found, controller = wire.members(member.ports["client"], ANSWER_SECONDS, member.address)
        except OSError:
            return False
        return controller >= 0 and all(found.get(each.node) == each.ports["advertised"] for each in self.members)

    def stop(self, at_once=False):
        """Ends what was started here, brokers side by side; true when there was anything to end. The data stays."""
        running = [member for member in self.members if member.pid() is not None]
        for member in running:
            member.send(signal.SIGKILL if at_once else signal.SIGTERM)
            member.send(signal.SIGCONT)
        for member in running:
            member.end(STOP_SECONDS)
        return bool(running)

    def start_one(self, node):
        """Starts one broker again and waits until it takes part; another one may be away."""
        member = self.member(node)
        if member.pid() is not None:
            return
        process = member.launch(jars.runtime(train))
        end = time.monotonic() + START_SECONDS
        while True:
            if process.poll() is not None:
                raise Trouble(f"broker {member.node} ended while it started\n{member.last_words()}")
            with contextlib.suppress(OSError):
                found, controller = wire.members(member.ports["client"], ANSWER_SECONDS, member.address)
                if member.node in found and controller >= 0:
                    return
            if time.monotonic() > end:
                raise Trouble(f"broker {member.node} did not answer within {START_SECONDS} s\n{member.last_words()}")
            time.sleep(0.05)
