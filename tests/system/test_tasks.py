"""Tasks on models, with an endpoint that answers when it is let."""
import json

import hub
import pytest

MODELS = "/api/v1/models"
PATH = "/api/v1/tasks"
NONE = "tsk_" + "0" * 28


@pytest.fixture
def model(client, endpoint):
    """Makes a model at the endpoint; online, with one slot, and quick to try again."""
    def make(**fields):
        answer = client.post(MODELS, {"name": hub.unique("model"), "type": "openai", "model": "m", "status": "online",
                                      "base_url": endpoint.url, "api_key": "sk-test-0123456789", "max_workers": 1,
                                      "task_defaults": {"retry_delay": "10ms"}, **fields})
        assert answer.status_code == 201, answer.text
        return answer.json()

    return make


def submit(client, model, text="hello", **fields):
    answer = client.post(PATH, {"model_id": model["id"], "type": "text-generation", "input": text, **fields})
    assert answer.status_code == 201, answer.text
    return answer.json()


def ended(client, task):
    answer = client.get(f"{PATH}/{task['id']}", wait="ended").json()
    assert answer["status"] not in ("pending", "running"), answer
    return answer


def test_a_task_runs_and_its_result_is_there(client, endpoint, model):
    price = {"prompt_usd_micro_per_million": 1_000_000, "completion_usd_micro_per_million": 2_000_000}
    its_model = model(price=price)
    task = submit(client, its_model, "Say hello.", labels={"for": "test"})
    assert (task["status"], task["model"], task["input"]) == ("running", its_model["name"], "Say hello.")
    call = endpoint.call(0)
    assert call.path == "/v1/chat/completions" and call.headers["Authorization"] == "Bearer sk-test-0123456789"
    assert call.body["messages"] == [{"role": "user", "content": "Say hello."}]
    call.reply("Hello.", prompt_tokens=3, completion_tokens=5)
    done = ended(client, task)
    assert (done["status"], done["result"]) == ("completed", {"text": "Hello."})
    assert done["usage"] == {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}
    assert done["cost_usd_micro"] == 3 + 10
    assert [(each["outcome"], each["http_status"]) for each in done["attempts"]] == [("completed", 200)]
    listed = hub.listed(client, PATH, 1, model=its_model["name"], status="completed")
    assert [item["id"] for item in listed["items"]] == [task["id"]]
    assert "input" not in listed["items"][0] and "result" not in listed["items"][0]


def test_the_urgent_go_first_and_each_priority_is_first_in_first_out(client, endpoint, model):
    its_model = model()
    submit(client, its_model, "first")
    for number in range(10):
        submit(client, its_model, f"low-{number}", priority=1)
    for number in range(5):
        submit(client, its_model, f"high-{number}", priority=3)
    waiting = hub.listed(client, PATH, 15, model=its_model["id"], status="pending")
    assert {item["pending_reason"] for item in waiting["items"]} == {"no_free_slot (1 of 1)"}
    for number in range(16):
        endpoint.call(number).reply()
    assert [call.text for call in endpoint.calls] == (
        ["first"] + [f"high-{number}" for number in range(5)] + [f"low-{number}" for number in range(10)])
    assert endpoint.most == 1


def test_no_more_calls_than_slots_and_more_when_there_are_more(client, endpoint, model):
    its_model = model(max_workers=2)
    for number in range(8):
        submit(client, its_model, str(number))
    endpoint.call(1)
    client.patch(f"{MODELS}/{its_model['id']}", {"max_workers": 4})
    endpoint.call(3)
    assert client.get(f"{MODELS}/{its_model['id']}").json()["running"] == 4
    for number in range(8):
        endpoint.call(number).reply()
    endpoint.idle()
    assert endpoint.most == 4


def test_an_offline_model_takes_tasks_and_says_so(client, endpoint, model):
    its_model = model(status="offline")
    task = submit(client, its_model)
    assert (task["status"], task["pending_reason"]) == ("pending", "model_offline")
    client.put(f"{MODELS}/{its_model['id']}/status", {"status": "online"})
    endpoint.call(0).reply()
    assert ended(client, task)["status"] == "completed"


def test_a_full_queue_refuses_the_next_one_and_says_when_to_come_again(client, endpoint, model):
    its_model = model(max_queue_size=2)
    for _ in range(3):
        submit(client, its_model)
    answer = client.post(PATH, {"model_id": its_model["id"], "type": "text-generation", "input": "x"})
    assert (answer.status_code, answer.json()["code"]) == (429, "model.queue_full")
    assert int(answer.headers["Retry-After"]) >= 1
    endpoint.call(0).reply()
    endpoint.call(1)
    submit(client, its_model)


