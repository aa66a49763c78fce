"""Who may what: tokens, roles, projects, origins, and a right that goes while it is used."""
import datetime
import subprocess
import time

import hub
import pytest
import requests
import websockets.exceptions

PATH = "/api/v1/deployments"
STOPPED = {"name": "access", "provider": "local", "command": ["true"], "desired": "stopped"}
UNKNOWN = "dep_" + "0" * 28

# What each role may: (method, path, body, lowest role). {id} is a deployment of the project.
RIGHTS = [
    ("GET", PATH, None, "viewer"),
    ("GET", PATH + "/{id}", None, "viewer"),
    ("GET", PATH + "/{id}/events", None, "viewer"),
    ("GET", PATH + "/{id}/logs", None, "viewer"),
    ("GET", PATH + "/{id}/metrics", None, "viewer"),
    ("GET", "/api/v1/events", None, "viewer"),
    ("GET", "/api/v1/providers", None, "viewer"),
    ("GET", "/api/v1/me", None, "viewer"),
    ("GET", "/api/v1/projects", None, "viewer"),
    ("POST", PATH, STOPPED, "dev"),
    ("PATCH", PATH + "/{id}", {"labels": {}}, "dev"),
    ("POST", PATH + "/{id}/stop", None, "dev"),
    ("POST", PATH + "/{id}/start", None, "dev"),
    ("POST", PATH + "/{id}/restart", None, "dev"),
    ("DELETE", PATH + "/{id}", None, "dev"),
    ("PUT", "/api/v1/secrets/BY_ROLE", {"value": "v"}, "dev"),
    ("GET", "/api/v1/secrets", None, "viewer"),
    ("POST", "/api/v1/api-keys", {"name": "k", "project": "default", "role": "viewer"}, "admin"),
    ("GET", "/api/v1/api-keys", None, "admin"),
    ("PUT", "/api/v1/projects/default/members/somebody", {"role": "viewer"}, "admin"),
]
ORDER = ["viewer", "dev", "admin"]


@pytest.fixture(scope="module")
def keys(server):
    """role → client of a key with that role in the project default."""
    client = server.client()
    return {role: server.client(client.make_key(role)[1]) for role in ORDER}


@pytest.mark.parametrize("method, path, body, lowest", RIGHTS, ids=[f"{r[0]} {r[1]}" for r in RIGHTS])
@pytest.mark.parametrize("role", ORDER)
def test_a_role_may_what_it_may_and_nothing_more(keys, make, role, method, path, body, lowest):
    id = make(desired="stopped")["id"]
    answer = keys[role].request(method, path.replace("{id}", id), json=body)
    if ORDER.index(role) >= ORDER.index(lowest):
        assert answer.status_code < 300, answer.text
    else:
        assert answer.status_code == 403, answer.text
        assert answer.json()["code"].startswith("auth.")


OPEN = ["/api/v1/system/health", "/api/v1/openapi.json", "/docs"]
GUARDED = [PATH, f"{PATH}/{UNKNOWN}", "/api/v1/events", "/api/v1/me", "/api/v1/providers", "/api/v1/projects",
           "/api/v1/api-keys", "/api/v1/secrets/NAME", "/metrics"]


@pytest.mark.parametrize("path", OPEN)
def test_what_is_open_needs_no_token(server, path):
    assert server.client(token=None).get(path).status_code == 200


@pytest.mark.parametrize("path", GUARDED)
@pytest.mark.parametrize("header", [None, "Bearer wrong", "Bearer ", "Basic dXNlcjpwYXNz", "Bearer " + "x" * 5000])
def test_without_a_valid_token_everything_else_is_401(server, path, header):
    client = server.client(token=None)
    answer = client.request("GET", path, headers={"Authorization": header} if header else None)
    assert answer.status_code == 401
    assert answer.json()["code"].startswith("auth.")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_the_live_gateway_needs_a_token_too(server):
    for token in (None, "wrong"):
        with pytest.raises(websockets.exceptions.InvalidStatus) as refused:
            server.live(token=token)
        assert refused.value.response.status_code == 401


def test_a_token_may_come_in_the_subprotocols(server):
    with server.live(subprotocols=["computehub.v1", f"bearer.{hub.TOKEN}"]) as connection:
        assert connection.socket.subprotocol == "computehub.v1"
        connection.subscribe("deployments")


def test_a_foreign_origin_is_403_and_the_own_one_is_not(server, client):
    answer = client.request("GET", PATH, headers={"Origin": "https://evil.example"})
    assert (answer.status_code, answer.json()["code"]) == (403, "origin.foreign")
    assert client.request("GET", PATH, headers={"Origin": server.url}).status_code == 200
    assert client.request("GET", PATH).status_code == 200
    with pytest.raises(websockets.exceptions.InvalidStatus) as refused:
        server.live(headers={"Origin": "https://evil.example"})
    assert refused.value.response.status_code == 403


def test_a_foreign_host_is_refused(client):
    answer = client.request("GET", PATH, headers={"Host": "evil.example"})
    assert answer.status_code in (400, 403, 421)
    assert answer.json()["code"] == "host.unknown"


