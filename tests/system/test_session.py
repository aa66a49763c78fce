"""Signing in at a browser: a token becomes a cookie that no script reads, no other site uses, and that ends."""
import datetime
import json
import subprocess
import time

import hub
import pytest
import requests
import websockets.exceptions

SESSION = "/api/v1/session"
ME = "/api/v1/me"
NAME = "computehub_session"
PATH = "/api/v1/deployments"


def browser(server):
    """A client without a token that keeps cookies and names its page's origin, as browsers do."""
    client = server.client(token=None)
    client.session.headers["Origin"] = server.url
    client.session.headers["Sec-Fetch-Site"] = "same-origin"
    return client


def sign_in(server, token=hub.TOKEN):
    client = browser(server)
    answer = client.post(SESSION, {"token": token})
    assert answer.status_code == 201, answer.text
    return client


def with_cookie(server, secret, **headers):
    """A request by hand: exactly these headers."""
    return server.client(token=None), {"Cookie": f"{NAME}={secret}", **headers}


def secret_of(client):
    return client.session.cookies[NAME]


def test_a_token_becomes_a_session_that_says_who_one_is(server, client):
    id, token = client.make_key("dev")
    mine = browser(server)
    answer = mine.post(SESSION, {"token": token})
    assert answer.status_code == 201
    body = answer.json()
    assert body["principal"] == {"id": f"key:{id}", "organisation": "default", "project": "default",
                                 "roles": {"default": "dev"}}
    assert body["session"].startswith("ses_")
    left = datetime.datetime.fromisoformat(body["expires_at"]) - datetime.datetime.now(datetime.timezone.utc)
    assert datetime.timedelta(hours=11, minutes=59) < left <= datetime.timedelta(hours=12)
    assert mine.get(SESSION).json() == body
    assert mine.get(ME).json()["id"] == f"key:{id}"
    assert mine.create(desired="stopped")["owner"] == f"key:{id}"


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(server):
    answer = browser(server).post(SESSION, {"token": hub.TOKEN})
    cookie = answer.headers["Set-Cookie"]
    name, value = cookie.split(";")[0].split("=")
    assert name == NAME and len(value) >= 43
    attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert attributes == {"path=/", "httponly", "samesite=strict", "max-age=43200"}
    assert value not in answer.text and hub.TOKEN not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_each_session_has_a_secret_of_its_own_whatever_the_browser_brings(server):
    client, headers = with_cookie(server, "chs_chosen_by_somebody_else", Origin=server.url)
    answer = client.post(SESSION, {"token": hub.TOKEN}, headers=headers)
    assert answer.status_code == 201
    assert "chosen" not in answer.headers["Set-Cookie"]
    fixed, headers = with_cookie(server, "chs_chosen_by_somebody_else")
    assert fixed.request("GET", ME, headers=headers).status_code == 401


def test_who_signs_in_anew_ends_the_session_that_was_there(server):
    mine = sign_in(server)
    older = secret_of(mine)
    assert mine.post(SESSION, {"token": hub.TOKEN}).status_code == 201
    assert secret_of(mine) != older
    thief, headers = with_cookie(server, older)
    assert thief.request("GET", ME, headers=headers).status_code == 401
    assert mine.get(ME).status_code == 200


@pytest.mark.parametrize("token", ["wrong", "", "chs_" + "A" * 43, "x" * 513])
def test_a_wrong_token_opens_no_session(server, token):
    answer = browser(server).post(SESSION, {"token": token})
    assert (answer.status_code, answer.json()["code"]) == (401, "auth.invalid")
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("body, status", [({}, 422), ({"token": "t", "dev": True}, 422), ({"dev": False}, 422),
                                          ({"token": 1}, 422), ({"tokens": "t"}, 422)])
def test_a_body_that_says_no_one_thing_is_refused(server, body, status):
    answer = browser(server).post(SESSION, body)
    assert answer.status_code == status
    assert "Set-Cookie" not in answer.headers


def test_nobody_is_told_so_and_that_this_is_a_server_for_development(server):
    answer = browser(server).get(SESSION)
    assert (answer.status_code, answer.json()["code"], answer.json()["dev"]) == (401, "auth.required", True)


def test_who_comes_with_a_token_has_no_session(server, client):
    body = client.get(SESSION).json()
    assert (body["principal"]["id"], body["session"], body["expires_at"]) == ("user:dev", None, None)
    answer = client.delete(SESSION)
    assert (answer.status_code, answer.json()["code"]) == (404, "session.unknown")


def test_a_server_for_development_lets_in_without_a_token(server):
    mine = browser(server)
    answer = mine.post(SESSION, {"dev": True})
    assert answer.status_code == 201
    assert (answer.json()["principal"]["id"], answer.json()["dev"]) == ("user:dev", True)
    assert mine.get(ME).json()["roles"]["default"] == "admin"