def test_a_cancelled_call_is_broken_off(client, endpoint, model):
    its_model = model()
    running, waiting = submit(client, its_model, "one"), submit(client, its_model, "two")
    call = endpoint.call(0)
    assert client.delete(f"{PATH}/{running['id']}").json()["status"] == "cancelled"
    assert call.gone.wait(hub.DEADLINE_S)
    endpoint.call(1).reply()
    assert ended(client, waiting)["status"] == "completed"
    assert client.delete(f"{PATH}/{waiting['id']}").json()["code"] == "task.ended"
    assert client.delete(f"{PATH}/{running['id']}").json()["status"] == "cancelled"


def test_trouble_of_the_endpoint_is_retried_and_other_refusals_are_final(client, endpoint, model):
    its_model = model()
    task = submit(client, its_model)
    endpoint.call(0).fail(503)
    endpoint.call(1).reply()
    done = ended(client, task)
    assert [(each["outcome"], each["code"]) for each in done["attempts"]] == [
        ("failed", "call.server_error"), ("completed", None)]
    bad = submit(client, its_model)
    endpoint.call(2).fail(400, message="no such parameter")
    failed = ended(client, bad)
    assert (failed["status"], failed["reason"]["code"]) == ("failed", "call.rejected")
    assert "no such parameter" in failed["attempts"][0]["detail"]


def test_retries_end(client, endpoint, model):
    endpoint.rule = lambda call: call.fail(500)
    task = submit(client, model(), max_retries=2)
    done = ended(client, task)
    assert (done["status"], len(done["attempts"])) == ("failed", 3)


def test_who_asks_for_less_is_called_less(client, endpoint, model):
    its_model = model()
    task = submit(client, its_model)
    endpoint.call(0).fail(429, {"Retry-After": "1"})
    cooling = hub.eventually(lambda: client.get(f"{MODELS}/{its_model['id']}").json().get("cooling_down"), "it cools")
    assert cooling["code"] == "call.rate_limited"
    endpoint.call(1).reply()
    done = ended(client, task)
    assert [each["http_status"] for each in done["attempts"]] == [429, 200]


def test_a_slow_answer_is_given_up(client, endpoint, model):
    task = submit(client, model(), timeout="200ms", max_retries=0)
    assert endpoint.call(0).gone.wait(hub.DEADLINE_S)
    done = ended(client, task)
    assert (done["status"], done["attempts"][0]["outcome"]) == ("failed", "timed_out")


def test_a_failed_task_is_sent_again(client, endpoint, model):
    task = submit(client, model(), max_retries=0)
    assert client.post(f"{PATH}/{task['id']}/retry").json()["code"] == "task.not_ended"
    endpoint.call(0).fail(500)
    assert ended(client, task)["status"] == "failed"
    assert client.post(f"{PATH}/{task['id']}/retry").json()["status"] == "running"
    endpoint.call(1).reply("again")
    assert ended(client, task)["result"] == {"text": "again"}


def test_calls_in_flight_are_taken_up_again_when_the_server_was_killed(make_server, endpoint):
    server = make_server()
    client = server.client()
    its_model = client.post(MODELS, {"name": "m", "type": "openai", "model": "m", "status": "online", "max_workers": 2,
                                     "base_url": endpoint.url}).json()
    tasks = [submit(client, its_model, str(number)) for number in range(6)]
    urgent = submit(client, its_model, "urgent", priority=3)
    endpoint.call(1)
    server.kill()
    server.start()
    client = server.client()
    for number in range(2, 9):
        endpoint.call(number).reply(f"answer {number}")
    done = [ended(client, task) for task in [urgent, *tasks]]
    assert [task["status"] for task in done] == ["completed"] * 7
    began = [call.text for call in endpoint.calls]
    assert sorted(began[:2]) == ["0", "1"]
    assert sorted(began[2:4]) == ["0", "urgent"], "each at the head of its priority"
    assert sorted(began[2:]) == [*(str(number) for number in range(6)), "urgent"], "each is called once more at most"
    interrupted = [task for task in done if len(task["attempts"]) == 2]
    assert len(interrupted) == 2
    assert {task["attempts"][0]["code"] for task in interrupted} == {"call.interrupted"}


@pytest.mark.parametrize("change, code, field", [
    ({"type": "poetry"}, "task.type", "type"),
    ({"priority": 0}, "task.priority", "priority"),
    ({"priority": 4}, "task.priority", "priority"),
    ({"timeout": "-1s"}, "json.range", "timeout"),
    ({"timeout": "0s"}, "task.timeout", "timeout"),
    ({"max_retries": -1}, "task.max_retries", "max_retries"),
    ({"input": {"text": "x"}}, "task.invalid_input", None),
    ({"type": "translation", "input": {"text": "x"}}, "task.invalid_input", None),
    ({"type": "embedding", "input": [1]}, "task.invalid_input", None),
    ({"colour": "red"}, "json.unknown_field", "colour"),
])
def test_what_is_wrong_is_said_with_its_field(client, model, change, code, field):
    asked = {"model_id": model()["id"], "type": "text-generation", "input": "x", **change}
    answer = client.post(PATH, asked)
    assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
    if field:
        assert answer.json()["field"] == field


