"""Models that fall back to others, with one endpoint that fails and one that answers."""
import endpoint as endpoints
import hub
import openai
import pytest

MODELS = "/api/v1/models"
TASKS = "/api/v1/tasks"
QUESTION = [{"role": "user", "content": "Say hello."}]


@pytest.fixture
def broken():
    with endpoints.running() as running:
        running.rule = lambda call: call.fail(500)
        yield running


@pytest.fixture
def well():
    with endpoints.running() as running:
        running.rule = lambda call: call.reply("Hello.", prompt_tokens=10, completion_tokens=20)
        yield running


def make(client, endpoint, **fields):
    answer = client.post(MODELS, {"name": hub.unique("model"), "type": "openai", "model": "m", "status": "online",
                                  "base_url": endpoint.url, "max_workers": 2, **fields})
    assert answer.status_code == 201, answer.text
    return answer.json()


def submit(client, model, text="hello", **fields):
    return client.post(TASKS, {"model_id": model["id"], "type": "text-generation", "input": text, **fields}).json()


def ended(client, task):
    return client.get(f"{TASKS}/{task['id']}", wait="ended").json()


def test_a_task_whose_model_fails_is_done_at_the_fallback_at_once(client, broken, well):
    price = {"prompt_usd_micro_per_million": 1_000_000, "completion_usd_micro_per_million": 2_000_000}
    other = make(client, well, price=price)
    model = make(client, broken, fallbacks=[other["name"]], task_defaults={"retry_delay": "1h", "max_retries": 0})
    assert model["fallbacks"] == [other["id"]]
    task = ended(client, submit(client, model))
    assert (task["status"], task["result"], task["model_id"]) == ("completed", {"text": "Hello."}, model["id"])
    assert [(each["http_status"], each.get("model_id")) for each in task["attempts"]] == [(500, None),
                                                                                       (200, other["id"])]
    assert task["cost_usd_micro"] == 10 + 40, "at the price of the model that was called"


def test_tasks_of_a_model_that_is_offline_are_done_at_its_fallback(client, broken, well):
    other = make(client, well)
    model = make(client, broken, fallbacks=[other["id"]], status="offline")
    tasks = [submit(client, model, f"number {number}") for number in range(20)]
    assert {ended(client, task)["status"] for task in tasks} == {"completed"}
    assert not broken.calls and len(well.calls) == 20 and well.most <= 2


def test_a_model_that_cools_down_says_so_and_its_tasks_go_on(client, broken, well):
    other = make(client, well)
    model = make(client, broken, fallbacks=[other["id"]])
    tasks = [submit(client, model, f"number {number}") for number in range(30)]
    assert {ended(client, task)["status"] for task in tasks} == {"completed"}
    assert client.get(f"{MODELS}/{model['id']}").json()["cooling_down"]["code"]
    assert len(broken.calls) < 30 and well.most <= 2


def test_fallbacks_are_tried_in_their_order(client, broken, well):
    with endpoints.running() as second:
        second.rule = lambda call: call.fail(503)
        first, last = make(client, second), make(client, well)
        model = make(client, broken, fallbacks=[first["id"], last["id"]], task_defaults={"retry_delay": "1h"})
        task = ended(client, submit(client, model))
        assert [(each["http_status"], each.get("model_id")) for each in task["attempts"]] == [
            (500, None), (503, first["id"]), (200, last["id"])]


def test_what_is_wrong_with_the_task_itself_is_not_sent_elsewhere(client, broken, well):
    broken.rule = lambda call: call.fail(400)
    model = make(client, broken, fallbacks=[make(client, well)["id"]])
    assert ended(client, submit(client, model))["status"] == "failed"
    assert not well.calls


def test_a_cancelled_call_at_a_fallback_is_broken_off_and_its_slot_is_free(client, broken, well):
    well.rule = None
    other = make(client, well, max_workers=1)
    model = make(client, broken, fallbacks=[other["id"]], status="offline")
    task = submit(client, model)
    call = well.call(0)
    assert client.delete(f"{TASKS}/{task['id']}").status_code in (200, 204)
    assert call.gone.wait(endpoints.DEADLINE_S)
    well.rule = lambda call: call.reply("Mine.")
    assert ended(client, submit(client, other))["result"] == {"text": "Mine."}


def test_fallbacks_are_other_models_of_the_project(client, well):
    model = make(client, well)
    other = make(client, well)
    for wrong in (["nobody"], [model["id"]], [other["id"], other["name"]], [other["id"]] * 9):
        refused = client.patch(f"{MODELS}/{model['id']}", {"fallbacks": wrong})
        assert (refused.status_code, refused.json()["code"]) == (422, "model.fallbacks"), wrong
    changed = client.patch(f"{MODELS}/{model['id']}", {"fallbacks": [other["name"]]}).json()
    assert changed["fallbacks"] == [other["id"]]
    assert client.patch(f"{MODELS}/{model['id']}", {"fallbacks": []}).json()["fallbacks"] == []


@pytest.mark.parametrize("status", ["online", "offline"])
def test_an_openai_client_gets_the_answer_of_the_fallback(client, server, broken, well, status):
    well.rule = lambda call: (call.reply("Hello.") if call.body.get("stream") else call.send(
        200, "application/json", '{"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": '
        '[{"index": 0, "message": {"role": "assistant", "content": "Hello."}, "finish_reason": "stop"}]}'))
    model = make(client, broken, fallbacks=[make(client, well)["id"]], status=status)
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key=hub.TOKEN, max_retries=0, timeout=60) as made:
        answer = made.chat.completions.create(model=model["name"], messages=QUESTION)
        assert answer.choices[0].message.content == "Hello."
        chunks = made.chat.completions.create(model=model["name"], messages=QUESTION, stream=True)
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == "Hello."


def test_an_openai_client_hears_of_the_failure_when_no_fallback_helps(client, server, broken):
    with endpoints.running() as second:
        second.rule = lambda call: call.fail(503)
        model = make(client, broken, fallbacks=[make(client, second)["id"]])
        with openai.OpenAI(base_url=f"{server.url}/v1", api_key=hub.TOKEN, max_retries=0, timeout=60) as made:
            with pytest.raises(openai.InternalServerError):
                made.chat.completions.create(model=model["name"], messages=QUESTION)
