"""Values that are given and never come back: not in an answer, a frame, a process list, nor on disk."""
import base64
import pathlib

import hub
import pytest

CANARIES = 1_000


def canary(number):
    return f"canary-{number:04}-zEbRa7Qx"


def test_a_secret_is_put_named_and_deleted_but_never_read(client):
    name = hub.unique("SECRET").replace("-", "_")
    path = f"/api/v1/secrets/{name}"
    value = canary(9001)
    for _ in range(2):
        answer = client.put(path, {"value": value})
        assert answer.status_code in (200, 201)
        assert value not in answer.text
    read = client.get(path)
    assert read.json()["name"] == name
    assert value not in read.text
    assert client.delete(path).status_code in (200, 204)
    assert client.get(path).status_code == 404
    assert client.delete(path).status_code == 404


@pytest.mark.parametrize("name", ["a b", "a/b", "../x", "x" * 200, "ü"])
def test_a_bad_secret_name_is_refused(client, name):
    answer = client.request("PUT", "/api/v1/secrets/" + hub.urllib.parse.quote(name, safe=""), json={"value": "v"})
    assert answer.status_code in (400, 404, 422), answer.text


def test_a_command_sees_its_secret_and_its_env(client, make):
    name = hub.unique("SECRET").replace("-", "_")
    client.put(f"/api/v1/secrets/{name}", {"value": "deep water"})
    id = make('[ "$A" = "deep water" ] && [ "$B" = plain ] && echo both', wait="stopped",
              env={"A": {"secret": name}, "B": "plain"})["id"]
    assert [line["text"] for line in client.logs(id)["items"]] == ["both"]


def test_a_secret_that_is_not_there_is_refused_by_name(client):
    body = {"name": "lost", "provider": "local", "command": ["true"], "env": {"A": {"secret": "NO_SUCH_SECRET"}}}
    answer = client.post("/api/v1/deployments", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "deployment.secret_unknown")
    assert answer.json()["field"] == "env.A.secret"


def test_no_file_answer_frame_or_process_shows_a_value(own_server):
    client = own_server.client()
    with own_server.live() as connection:
        connection.subscribe("events")
        connection.subscribe("deployments")
        ids = []
        for number in range(CANARIES // 10):
            value = canary(number * 10)
            assert client.put(f"/api/v1/secrets/NAME_{number}", {"value": value}).status_code in (200, 201)
            env = {"S": {"secret": f"NAME_{number}"}, **{f"E{i}": canary(number * 10 + i) for i in range(1, 10)}}
            ids.append(client.create("exec sleep 600", desired="running" if number < 3 else "stopped", env=env)["id"])
        for id in ids[:3]:
            hub.eventually(lambda id=id: client.deployment(id)["status"] == "running", "it runs")
        answers = [client.get("/api/v1/deployments", page_size=1000).text, client.get("/api/v1/events").text,
                   *(client.get(f"/api/v1/deployments/{id}{part}").text for id in ids for part in ("", "/events"))]
        connection.of("events", where=lambda e: e["subject"] == ids[-1])
        frames = str(connection.pending)
        processes = " ".join(hub.processes_under(own_server.data).values())
    assert own_server.stop() == 0
    shown = []
    for number in range(CANARIES):
        value = canary(number)
        shapes = [value, base64.b64encode(value.encode()).decode().rstrip("="), value.encode().hex()]
        shown += [(value, place) for place, text in
                  [("answers", " ".join(answers)), ("frames", frames), ("processes", processes),
                   ("errors", own_server.errors.read_text())] if any(shape in text for shape in shapes)]
    shown += find_on_disk(own_server.data)
    assert shown == []


def find_on_disk(folder):
    """(canary, file) for each value found in any file."""
    needle = canary(0)[-8:].encode()
    return [(needle, str(path)) for path in pathlib.Path(folder).rglob("*") if path.is_file() and needle in path.read_bytes()]


def test_the_search_finds_what_is_there(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "file").write_bytes(b"\0\1" + canary(5).encode() + b"\2")
    assert len(find_on_disk(tmp_path)) == 1


def test_keys_are_readable_by_their_owner_only(own_server):
    keys = own_server.data / "keys"
    assert keys.stat().st_mode & 0o777 == 0o700
    for path in keys.rglob("*"):
        if path.is_file():
            assert path.stat().st_mode & 0o077 == 0, path


def test_another_project_does_not_see_a_secret(server, client):
    name, project = hub.unique("SECRET").replace("-", "_"), hub.unique("apart")
    client.put(f"/api/v1/secrets/{name}", {"value": "v"})
    client.post("/api/v1/projects", {"name": project})
    other = server.client(client.make_key("admin", project=project)[1])
    assert other.get(f"/api/v1/secrets/{name}").status_code == 404
