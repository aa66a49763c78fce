"""The record proved on the running server: what it is found sound by, where it is not, and who may ask."""
import concurrent.futures
import json
import pathlib
import shutil
import subprocess
import threading

import contract
import hub
import pytest

PATH = "/api/v1/audit/verify"
TAMPER = hub.BINARY.parent / "tests" / "hub_tamper"


def lines_of(answer):
    """Its lines, each held against the contract; the last is the result."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    lines = [json.loads(line) for line in answer.text.splitlines()]
    for line in lines:
        contract.check_schema({"begun": "AuditBegun", "progress": "AuditProgress", "result": "AuditResult"}[line["kind"]], line)
    assert lines[0]["kind"] == "begun" and [line["kind"] for line in lines[1:-1]] == ["progress"] * (len(lines) - 2)
    assert lines[-1]["kind"] == "result"
    return lines


def verify(client):
    return lines_of(client.post(PATH))[-1]


def heads(client):
    return {each["partition"]: each["head"] for each in client.get("/api/v1/system/cluster").json()["partitions"]}


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    """The folder of a server that was started three times and stopped; not to be changed."""
    server = hub.Server(tmp_path_factory.mktemp("record"))
    for _ in range(3):
        client = server.start().client()
        for _ in range(24):
            client.create(desired="stopped")
        server.stop()
    server.clean_up()
    return server.data


@pytest.fixture
def server_on(make_server):
    """A server on a copy of a folder, that `change` has changed before it starts."""
    def start(data, change=lambda folder: None, *arguments):
        server = make_server(*arguments, start=False)
        # The ballast is room on the disk and nothing else.
        shutil.copytree(data, server.data, symlinks=True, ignore=shutil.ignore_patterns("ballast"))
        change(server.data)
        return server.start()
    return start


def tamper(what, partition, seq):
    def change(data):
        subprocess.run([TAMPER, data / "log", what, str(partition), str(seq)], check=True, timeout=hub.DEADLINE_S)
    return change


def a_signed_event(data):
    """The first event of a deployment that has others and a checkpoint behind it in its partition, and its place."""
    ended = subprocess.run([hub.BINARY, "--data", data, "audit", "export"], capture_output=True, text=True, check=True)
    records = [json.loads(line) for line in ended.stdout.splitlines()]
    records = [record for record in records if "id" in record]
    for record in records:
        partition, seq = map(int, record["id"].split(":"))
        signed = [one for one in records if one["type"] == "computehub.internal.checkpoint.v1"
                  and one["id"].startswith(f"{partition}:") and one["data"]["seq"] >= seq + 2]
        if record["type"] == "computehub.deployment.requested.v1" and signed:
            return record, partition, seq
    raise AssertionError("no event is signed")


def test_a_sound_record_is_told_with_its_heads_its_times_and_its_keys(own_server):
    client = own_server.client()
    for _ in range(5):
        client.create(desired="stopped")
    before = heads(client)
    begun, *_, result = lines_of(client.post(PATH))
    assert result["sound"] is True and result["copy"] is False and "fault" not in result
    assert begun["records"] == result["records"] == sum(each["head"] for each in result["partitions"])
    found = {each["partition"]: each["head"] for each in result["partitions"]}
    # Signatures come behind what they sign, so there may be more of them by then.
    assert found.keys() == before.keys() and all(found[id] >= head for id, head in before.items())
    assert all(each["signed_up_to"] <= each["head"] for each in result["partitions"])
    assert result["unsigned_records"] == sum(each["head"] - each["signed_up_to"] for each in result["partitions"])
    assert all((each["hash"] == "0" * 64) == (each["head"] == 0) for each in result["partitions"])
    assert result["from"] <= result["to"] <= result["ended_at"] and begun["at"] == result["began_at"] <= result["ended_at"]
    key = json.loads(subprocess.run([hub.BINARY, "-o", "json", "--data", own_server.data, "audit", "key"], capture_output=True, check=True).stdout)
    assert [each["id"] for each in result["keys"]] == [each["id"] for each in key["items"]]
    assert sum(each["checkpoints"] for each in result["keys"]) == result["checkpoints"]


def test_it_is_the_same_as_the_command_says_of_the_stopped_server(server_on, record):
    server = server_on(record, lambda data: None, "--read-only")
    result = verify(server.client())
    server.stop()
    ended = subprocess.run([hub.BINARY, "-o", "json", "--data", server.data, "audit", "verify"], capture_output=True, check=True)
    offline = json.loads(ended.stdout)
    assert {name: result[name] for name in ("sound", "records", "batches", "checkpoints", "keys")} == {
        name: offline[name] for name in ("sound", "records", "batches", "checkpoints", "keys")}
    assert [(each["head"], each["signed_up_to"]) for each in result["partitions"]] == [
        (each["head"], each["signed_up_to"]) for each in offline["partitions"]]


@pytest.mark.parametrize("what, codes", [
    ("change", {"log.corrupt"}), ("insert", {"log.corrupt"}), ("delete", {"log.corrupt"}),
    ("change-rechained", {"log.corrupt", "audit.other_hash"}), ("fork-and-sign", {"checkpoint.other_key"}),
])
def test_a_change_behind_the_servers_back_is_found_where_it_is(server_on, record, what, codes):
    _, partition, seq = a_signed_event(record)
    client = server_on(record, tamper(what, partition, seq)).client()
    result = verify(client)
    assert result["sound"] is False
    fault = result["fault"]
    assert fault["code"] in codes and fault["code"] in contract.failures() and fault["reason"]
    at = tuple(map(int, fault["position"].split(":")))
    if what in ("change", "insert", "delete"):
        assert at == (partition, seq)
    else:
        assert at[0] == partition and at[1] >= seq
    assert result["partitions"][partition]["head"] < at[1], "what is in front of it is sound"


def test_one_byte_of_a_stored_record_is_found(server_on, record):
    """A bit of the disk turns under a server that runs: one that starts on such a record may refuse to."""
    event, partition, seq = a_signed_event(record)
    name = event["data"]["spec"]["name"].encode()
    kept = [path for path in (record / "log" / "db").iterdir() if path.suffix == ".blob" and name in path.read_bytes()]
    assert kept, "records lie in blob files as they are"

    server = server_on(record)
    assert verify(server.client())["sound"]
    with (server.data / "log" / "db" / kept[0].name).open("r+b") as file:
        place = file.read().index(name)
        file.seek(place)
        file.write(bytes([name[0] ^ 0x01]))
    result = verify(server.client())
    assert result["sound"] is False and result["fault"]["code"] == "log.corrupt"
    assert result["fault"]["position"] == f"{partition}:{seq}"


def test_a_record_that_grows_while_it_is_proved_is_sound(own_server):
    client = own_server.client()
    stop = threading.Event()

    def write():
        mine = own_server.client()
        while not stop.is_set():
            mine.create(desired="stopped")

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    try:
        records = [verify(client)["records"] for _ in range(25)]
        results = verify(client)
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert results["sound"], results["fault"]
    assert records == sorted(records) and records[0] < records[-1]


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A server whose record takes a while to prove."""
    server = hub.Server(tmp_path_factory.mktemp("large")).start()
    client = server.client()
    content = "x" * 900_000
    for _ in range(60):
        client.create(desired="stopped", files=[{"path": "large.txt", "text": content}])
    yield server
    server.clean_up()


