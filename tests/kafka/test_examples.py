"""ops/examples on Kafka, run as consumers downstream would: each beside a server, and on records planted for it."""
import json
import pathlib
import signal
import subprocess
import sys
import threading
import uuid

import brokers
import confluent_kafka
import confluent_kafka.admin
import pytest
from planting import Planter, claim, end, event, foreign

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))
import contract  # noqa: E402
import hub  # noqa: E402
import prometheus  # noqa: E402

EXAMPLES = brokers.ROOT / "ops" / "examples"
CONSUMER = [sys.executable, EXAMPLES / "events_consumer.py"]
COUNTS = [EXAMPLES / "deployment-counts" / "run"]
DEPLOYMENT = "computehub.deployment."
DEADLINE_S = 120
BUILD_S = 600


def all_events(client):
    events, after = [], {}
    while True:
        page = client.get("/api/v1/events", limit=1000, **after).json()
        if not page["items"]:
            return events
        events += page["items"]
        after = {"after": page["next_cursor"]}


def counts_of(client):
    """What the server's own lists count; a status that nothing has is left out."""
    totals = {status: client.get("/api/v1/deployments", status=status, page_size=1).json()["total"]
              for status in contract.openapi()["components"]["schemas"]["Status"]["enum"]}
    return {status: total for status, total in totals.items() if total}


def print_until_end(bootstrap, namespace, *arguments, code=0):
    """The events that the consumer prints, and what it says on standard error."""
    done = subprocess.run([*CONSUMER, "--brokers", bootstrap, "--namespace", namespace, "--until-end", *arguments],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=DEADLINE_S)
    assert done.returncode == code, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    # What machines say of themselves, at any time, belongs to no user: the server's API does not show it.
    return [event for event in events if event.get("org") != "system"], done.stderr


