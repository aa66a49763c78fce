"""Models: made, changed, switched and deleted; names that are unique; keys that are never answered."""
import concurrent.futures
import json

import endpoint as endpoints
import hub
import pytest

PATH = "/api/v1/models"
KEY = "sk-test-0123456789abcdef-WXYZ"


def body(**fields):
    return {"name": hub.unique("model"), "type": "openai", "model": "gpt-test", "base_url": "http://127.0.0.1:9/v1",
            **fields}


def made(client, **fields):
    answer = client.post(PATH, body(**fields))
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_new_model_is_offline_and_has_the_slots_and_the_queue_of_the_configuration(client):
    model = made(client)
    assert (model["status"], model["max_workers"], model["max_queue_size"]) == ("offline", 5, 10_000)
    assert model["task_defaults"] == {"timeout": "300s", "max_retries": 3, "retry_delay": "60s"}
    assert (model["running"], model["pending"]) == (0, 0)
    assert model["api_key"] == {"set": False, "last4": None}
    assert client.get(f"{PATH}/{model['id']}").json() == model
    assert client.get(f"{PATH}/{model['name']}").json() == model
    assert model["id"] in [each["id"] for each in client.get(PATH, text=model["name"], min_pos=model["position"]).json()["items"]]


def test_a_name_is_taken_once_in_a_project_also_when_many_ask_at_once(server):
    wanted = hub.unique("model")
    clients = [server.client() for _ in range(8)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda each: each.post(PATH, body(name=wanted)), clients))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"model.name_taken"}


def test_a_name_is_free_again_when_its_model_is_deleted_or_renamed(client):
    first = made(client)
    renamed = client.patch(f"{PATH}/{first['id']}", {"name": hub.unique("model"), "max_workers": 7}).json()
    assert (renamed["id"], renamed["max_workers"]) == (first["id"], 7) and renamed["name"] != first["name"]
    second = made(client, name=first["name"])
    assert client.patch(f"{PATH}/{second['id']}", {"name": renamed["name"]}).json()["code"] == "model.name_taken"
    assert client.delete(f"{PATH}/{second['id']}").status_code == 204
    hub.eventually(lambda: client.post(PATH, body(name=first["name"])).status_code == 201, "the name is free")
    assert client.get(f"{PATH}/{second['name']}").json()["id"] != second["id"]


def test_a_key_is_never_answered_and_stays_until_it_is_changed(client):
    model = made(client, api_key=KEY)
    assert model["api_key"] == {"set": True, "last4": "WXYZ"}
    url = f"{PATH}/{model['id']}"
    assert client.patch(url, {"temperature": 0.5}).json()["api_key"] == {"set": True, "last4": "WXYZ"}
    assert client.patch(url, {"api_key": KEY.replace("WXYZ", "ABCD")}).json()["api_key"]["last4"] == "ABCD"
    assert client.patch(url, {"api_key": None}).json()["api_key"] == {"set": False, "last4": None}
    events = json.dumps(client.get("/api/v1/events", limit=1000).json())
    assert KEY not in events and KEY not in client.get(PATH, page_size=1000).text
    names = [each["name"] for each in client.get("/api/v1/secrets", page_size=1000).json()["items"]]
    assert not [name for name in names if name.startswith(model["id"])], "no key is left over"


def test_a_change_changes_what_it_names_alone(client):
    model = made(client, temperature=0.2, labels={"team": "a"}, price={"prompt_usd_micro_per_million": 10})
    changed = client.patch(f"{PATH}/{model['id']}", {"max_tokens": 50, "temperature": None, "max_workers": 2}).json()
    assert (changed["max_tokens"], changed["max_workers"], changed["labels"]) == (50, 2, {"team": "a"})
    assert "temperature" not in changed and changed["model"] == "gpt-test"


def test_what_is_inside_is_changed_by_name_so_that_changes_at_once_lose_nothing(server, client):
    of_type = {"type": "custom", "base_url": None, "model": None, "url": "http://127.0.0.1:9/", "result_pointer": "/x",
               "request_template": {"say": "{{text}}"}}
    model = made(client, **of_type, labels={"kept": "a", "gone": "b"}, headers={"kept": "c", "gone": "d"})
    url = f"{PATH}/{model['id']}"
    changes = [{"labels": {str(number): "x"}, "headers": {f"h{number}": "y"}} for number in range(12)]
    changes += [{"price": {"prompt_usd_micro_per_million": 10}}, {"price": {"completion_usd_micro_per_million": 20}},
                {"task_defaults": {"timeout": "7s"}}, {"task_defaults": {"max_retries": 9}},
                {"labels": {"gone": None, "never": None}}, {"headers": {"gone": None, "never": None}}]
    clients = [server.client() for _ in changes]
    with concurrent.futures.ThreadPoolExecutor(len(changes)) as pool:
        answers = list(pool.map(lambda each, change: each.patch(url, change), clients, changes))
    assert {answer.status_code for answer in answers} == {200}
    now = client.get(url).json()
    assert now["labels"] == {"kept": "a", **{str(number): "x" for number in range(12)}}
    assert now["headers"] == {"kept": "c", **{f"h{number}": "y" for number in range(12)}}
    assert now["price"] == {"prompt_usd_micro_per_million": 10, "completion_usd_micro_per_million": 20}
    assert now["task_defaults"] == {"timeout": "7s", "max_retries": 9, "retry_delay": "60s"}
    template = client.patch(url, {"request_template": {"other": "{{text}}"}}).json()["request_template"]
    assert template == {"other": "{{text}}"}, "one thing, and no map"


