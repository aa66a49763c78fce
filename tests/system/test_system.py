"""The server itself: its first line, health, metrics, documents, and how it ends."""
import json
import re
import socket
import threading
import urllib.parse

import contract
import hub
import pytest


def test_standard_output_is_exactly_one_line(own_server):
    host = urllib.parse.urlsplit(own_server.url)
    assert (host.scheme, host.hostname, host.port > 0, host.path) == ("http", "127.0.0.1", True, "")
    own_server.client().create(desired="stopped")
    assert own_server.stop() == 0
    assert own_server.rest_of_output() == b""


def test_the_address_is_written_to_the_data_folder(own_server):
    assert own_server.url in (own_server.data / "server.json").read_text()


def test_the_data_folder_has_its_parts_and_no_other(own_server):
    own_server.client().create(desired="stopped")
    names = {path.name for path in own_server.data.iterdir()}
    assert {"log", "state", "projections", "local", "keys", "server.json"} <= names
    assert (own_server.data / "log" / "public-key.pem").read_text().startswith("-----BEGIN PUBLIC KEY-----")
    projections = {path.name for path in (own_server.data / "projections").iterdir()}
    assert projections and all(re.fullmatch(r"[a-z_]+-v[0-9]+", name) for name in projections)


def test_two_servers_do_not_share_a_data_folder(own_server):
    second = hub.Server(own_server.folder)
    second.starts = 100
    with pytest.raises(AssertionError):
        second.start()
    second.process.wait(hub.DEADLINE_S)
    second.process.stdout.close()
    assert second.process.returncode != 0
    assert own_server.client().get("/api/v1/system/health").status_code == 200


def test_health_is_ready_and_tells_reasons_only_to_who_has_a_token(server, client):
    open_answer = server.client(token=None).get("/api/v1/system/health").json()
    assert (open_answer["live"], open_answer["ready"]) == (True, True)
    assert not any("reason" in check for check in open_answer["checks"])
    told = client.get("/api/v1/system/health").json()
    assert {check["name"] for check in told["checks"]} == {check["name"] for check in open_answer["checks"]}
    assert all("reason" in check for check in told["checks"])


def test_metrics_are_in_prometheus_form(client, make):
    make(desired="stopped")
    text = client.get("/metrics").text
    line = re.compile(r'^(#.*|[a-zA-Z_:][a-zA-Z0-9_:]*(\{[^}]*\})? (-?[0-9.e+-]+|NaN|[+-]Inf))$')
    assert all(line.match(row) for row in text.splitlines() if row), "each line is a sample or a comment"
    for word in ("batch", "fsync", "queue", "lag", "timer", "http", "bytes"):
        assert word in text, word


def test_metrics_are_open_only_when_told_so(server, make_server):
    assert server.client(token=None).get("/metrics").status_code == 401
    assert make_server("--metrics-open").client(token=None).get("/metrics").status_code == 200


def test_refusals_are_counted(server, client):
    def refusals():
        rows = [row for row in client.get("/metrics").text.splitlines() if "401" in row or "refus" in row]
        return sum(float(row.rsplit(" ", 1)[1]) for row in rows if not row.startswith("#"))
    before = refusals()
    server.client("wrong").get("/api/v1/me")
    assert refusals() > before


def test_the_served_document_is_the_one_of_the_repository(server):
    served = server.client(token=None).get("/api/v1/openapi.json")
    assert served.json() == contract.openapi()


def test_the_reference_page_is_served_offline(server):
    page = server.client(token=None).get("/docs")
    assert page.status_code == 200, re.sub("<[^>]*>", "", page.text)
    assert page.headers["Content-Type"].startswith("text/html")
    assert "/api/v1/openapi.json" in page.text
    for address in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        assert not address.startswith(("http:", "https:", "//")), address
        assert server.client(token=None).session.get(server.url + address, stream=True).status_code == 200, address


def test_pages_carry_headers_that_keep_a_browser_safe(server):
    page = server.client(token=None).get("/docs")
    assert "Content-Security-Policy" in page.headers
    assert page.headers["X-Content-Type-Options"] == "nosniff"


def test_providers_tell_what_they_can(client):
    local = next(p for p in client.get("/api/v1/providers").json()["items"] if p["name"] == "local")
    able = local["capabilities"]
    assert (able["can_stop"], able["has_logs"], able["has_metrics"], able["can_spot"]) == (True, True, True, False)
    assert able["gpu_note"] == "no GPU here" or re.search(r"\d+ x ", able["gpu_note"]), able


