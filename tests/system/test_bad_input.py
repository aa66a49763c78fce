"""Everything that no honest client sends: each is refused with a code that names the field, and changes nothing."""
import json
import socket
import urllib.parse

import contract
import hub
import pytest

PATH = "/api/v1/deployments"
UNKNOWN = "dep_" + "0" * 28
GOOD = {"name": "n", "provider": "local", "command": ["true"], "desired": "stopped"}


def but(**fields):
    return json.dumps({**GOOD, **fields})


def without(field):
    return json.dumps({key: value for key, value in GOOD.items() if key != field})


# what → (body, status, code or None where several would do, field)
BODIES = {
    "nothing": ("", 400, "json.invalid", None),
    "no JSON": ("{", 400, "json.invalid", None),
    "two documents": (but() + but(), 400, "json.invalid", None),
    "bytes that are no UTF-8": (b'{"name": "\xff\xfe"}', 400, "json.invalid", None),
    "a list": ("[]", 422, "json.type", None),
    "null": ("null", 422, "json.type", None),
    "nesting without end": ("[" * 5000, 400, "json.invalid", None),
    "nesting inside a field": (but(labels={"a": 1}).replace("1", "[" * 100 + "]" * 100), 400, "json.invalid", None),
    "no name": (without("name"), 422, "json.missing", "name"),
    "no provider": (without("provider"), 422, "json.missing", "provider"),
    "no command": (without("command"), 422, "json.missing", "command"),
    "an unknown field": (but(colour="red"), 422, "json.unknown_field", "colour"),
    "an unknown field inside": (but(limits={"cpu": 1}), 422, "json.unknown_field", "limits.cpu"),
    "a field given twice": ('{"name": "a", "name": "b"}', 422, "json.repeated_field", "name"),
    "a name that is a number": (but(name=5), 422, "json.type", "name"),
    "an empty name": (but(name=""), 422, "deployment.name", "name"),
    "a name too long": (but(name="x" * 129), 422, "deployment.name", "name"),
    "a name with a line end": (but(name="a\nb"), 422, "deployment.name", "name"),
    "an unknown provider": (but(provider="moon"), 422, None, "provider"),
    "an empty command": (but(command=[]), 422, "deployment.command", "command"),
    "an empty program": (but(command=[""]), 422, "deployment.command", "command[0]"),
    "a command that is text": (but(command="true"), 422, "json.type", "command"),
    "a command of numbers": (but(command=["a", 1]), 422, "json.type", "command[1]"),
    "a command with a zero byte": (but(command=["a\0b"]), 422, "deployment.command", "command[0]"),
    "a command too long": (but(command=["x"] * 1025), 422, "deployment.command", "command"),
    "env that is a list": (but(env=[]), 422, "json.type", "env"),
    "a bad env name": (but(env={"A=B": "x"}), 422, "deployment.env", "env.A=B"),
    "an env value that is a number": (but(env={"A": 1}), 422, "json.type", "env.A"),
    "an env value of another shape": (but(env={"A": {"sealed": "x"}}), 422, "json.type", "env.A"),
    "port 0": (but(ports=[{"port": 0}]), 422, "deployment.ports", "ports[0].port"),
    "port 65536": (but(ports=[{"port": 65536}]), 422, "json.range", "ports[0].port"),
    "an unknown protocol": (but(ports=[{"port": 1, "protocol": "x"}]), 422, "deployment.ports", "ports[0].protocol"),
    "a path upwards": (but(files=[{"path": "../x", "text": ""}]), 422, "deployment.files", "files[0].path"),
    "a file that is also a folder": (but(files=[{"path": "a", "text": ""}, {"path": "a/b", "text": ""}]), 422,
                                     "deployment.files", "files[0].path"),
    "a path upwards inside": (but(files=[{"path": "a/../../x", "text": ""}]), 422, "deployment.files", "files[0].path"),
    "a path from the root": (but(files=[{"path": "/etc/x", "text": ""}]), 422, "deployment.files", "files[0].path"),
    "a path below a file": (but(files=[{"path": "a/b", "text": ""}, {"path": "a", "text": ""}]), 422,
                            "deployment.files", "files[1].path"),
    "a whole number of more than 64 bits": (but(price_usd_micro_per_hour=10 ** 30), 422, "json.range",
                                            "price_usd_micro_per_hour"),
    "an empty path": (but(files=[{"path": "", "text": ""}]), 422, "deployment.files", "files[0].path"),
    "a path with a zero byte": (but(files=[{"path": "a\0b", "text": ""}]), 422, "deployment.files", "files[0].path"),
    "a file without content": (but(files=[{"path": "a"}]), 422, "deployment.files", "files[0]"),
    "a file with two contents": (but(files=[{"path": "a", "text": "", "base64": ""}]), 422, "deployment.files", "files[0]"),
    "base64 that is none": (but(files=[{"path": "a", "base64": "%%%"}]), 422, "deployment.files", "files[0].base64"),
    "a label over 1 KiB": (but(labels={"a": "x" * 1025}), 422, "deployment.labels", "labels.a"),
    "a label that is a number": (but(labels={"a": 1}), 422, "json.type", "labels.a"),
    "no GPU model": (but(gpu={"count": 1}), 422, "deployment.gpu", "gpu.model"),
    "0 GPUs": (but(gpu={"model": "x", "count": 0}), 422, "deployment.gpu", "gpu.count"),
    "0 CPUs": (but(limits={"cpus": 0}), 422, "deployment.limits", "limits.cpus"),
    "little memory": (but(limits={"memory_bytes": 1}), 422, "deployment.limits", "limits.memory_bytes"),
    "memory that is half a byte": (but(limits={"memory_bytes": 4194304.5}), 422, "json.type", "limits.memory_bytes"),
    "more memory than a number holds": (but(limits={"memory_bytes": 1 << 63}), 422, None, "limits.memory_bytes"),
    "0 processes": (but(limits={"processes": 0}), 422, "deployment.limits", "limits.processes"),
    "an unknown policy": (but(restart_policy="sometimes"), 422, None, "restart_policy"),
    "an unknown policy inside": (but(restart_policy={"policy": "x"}), 422, None, "restart_policy.policy"),
    "negative restarts": (but(restart_policy={"policy": "always", "max_restarts": -1}), 422, "deployment.restart_policy",
                          "restart_policy.max_restarts"),
    "a duration without unit": (but(stop_grace="10"), 422, None, "stop_grace"),
    "a duration that is a number": (but(stop_grace=10), 422, "json.type", "stop_grace"),
    "a negative duration": (but(stop_grace="-1s"), 422, None, "stop_grace"),
    "a duration of a century": (but(stop_grace="36500d"), 422, None, "stop_grace"),
    "a negative price": (but(price_usd_micro_per_hour=-1), 422, "deployment.price", "price_usd_micro_per_hour"),
    "an unknown wish": (but(desired="maybe"), 422, None, "desired"),
    "an image where there are no containers or a bad one": (but(image=""), 422, "deployment.image", "image"),
}


