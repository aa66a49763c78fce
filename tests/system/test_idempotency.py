"""The same Idempotency-Key means the same command: done once, answered alike."""
import concurrent.futures
import uuid

import hub
import pytest

PATH = "/api/v1/deployments"


def body(name="idempotent"):
    return {"name": name, "provider": "local", "command": ["true"], "desired": "stopped"}


def headers(key=None):
    return {"Idempotency-Key": key or uuid.uuid4().hex}


def test_the_same_key_and_body_meet_the_first_entity(client):
    key = headers()
    first, second = client.post(PATH, body(), headers=key), client.post(PATH, body(), headers=key)
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json() == first.json()
    assert len(client.history(first.json()["id"])) == first.json()["version"]


def test_a_replay_answers_as_the_first_did_although_the_entity_went_on(client):
    key = headers()
    first = client.post(PATH, body(), headers=key).json()
    client.patch(f"{PATH}/{first['id']}", {"name": "went-on"})
    again = client.post(PATH, body(), headers=key)
    assert (again.status_code, again.json()["id"]) == (201, first["id"])
    assert client.deployment(first["id"])["name"] == "went-on"


def test_the_same_key_with_another_body_is_409(client):
    key = headers()
    first = client.post(PATH, body(), headers=key).json()
    other = client.post(PATH, body("other"), headers=key)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency.other_body")
    assert client.deployment(first["id"])["name"] == "idempotent"


def test_the_same_key_a_hundred_times_in_parallel_makes_one(server):
    key, name = headers(), f"parallel-{uuid.uuid4().hex}"

    def create(_):
        return server.client().post(PATH, body(name), headers=key)

    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(create, range(100)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1, "equal answers"
    client = server.client()
    assert client.get(PATH, text=name, min_pos=answers[0].json()["position"]).json()["total"] == 1
    assert len(client.history(answers[0].json()["id"])) == answers[0].json()["version"]


def test_the_same_key_of_two_callers_makes_two(server, client):
    _, token = client.make_key("dev")
    key = headers()
    first = client.post(PATH, body(), headers=key).json()
    second = server.client(token).post(PATH, body(), headers=key).json()
    assert first["id"] != second["id"]


def test_without_a_key_each_request_is_its_own(client):
    assert client.post(PATH, body()).json()["id"] != client.post(PATH, body()).json()["id"]


def test_a_key_shown_once_is_not_shown_by_a_replay(client):
    key = headers()
    request = {"name": "once", "project": "default", "role": "viewer"}
    first = client.post("/api/v1/api-keys", request, headers=key)
    again = client.post("/api/v1/api-keys", request, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json()["id"] == first.json()["id"]
    assert first.json()["token"] not in again.text


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\there"], ids=["empty", "256 characters", "a control character"])
def test_a_key_that_is_not_1_to_255_printable_characters_is_refused(client, key):
    answer = client.post(PATH, body(), headers=headers() | {"Idempotency-Key": key})
    assert answer.status_code in (400, 422)
    assert answer.json()["code"].startswith(("idempotency.", "http."))


def test_255_printable_characters_are_taken(client):
    key = headers(("~ " + uuid.uuid4().hex + "!" * 255)[:255])
    assert client.post(PATH, body(), headers=key).status_code == 201


def test_a_repeated_action_answers_as_the_first_did_although_the_entity_went_on(client, make):
    path = f"{PATH}/{make(desired='stopped')['id']}"

    def act(action, **params):
        answer = client.post(f"{path}/{action}", headers={"Idempotency-Key": f"{path} {action}"}, **params)
        return answer.status_code, answer.json()

    first = {"stop": act("stop"), "start": act("start", wait="running"), "restart": act("restart", wait="running")}
    assert [status for status, _ in first.values()] == [200, 200, 200]
    client.act(first["stop"][1]["id"], "stop", wait="stopped")
    assert act("stop") == first["stop"]
    assert act("start", wait="running") == first["start"]
    assert act("restart", wait="running") == first["restart"]
    client.act(first["stop"][1]["id"], "start", wait="running")
    second = client.post(f"{path}/stop", headers={"Idempotency-Key": f"{path} last"})
    assert second.status_code == 202
    hub.eventually(lambda: client.deployment(first["stop"][1]["id"])["status"] == "stopped", "it stopped")
    again = client.post(f"{path}/stop", headers={"Idempotency-Key": f"{path} last"})
    assert (again.status_code, again.json()["status"]) == (202, "stopping")


def test_a_repeated_create_that_waited_answers_as_the_first_did(client):
    body = {"name": "waited", "provider": "local", "command": ["sleep", "600"]}
    key = headers()
    first = client.post(PATH, body, headers=key, wait="running")
    client.act(first.json()["id"], "delete", wait="deleted")
    again = client.post(PATH, body, headers=key, wait="running")
    assert (again.status_code, again.json()) == (first.status_code, first.json())


def test_a_repeated_action_with_its_key_is_done_once(client, make):
    id = make(wait="running")["id"]
    key = headers()
    client.post(f"{PATH}/{id}/restart", headers=key)
    client.post(f"{PATH}/{id}/restart", headers=key)
    asked = [e for e in client.history(id) if e["type"] == "computehub.deployment.stop_requested.v1"]
    assert len(asked) == 1
