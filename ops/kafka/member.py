"""One broker of a cluster: its configuration, and its process, known by pid and start time."""
import json
import os
import pathlib
import select
import signal
import subprocess
import time

import jars

HEAP_MB = 384
LOOPBACK = "127.0.0.1"

# Small, for tests and for one machine: few threads, few partitions of Kafka's own topics, nothing waited for at start.
# What else is not Kafka's default: an orphaned transaction is ended within a second, not ten, and a broker that died is
# noticed (and may come back) after four seconds, not nine. A controller that hangs is given up after three seconds, not
# thirty: until then a broker has no ids for producers that are new to it.
# SASL is for tests of credentials: user computehub, password for-tests, at the addresses of DIR/bootstrap-sasl.
PROPERTIES = """\
process.roles=broker,controller
node.id={node}
controller.quorum.voters={voters}
listeners=CLIENT://{address}:{client},SASL://{address}:{sasl},BETWEEN://{address}:{between},CONTROLLER://{address}:{controller}
advertised.listeners=CLIENT://{address}:{advertised},SASL://{address}:{sasl},BETWEEN://{address}:{between}
listener.security.protocol.map=CLIENT:PLAINTEXT,SASL:SASL_PLAINTEXT,BETWEEN:PLAINTEXT,CONTROLLER:PLAINTEXT
sasl.enabled.mechanisms=PLAIN
listener.name.sasl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_computehub="for-tests";
inter.broker.listener.name=BETWEEN
controller.listener.names=CONTROLLER
log.dirs={data}
auto.create.topics.enable=false
default.replication.factor={replication}
min.insync.replicas={in_sync}
offsets.topic.replication.factor={replication}
offsets.topic.num.partitions=8
transaction.state.log.replication.factor={replication}
transaction.state.log.min.isr={in_sync}
transaction.state.log.num.partitions=8
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
group.initial.rebalance.delay.ms=0
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=4000
controller.socket.timeout.ms=3000
num.network.threads=2
num.io.threads=4
background.threads=2
log.cleaner.dedupe.buffer.size=8388608
"""

LOG4J = """\
log4j.rootLogger=INFO, file
log4j.appender.file=org.apache.log4j.RollingFileAppender
log4j.appender.file.File={file}
log4j.appender.file.MaxFileSize=16MB
log4j.appender.file.MaxBackupIndex=2
log4j.appender.file.layout=org.apache.log4j.PatternLayout
log4j.appender.file.layout.ConversionPattern=%d{{ISO8601}} %p %m (%c)%n
"""


def start_of(pid):
    """When a process started, in ticks since boot, and whether it is still more than a zombie: a pid alone may be
    somebody else's by now. None: there is no such process."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def boot():
    return pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip()


class Member:
    def __init__(self, folder, node, ports, address=LOOPBACK):
        self.node = node
        self.address = address
        self.folder = folder / f"broker-{node}"
        self.ports = ports
        self.pid_file = self.folder / "pid.json"

    def configure(self, voters, replication, cluster_id):
        """Writes its files; the data that is there stays."""
        data = self.folder / "data"
        data.mkdir(parents=True, exist_ok=True)
        (self.folder / "server.properties").write_text(PROPERTIES.format(
            node=self.node, voters=voters, data=data, replication=replication, in_sync=max(1, replication - 1),
            address=self.address, **self.ports))
        (self.folder / "log4j.properties").write_text(LOG4J.format(file=self.folder / "server.log"))
        # What `StorageTool format` writes, without a second of Java for it.
        meta = data / "meta.properties"
        if not meta.exists():
            meta.write_text(f"version=1\ncluster.id={cluster_id}\nnode.id={self.node}\n")

    def pid(self):
        """Of the process that was started here, while it lives; else None."""
        try:
            kept = json.loads(self.pid_file.read_text())
        except (OSError, ValueError):
            return None
        same = kept["boot"] == boot() and start_of(kept["pid"]) == kept["start"]
        return kept["pid"] if same else None

    def launch(self, runtime):
        """Starts the process in a session of its own; it outlives the caller. `runtime`: of jars.runtime()."""
        command = [
            jars.java(), *runtime.flags, f"-Xms{HEAP_MB // 2}m", f"-Xmx{HEAP_MB}m", "-XX:+UseSerialGC", "-XX:-UsePerfData",
            "-XX:+ExitOnOutOfMemoryError", "-Djava.awt.headless=true",
            "-Djava.net.preferIPv4Stack=true", f"-Dlog4j.configuration=file:{self.folder / 'log4j.properties'}",
            "-cp", runtime.class_path, "kafka.Kafka", str(self.folder / "server.properties")]
        with open(self.folder / "output.log", "ab") as output:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                       cwd=self.folder, start_new_session=True)
        written = self.pid_file.with_suffix(".new")
        written.write_text(json.dumps({"pid": process.pid, "start": start_of(process.pid), "boot": boot()}))
        written.rename(self.pid_file)
        return process

    def send(self, number):
        """False: it does not run."""
        pid = self.pid()
        if pid is None:
            return False
        os.kill(pid, number)
        return True

    def wait_gone(self, seconds):
        """True when the process has ended within that time."""
        end = time.monotonic() + seconds
        pid = self.pid()
        while pid is not None and time.monotonic() < end:
            try:
                handle = os.pidfd_open(pid)
            except ProcessLookupError:
                break
            try:
                select.select([handle], [], [], max(0.0, end - time.monotonic()))
            finally:
                os.close(handle)
            pid = self.pid()
        return pid is None

    def end(self, seconds):
        """Asks it to shut down, and kills it when that takes longer. A paused one is woken first."""
        self.send(signal.SIGTERM)
        self.send(signal.SIGCONT)
        if not self.wait_gone(seconds):
            self.send(signal.SIGKILL)
            self.wait_gone(seconds)

    def kill(self):
        self.send(signal.SIGKILL)
        self.wait_gone(10)

    def last_words(self):
        """The end of its log, for an error message."""
        text = ""
        for name in ("server.log", "output.log"):
            path = self.folder / name
            if path.exists():
                lines = path.read_text(errors="replace").splitlines()
                kept = [line for line in lines[-200:] if " ERROR " in line or " FATAL " in line or "xception" in line]
                text += "\n".join([f"{path}:", *(kept or lines)[-8:], ""])
        return text