@pytest.fixture(scope="module")
def quiet(tmp_path_factory):
    """A server in which nothing may be made by the requests of this file."""
    server = hub.Server(tmp_path_factory.mktemp("quiet")).start()
    yield server
    server.clean_up()


@pytest.fixture(autouse=True)
def unharmed(quiet):
    """Behind each test the server is healthy and holds no event."""
    yield
    client = quiet.client()
    assert client.get("/api/v1/system/health").status_code == 200
    # That access was refused is itself a part of the record.
    events = client.get("/api/v1/events").json()["items"]
    assert [event for event in events if event["type"] != "computehub.access.refused.v1"] == []


def refused(answer, status, code=None, field=None):
    assert answer.status_code == status, answer.text[:2000]
    problem = answer.json()
    contract.check_problem(status, problem)
    if code:
        assert problem["code"] == code, problem
    if field:
        assert problem.get("field") == field, problem
    return problem


@pytest.mark.parametrize("what", BODIES)
def test_a_bad_body_is_refused_and_its_field_named(quiet, what):
    body, status, code, field = BODIES[what]
    answer = quiet.client().request("POST", PATH, data=body, headers={"Content-Type": "application/json"})
    problem = refused(answer, status, code, field)
    for leak in (str(quiet.data), "/root", ".cpp", ".hpp", "0x"):
        assert leak not in answer.text
    assert problem["detail"]