def test_a_model_is_switched(client):
    model = made(client, status="online")
    url = f"{PATH}/{model['id']}/status"
    assert model["status"] == "online"
    for status in ("draining", "offline", "online"):
        assert client.put(url, {"status": status}).json()["status"] == status
    assert client.put(url, {"status": "broken"}).status_code == 422


@pytest.mark.parametrize("change, code, field", [
    ({"name": ""}, "model.name", "name"),
    ({"name": "mdl_" + "0" * 28}, "model.name", "name"),
    ({"type": "oracle"}, "model.invalid_settings", "type"),
    ({"type": "noop"}, "model.type", "type"),
    ({"max_workers": 0}, "model.workers", "max_workers"),
    ({"max_workers": 51}, "model.workers", "max_workers"),
    ({"max_queue_size": -1}, "model.queue_size", "max_queue_size"),
    ({"temperature": 3}, "model.invalid_settings", "temperature"),
    ({"host": "x"}, "model.invalid_settings", "host"),
    ({"base_url": "ftp://x"}, "model.invalid_url", None),
    ({"base_url": "http://10.0.0.1/v1"}, "model.refused_address", None),
    ({"base_url": "http://169.254.169.254/v1"}, "model.refused_address", None),
    ({"price": {"prompt_usd_micro_per_million": -1}}, "model.price", "price.prompt_usd_micro_per_million"),
    ({"labels": {"x": 1}}, "json.type", "labels.x"),
    ({"task_defaults": {"timeout": "0s"}}, "task.timeout", "timeout"),
    ({"api_key": "a b"}, "model.invalid_settings", "api_key"),
    ({"colour": "red"}, "json.unknown_field", "colour"),
])
def test_what_is_wrong_is_said_with_its_field(client, change, code, field):
    answer = client.post(PATH, body(**change))
    assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
    if field:
        assert answer.json()["field"] == field


def test_a_repeated_create_answers_the_same_model(client):
    headers, asked = {"Idempotency-Key": hub.unique("key")}, body()
    answers = [client.post(PATH, asked, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()


def test_models_of_other_projects_are_not_there(server, client):
    model = made(client)
    project = hub.unique("project")
    assert client.post("/api/v1/projects", {"name": project}).status_code == 201
    other = server.client(client.make_key(project=project)[1])
    for answer in (other.get(f"{PATH}/{model['id']}"), other.get(f"{PATH}/{model['name']}"),
                   other.patch(f"{PATH}/{model['id']}", {"max_workers": 1}), other.delete(f"{PATH}/{model['id']}")):
        assert (answer.status_code, answer.json()["code"]) == (404, "model.not_found")
    assert made(other, name=model["name"])["project"] == project, "names are a project's own"
    viewer = server.client(client.make_key(role="viewer")[1])
    assert viewer.get(f"{PATH}/{model['id']}").status_code == 200
    assert viewer.post(PATH, body()).status_code == 403
    assert viewer.delete(f"{PATH}/{model['id']}").status_code == 403


def key_of_calls(client, model, endpoint):
    """Which key its next call carries."""
    number = len(endpoint.calls)
    client.post("/api/v1/tasks", {"model_id": model["id"], "type": "custom", "input": 1})
    call = endpoint.call(number)
    call.send(200, "application/json", '"done"')
    return call.headers["Authorization"].removeprefix("Bearer ")


def test_another_request_under_the_same_key_replaces_no_key_in_use(client):
    headers, other = {"Idempotency-Key": hub.unique("key")}, "sk-test-another-0123456789"
    with endpoints.running() as endpoint:
        asked = {"name": hub.unique("model"), "type": "custom", "url": endpoint.url, "status": "online"}
        model = client.post(PATH, {**asked, "api_key": KEY}, headers=headers).json()
        assert key_of_calls(client, model, endpoint) == KEY
        refused = client.post(PATH, {**asked, "api_key": other}, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (409, "idempotency.other_body")
        model = client.patch(f"{PATH}/{model['id']}", {"max_workers": 7}).json()
        assert key_of_calls(client, model, endpoint) == KEY, "it is read anew behind each change"


def test_a_repeated_change_of_the_key_takes_no_later_one_away(client):
    with endpoints.running() as endpoint:
        model = client.post(PATH, {"name": hub.unique("model"), "type": "custom", "url": endpoint.url,
                                   "status": "online", "api_key": KEY}).json()
        url, headers = f"{PATH}/{model['id']}", {"Idempotency-Key": hub.unique("key")}

        def change(key, **options):
            return client.request("PATCH", url, json={"api_key": key}, **options)

        assert change("sk-test-second-0123456789", headers=headers).status_code == 200
        assert change("sk-test-third-0123456789").status_code == 200
        assert change("sk-test-second-0123456789", headers=headers).status_code == 200
        client.patch(url, {"max_workers": 7})
        assert key_of_calls(client, model, endpoint) == "sk-test-third-0123456789"