def test_an_image_is_run_or_refused_by_name(client):
    local = next(p for p in client.get("/api/v1/providers").json()["items"] if p["name"] == "local")
    body = {"name": "image", "provider": "local", "command": ["true"], "image": "busybox", "desired": "stopped"}
    answer = client.post("/api/v1/deployments", body)
    if local["capabilities"]["takes_image"]:
        assert answer.status_code == 201
    else:
        assert (answer.status_code, answer.json()["code"]) == (422, "provider.containers_unavailable")
        assert answer.json()["detail"]


def test_keep_alive_serves_many_requests_on_one_connection(server):
    host = urllib.parse.urlsplit(server.url)
    request = (f"GET /api/v1/me HTTP/1.1\r\nHost: {host.netloc}\r\nAuthorization: Bearer {hub.TOKEN}\r\n\r\n").encode()
    with socket.create_connection((host.hostname, host.port), hub.DEADLINE_S) as connection:
        reader = connection.makefile("rb")
        for _ in range(50):
            connection.sendall(request)
            assert b" 200 " in reader.readline()
            length = 0
            while (line := reader.readline()) != b"\r\n":
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            assert json.loads(reader.read(length))["organisation"] == "default"


def test_a_stop_answers_the_request_in_flight(own_server):
    client = own_server.client()
    id = client.create("trap '' TERM; echo up; while :; do sleep 0.1; done", stop_grace="60s", wait="running")["id"]
    hub.eventually(lambda: client.logs(id)["items"], "the trap is set")
    got = []
    waiting = threading.Thread(target=lambda: got.append(
        client.post(f"/api/v1/deployments/{id}/stop", wait="stopped", timeout="60s").status_code))
    waiting.start()
    hub.eventually(lambda: own_server.client().deployment(id)["status"] == "stopping", "the request is being served")
    assert own_server.stop() == 0
    waiting.join(hub.DEADLINE_S)
    assert got and got[0] in (202, 503), got


def test_logs_of_the_server_are_text_or_json_and_name_the_request(make_server):
    server = make_server("--log-format", "json")
    server.client().request("GET", "/api/v1/nothing", headers={"X-Request-Id": "find-me-0042"})
    assert server.stop() == 0
    lines = [json.loads(line) for line in server.errors.read_text().splitlines()]
    assert lines
    assert any("find-me-0042" in json.dumps(line) for line in lines)


def test_a_server_that_is_stopped_leaves_its_deployments_running(own_server):
    client = own_server.client()
    id = client.create("echo $$; exec sleep 600", wait="running")["id"]
    line = hub.eventually(lambda: client.logs(id)["items"], "its first line")
    assert own_server.stop() == 0
    assert int(line[0]["text"]) in hub.processes_under(own_server.data)
    own_server.start()
    client = own_server.client()
    assert client.deployment(id)["status"] == "running"
    client.act(id, "delete", wait="deleted")
    assert int(line[0]["text"]) not in hub.processes_under(own_server.data)


def test_one_node_owns_every_partition_of_its_own_log(own_server):
    client = own_server.client()
    client.create(desired="stopped")
    told = client.get("/api/v1/system/cluster").json()
    assert (told["log"], told["brokers_away"], told["commands_waiting"], told["foreign_records"]) == ("embedded", False, 0, 0)
    assert [each["partition"] for each in told["partitions"]] == list(range(16))
    assert all(each["owned_here"] and each["owner"] == told["node"] for each in told["partitions"])
    assert all(each["epoch"] == 1 and each["head"] >= 1 for each in told["partitions"])
    assert [(node["name"], node["partitions"]) for node in told["nodes"]] == [(told["node"], 16)]
    assert told["transactions"]["count"] >= 1 and told["transactions"]["p99_ms"] >= told["transactions"]["p50_ms"] > 0
    # Behind a restart the claims are found in the log, and each is one epoch higher.
    own_server.kill()
    again = own_server.start().client().get("/api/v1/system/cluster").json()
    assert all(each["owner"] == told["node"] and each["epoch"] == 2 for each in again["partitions"])


def test_the_cluster_is_for_admins(own_server):
    _, token = own_server.client().make_key(role="dev")
    assert own_server.client(token).get("/api/v1/system/cluster").status_code == 403


def test_metrics_tell_of_partitions(client):
    text = client.get("/metrics").text
    assert "computehub_partitions_owned 16" in text
    for name in ("partition_epoch", "partition_head", "partition_owned", "copy_lag_records", "copy_lag_seconds"):
        assert len(re.findall(rf'^computehub_{name}\{{partition="[0-9]+"\}} ', text, re.M)) == 16, name
    for name in ("commands_waiting", "foreign_records_total", "engine_dead_letters_total"):
        assert f"computehub_{name} " in text