@pytest.mark.parametrize("method, path, body, status, code", [
    ("GET", f"{PATH}/{UNKNOWN}", None, 404, "deployment.not_found"),
    ("GET", f"{PATH}/nonsense", None, 404, "deployment.not_found"),
    ("GET", f"{PATH}/key_" + "0" * 28, None, 404, None),
    ("GET", f"{PATH}/..%2f..%2fetc%2fpasswd", None, 404, None),
    ("GET", f"{PATH}/%00", None, 404, None),
    ("GET", f"{PATH}/" + "x" * 5000, None, 404, None),
    ("PATCH", f"{PATH}/{UNKNOWN}", {"name": "x"}, 404, "deployment.not_found"),
    ("DELETE", f"{PATH}/{UNKNOWN}", None, 404, "deployment.not_found"),
    ("POST", f"{PATH}/{UNKNOWN}/start", None, 404, "deployment.not_found"),
    ("POST", f"{PATH}/{UNKNOWN}/stop", None, 404, "deployment.not_found"),
    ("POST", f"{PATH}/{UNKNOWN}/restart", None, 404, "deployment.not_found"),
    ("POST", f"{PATH}/{UNKNOWN}/explode", None, 404, "route.not_found"),
    ("GET", f"{PATH}/{UNKNOWN}/events", None, 404, "deployment.not_found"),
    ("GET", f"{PATH}/{UNKNOWN}/logs", None, 404, "deployment.not_found"),
    ("GET", f"{PATH}/{UNKNOWN}/metrics", None, 404, "deployment.not_found"),
    ("GET", "/api/v1/commands/nothing", None, 404, None),
    ("GET", "/api/v1/nothing", None, 404, "route.not_found"),
    ("GET", "/api/v2/deployments", None, 404, "route.not_found"),
    ("PUT", PATH, {}, 405, "route.method_not_allowed"),
    ("POST", "/api/v1/system/health", {}, 405, None),
    ("DELETE", "/api/v1/api-keys/key_" + "0" * 28, None, 404, None),
    ("GET", "/api/v1/secrets/NOT_THERE", None, 404, None),
    ("POST", f"{PATH}/batch", {"action": "dance", "ids": [UNKNOWN]}, 422, "deployment.action"),
    ("POST", f"{PATH}/batch", {"action": "stop", "ids": []}, 422, "deployment.ids"),
    ("POST", f"{PATH}/batch", {"action": "stop", "ids": [UNKNOWN] * 1001}, 422, "deployment.ids"),
    ("POST", f"{PATH}/batch", {"ids": [UNKNOWN]}, 422, "json.missing"),
    ("POST", f"{PATH}?wait=dancing", GOOD, 422, None),
    ("POST", f"{PATH}?wait=running&timeout=soon", GOOD, 422, None),
    ("POST", f"{PATH}?dry_run=perhaps", GOOD, 422, None),
    ("POST", f"{PATH}?unknown=1", GOOD, 422, "query.unknown"),
    ("GET", "/api/v1/openapi.json?unknown=1", None, 422, "query.unknown"),
    ("GET", "/metrics?unknown=1", None, 422, "query.unknown"),
    ("POST", f"{PATH}?project=nowhere", GOOD, None, None),
    ("POST", "/api/v1/projects", {"name": "../x"}, 422, None),
    ("POST", "/api/v1/projects", {"name": ""}, 422, None),
    ("POST", "/api/v1/api-keys", {"name": "k", "project": "default", "role": "king"}, 422, None),
    ("POST", "/api/v1/api-keys", {"name": "k", "project": "default", "role": "dev", "expires_at": "noon"}, 422, None),
    ("PUT", "/api/v1/secrets/NAME", {}, 422, "json.missing"),
    ("PUT", "/api/v1/secrets/NAME", {"value": 5}, 422, "json.type"),
])
def test_a_bad_request_is_refused(quiet, method, path, body, status, code):
    answer = quiet.client().request(method, path, json=body)
    refused(answer, status or answer.status_code, code)
    assert 400 <= answer.status_code < 500


