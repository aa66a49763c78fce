"""Three nodes on three brokers with clients and followers, and the whole check behind it."""
import collections
import contextlib
import json
import os
import random
import signal
import subprocess
import threading
import time
import uuid

import campaign
import checker
import clients
import hub
import nodes
import topic

SETTLED_S_MAX = 60
TAKEOVER_S_MAX = nodes.SESSION_S + 3
NAMES = ("one", "two", "three")
SHARDS = 1024
DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
REQUESTED = "computehub.deployment.requested.v1"
# What runs here is `true`: that it has ended is still to come.
UNDER_WAY = ("creating", "starting", "running", "stopping", "deleting")
SERVED_S = 45  # until every partition takes writes, however slow the machine


class Rig:
    def __init__(self, several, dice, bootstrap):
        self.several, self.dice, self.bootstrap = several, dice, bootstrap
        self.clients, self.followers, self.done = [], {}, threading.Event()
        self.nodes = several.all
        self.gone = []  # servers that have left for good

    def start(self, clients_count):
        """One client keeps to each partition; so many more roam."""
        for name in NAMES:
            self.several.start(name)
        self.several.shared_out(*NAMES)
        for name in NAMES:
            follower = clients.Follower(self.nodes, random.Random(self.dice.random()), name)
            self.followers[name] = follower
            follower.start()
            assert follower.ready.wait(hub.DEADLINE_S), follower.fault
        # The keys of the first start make events, too.
        self.before = set(topic.Counted(self.read()).shown())
        homes = [lambda id, home=number: partition_of(id) == home for number in range(nodes.PARTITIONS)]
        for is_home in homes + [None] * clients_count:
            client = clients.Recorder(self.nodes, random.Random(self.dice.random()), self.done, is_home)
            self.clients.append(client)
            client.start()
        self.served(time.monotonic())
        return self

    def clean_up(self):
        """Ends everything, whatever state a test left it in."""
        self.done.set()
        for follower in self.followers.values():
            follower.done.set()
        self.several.clean_up()
        for server in self.gone:
            server.clean_up()

    def read(self):
        return topic.read(self.bootstrap, self.several.namespace, nodes.PARTITIONS)

    def operations(self):
        return [operation for client in self.clients for operation in list(client.operations)]

    def served(self, since, deadline_s=SERVED_S):
        """partition → seconds from `since` until the first write that began behind it was acknowledged."""
        found = {}

        def all_served():
            for operation in self.operations():
                if operation.began < since or operation.outcome != checker.OK or not operation.entity:
                    continue
                partition = partition_of(operation.entity)
                took = operation.ended - since
                found[partition] = min(found.get(partition, took), took)
            return len(found) == nodes.PARTITIONS

        end = time.monotonic() + deadline_s
        while not all_served():
            assert time.monotonic() < end, f"only {found} take writes within {deadline_s} s"
            assert not self.faults(), self.faults()
            threading.Event().wait(0.05)
        return found

    def faults(self):
        return [fault for client in self.clients for fault in client.faults] + [
            follower.fault for follower in self.followers.values() if follower.fault]

    def kill(self, name):
        self.nodes[name].kill()
        return time.monotonic()

    def pause(self, name):
        os.kill(self.nodes[name].process.pid, signal.SIGSTOP)
        self.nodes[name].paused = True
        return time.monotonic()

    def resume(self, name):
        os.kill(self.nodes[name].process.pid, signal.SIGCONT)
        self.nodes[name].paused = False

    def longest_without_a_write(self, since):
        """Seconds, of any partition, between two acknowledged writes behind `since`."""
        acks = collections.defaultdict(lambda: [since])
        for operation in self.operations():
            if operation.outcome == checker.OK and operation.entity and operation.ended > since:
                acks[partition_of(operation.entity)].append(operation.ended)
        assert len(acks) == nodes.PARTITIONS
        return max(later - earlier for ends in map(sorted, acks.values()) for earlier, later in zip(ends, ends[1:]))

    def said(self, words):
        """How often the nodes have written that to their logs."""
        return sum(path.read_text(errors="replace").count(words)
                   for server in self.nodes.values() for path in server.folder.glob("stderr-*.txt"))

    def stop_clients(self):
        self.done.set()
        for client in self.clients:
            client.join(2 * clients.GIVE_UP_S)
            assert not client.is_alive(), "a client ends"
        assert not self.faults(), self.faults()[:5]

    def heal_and_check(self):
        """Everything is whole again: K1 to K5 and K8 to K10. Answers figures."""
        for name in NAMES:
            if not self.nodes[name].is_running():
                self.nodes[name].start()
        begun = time.monotonic()
        self.stop_clients()
        settled_s = self._settle(begun)
        history = self.history()
        found = checker.check(history)
        assert found == [], "\n".join(found[:20])
        self._check_nodes()
        return history, self._figures(history, settled_s)

    def history(self):
        streams = {name: follower.ids for name, follower in self.followers.items()}
        written = self.read()
        for name, ids in streams.items():
            streams[name] = sorted(self.before, key=position) + ids
        return checker.History(self.operations(), written, streams)

    def _settle(self, begun):
        """K10: every follower has been told of everything, and nothing is under way at any node."""
        end = begun + SETTLED_S_MAX
        while True:
            open_ends = self._open_ends()
            settled_s = time.monotonic() - begun
            if not open_ends:
                break
            assert time.monotonic() < end, f"not settled within {SETTLED_S_MAX} s: {open_ends[:20]}"
            threading.Event().wait(0.2)
        for follower in self.followers.values():
            follower.done.set()
            follower.join(hub.DEADLINE_S)
        assert not self.faults(), self.faults()[:5]
        return settled_s

    def _open_ends(self):
        found, counted = [], topic.Counted(self.read())
        # What was asked for at a machine that has left for good is owed by nobody else.
        left = {id for id, host in hosts_of(counted).items() if host not in NAMES}
        for name in NAMES:
            client = campaign.QuickClient(self.nodes[name].url)
            for status in UNDER_WAY:
                items = client.get(campaign.PATH, status=status).json()["items"]
                found += [f"{name}: {item['id']} is {status}" for item in items if item["id"] not in left]
        ids = set(counted.shown()) - self.before
        for name, follower in self.followers.items():
            missed = ids - set(follower.ids)
            if missed and not follower.fault:
                found.append(f"the follower from {name}, now at {follower.node}, misses {len(missed)} of {len(ids)}")
        return found

    def _check_nodes(self):
        """K5 and K8: all nodes answer the same; then, on the folder of each stopped one, what it answers from is what
        its copy of the record comes to, and the copy is the topic."""
        answers = {name: everything(campaign.QuickClient(self.nodes[name].url)) for name in NAMES}
        for name in NAMES:
            assert answers[name] == answers[NAMES[0]], f"{name} and {NAMES[0]} answer differently"
        for name in NAMES:
            assert self.nodes[name].stop() == 0, self.nodes[name].errors.read_text()[-2000:]
        shown = {}
        for name in NAMES:
            data = self.nodes[name].data
            for command in (("audit", "verify"), ("projections", "verify")):
                done = subprocess.run([hub.BINARY, "--data", data, *command], capture_output=True, text=True)
                assert done.returncode == 0, f"{command} on {name}: {done.stdout[-1500:]}{done.stderr[-1500:]}"
            shown[name] = heads(data)
        # What was signed as they ended came last to those that ended first; so far as each has got, they agree.
        counted = topic.Counted(self.read())
        for name, found in shown.items():
            for partition, (seq, hash) in found.items():
                ends = {(batch.end.last, batch.end.hash.hex()) for batch in counted.batches[partition]}
                assert seq == 0 or (seq, hash) in ends, f"{name} has {partition}:{seq} with another hash than the topic"

    def _figures(self, history, settled_s):
        outcomes = collections.Counter(operation.outcome for operation in history.operations)
        counted = topic.Counted(history.written)
        codes = collections.Counter(operation.code for operation in history.operations if operation.code)
        return {"commands": len(history.operations), "acknowledged": outcomes[checker.OK],
                "refused": outcomes[checker.FAIL], "unknown": outcomes[checker.UNKNOWN],
                "sent_again": sum(operation.tries - 1 for operation in history.operations),
                "unheard": sum(client.unheard for client in self.clients), "events": len(counted.events()), "void_records": len(counted.void),
                "claims": sum(record.type == topic.CLAIMED for record in history.written),
                "resumes": sum(follower.resumes for follower in self.followers.values()),
                "settled_s": round(settled_s, 1), "exceptions": 0, "codes": ",".join(f"{code}:{count}" for code, count in sorted(codes.items())) or "none"}


