"""Machines on a network of the test's own: each is a network namespace with one cable to a switch, which is the namespace
of the test. What goes wrong does so by link down, blackhole routes and nftables; nothing of it reaches this machine."""
import contextlib
import ctypes
import os
import shutil
import socket
import subprocess
import threading

import brokers
import hub
import nodes
import proxy

CLONE_NEWNET = 0x40000000
NET = "10.77.0"
SWITCH = f"{NET}.254"
COMMAND_S = 20
LIBC = ctypes.CDLL(None, use_errno=True)

TABLE = """table inet hub {{
  chain in {{
    type filter hook input priority 0
    {incoming}
  }}
  chain out {{
    type filter hook output priority 0
    {outgoing}
  }}
}}
"""


def missing():
    """A sentence about the right or the program that this machine lacks; none: None."""
    for program in ("unshare", "nsenter", "ip", "nft"):
        if not shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"):
            return f"there is no program `{program}` here; ops/setup installs it"
    tried = ("ip link add name one type veth peer name two", "ip link add name three type bridge",
             "ip route add blackhole 10.77.9.9/32",
             "nft add table inet t", "nft add chain inet t c '{ type filter hook input priority 0; }'",
             "nft add rule inet t c numgen random mod 100 '<' 50 drop")
    for command in tried:
        script = "; ".join(("ip link set lo up", *(f"{each} || exit 1" for each in tried[:tried.index(command) + 1])))
        done = subprocess.run(["unshare", "--net", "sh", "-c", script], capture_output=True, text=True, timeout=COMMAND_S)
        if done.returncode != 0:
            return f"this machine does not permit `{command}` in a network namespace of one's own: {done.stderr.strip()}"
    return None


def command(*words, text=None):
    done = subprocess.run(list(map(str, words)), input=text, capture_output=True, text=True, timeout=COMMAND_S)
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"


def enter(descriptor):
    """This thread, and what it starts, is there from now on."""
    if LIBC.setns(descriptor, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def own_namespace():
    return os.open(f"/proc/self/task/{threading.get_native_id()}/ns/net", os.O_RDONLY | os.O_CLOEXEC)


class Machine:
    def __init__(self, name, number):
        self.name, self.address, self.cable = name, f"{NET}.{number}", f"cable{number}"
        # It lasts for as long as this process does, which ends with the test.
        self.holder = subprocess.Popen(
            ["unshare", "--net", "sh", "-c", "echo there; exec cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.holder.stdout.readline() == b"there\n"
        self.descriptor = os.open(f"/proc/{self.holder.pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        command("ip", "link", "add", "name", self.cable, "type", "veth", "peer", "name", "data", "netns", self.holder.pid)
        command("ip", "link", "set", self.cable, "master", "switch", "up")
        self.run("ip", "address", "add", f"{self.address}/24", "dev", "data")
        for link in ("lo", "data"):
            self.run("ip", "link", "set", link, "up")

    def run(self, *words, text=None):
        command("nsenter", f"--net=/proc/{self.holder.pid}/ns/net", *words, text=text)

    @contextlib.contextmanager
    def inside(self):
        before = own_namespace()
        try:
            enter(self.descriptor)
            yield
        finally:
            enter(before)
            os.close(before)

    def close(self):
        os.close(self.descriptor)
        self.holder.stdin.close()
        self.holder.stdout.close()
        self.holder.wait(COMMAND_S)

    # What goes wrong. mend() ends all of it.

    def unplug(self):
        self.run("ip", "link", "set", "data", "down")

    def blackhole(self, others):
        for other in others:
            self.run("ip", "route", "add", "blackhole", f"{other.address}/32")

    def drop(self, others, incoming=True, outgoing=True, percent=100):
        addresses = f"{{ {', '.join(other.address for other in others)} }}"
        chance = f"numgen random mod 100 < {percent} " if percent < 100 else ""
        self.run("nft", "-f", "-", text=TABLE.format(
            incoming=f"ip saddr {addresses} {chance}drop" if incoming else "",
            outgoing=f"ip daddr {addresses} {chance}drop" if outgoing else ""))

    def mend(self):
        self.run("nft", "flush", "ruleset")
        self.run("ip", "route", "flush", "type", "blackhole")
        self.run("ip", "link", "set", "data", "up")


class Network:
    """The switch is where the test's main thread is until close()."""

    def __init__(self, names):
        self.before = own_namespace()
        if LIBC.unshare(CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "unshare")
        command("ip", "link", "set", "lo", "up")
        command("ip", "link", "add", "name", "switch", "type", "bridge")
        command("ip", "address", "add", f"{SWITCH}/24", "dev", "switch")
        command("ip", "link", "set", "switch", "up")
        self.machines = {name: Machine(name, number) for number, name in enumerate(names, start=1)}

    def __getitem__(self, name):
        return self.machines[name]

    def mend(self):
        for machine in self.machines.values():
            machine.mend()

    def close(self):
        for machine in self.machines.values():
            machine.close()
        enter(self.before)
        os.close(self.before)


class Door:
    """Leads from a port here to one of a machine's loopback, whatever its cable does."""

    def __init__(self, machine):
        self.machine, self.target = machine, None
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        enter(self.machine.descriptor)
        with contextlib.suppress(OSError):  # closed
            while True:
                client, _ = self.listener.accept()
                try:
                    there = socket.create_connection(("127.0.0.1", self.target), COMMAND_S)
                except OSError:
                    client.close()
                    continue
                there.settimeout(None)
                for one, other in ((client, there), (there, client)):
                    threading.Thread(target=pump, args=(one, other), daemon=True).start()

    def close(self):
        proxy.shut(self.listener)
        self.listener.close()


def pump(one, other):
    with contextlib.suppress(OSError):
        while data := one.recv(proxy.CHUNK):
            other.sendall(data)
    proxy.shut(other)
    proxy.shut(one)


class ServerThere(hub.Server):
    """A node on a machine."""

    def __init__(self, machine, home, arguments):
        super().__init__(home, arguments=arguments)
        self.machine, self.door = machine, Door(machine)

    def start(self):
        with self.machine.inside():
            super().start()
        self.door.target = int(self.url.rpartition(":")[2])
        self.url = self.door.url
        return self

    def clean_up(self):
        super().clean_up()
        self.door.close()


def nodes_on(machines):
    """What makes nodes, each on the machine of its name."""
    class NodesThere(nodes.Nodes):
        def server(self, name, home, arguments):
            return ServerThere(machines[name], home, arguments)
    return NodesThere


def cluster_on(folder, machines):
    """Brokers, each on a machine; started by start()."""
    class MemberThere(brokers.cluster.Member):
        def launch(self, runtime):
            with machines[self.node - 1].inside():
                return super().launch(runtime)

    class ClusterThere(brokers.cluster.Cluster):
        def _member(self, node, ports):
            return MemberThere(self.folder, node, ports, machines[node - 1].address)

    return ClusterThere(folder)