def test_progress_is_told_on_the_way_and_never_goes_back(large):
    _, *progress, result = lines_of(large.client().post(PATH))
    assert result["sound"] and progress
    stages = [line["stage"] for line in progress]
    assert stages == sorted(stages, reverse=True), "records, then indexes"
    for stage in set(stages):
        done = [line["done"] for line in progress if line["stage"] == stage]
        assert done == sorted(done) and done[-1] <= progress[0]["of"]


def test_one_verification_runs_at_a_time(large):
    clients = [large.client() for _ in range(4)]
    together = threading.Barrier(len(clients))

    def ask(client):
        together.wait(hub.DEADLINE_S)
        return client.post(PATH)

    with concurrent.futures.ThreadPoolExecutor(len(clients)) as pool:
        answers = list(pool.map(ask, clients))
    refused = [answer.json()["code"] for answer in answers if answer.status_code == 409]
    assert refused and set(refused) == {"audit.being_verified"}
    assert all(verify_lines[-1]["sound"] for verify_lines in map(lines_of, (a for a in answers if a.status_code == 200)))
    assert len(refused) < len(answers)


def test_who_hangs_up_stops_it(large):
    cut = large.client().request("POST", PATH, stream=True)
    assert json.loads(next(cut.iter_lines(chunk_size=1)))["kind"] == "begun"
    cut.close()
    answer = hub.eventually(lambda: (found := large.client().post(PATH)).status_code == 200 and found, "a turn")
    assert lines_of(answer)[-1]["sound"]


def test_only_admins_may_ask_and_nothing_may_be_asked_for(client, server):
    for role in ("viewer", "dev"):
        refused = server.client(client.make_key(role=role)[1]).post(PATH)
        assert (refused.status_code, refused.json()["code"]) == (403, "auth.forbidden"), role
    assert server.client(None).post(PATH).status_code == 401
    assert client.post(PATH, partition="1").json()["code"] == "query.unknown"
    assert client.get(PATH).status_code == 405


def test_without_the_public_key_nothing_is_proved(server_on, record):
    def take_away(data):
        (pathlib.Path(data) / "log" / "public-key.pem").unlink()
    refused = server_on(record, take_away, "--read-only").client().post(PATH)
    assert (refused.status_code, refused.json()["code"]) == (404, "key.absent")