def test_any_other_server_does_not(make_server):
    server = make_server(dev=False, start=False)
    made = subprocess.run([hub.BINARY, "keys", "create", "--data", server.data, "--role", "admin", "-o", "json"],
                              capture_output=True, check=True, timeout=hub.DEADLINE_S)
    token = json.loads(made.stdout)["token"]
    server.start()
    answer = browser(server).post(SESSION, {"dev": True})
    assert (answer.status_code, answer.json()["code"]) == (403, "session.no_dev")
    assert "dev" not in browser(server).get(SESSION).json()
    assert sign_in(server, token).get(SESSION).json()["dev"] is False


def test_signing_out_ends_the_session_and_every_copy_of_its_cookie(server):
    mine = sign_in(server)
    copy, headers = with_cookie(server, secret_of(mine))
    assert copy.request("GET", ME, headers=headers).status_code == 200
    answer = mine.delete(SESSION)
    assert answer.status_code == 204
    assert "max-age=0" in answer.headers["Set-Cookie"].lower()
    again = copy.request("GET", ME, headers=headers)
    assert (again.status_code, again.json()["code"]) == (401, "auth.invalid")
    assert copy.request("GET", SESSION, headers=headers).status_code == 401


def test_a_session_outlives_a_restart_and_one_that_has_ended_does_not(own_server):
    stays, ends = sign_in(own_server), sign_in(own_server)
    assert ends.delete(SESSION).status_code == 204
    kept, gone = secret_of(stays), ends.session.cookies.get(NAME)
    assert gone is None
    copy = sign_in(own_server)
    ended = secret_of(copy)
    copy.delete(SESSION)
    own_server.kill()
    own_server.start()
    client, headers = with_cookie(own_server, kept)
    assert client.request("GET", ME, headers=headers).status_code == 200
    client, headers = with_cookie(own_server, ended)
    assert client.request("GET", ME, headers=headers).status_code == 401


def test_a_session_ends_with_its_key(server, client):
    id, token = client.make_key("viewer")
    mine = sign_in(server, token)
    assert mine.get(ME).status_code == 200
    assert client.delete(f"/api/v1/api-keys/{id}").status_code == 200
    assert mine.get(ME).status_code == 401


def test_a_session_ends_with_the_time_of_its_key(server, client):
    soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=2)
    token = client.post("/api/v1/api-keys", {"project": "default", "role": "viewer",
                                             "expires_at": soon.isoformat()}).json()["token"]
    mine = sign_in(server, token)
    assert datetime.datetime.fromisoformat(mine.get(SESSION).json()["expires_at"]) == soon
    hub.eventually(lambda: mine.get(ME).status_code == 401, "the key expired")


def test_what_a_session_may_follows_what_its_key_may(server, client):
    id, token = client.make_key("viewer")
    mine, name = sign_in(server, token), hub.unique("later")
    client.post("/api/v1/projects", {"name": name})
    assert name not in mine.get(ME).json()["roles"]
    client.put(f"/api/v1/projects/{name}/members/{id}", {"role": "dev"})
    assert mine.get(ME).json()["roles"] == {"default": "viewer", name: "dev"}
    assert mine.post(PATH, {"name": "no", "provider": "local", "command": ["true"]}).status_code == 403


# --- other sites ---

@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "file://", ""])
@pytest.mark.parametrize("method, path", [("GET", PATH), ("POST", PATH), ("DELETE", SESSION), ("POST", SESSION)])
def test_a_foreign_origin_is_refused(server, method, path, origin):
    mine = sign_in(server)
    answer = mine.request(method, path, headers={"Origin": origin}, json={"dev": True} if method == "POST" else None)
    assert (answer.status_code, answer.json()["code"]) == (403, "origin.foreign")


@pytest.mark.parametrize("site", ["cross-site", "same-site", "made-up"])
def test_what_another_page_has_the_browser_ask_is_refused(server, site):
    client, headers = with_cookie(server, secret_of(sign_in(server)), **{"Sec-Fetch-Site": site})
    answer = client.request("GET", PATH, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "origin.foreign")
    # What is open to everyone is not refused; but the request comes from nobody.
    assert client.request("GET", SESSION, headers=headers).status_code == 401
    assert client.request("GET", "/docs", headers=headers).status_code in (200, 503)


def test_what_a_person_typed_is_answered(server):
    for headers in ({}, {"Sec-Fetch-Site": "none"}):
        client, all = with_cookie(server, secret_of(sign_in(server)), **headers)
        assert client.request("GET", PATH, headers=all).status_code == 200


@pytest.mark.parametrize("method, path, body", [
    ("POST", PATH, {"name": "csrf", "provider": "local", "command": ["true"], "desired": "stopped"}),
    ("DELETE", SESSION, None), ("PUT", "/api/v1/secrets/CSRF", {"value": "v"}), ("PATCH", PATH + "/dep_x", {})])
def test_what_changes_something_must_name_its_origin(server, method, path, body):
    client, headers = with_cookie(server, secret_of(sign_in(server)), **{"Sec-Fetch-Site": "same-origin"})
    answer = client.request(method, path, json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "origin.missing")


