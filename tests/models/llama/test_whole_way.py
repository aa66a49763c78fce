"""Tasks by the whole way, gateway and queue and call, to the real llama.cpp server; /v1 by the official openai package."""
import itertools

import hub
import llama_servers
import openai
import pytest

MODELS = "/api/v1/models"
TASKS = "/api/v1/tasks"
QUESTION = [{"role": "user", "content": "hi"}]
TOKENS_MAX = 24
ENDLESS = 10_000_000  # tokens: days


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    started = hub.Server(tmp_path_factory.mktemp("server")).start()
    yield started
    started.clean_up()


@pytest.fixture
def client(server):
    return server.client()


@pytest.fixture
def model(client):
    """Makes a model at a port of loopback, online unless said otherwise."""
    def make(port, **fields):
        answer = client.post(MODELS, {"name": hub.unique("model"), "type": "local", "host": "127.0.0.1", "port": port,
                                      "status": "online", "max_tokens": TOKENS_MAX, "api_key": llama_servers.KEY,
                                      **fields})
        assert answer.status_code == 201, answer.text
        return answer.json()

    return make


@pytest.fixture
def openai_client(server):
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key=hub.TOKEN, max_retries=0, timeout=60) as made:
        yield made


def submit(client, model, given, type="text-generation", **fields):
    answer = client.post(TASKS, {"model_id": model["id"], "type": type, "input": given, **fields})
    assert answer.status_code == 201, answer.text
    return answer.json()


def ended(client, task):
    answer = client.get(f"{TASKS}/{task['id']}", wait="ended", timeout="60s").json()
    assert answer["status"] not in ("pending", "running"), answer
    return answer


def task_of(client, model):
    """The only one, when it has ended."""
    [task] = client.get(TASKS, model=model["id"]).json()["items"]
    return ended(client, task)