def hosts_of(counted):
    """id → the machine that a deployment was given when it was asked for."""
    return {event.attributes["subject"]: json.loads(event.value)["spec"].get("host") for event in counted.events()
            if event.type == REQUESTED}


def percentile(seconds, share):
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def percentiles(name, seconds):
    return {f"{name}_{word}": round(percentile(seconds, share), 2) for word, share in (("p50", 0.5), ("p99", 0.99), ("max", 1))}


def everything(client):
    """id → every deployment that a node shows."""
    shown, cursor = {}, {}
    while True:
        page = client.get(campaign.PATH, page_size=1000, **cursor).json()
        shown.update({item["id"]: item for item in page["items"]})
        if not page["next_cursor"]:
            return shown
        cursor = {"cursor": page["next_cursor"]}


def heads(data):
    """partition → (seq, hash) of the copy in a folder, once it has been found sound."""
    done = subprocess.run([hub.BINARY, "--data", data, "audit", "checkpoint"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    signed = json.loads(done.stdout)
    return {place["partition"]: (place["seq"], place["hash"]) for place in [signed, *signed["heads"]]}


def partition_of(id):
    """The two digits behind the prefix of an id are its shard."""
    high, low = (DIGITS.index(digit) for digit in id[4:6])
    return (32 * high + low) * nodes.PARTITIONS // SHARDS


def position(id):
    return tuple(map(int, id.split(":")))


@contextlib.contextmanager
def three_nodes(brokers, folder, dice, clients, make_nodes=nodes.Nodes):
    """Of a namespace of their own, with clients and followers at work."""
    several = make_nodes(folder, brokers.bootstrap, f"t{uuid.uuid4().hex[:16]}")
    made = Rig(several, dice, brokers.bootstrap)
    try:
        yield made.start(clients)
    finally:
        made.clean_up()