class Lines:
    """A program that follows, and the lines that it has printed so far."""

    def __init__(self, command, errors):
        self.errors = errors
        self.lines, self.changed = [], threading.Condition()
        with errors.open("ab") as file:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=file, text=True)
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            with self.changed:
                self.lines.append(line.rstrip("\n"))
                self.changed.notify_all()

    def wait_for(self, condition, what):
        with self.changed:
            good = self.changed.wait_for(lambda: condition(self.lines), DEADLINE_S)
        assert good, f"not within {DEADLINE_S} s: {what}; came: {self.lines[-20:]}\n{self.errors.read_text()[-2000:]}"

    def end(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
        status = self.process.wait(DEADLINE_S)
        self.reader.join()
        self.process.stdout.close()
        return status


def table(lines):
    """The last count of each status; those of nothing are left out."""
    last = dict(line.split(" ") for line in lines)
    return {status: int(count) for status, count in last.items() if count != "0"}


@pytest.fixture(scope="module", autouse=True)
def built():
    """The first start of the counts asks Maven for what they are made of."""
    done = subprocess.run([*COUNTS, "--help"], capture_output=True, text=True, timeout=BUILD_S)
    assert done.returncode == 0 and "--publish" in done.stdout, done.stderr


@pytest.fixture
def guarded(bootstrap_file):
    """Addresses of the same brokers where they want a password."""
    return bootstrap_file.with_name("bootstrap-sasl").read_text().strip()


@pytest.fixture
def counting(guarded, tmp_path):
    """Starts the counts, again on the same stores when it is called again."""
    started = []
    conf = tmp_path / "counts.properties"
    conf.write_text("# for tests\ngroup.instance.id=one\nsecurity.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\n"
                    "sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required "
                    'username="computehub" password="for-tests";\n')

    def start(namespace, *arguments):
        application = f"{tmp_path.name}-{namespace}"
        program = Lines([*COUNTS, "--brokers", guarded, "--namespace", namespace, "--application", application, "--state",
                         tmp_path / "state", "--conf-file", conf, *arguments], tmp_path / "counts-stderr.txt")
        started.append(program)
        return program

    yield start
    for program in started:
        program.end(signal.SIGKILL)


@pytest.fixture(scope="module")
def served(bootstrap, tmp_path_factory):
    """A server for all tests that have it count: (its namespace, its client)."""
    namespace = f"t{uuid.uuid4().hex[:16]}"
    there = ["--kafka-brokers", bootstrap, "--namespace", namespace]
    subprocess.run([hub.BINARY, "kafka", "init", *there, "--partitions", "2"], check=True, capture_output=True)
    server = hub.Server(tmp_path_factory.mktemp("server"), arguments=["--log", "kafka", *there]).start()
    yield namespace, server.client()
    server.clean_up()


# Of each type of event the status behind it, when it comes behind those before it in the list.
STORIES = [
    [("requested", "creating", '{"desired":"running"}')],
    [("requested", "stopped", '{"desired":"stopped"}')],
    [("requested", "creating", '{"desired":"running"}'), ("prepared", "starting", "{}"), ("started", "running", '{"run":1}'),
     ("terminal_opened", "running", "{}"), ("terminal_closed", "running", "{}"),
     ("unreachable", "unreachable", "{}"), ("changed", "unreachable", '{"name":"new"}'), ("reachable", "running", '{"run":1}'),
     ("stop_requested", "stopping", "{}"), ("effect_retried", "stopping", "{}"), ("stopped", "stopped", "{}"),
     ("start_requested", "starting", "{}"), ("started", "running", "{}"), ("restart_scheduled", "starting", "{}"),
     ("start_requested", "starting", "{}"), ("failed", "failed", "{}"), ("delete_requested", "deleting", "{}"),
     ("deleted", "deleted", "{}")],
    [("requested", "stopped", '{"desired":"stopped"}'), ("start_requested", "creating", "{}"), ("prepared", "starting", "{}")],
    [("requested", "creating", '{"desired":"running"}'), ("stopped", "stopped", "{}"), ("prepared", "stopped", "{}"),
     ("start_requested", "starting", "{}")],
]


@pytest.fixture
def planted(bootstrap, namespace):
    """A topic of one partition with a claim in it, and who writes more."""
    topic = confluent_kafka.admin.NewTopic(f"{namespace}.events", num_partitions=1, replication_factor=1)
    admin = confluent_kafka.admin.AdminClient({"bootstrap.servers": bootstrap})
    admin.create_topics([topic])[topic.topic].result(DEADLINE_S)
    planter = Planter(bootstrap, namespace)
    planter.write(claim(1, 1, "first", 0), end(1))
    return planter


def ids_of(events):
    return [event["id"] for event in events]


def test_the_consumer_prints_what_the_server_answers(served, bootstrap):
    namespace, client = served
    client.create("exit 3", wait="failed")
    client.create(wait="running", name="größer", labels={"team": "plan\tB"})
    printed, _ = print_until_end(bootstrap, namespace)
    known = all_events(client)
    assert {event["id"]: event for event in printed} == {event["id"]: event for event in known}
    assert len(printed) == len(known)
    for partition in {event["id"].split(":")[0] for event in known}:
        assert [id for id in ids_of(printed) if id.startswith(f"{partition}:")] == sorted(
            (id for id in ids_of(known) if id.startswith(f"{partition}:")), key=lambda id: int(id.split(":")[1]))


def test_promtool_has_no_complaint_about_a_server_on_kafka(served):
    _, client = served
    assert prometheus.complaints(client.get("/metrics").text) == ""


def test_a_group_goes_on_where_it_was_and_follows(served, bootstrap, tmp_path):
    namespace, client = served
    group = hub.unique("group")
    client.create(desired="stopped")
    first, _ = print_until_end(bootstrap, namespace, "--group", group)
    assert sorted(ids_of(first)) == sorted(ids_of(all_events(client)))
    assert print_until_end(bootstrap, namespace, "--group", group)[0] == []
    for _ in range(4):
        client.create(desired="stopped")
    # It begins between batches of the owner: who that is, was remembered.
    follower = Lines([*CONSUMER, "--brokers", bootstrap, "--namespace", namespace, "--group", group, "--type", DEPLOYMENT],
                     tmp_path / "stderr.txt")
    try:
        follower.wait_for(lambda lines: len(lines) == 4, "what the group has not seen")
        id = client.create(desired="stopped")["id"]
        follower.wait_for(lambda lines: any(id in line for line in lines), "an event that is made now")
    finally:
        assert follower.end() == 143
    printed = [json.loads(line) for line in follower.lines]
    assert {event["id"] for event in printed}.isdisjoint(ids_of(first))
    assert len(printed) == 5
    assert print_until_end(bootstrap, namespace, "--group", group)[0] == [], "it remembers what it printed when it is ended"


def test_the_counts_are_those_of_the_server(served, counting, bootstrap):
    namespace, client = served
    published = f"{namespace}.counts"
    program = counting(namespace, "--publish", published)
    for _ in range(2):
        client.create(wait="running")
    client.create("exit 3", wait="failed")
    client.create("exit 0", wait="stopped")
    client.act(client.create(desired="stopped")["id"], "delete", wait="deleted")
    client.create("exit 1", restart_policy={"policy": "always", "backoff_initial": "1h", "backoff_max": "1h"})
    stubborn = client.create("trap '' TERM; echo ready; exec sleep 600", wait="running", stop_grace="1h")["id"]
    hub.eventually(lambda: client.logs(stubborn)["items"], "it ignores the signal")
    client.act(stubborn, "stop", wait="stopping")
    statuses = {"running", "failed", "stopped", "deleted", "starting", "stopping"}
    hub.eventually(lambda: counts_of(client).keys() == statuses, "one of each, and none on its way to another")
    expected = counts_of(client)
    program.wait_for(lambda lines: table(lines) == expected, expected)
    # Killed and started again it counts nothing twice, and finds what came meanwhile.
    program.end(signal.SIGKILL)
    for _ in range(3):
        client.create("exit 4", wait="failed")
    assert counts_of(client) == {**expected, "failed": expected["failed"] + 3}
    expected = counts_of(client)
    program = counting(namespace, "--publish", published)
    program.wait_for(lambda lines: table(lines).get("failed") == expected["failed"], expected)
    assert program.end() == 143
    assert table(program.lines).items() <= expected.items(), "it may print again what was printed, and nothing else"
    assert last_values(bootstrap, published) == expected


def last_values(bootstrap, topic):
    consumer = confluent_kafka.Consumer({"bootstrap.servers": bootstrap, "group.id": topic, "isolation.level": "read_committed",
                                         "enable.partition.eof": True, "enable.auto.commit": False})
    consumer.assign([confluent_kafka.TopicPartition(topic, 0, confluent_kafka.OFFSET_BEGINNING)])
    lines = []
    while True:
        message = consumer.poll(hub.DEADLINE_S)
        assert message is not None, "the brokers answer"
        if message.error():
            assert message.error().code() == confluent_kafka.KafkaError._PARTITION_EOF
            consumer.close()
            return table(lines)
        lines.append(f"{message.key().decode()} {message.value().decode()}")


def test_what_was_aborted_and_what_is_foreign_upsets_nobody(served, counting, bootstrap):
    """Beside a server that goes on; it does not take them for its own either."""
    namespace, client = served
    client.create("exit 3", wait="failed")
    real = sample(bootstrap, namespace)
    planter = Planter(bootstrap, namespace)
    planter.write(*[(f"dep_aborted{n}", of(real, f"dep_aborted{n}"), real.value()) for n in range(5)], commit=False)
    planter.write(*foreign("dep_foreign"))
    for _ in range(8):
        client.create("exit 3", wait="failed")
    expected = counts_of(client)
    program = counting(namespace)
    program.wait_for(lambda lines: table(lines) == expected, expected)
    printed, said = print_until_end(bootstrap, namespace, "--type", DEPLOYMENT)
    assert sorted(ids_of(printed)) == sorted(id for id in ids_of(all_events(client)))
    assert said.count("a foreign record") == len(foreign("dep_foreign"))


def sample(bootstrap, namespace):
    """An event as the server wrote it."""
    consumer = confluent_kafka.Consumer({"bootstrap.servers": bootstrap, "group.id": namespace, "isolation.level": "read_committed",
                                         "auto.offset.reset": "earliest", "enable.auto.commit": False})
    consumer.subscribe([f"{namespace}.events"])
    while True:
        message = consumer.poll(hub.DEADLINE_S)
        assert message is not None, "the brokers answer"
        if not message.error() and (message.key() or b"").startswith(b"dep_"):
            consumer.close()
            return message


def of(message, id):
    return [(name, id.encode() if name == "ce_subject" else value) for name, value in message.headers()]


def test_every_type_of_event_leads_to_the_servers_status(planted, counting, namespace):
    types = {path.name.removesuffix(".v1.json") for path in (contract.SCHEMAS / "events").glob("deployment.*.json")}
    assert {f"deployment.{type}" for story in STORIES for type, _, _ in story} == types
    records, expected, seq = [], {}, 1
    # Each beginning of each story is a deployment of its own.
    for story in STORIES:
        for length in range(1, len(story) + 1):
            id = f"dep_{len(expected)}"
            for type, status, data in story[:length]:
                seq += 1
                records.append(event(seq, type, id, data))
                expected[id] = status
    planted.write(*records, end(seq))
    counts = {status: list(expected.values()).count(status) for status in expected.values()}
    counting(namespace).wait_for(lambda lines: table(lines) == counts, counts)


def test_what_never_came_to_count_is_left_out(planted, counting, bootstrap, namespace):
    """A torn batch, one of an owner that was shut out, and a claim that came too late: as a server does."""
    planted.write(event(2, "requested", "dep_a", '{"desired":"running"}'), end(2))
    planted.write(event(3, "failed", "dep_a"))  # its batch never ended
    planted.write(claim(3, 2, "second", 2), end(3, 2, "second"))
    planted.write(event(4, "requested", "dep_b", '{"desired":"running"}', epoch=2, owner="second"), end(4, 2, "second"))
    planted.write(*[event(seq, "requested", f"dep_void{seq}", '{"desired":"stopped"}') for seq in range(3, 9)], end(8))
    planted.write(claim(4, 3, "late", 3), end(4, 3, "late"))  # had not read the batch before
    planted.write(event(5, "started", "dep_b", epoch=2, owner="second"), end(5, 2, "second"))
    planted.write(event(6, "deleted", "dep_aborted", epoch=2, owner="second"), end(6, 2, "second"), commit=False)
    planted.write(event(6, "requested", "dep_c", "no JSON", epoch=2, owner="second"), *foreign("dep_f", 2, "second"),
                  end(6, 2, "second"))
    printed, said = print_until_end(bootstrap, namespace)
    assert [(event["id"], event["subject"]) for event in printed] == [
        ("0:2", "dep_a"), ("0:4", "dep_b"), ("0:5", "dep_b"), ("0:6", "dep_c")]
    assert said.count("a foreign record") == len(foreign("dep_f"))
    expected = {"creating": 1, "running": 1, "stopped": 1}
    counting(namespace).wait_for(lambda lines: table(lines) == expected, expected)


def test_records_that_are_gone_are_said_and_not_passed_over(planted, counting, bootstrap, namespace):
    planted.write(claim(8, 2, "second", 7), event(9, "requested", "dep_a", epoch=2, owner="second"), end(9, 2, "second"))
    program = counting(namespace)
    printed, said = print_until_end(bootstrap, namespace, code=1)
    assert printed == [] and "records are missing behind 0:1" in said
    assert program.process.wait(DEADLINE_S) == 1
    assert "records are missing behind 0:1" in program.errors.read_text()


def test_a_type_of_a_newer_release_ends_the_counts_with_its_name(planted, counting, namespace):
    planted.write(event(2, "dreamt", "dep_a"), end(2))
    program = counting(namespace)
    assert program.process.wait(DEADLINE_S) == 1
    assert "computehub.deployment.dreamt.v1" in program.errors.read_text()


PASSWORD = ["--conf", "security.protocol=sasl_plaintext", "--conf", "sasl.mechanisms=PLAIN", "--conf-file"]


def test_brokers_and_topics_that_are_not_there_are_said_with_what_to_do(bootstrap, guarded, namespace, tmp_path):
    wrong = tmp_path / "wrong.conf"
    wrong.write_text("sasl.username=computehub\nsasl.password=of-last-year\n")
    cases = [([*CONSUMER, "--brokers", guarded, *PASSWORD, wrong], 3, "Authentication failed")]
    for command in (CONSUMER, COUNTS):
        cases += [([*command, "--brokers", "127.0.0.1:1"], 3, "check --brokers"),
                  ([*command, "--brokers", bootstrap], 4, "computehub kafka init")]
    # All at a time: those without an answer wait for one.
    programs = [Lines([*command, "--namespace", namespace], tmp_path / f"stderr-{n}.txt") for n, (command, _, _) in enumerate(cases)]
    for program, (_, status, word) in zip(programs, cases):
        assert program.process.wait(DEADLINE_S) == status, program.errors.read_text()
        assert word in program.errors.read_text() and "of-last-year" not in program.errors.read_text()
        assert program.end() == status and program.lines == []


def test_a_password_comes_from_a_file(planted, guarded, namespace, tmp_path):
    planted.write(event(2, "requested", "dep_a"), end(2))
    secrets = tmp_path / "kafka.conf"
    secrets.write_text("# for tests\nsasl.username = computehub\nsasl.password = for-tests\n")
    assert ids_of(print_until_end(guarded, namespace, *PASSWORD, secrets)[0]) == ["0:2"]


def test_a_group_of_another_program_is_not_taken_over(planted, bootstrap, namespace):
    group = hub.unique("group")
    consumer = confluent_kafka.Consumer({"bootstrap.servers": bootstrap, "group.id": group})
    place = confluent_kafka.TopicPartition(planted.topic, 0, 1)
    consumer.commit(offsets=[place], asynchronous=False)
    consumer.close()
    _, said = print_until_end(bootstrap, namespace, "--group", group, code=1)
    assert said.strip().endswith("give another --group")


def test_wrong_usage_is_said(tmp_path):
    for command in (CONSUMER, COUNTS):
        for wrong, word in ((["--brokers"], "--brokers"), (["--brokers", "127.0.0.1:1", "--nothing", "x"], "--nothing"), ([], "--brokers"),
                            (["--brokers", "127.0.0.1:1", "--conf-file", tmp_path / "none"], "cannot be read")):
            done = subprocess.run([*command, *wrong], capture_output=True, text=True, timeout=DEADLINE_S)
            assert done.returncode == 2 and word in done.stderr, done.stderr