@pytest.fixture(scope="module")
def elsewhere(server):
    """A project of another name and a client that may everything there and nothing here: (project, client)."""
    name = hub.unique("elsewhere")
    client = server.client()
    assert client.post("/api/v1/projects", {"name": name}).status_code == 201
    return name, server.client(client.make_key("admin", project=name)[1])


def test_another_project_is_out_of_sight(server, client, make, elsewhere):
    name, other = elsewhere
    here = make(desired="stopped")["id"]
    assert other.get(f"{PATH}/{here}").status_code == 404
    for path in ("events", "logs", "metrics"):
        assert other.get(f"{PATH}/{here}/{path}").status_code == 404
    for action in ("start", "stop", "restart"):
        assert other.post(f"{PATH}/{here}/{action}").status_code == 404
    assert other.patch(f"{PATH}/{here}", {"name": "taken"}).status_code == 404
    assert other.delete(f"{PATH}/{here}").status_code == 404
    item = other.post(f"{PATH}/batch", {"action": "delete", "ids": [here]}).json()["items"][0]
    assert (item["ok"], item["code"]) == (False, "deployment.not_found")
    assert here not in [row["id"] for row in other.get(PATH, page_size=1000).json()["items"]]
    assert here not in {event["subject"] for event in other.get("/api/v1/events").json()["items"]}
    assert client.deployment(here)["status"] == "stopped"


def test_totals_count_only_what_may_be_seen(elsewhere, make):
    _, other = elsewhere
    before = other.get(PATH).json()["total"]
    make(desired="stopped")
    assert other.get(PATH).json()["total"] == before
    assert other.get(PATH, status="stopped").json()["total"] == before


def test_things_are_made_in_the_project_of_the_key(elsewhere):
    name, other = elsewhere
    made = other.create(desired="stopped")
    assert made["project"] == name
    assert other.get("/api/v1/me").json()["roles"] == {name: "admin"}


def test_a_stream_shows_only_what_may_be_seen(server, client, make, elsewhere):
    _, other = elsewhere
    here = make(desired="stopped")["id"]
    with server.live(other.session.headers["Authorization"].removeprefix("Bearer ")) as connection:
        connection.send({"type": "subscribe", "id": 1, "stream": f"deployments/{here}"})
        connection.expect(lambda f: f["type"] == "error" and f["id"] == 1)
        connection.last_id = 1
        connection.subscribe("deployments")
        snapshot = connection.of("deployments", "snapshot")["data"]["items"]
        assert here not in [item["id"] for item in snapshot]
        connection.subscribe("events")
        make(desired="stopped")
        own = other.create(desired="stopped")["id"]
        assert connection.of("events")["data"]["subject"] == own
        assert connection.of("deployments")["data"]["item"]["id"] == own


def test_a_revoked_key_closes_what_it_holds_open_within_a_second(server, client):
    id, token = client.make_key("viewer")
    with server.live(token) as connection:
        connection.subscribe("deployments")
        assert client.delete(f"/api/v1/api-keys/{id}").status_code == 200
        start = time.monotonic()
        try:
            connection.expect(lambda f: f["type"] == "closed" and f["code"].startswith("auth."), deadline_s=5)
        except websockets.exceptions.ConnectionClosed:
            pass
        assert time.monotonic() - start < 1.0
    assert server.client(token).get("/api/v1/me").status_code == 401


def follow_events(server, token):
    """A follower of events, and how to read its lines."""
    answer = requests.get(f"{server.url}/api/v1/events", params={"follow": "true"}, stream=True,
                          headers={"Authorization": f"Bearer {token}"}, timeout=hub.DEADLINE_S)
    assert answer.status_code == 200
    return answer.iter_lines()


def test_a_revoked_key_follows_the_record_no_longer(server, client, make):
    id, token = client.make_key("viewer")
    lines = follow_events(server, token)
    next(lines)
    start = time.monotonic()
    assert client.delete(f"/api/v1/api-keys/{id}").status_code == 200
    after = make(desired="stopped")["id"]
    assert after not in "".join(line.decode() for line in lines)
    assert time.monotonic() - start < 1.0


def test_an_expired_key_follows_the_record_no_longer(server, client):
    soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=1)
    made = client.post("/api/v1/api-keys", {"project": "default", "role": "viewer", "expires_at": soon.isoformat()})
    for _ in follow_events(server, made.json()["token"]):
        pass
    assert datetime.datetime.now(datetime.timezone.utc) - soon < datetime.timedelta(seconds=1.5)


def test_who_watches_sees_a_project_that_is_made_later(server, client):
    lines = follow_events(server, hub.TOKEN)
    with server.live() as connection:
        connection.subscribe("deployments")
        connection.subscribe("events")
        name = hub.unique("later")
        assert client.post("/api/v1/projects", {"name": name}).status_code == 201
        id = client.create(project=name, desired="stopped")["id"]
        connection.of("deployments", where=lambda data: data["item"]["id"] == id)
        connection.of("events", where=lambda data: data["subject"] == id)
    assert any(id.encode() in line for line in lines)