def test_a_token_wins_over_a_cookie(server, client):
    id, token = client.make_key("viewer")
    _, headers = with_cookie(server, secret_of(sign_in(server)))
    assert server.client(token).request("GET", ME, headers=headers).json()["id"] == f"key:{id}"
    assert server.client("wrong").request("GET", ME, headers=headers).status_code == 401
    basic = {**headers, "Authorization": "Basic dXNlcjpwYXNz"}
    assert server.client(token=None).request("GET", ME, headers=basic).status_code == 401


@pytest.mark.parametrize("forge", [
    lambda secret: secret[:-1], lambda secret: secret + "A", lambda secret: hub.TOKEN, lambda secret: "",
    lambda secret: secret.lower(), lambda secret: '"' + secret + '"',
    lambda secret: f"{secret}; {NAME}=chs_other", lambda secret: "x" * 8000])
def test_a_forged_cookie_opens_nothing(server, forge):
    client, headers = with_cookie(server, forge(secret_of(sign_in(server))))
    assert client.request("GET", ME, headers=headers).status_code == 401


def test_a_secret_is_no_token(server):
    assert server.client(secret_of(sign_in(server))).get(ME).status_code == 401


def test_other_cookies_do_no_harm(server):
    secret = secret_of(sign_in(server))
    client = server.client(token=None)
    for cookie in (f"a=b; {NAME}={secret}; c", f";;{NAME} = {secret} ;", f"x{NAME}=1; {NAME}={secret}"):
        assert client.request("GET", ME, headers={"Cookie": cookie}).status_code == 200, cookie


# --- streams ---

def live(server, client, **headers):
    return server.live(token=None, headers={"Cookie": f"{NAME}={secret_of(client)}", "Origin": server.url, **headers})


def test_the_live_streams_take_the_cookie(server, make):
    with live(server, sign_in(server)) as connection:
        connection.subscribe("deployments")
        id = make(desired="stopped")["id"]
        connection.of("deployments", where=lambda data: data["item"]["id"] == id)


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Origin": None},
                                     {"Sec-Fetch-Site": "cross-site"}])
def test_the_live_streams_take_no_cookie_from_elsewhere(server, headers):
    given = {"Cookie": f"{NAME}={secret_of(sign_in(server))}", "Origin": server.url, **headers}
    with pytest.raises(websockets.exceptions.InvalidStatus) as refused:
        server.live(token=None, headers={name: value for name, value in given.items() if value})
    assert refused.value.response.status_code == 403


def ends_within_a_second(connection):
    start = time.monotonic()
    try:
        connection.expect(lambda f: f["type"] == "closed" and f["code"].startswith("auth."), deadline_s=5)
    except websockets.exceptions.ConnectionClosed:
        pass
    assert time.monotonic() - start < 1.0


def test_a_session_that_ends_closes_its_sockets_and_no_others(server):
    mine, other = sign_in(server), sign_in(server)
    with live(server, mine) as ending, live(server, other) as staying, server.live() as token:
        for connection in (ending, staying, token):
            connection.subscribe("deployments")
        assert mine.delete(SESSION).status_code == 204
        ends_within_a_second(ending)
        for connection in (staying, token):
            connection.send({"type": "ping", "id": 99})
            connection.expect(lambda f: f["type"] == "pong")


def test_a_revoked_key_closes_the_sockets_of_its_sessions(server, client):
    id, token = client.make_key("viewer")
    with live(server, sign_in(server, token)) as connection:
        connection.subscribe("deployments")
        client.delete(f"/api/v1/api-keys/{id}")
        ends_within_a_second(connection)


def test_a_session_that_ends_follows_the_record_no_longer(server, make):
    mine = sign_in(server)
    answer = requests.get(f"{server.url}/api/v1/events", params={"follow": "true"}, stream=True,
                          cookies={NAME: secret_of(mine)}, timeout=hub.DEADLINE_S)
    lines = answer.iter_lines()
    next(lines)
    assert mine.delete(SESSION).status_code == 204
    after = make(desired="stopped")["id"]
    assert after not in "".join(line.decode() for line in lines)


# --- what is kept of it ---

def test_the_record_says_who_signed_in_and_out_and_holds_no_secret(own_server):
    mine = sign_in(own_server)
    secret, id = secret_of(mine), mine.get(SESSION).json()["session"]
    mine.delete(SESSION)
    events = own_server.client().get("/api/v1/events", limit=1000).json()["items"]
    told = [(event["type"], event["actor"]) for event in events if event["subject"] == id]
    assert told == [("computehub.session.opened.v1", "user:dev"), ("computehub.session.ended.v1", "user:dev")]
    assert own_server.stop() == 0
    everything = b"".join(path.read_bytes() for path in own_server.data.rglob("*") if path.is_file()
                          and path.name != "dev-token")
    assert secret.encode() not in everything + own_server.errors.read_bytes()
    assert hub.TOKEN.encode() not in everything + own_server.errors.read_bytes()


def test_the_rows_of_sessions_are_those_of_the_record(own_server):
    sign_in(own_server).delete(SESSION)
    sign_in(own_server)
    assert own_server.stop() == 0
    checked = subprocess.run([hub.BINARY, "projections", "verify", "--data", own_server.data],
                                 capture_output=True, timeout=hub.DEADLINE_S, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr
