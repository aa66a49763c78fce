"""Tasks, models and figures as they are followed live."""
import pytest
from test_tasks import model, submit  # noqa: F401 (fixtures)

PATH = "/api/v1/tasks"


def test_a_task_is_followed_with_its_place_in_the_queue(live, client, endpoint, model):  # noqa: F811
    its_model = model()
    first, second, third = (submit(client, its_model, text) for text in ("one", "two", "three"))
    stream = f"tasks/{third['id']}"
    live.subscribe(stream)
    snapshot = live.of(stream, "snapshot")["data"]
    assert (snapshot["status"], snapshot["position"]) == ("pending", 2)
    assert "input" not in snapshot and "result" not in snapshot
    endpoint.call(0).reply("1")
    live.of(stream, where=lambda data: data.get("position") == 1)
    endpoint.call(1).reply("2")
    live.of(stream, where=lambda data: data.get("status") == "running")
    endpoint.call(2).reply("3")
    done = live.of(stream, where=lambda data: data.get("status") == "completed")["data"]
    answer = client.get(f"{PATH}/{third['id']}").json()
    assert done == {field: answer[field] for field in done}
    assert set(answer) - set(done) == {"input", "result"}, "only what is sealed is left out"


def test_lists_of_tasks_and_models_and_the_figures_are_followed(live, client, endpoint, model):  # noqa: F811
    for stream in ("tasks", "models", "stats"):
        live.subscribe(stream)
        live.of(stream, "snapshot")
    its_model = model()
    created = live.of("models", where=lambda data: data["item"]["id"] == its_model["id"])["data"]
    assert created["item"]["name"] == its_model["name"]
    task = submit(client, its_model)
    live.of("tasks", where=lambda data: data["item"]["id"] == task["id"])
    live.of("models", where=lambda data: data["item"]["id"] == its_model["id"] and data["item"]["running"] == 1)
    endpoint.call(0).reply("done")
    live.of("tasks", where=lambda data: data["item"]["id"] == task["id"] and data["item"]["status"] == "completed")

    def tells_of_it(data):
        mine = [each for each in data["models"] if each["id"] == its_model["id"]]
        return mine and mine[0]["running"] == 0 and data["last_24h"]["completed"] >= 1
    figures = live.of("stats", where=tells_of_it)["data"]
    assert figures["project"] == task["project"]
    assert figures["last_24h"]["run_ms"]["p99"] is not None


@pytest.mark.parametrize("stream", ["tasks/tsk_" + "0" * 28, "tasks/nothing"])
def test_a_task_that_is_not_there_cannot_be_followed(live, stream):
    live.send({"type": "subscribe", "id": 1_000, "stream": stream})
    refusal = live.expect(lambda frame: frame["type"] == "error" and frame.get("id") == 1_000, "refusal")
    assert refusal["code"] == "task.not_found"


def test_what_a_call_says_is_followed_while_it_says_it(live, client, endpoint, model):  # noqa: F811
    endpoint.rule = lambda call: call.begin(b'data: {"choices": [{"index": 0, "delta": {"content": "Hel"}}]}\n\n')
    its_model = model(status="offline")
    task = submit(client, its_model)
    stream = f"tasks/{task['id']}"
    live.subscribe(stream)
    live.of(stream, "snapshot")
    client.put(f"/api/v1/models/{its_model['id']}/status", {"status": "online"})
    said = live.of(stream, where=lambda data: "partial" in data)["data"]["partial"]
    assert said == {"attempt": 1, "offset": 0, "text": "Hel"}
    assert client.get(f"{PATH}/{task['id']}").json()["partial"] == {"attempt": 1, "text": "Hel"}
    client.delete(f"{PATH}/{task['id']}")