def test_a_body_over_1_mib_is_413(quiet):
    body = but(name="x" * (1 << 20))
    refused(quiet.client().request("POST", PATH, data=body, headers={"Content-Type": "application/json"}), 413,
            "http.body_too_large")


def test_a_text_of_10_mb_is_refused(quiet):
    try:
        answer = quiet.client().request("POST", PATH, data=but(name="x" * 10_000_000),
                                        headers={"Content-Type": "application/json"})
    except hub.requests.exceptions.ConnectionError:
        return  # the server may close before all is sent
    refused(answer, 413)


def test_a_body_that_says_it_is_no_json_is_415(quiet):
    refused(quiet.client().request("POST", PATH, data="a=b", headers={"Content-Type": "text/plain"}), 415)


def raw(server, data, finish=False):
    """Sends bytes as they are and answers what comes until the server closes or answers."""
    host = urllib.parse.urlsplit(server.url)
    with socket.create_connection((host.hostname, host.port), hub.DEADLINE_S) as connection:
        connection.settimeout(hub.DEADLINE_S)
        try:
            connection.sendall(data)
            if finish:
                connection.shutdown(socket.SHUT_WR)
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk
        except (ConnectionResetError, BrokenPipeError):
            pass
        return answer


AUTH = f"Host: 127.0.0.1\r\nAuthorization: Bearer {hub.TOKEN}\r\nConnection: close\r\n".encode()


@pytest.mark.parametrize("data, statuses", [
    (b"nonsense\r\n\r\n", (400,)),
    (b"GET / HTTP/9.9\r\n\r\n", (400, 505)),
    (b"GET " + PATH.encode() + b" HTTP/1.1\r\n" + AUTH + b"X: " + b"x" * 20_000 + b"\r\n\r\n", (400, 431)),
    (b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\n" + AUTH + b"\r\n", (400, 414, 431)),
    (b"POST " + PATH.encode() + b" HTTP/1.1\r\n" + AUTH + b"Content-Length: -5\r\n\r\n", (400,)),
    (b"POST " + PATH.encode() + b" HTTP/1.1\r\n" + AUTH + b"Content-Length: 99999999999999\r\n\r\n", (400, 413)),
    (b"POST " + PATH.encode() + b" HTTP/1.1\r\n" + AUTH + b"Content-Type: application/json\r\n"
     b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", (400,)),
    (b"GET " + PATH.encode() + b"?text=%zz HTTP/1.1\r\n" + AUTH + b"\r\n", (400, 422)),
    (b"GET " + PATH.encode() + b"?text=%ff HTTP/1.1\r\n" + AUTH + b"\r\n", (200, 400, 422)),
], ids=["no HTTP", "an unknown version", "a header too long", "a target too long", "a negative length", "an endless body",
        "bad chunks", "a bad escape", "an escape that is no UTF-8"])
def test_bytes_that_are_no_good_http_are_refused(quiet, data, statuses):
    answer = raw(quiet, data)
    line = answer.split(b"\r\n", 1)[0].split()
    assert line and int(line[1]) in statuses, answer[:500]


def test_a_request_that_ends_in_the_middle_is_dropped(quiet):
    raw(quiet, b"POST " + PATH.encode() + b" HTTP/1.1\r\n" + AUTH + b"Content-Length: 500\r\n\r\n{", finish=True)


def test_pipelined_requests_are_answered_in_order(quiet):
    request = b"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " + hub.TOKEN.encode() + b"\r\n%s\r\n"
    data = (request % (b"/api/v1/me", b"")) + (request % (b"/api/v1/nothing", b"")) + (
        request % (b"/api/v1/providers", b"Connection: close\r\n"))
    answer = raw(quiet, data)
    statuses = [int(part.split()[0]) for part in answer.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [200, 404, 200]
