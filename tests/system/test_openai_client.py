"""The official openai package as the client of /v1, on an endpoint that answers when it is let."""
import hub
import openai
import pytest

MODELS = "/api/v1/models"
TASKS = "/api/v1/tasks"
QUESTION = [{"role": "user", "content": "Say hello."}]


@pytest.fixture
def model(client, endpoint):
    answer = client.post(MODELS, {"name": hub.unique("model"), "type": "openai", "model": "theirs", "status": "online",
                                  "base_url": endpoint.url, "max_workers": 2})
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.fixture
def openai_client(server):
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key=hub.TOKEN, max_retries=0, timeout=60) as made:
        yield made


def task_of(client, model):
    [task] = client.get(TASKS, model=model["id"]).json()["items"]
    return client.get(f"{TASKS}/{task['id']}", wait="ended").json()


def whole(call, text="Hello."):
    call.send(200, "application/json",
              '{"id": "x", "object": "chat.completion", "created": 1, "model": "theirs", "choices": [{"index": 0, '
              '"message": {"role": "assistant", "content": "%s"}, "finish_reason": "stop"}], '
              '"usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}}' % text)


def test_a_chat_is_passed_on_and_is_a_task(client, openai_client, endpoint, model):
    endpoint.rule = whole
    answer = openai_client.chat.completions.create(model=model["name"], messages=QUESTION, temperature=0.5, seed=7)
    assert answer.choices[0].message.content == "Hello." and answer.usage.total_tokens == 5 and answer.id == "x"
    sent = endpoint.calls[0].body
    assert (sent["model"], sent["messages"], sent["temperature"], sent["seed"]) == ("theirs", QUESTION, 0.5, 7)
    task = task_of(client, model)
    assert (task["status"], task["type"], task["usage"]["total_tokens"]) == ("completed", "text-generation", 5)
    assert task["result"]["text"] == "Hello."


def test_a_chat_streams(client, openai_client, endpoint, model):
    endpoint.rule = lambda call: call.reply("Hello, world.")
    chunks = list(openai_client.chat.completions.create(model=model["name"], messages=QUESTION, stream=True))
    pieces = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    assert "".join(pieces) == "Hello, world." and len([piece for piece in pieces if piece]) == 2
    assert task_of(client, model)["result"] == {"text": "Hello, world."}


def test_embeddings(client, openai_client, endpoint, model):
    endpoint.rule = lambda call: call.send(
        200, "application/json", '{"object": "list", "model": "theirs", "data": [{"object": "embedding", "index": 0, '
        '"embedding": [0.5, -1.0]}], "usage": {"prompt_tokens": 2, "total_tokens": 2}}')
    answer = openai_client.embeddings.create(model=model["name"], input=["a text"], encoding_format="float")
    assert answer.data[0].embedding == [0.5, -1.0]
    assert task_of(client, model)["result"] == {"embeddings": [[0.5, -1.0]]}


def test_models_are_listed_by_name(openai_client, model):
    assert model["name"] in [each.id for each in openai_client.models.list()]


def test_errors_are_those_of_the_api(openai_client, endpoint, model):
    def ask(name=model["name"]):
        return openai_client.chat.completions.create(model=name, messages=QUESTION)

    with pytest.raises(openai.NotFoundError) as found:
        ask("nobody")
    assert found.value.code == "model.not_found"
    endpoint.rule = lambda call: call.fail(400, message="no such thing")
    with pytest.raises(openai.BadRequestError, match="no such thing"):
        ask()
    endpoint.rule = lambda call: call.fail(500)
    with pytest.raises(openai.InternalServerError):
        ask()
    with pytest.raises(openai.UnprocessableEntityError):
        openai_client.chat.completions.create(model=model["name"], messages=[])
    with pytest.raises(openai.AuthenticationError):
        openai_client.with_options(api_key="wrong").models.list()


def test_who_hangs_up_while_it_streams_cancels_the_task(client, openai_client, endpoint, model):
    first = b'data: {"choices": [{"index": 0, "delta": {"content": "Hel"}}]}\n\n'

    def begin(call):
        call.begin(first)

    endpoint.rule = begin
    stream = openai_client.chat.completions.create(model=model["name"], messages=QUESTION, stream=True)
    assert next(iter(stream)).choices[0].delta.content == "Hel"
    stream.close()
    assert task_of(client, model)["status"] == "cancelled"
    assert endpoint.calls[0].gone.wait(hub.DEADLINE_S)


def test_a_model_that_is_not_online_says_so_at_once(client, openai_client, model):
    client.put(f"{MODELS}/{model['id']}/status", {"status": "offline"})
    with pytest.raises(openai.ConflictError) as refused:
        openai_client.chat.completions.create(model=model["name"], messages=QUESTION)
    assert (refused.value.status_code, refused.value.code) == (409, "model.offline")
    assert client.get(TASKS, model=model["id"]).json()["total"] == 0