def test_the_key_that_makes_a_project_is_its_admin_and_lets_others_in(server, client):
    home = hub.unique("home")
    client.post("/api/v1/projects", {"name": home})
    id, token = client.make_key("admin", project=home)
    key, name = server.client(token), hub.unique("made")
    with server.live(token) as connection:
        connection.subscribe("deployments")
        made = key.post("/api/v1/projects", {"name": name})
        assert (made.status_code, made.json()["members"]) == (201, {id: "admin"})
        assert key.get("/api/v1/me").json()["roles"] == {home: "admin", name: "admin"}
        assert key.get("/api/v1/me").json()["project"] == home
        _, second = key.make_key("dev", project=name)
        there = server.client(second).create(desired="stopped")["id"]
        assert key.deployment(there)["project"] == name
        connection.of("deployments", where=lambda data: data["item"]["id"] == there)
        assert client.delete(f"/api/v1/projects/{name}/members/{id}").status_code == 200
        assert key.get(f"{PATH}/{there}").status_code == 404
        home_id = key.create(desired="stopped")["id"]
        server.client(second).create(desired="stopped")
        assert connection.of("deployments")["data"]["item"]["id"] == home_id


def test_an_expired_key_opens_nothing(server, client):
    request = {"name": "late", "project": "default", "role": "viewer"}
    past = client.post("/api/v1/api-keys", {**request, "expires_at": "2020-01-01T00:00:00Z"})
    assert (past.status_code, past.json()["field"]) == (422, "expires_at")
    soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=1)
    made = client.post("/api/v1/api-keys", {**request, "expires_at": soon.isoformat()})
    assert made.status_code == 201
    late = server.client(made.json()["token"])
    hub.eventually(lambda: late.get("/api/v1/me").status_code == 401, "the key expired")


def test_a_key_is_shown_once_and_its_hash_never(client):
    id, token = client.make_key("viewer")
    listed = client.get("/api/v1/api-keys", page_size=1000)
    assert id in [key["id"] for key in listed.json()["items"]]
    assert token not in listed.text
    assert "hash" not in listed.text


@pytest.mark.parametrize("kind", ["api-keys", "projects", "secrets"])
def test_short_lists_come_in_pages_too(server, client, kind):
    home = hub.unique("paged")
    client.post("/api/v1/projects", {"name": home})
    key = server.client(client.make_key("admin", project=home)[1])
    for number in range(4):
        key.post("/api/v1/projects", {"name": f"{home}-{number}"})
        key.make_key("viewer", project=home)
        key.put(f"/api/v1/secrets/S{number}", {"value": "v"})

    def page(**given):
        return key.get(f"/api/v1/{kind}", **given).json()

    whole = page()
    assert (whole["page"], whole["page_size"]) == (1, 20)
    assert len(whole["items"]) == whole["total"] >= 4
    rows = []
    for number in range(1, 10):
        rows += page(page=number, page_size=2)["items"]
    assert rows == whole["items"]
    assert page(page=1_000_000_000, page_size=1000)["items"] == []
    for bad in ({"page": 0}, {"page_size": 1001}, {"cursor": "x"}):
        assert key.get(f"/api/v1/{kind}", **bad).status_code == 422


def test_a_key_cannot_give_more_than_it_has(server, client, elsewhere):
    name, _ = elsewhere
    admin = server.client(client.make_key("admin")[1])
    answer = admin.post("/api/v1/api-keys", {"name": "k", "project": name, "role": "viewer"})
    assert answer.status_code in (403, 404)


def test_members_are_set_and_removed(client):
    name = hub.unique("members")
    client.post("/api/v1/projects", {"name": name})
    path = f"/api/v1/projects/{name}/members/anna"
    assert client.put(path, {"role": "dev"}).json()["members"]["anna"] == "dev"
    assert client.put(path, {"role": "admin"}).json()["members"]["anna"] == "admin"
    assert "anna" not in client.delete(path).json()["members"]
    assert client.delete(path).status_code == 404
    assert client.put(path, {"role": "king"}).status_code == 422


def test_a_project_name_is_taken_once(client):
    name = hub.unique("once")
    assert client.post("/api/v1/projects", {"name": name}).status_code == 201
    again = client.post("/api/v1/projects", {"name": name})
    assert (again.status_code, again.json()["code"]) == (409, "project.exists")


def test_without_dev_a_server_wants_at_least_one_key(make_server):
    server = make_server(dev=False, start=False)
    with pytest.raises(AssertionError, match="first line is ''"):
        server.start()
    assert server.process.wait(hub.DEADLINE_S) == 1
    assert "key" in server.errors.read_text()


def test_dev_refuses_any_address_but_loopback(tmp_path):
    ended = subprocess.run([hub.BINARY, "serve", "--dev", "--data", tmp_path / "data", "--listen", "0.0.0.0:0"],
                           capture_output=True, timeout=hub.DEADLINE_S)
    assert ended.returncode in (1, 2)
    assert b"listening" not in ended.stdout
