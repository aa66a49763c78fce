"""What operators see: lines of the log, figures, and the record of who was refused."""
import json
import os
import re
import subprocess
import time

import hub
import pytest

REFUSED = "computehub.access.refused.v1"


def lines_of(server):
    return [json.loads(line) for line in server.errors.read_text().splitlines()]


def requests_of(server, request_id):
    return [line for line in lines_of(server) if line.get("request_id") == request_id and line["message"] == "request"]


def samples(text, name):
    """Label text → value of each sample of a metric."""
    pattern = re.compile(rf"^{name}(\{{.*\}})? (\S+)$", re.MULTILINE)
    return {labels: float(value) for labels, value in pattern.findall(text)}


def refusals_recorded(client):
    page = client.get("/api/v1/events", type=REFUSED, limit=1000)
    assert page.status_code == 200, page.text
    return [event["data"] for event in page.json()["items"]]


def test_each_request_has_one_line_at_a_level_that_says_what_it_was(make_server):
    server = make_server("--log-format", "json", "--log-level", "debug")
    client = server.client()
    def ask(id, method, path, body=None, who=client):
        who.request(method, path, json=body, headers={"X-Request-Id": id})
    body = {"name": "logged", "provider": "local", "command": ["true"], "desired": "stopped"}
    ask("a-read", "GET", "/api/v1/me")
    ask("a-write", "POST", "/api/v1/deployments", body)
    ask("a-mistake", "POST", "/api/v1/deployments", {})
    ask("no-token", "GET", "/api/v1/me", who=server.client(None))
    assert server.stop() == 0
    expected = {"a-read": ("debug", "GET", "/api/v1/me", 200), "a-write": ("info", "POST", "/api/v1/deployments", 201),
                "a-mistake": ("info", "POST", "/api/v1/deployments", 422),
                "no-token": ("warning", "GET", "/api/v1/me", 401)}
    for id, (level, method, route, status) in expected.items():
        found = requests_of(server, id)
        assert len(found) == 1, (id, found)
        line = found[0]
        assert (line["level"], line["method"], line["route"], line["status"]) == (level, method, route, status)
        assert line["ms"] >= 0 and line["remote"] == "127.0.0.1"
        assert line["caller"] == ("" if id == "no-token" else "user:dev")
    assert requests_of(server, "no-token")[0]["code"] == "auth.required"
    assert {"starting", "ready", "stopping", "stopped"} <= {line["message"] for line in lines_of(server)}


def test_a_level_hides_what_is_below_it_and_text_is_one_line_each(make_server):
    server = make_server("--log-level", "info")
    server.client().request("GET", "/api/v1/me", headers={"X-Request-Id": "hidden-read"})
    server.client(None).request("GET", "/api/v1/me", headers={"X-Request-Id": "shown-refusal"})
    assert server.stop() == 0
    text = server.errors.read_text()
    assert "hidden-read" not in text
    assert re.search(r"^\S+Z warning request request_id=shown-refusal method=GET route=/api/v1/me status=401 ", text, re.M)
    assert all(re.match(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z (debug|info|warning|error) ", line)
               for line in text.splitlines())


def test_a_request_id_goes_through_answer_command_event_and_line(make_server):
    server = make_server("--log-format", "json")
    client = server.client()
    body = {"name": "traced", "provider": "local", "command": ["true"], "desired": "stopped"}
    made = client.post("/api/v1/deployments", body, headers={"X-Request-Id": "trace-77"})
    assert made.headers["X-Request-Id"] == "trace-77"
    events = client.history(made.json()["id"])
    assert events and all(event["correlationid"] == "trace-77" for event in events)
    assert server.stop() == 0
    assert len(requests_of(server, "trace-77")) == 1


def test_no_token_secret_or_env_value_is_in_a_line(make_server):
    server = make_server("--log-level", "trace", environment={"COMPUTEHUB_DEV_TOKEN": hub.TOKEN})
    client = server.client()
    canary = hub.unique("canary")
    client.put(f"/api/v1/secrets/{hub.unique('s').replace('-', '_').upper()}", {"value": canary})
    client.create("exit 1", env={"PLAIN": canary})
    client.get("/api/v1/deployments", name=canary)
    client.get(f"/api/v1/{canary}")
    server.client(canary).get("/api/v1/me")
    _, token = client.make_key()
    server.client(token).get("/api/v1/me")
    client.post("/api/v1/deployments", {"name": canary, "provider": canary, "command": [canary], "env": {"A": canary}})
    assert server.stop() == 0
    text = server.errors.read_text()
    assert "request" in text
    for hidden in (canary, token, hub.TOKEN):
        assert hidden not in text


def test_an_effect_that_fails_is_told(make_server):
    server = make_server("--log-format", "json")
    client = server.client()
    assert client.put("/api/v1/secrets/GONE", {"value": "x"}).status_code in (200, 201)
    id = client.create(desired="stopped", env={"A": {"secret": "GONE"}})["id"]
    assert client.delete("/api/v1/secrets/GONE").status_code in (200, 204)
    client.act(id, "start")
    hub.eventually(lambda: client.deployment(id)["status"] == "failed", "the deployment failed")
    assert server.stop() == 0
    told = [line for line in lines_of(server) if line["message"] == "effect failed"]
    assert [(line["entity"], line["level"], line["code"]) for line in told] == [(id, "warning", "secrets.unknown")]


def test_figures_count_what_happens(make_server):
    client = make_server().client()
    for _ in range(3):
        client.create(desired="stopped")
    # An answer does not wait for the figures of its own batch.
    hub.eventually(lambda: samples(client.get("/metrics").text, "computehub_engine_batch_records_count")[""] >= 3,
                   "three batches are counted")
    text = client.get("/metrics").text
    route = [value for labels, value in samples(text, "computehub_http_requests_total").items()
             if 'method="POST"' in labels and 'route="/api/v1/deployments"' in labels and 'status="2xx"' in labels]
    assert route == [3.0]
    assert samples(text, "computehub_log_fsync_seconds_count")[""] >= 3
    assert samples(text, "computehub_engine_batch_records_count")[""] >= 3
    assert samples(text, "computehub_engine_batch_records_sum")[""] >= 3
    assert samples(text, "computehub_engine_queue_depth")[""] == 0
    assert all(value == 1 for value in samples(text, "computehub_health_check").values())
    buckets = [value for labels, value in samples(text, "computehub_engine_batch_records_bucket").items()]
    assert buckets == sorted(buckets), "cumulative"


def test_metrics_of_live_streams_count_bytes(make_server):
    server = make_server()
    with server.live() as live:
        live.subscribe("deployments")
        server.client().create(desired="stopped")
        live.of("deployments")
        text = server.client().get("/metrics").text
        assert samples(text, "computehub_live_sockets")[""] == 1
        assert samples(text, "computehub_live_sent_bytes_total")[""] > 0
        assert samples(text, "computehub_live_dropped_streams_total")[""] == 0


def test_the_first_refusal_is_recorded_at_once_and_the_flood_behind_it_is_counted(make_server):
    server = make_server()
    client = server.client()
    stranger = server.client("wrong")
    for _ in range(200):
        assert stranger.get("/api/v1/me").status_code == 401
    first = hub.eventually(lambda: refusals_recorded(client), "the first refusal is recorded")
    assert len(first) == 1, "one record, however many refusals"
    assert (first[0]["caller"], first[0]["status"], first[0]["code"]) == ("nobody", 401, "auth.invalid")
    assert first[0]["route"] == "/api/v1/me" and first[0]["request_id"]
    # A stop writes what was counted, so nothing is lost by an orderly end.
    assert server.stop() == 0
    server.start()
    client = server.client()
    records = refusals_recorded(client)
    assert len(records) == 2
    assert sum(record["count"] for record in records) == 200


@pytest.mark.parametrize("method, path, body", [
    ("GET", "/api/v1/deployments/{id}", None), ("POST", "/api/v1/deployments/{id}/stop", None),
    ("POST", "/api/v1/deployments/batch", {"action": "stop", "ids": ["{id}"]})])
def test_what_belongs_to_others_is_answered_as_absent_and_recorded_as_refused(make_server, method, path, body):
    server = make_server()
    client = server.client()
    id = client.create(desired="stopped")["id"]
    name = hub.unique("away")
    assert client.post("/api/v1/projects", {"name": name}).status_code == 201
    key, token = client.make_key("admin", name)
    stranger = server.client(token)
    body = json.loads(json.dumps(body).replace("{id}", id)) if body else None
    answer = stranger.request(method, path.replace("{id}", id), json=body)
    if body:
        assert answer.json()["items"][0]["code"] == "deployment.not_found"
    else:
        assert (answer.status_code, answer.json()["code"]) == (404, "deployment.not_found")
    owner = server.client(client.make_key("viewer")[1])
    record = hub.eventually(lambda: refusals_recorded(owner), "the refusal is recorded in the owner's project")[0]
    # What tells absent and foreign apart is not for who was refused.
    assert refusals_recorded(stranger) == []
    assert (record["caller"], record["status"], record["code"]) == (f"key:{key}", 404, "foreign")
    assert samples(client.get("/metrics").text, "computehub_refusals_total")['{code="foreign",status="404"}'] == 1
    # One that is really absent is no refusal.
    assert stranger.get(f"/api/v1/deployments/{'dep_' + '0' * 28}").status_code == 404
    assert samples(client.get("/metrics").text, "computehub_refusals_total")['{code="foreign",status="404"}'] == 1


def test_a_subscription_to_what_belongs_to_others_is_counted(make_server):
    server = make_server()
    client = server.client()
    id = client.create(desired="stopped")["id"]
    name = hub.unique("away")
    client.post("/api/v1/projects", {"name": name})
    _, token = client.make_key("viewer", name)
    with server.live(token) as live:
        live.send({"type": "subscribe", "id": 1, "stream": f"deployments/{id}"})
        live.expect(lambda frame: frame["type"] == "error" and frame["id"] == 1)
        live.send({"type": "subscribe", "id": 2, "stream": f"deployments/{'dep_' + '0' * 28}"})
        live.expect(lambda frame: frame["type"] == "error" and frame["id"] == 2)
    assert samples(client.get("/metrics").text, "computehub_refusals_total")['{code="foreign",status="404"}'] == 1


def test_a_role_that_is_not_enough_is_recorded_with_its_caller(make_server):
    server = make_server()
    client = server.client()
    key, token = client.make_key("viewer")
    viewer = server.client(token)
    assert viewer.post("/api/v1/deployments", {"name": "no", "provider": "local", "command": ["true"]}).status_code == 403
    record = hub.eventually(lambda: refusals_recorded(client), "the refusal is recorded")[0]
    assert (record["caller"], record["status"], record["code"], record["route"]) == (
        f"key:{key}", 403, "auth.forbidden", "/api/v1/deployments")


def test_a_slow_disk_is_told_now_and_then_and_not_with_each_write(make_server):
    server = make_server(start=False)
    server.environment.update(LD_PRELOAD=str(hub.FAULTS), HUB_SLOW_SYNC_MS="600")
    server.start()
    client = server.client()
    for _ in range(3):
        client.create(desired="stopped")
    text = client.get("/metrics").text
    assert samples(text, "computehub_log_slow_fsync_total")[""] >= 3
    assert samples(text, "computehub_log_fsync_seconds_bucket")['{le="0.5"}'] < samples(
        text, "computehub_log_fsync_seconds_count")[""]
    assert server.stop() == 0
    told = [line for line in server.errors.read_text().splitlines() if " warning slow fsync of the log ms=" in line]
    assert 1 <= len(told) < samples(text, "computehub_log_slow_fsync_total")[""]


def test_health_is_503_while_a_check_is_bad_and_names_it(make_server):
    """The clock is set behind the latest record: new events would be labelled with times of the past."""
    server = make_server()
    server.client().create(desired="stopped")
    assert server.stop() == 0
    server.environment.update(LD_PRELOAD=str(hub.FAULTS), HUB_CLOCK_SHIFT_S="-3600")
    server.start()
    answer = server.client().get("/api/v1/system/health")
    bad = [check for check in answer.json()["checks"] if not check["ok"]]
    assert (answer.status_code, answer.json()["ready"]) == (503, False)
    assert [check["name"] for check in bad] == ["clock"] and "behind" in bad[0]["reason"]


def test_a_reader_of_the_log_that_does_not_read_holds_up_nobody(make_server, tmp_path):
    """Standard error is a pipe that is never read: requests are answered all the same."""
    read_end, write_end = os.pipe()
    folder = tmp_path / "stuck"
    folder.mkdir()
    command = [hub.BINARY, "serve", "--dev", "--data", folder / "data", "--listen", "127.0.0.1:0", "--log-level", "debug"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=write_end,
                               env={**os.environ, "COMPUTEHUB_DEV_TOKEN": hub.TOKEN})
    os.close(write_end)
    try:
        url = process.stdout.readline().decode().removeprefix("listening on ").strip()
        client = hub.Client(url)
        begun = time.monotonic()
        for _ in range(1500):  # far more than a pipe holds
            assert client.get("/api/v1/me").status_code == 200
        assert time.monotonic() - begun < hub.DEADLINE_S
    finally:
        os.close(read_end)
        process.kill()
        process.wait(hub.DEADLINE_S)
        process.stdout.close()