def counted(usage, tokens_max=TOKENS_MAX):
    return (usage["prompt_tokens"] > 0 and 0 < usage["completion_tokens"] <= tokens_max
            and usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"])


@pytest.mark.parametrize("type, given", [
    ("text-generation", "hi"),
    ("text-generation", {"prompt": "hi"}),
    ("text-generation", {"messages": [{"role": "system", "content": "brief"}, *QUESTION]}),
    ("translation", {"text": "hi", "target_language": "French"}),
    ("summarization", {"text": "hi", "max_words": 3}),
    ("custom", {"any": ["thing"]}),
])
def test_a_task_of_each_type_gets_its_text_its_usage_and_its_cost(client, model, chat_port, type, given):
    price = {"prompt_usd_micro_per_million": 1_000_000, "completion_usd_micro_per_million": 2_000_000}
    done = ended(client, submit(client, model(chat_port, price=price), given, type))
    assert (done["status"], done["input"]) == ("completed", given)
    assert isinstance(done["result"]["text"], str) and counted(done["usage"])
    assert done["cost_usd_micro"] == done["usage"]["prompt_tokens"] + 2 * done["usage"]["completion_tokens"]
    assert [(each["outcome"], each["http_status"]) for each in done["attempts"]] == [("completed", 200)]


def test_a_server_without_a_key_is_called_without_one(client, model, open_chat_port):
    done = ended(client, submit(client, model(open_chat_port, api_key=None), "hi"))
    assert (done["status"], counted(done["usage"])) == ("completed", True)


@pytest.mark.parametrize("key", ["sk-another-key", None])
def test_a_wrong_key_or_none_fails_the_task_at_once(client, model, chat_port, key):
    done = ended(client, submit(client, model(chat_port, api_key=key), "hi"))
    assert (done["status"], done["reason"]["code"]) == ("failed", "call.unauthorised")
    assert [(each["outcome"], each["http_status"]) for each in done["attempts"]] == [("failed", 401)]
    assert "sk-another-key" not in str(done)


def test_what_is_too_long_for_the_context_fails_with_the_servers_words_and_is_not_tried_again(client, model, chat_port):
    done = ended(client, submit(client, model(chat_port), "x" * 20_000, max_retries=3))
    assert (done["status"], done["reason"]["code"]) == ("failed", "call.rejected")
    [attempt] = done["attempts"]
    assert attempt["http_status"] == 400 and "context" in attempt["detail"]


def test_what_is_said_is_followed_piece_by_piece_up_to_the_result(server, client, model, endless_port):
    its_model = model(endless_port, status="offline")
    task = submit(client, its_model, "hi")
    stream = f"tasks/{task['id']}"
    with server.live() as live:
        live.subscribe(stream)
        live.of(stream, "snapshot")
        client.put(f"{MODELS}/{its_model['id']}/status", {"status": "online"})
        frames = [frame["data"] for frame in live.frames(stream, lambda frame: frame["data"].get("status") == "completed")]
    pieces = [data["partial"] for data in frames if "partial" in data]
    text = "".join(piece["text"] for piece in pieces)
    lengths = itertools.accumulate((len(piece["text"].encode()) for piece in pieces[:-1]), initial=0)
    assert [piece["offset"] for piece in pieces] == list(lengths), "each goes on where the last one ended"
    done = ended(client, task)
    assert done["usage"]["completion_tokens"] == TOKENS_MAX
    assert text == done["result"]["text"]
    assert len(pieces) > 1


def test_a_cancel_ends_the_generation_and_frees_the_slot(server, client, model, endless_port):
    def generating():
        return sum(slot["is_processing"] for slot in llama_servers.ask(endless_port, "/slots"))

    its_model = model(endless_port, max_tokens=ENDLESS, max_workers=1)
    first, second = submit(client, its_model, "hi"), submit(client, its_model, "ho")
    with server.live() as live:
        for task in (first, second):
            stream = f"tasks/{task['id']}"
            live.subscribe(stream)
            live.of(stream, where=lambda data: "partial" in data)
            hub.eventually(lambda: generating() == 1, "the cancelled one is at an end")
            assert client.delete(f"{TASKS}/{task['id']}").json()["status"] == "cancelled"
    hub.eventually(lambda: generating() == 0, "nothing is generated")
    hub.eventually(lambda: client.get(f"{MODELS}/{its_model['id']}").json()["running"] == 0, "both slots are free")
    for task in (first, second):
        done = ended(client, task)
        assert (done["status"], done["result"]) == ("cancelled", None)
        assert [each["outcome"] for each in done["attempts"]] == ["aborted"]


def test_embeddings_of_a_text_and_of_texts(client, model, embedding_port):
    its_model = model(embedding_port, max_tokens=None)
    one, three = (ended(client, submit(client, its_model, given, "embedding")) for given in ("a", ["a", "b", "c"]))
    assert [len(vector) for vector in one["result"]["embeddings"]] == [64]
    assert [len(vector) for vector in three["result"]["embeddings"]] == [64, 64, 64]
    assert one["result"]["embeddings"][0] == pytest.approx(three["result"]["embeddings"][0], abs=1e-4)
    assert three["usage"]["prompt_tokens"] > one["usage"]["prompt_tokens"] > 0


def test_a_chat_by_the_openai_package_is_a_task(client, openai_client, model, chat_port):
    its_model = model(chat_port, max_tokens=None)
    answer = openai_client.chat.completions.create(model=its_model["name"], messages=QUESTION, max_tokens=5)
    assert answer.object == "chat.completion" and counted(answer.usage.model_dump(), 5)
    task = task_of(client, its_model)
    assert (task["status"], task["type"]) == ("completed", "text-generation")
    assert task["result"]["text"] == answer.choices[0].message.content
    assert task["usage"]["total_tokens"] == answer.usage.total_tokens


def test_a_chat_by_the_openai_package_streams(client, openai_client, model, endless_port):
    its_model = model(endless_port)
    chunks = list(openai_client.chat.completions.create(
        model=its_model["name"], messages=QUESTION, max_tokens=9, stream=True, stream_options={"include_usage": True}))
    pieces = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices and chunk.choices[0].delta.content]
    assert len(pieces) > 1
    [usage] = [chunk.usage for chunk in chunks if chunk.usage]
    task = task_of(client, its_model)
    assert task["result"] == {"text": "".join(pieces)}
    assert (task["usage"]["completion_tokens"], usage.completion_tokens) == (9, 9)


@pytest.mark.parametrize("encoding", ["float", "base64"])
def test_embeddings_by_the_openai_package(client, openai_client, model, embedding_port, encoding):
    its_model = model(embedding_port, max_tokens=None)
    answer = openai_client.embeddings.create(model=its_model["name"], input=["a", "b"], encoding_format=encoding)
    task = task_of(client, its_model)
    if encoding == "float":
        assert [each.embedding for each in answer.data] == task["result"]["embeddings"]
    else:
        assert [len(each.embedding) for each in answer.data] == [4 * 64 // 3 * 4 + 4] * 2, "as text"
    assert [len(vector) for vector in task["result"]["embeddings"]] == [64, 64]
    assert answer.usage.prompt_tokens == task["usage"]["prompt_tokens"] > 0


def test_errors_of_the_server_are_those_of_the_openai_package(client, openai_client, model, chat_port):
    def ask(model, text="hi"):
        openai_client.chat.completions.create(model=model["name"], messages=[{"role": "user", "content": text}])

    with pytest.raises(openai.BadRequestError, match="context"):
        ask(model(chat_port), "x" * 20_000)
    another = model(chat_port, api_key="sk-another-key")
    with pytest.raises(openai.APIStatusError) as refused:
        ask(another)
    assert task_of(client, another)["attempts"][0]["http_status"] == 401
    assert "sk-another-key" not in str(refused.value)