def test_what_is_not_there_is_not_found(client):
    answer = client.post(PATH, {"model_id": "nobody", "type": "custom", "input": 1})
    assert (answer.status_code, answer.json()["code"]) == (404, "model.not_found")
    for answer in (client.get(f"{PATH}/{NONE}"), client.delete(f"{PATH}/{NONE}"), client.post(f"{PATH}/{NONE}/retry")):
        assert (answer.status_code, answer.json()["code"]) == (404, "task.not_found")


def test_what_a_task_asks_is_sealed_in_its_events(client, endpoint, model):
    task = submit(client, model(), "a secret question")
    endpoint.call(0).reply("a secret answer")
    ended(client, task)
    events = client.get("/api/v1/events", limit=1000).text
    assert "secret question" not in events and "secret answer" not in events
    assert client.get(f"{PATH}/{task['id']}").json()["input"] == "a secret question"


def test_a_task_waits_for_its_time(client, endpoint, model):
    task = submit(client, model(), run_at="2999-01-01T00:00:00Z")
    assert (task["status"], task["pending_reason"]) == ("pending", "delayed (2999-01-01T00:00:00.000000Z)")
    assert client.delete(f"{PATH}/{task['id']}").json()["status"] == "cancelled"


def in_batch(model, text, **fields):
    return {"model_id": model["name"], "type": "text-generation", "input": text, **fields}


def test_each_task_of_a_batch_is_taken_or_refused_on_its_own(client, endpoint, model):
    its_model = model(max_queue_size=3)
    tasks = [in_batch(its_model, "one"), in_batch(its_model, "two", priority=9), {"model_id": "nobody"},
             in_batch({"name": "nobody"}, "three"), *(in_batch(its_model, str(number)) for number in range(4))]
    items = client.post(f"{PATH}/batch", tasks).json()["items"]
    assert [item["index"] for item in items] == list(range(8))
    assert [item.get("code") for item in items] == [
        None, "task.priority", "json.missing", "model.not_found", None, None, None, "model.queue_full"]
    endpoint.call(0)
    hub.listed(client, PATH, 3, model=its_model["id"], status="pending")
    for number in range(4):
        endpoint.call(number).reply()
    assert [call.text for call in endpoint.calls] == ["one", "0", "1", "2"], "in the order given"


def test_a_batch_may_be_lines_and_a_repeated_one_makes_nothing_twice(client, endpoint, model):
    its_model = model(status="offline")
    lines = "\n".join(json.dumps(in_batch(its_model, str(number))) for number in range(1200)) + "\n\n"
    headers = {"Content-Type": "application/x-ndjson", "Idempotency-Key": hub.unique("key")}
    answers = [client.request("POST", f"{PATH}/batch", data=lines, headers=headers).json() for _ in range(2)]
    assert answers[0] == answers[1] and all("id" in item for item in answers[0]["items"])
    hub.listed(client, PATH, 1200, model=its_model["id"])


def test_a_large_batch_needs_a_token_before_it_is_taken_in(server, client, model):
    its_model = model(status="offline", max_queue_size=10_000)
    lines = "\n".join(json.dumps(in_batch(its_model, "x" * 300)) for _ in range(10_000))
    assert len(lines) > 2 << 20
    headers = {"Content-Type": "application/x-ndjson"}
    answer = client.request("POST", f"{PATH}/batch", data=lines, headers=headers)
    assert answer.status_code == 200 and all("id" in item for item in answer.json()["items"])
    refused = server.client(token=None).request("POST", f"{PATH}/batch", data=lines, headers=headers)
    assert refused.status_code == 401


def test_what_a_filter_finds_is_cancelled_and_sent_again(client, endpoint, model):
    its_model = model(status="offline")
    for number in range(5):
        submit(client, its_model, labels={"kind": "odd" if number % 2 else "even"})
    hub.listed(client, PATH, 5, model=its_model["id"], status="pending")
    acted = client.post(f"{PATH}/cancel", model=its_model["id"], status="pending", label="kind=even").json()
    assert len(acted["items"]) == 3 and all(item["ok"] for item in acted["items"]) and acted["next_cursor"] is None
    hub.listed(client, PATH, 3, model=its_model["id"], status="cancelled")
    acted = client.post(f"{PATH}/retry", model=its_model["id"], page_size=1000).json()
    assert sorted(item.get("code", "ok") for item in acted["items"]) == ["ok"] * 3 + ["task.not_ended"] * 2
    hub.listed(client, PATH, 5, model=its_model["id"], status="pending")
