"""Calls to the real llama.cpp server with a tiny model: the words are noise, the protocol is the real one."""
import json
import os
import pathlib
import subprocess

import pytest
from llama_servers import KEY

CALL_MODEL = pathlib.Path(os.environ["HUB_BINARY"]).parent / "tests/call_model"
CALL_SECONDS = 60


def call(port, task, given, **more):
    """Everything that is told of a call: pieces, chunks and the outcome."""
    order = {"type": "local", "host": "127.0.0.1", "port": port, "api_key": KEY, "task": task, "input": given,
             "timeout_ms": CALL_SECONDS * 1000, **more}
    done = subprocess.run([CALL_MODEL, json.dumps(order)], capture_output=True, text=True, timeout=2 * CALL_SECONDS)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    pieces = [line["piece"] for line in told if "piece" in line]
    chunks = [line["chunk"] for line in told if "chunk" in line]
    return pieces, chunks, told[-1]["outcome"]


def test_a_chat_streams_its_text_and_says_its_usage(chat_port):
    pieces, chunks, outcome = call(chat_port, "text-generation", "hello", max_tokens=24)
    assert outcome["kind"] == "completed", outcome
    assert outcome["result"] == {"text": "".join(pieces)}
    assert len(pieces) > 1
    assert outcome["finish_reason"] in ("length", "stop")
    assert outcome["usage"]["known"] and 0 < outcome["usage"]["completion_tokens"] <= 24
    assert outcome["usage"]["total_tokens"] == (outcome["usage"]["prompt_tokens"]
                                                + outcome["usage"]["completion_tokens"])
    assert all(chunk["object"] == "chat.completion.chunk" for chunk in chunks)


@pytest.mark.parametrize("task, given", [
    ("text-generation", {"messages": [{"role": "system", "content": "brief"}, {"role": "user", "content": "hi"}]}),
    ("text-generation", {"prompt": "hi"}),
    ("translation", {"text": "hi", "target_language": "French"}),
    ("summarization", {"text": "hi", "max_words": 3}),
    ("custom", {"any": ["thing"]}),
])
def test_every_type_of_task_gets_a_text(chat_port, task, given):
    _, _, outcome = call(chat_port, task, given, max_tokens=4)
    assert outcome["kind"] == "completed", outcome
    assert isinstance(outcome["result"]["text"], str)


def test_a_whole_answer_is_passed_on_as_it_came(chat_port):
    body = {"model": "theirs", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 5}
    pieces, chunks, outcome = call(chat_port, "text-generation", {"openai": body})
    assert (pieces, chunks) == ([], [])
    answer = json.loads(outcome["answer"])
    assert answer["object"] == "chat.completion"
    assert outcome["result"]["text"] == answer["choices"][0]["message"]["content"]
    assert outcome["usage"]["total_tokens"] == answer["usage"]["total_tokens"]


def test_a_wrong_key_is_a_failure_that_does_not_show_it(chat_port):
    _, _, outcome = call(chat_port, "text-generation", "hello", api_key="sk-another-key")
    assert (outcome["code"], outcome["http_status"], outcome["retry"]) == ("call.unauthorised", 401, "never")
    assert "sk-another-key" not in json.dumps(outcome)


def test_an_input_that_is_too_long_fails_with_the_servers_words(chat_port):
    _, _, outcome = call(chat_port, "text-generation", "x" * 20_000)
    assert (outcome["code"], outcome["http_status"], outcome["retry"]) == ("call.rejected", 400, "never")
    assert "context" in outcome["detail"]


def test_embeddings_are_refused_where_the_server_was_not_started_for_them(chat_port):
    _, _, outcome = call(chat_port, "embedding", "hello")
    assert (outcome["code"], outcome["http_status"]) == ("call.server_error", 501)


def test_an_abort_ends_a_call_within_its_answer(chat_port):
    pieces, _, outcome = call(chat_port, "text-generation", "hello", max_tokens=400, abort_after_pieces=1)
    assert outcome["kind"] in ("aborted", "completed")  # noise may end by itself before the abort is seen
    if outcome["kind"] == "aborted":
        assert outcome["code"] == "call.aborted"
        assert outcome["result"]["text"] == "".join(pieces)


@pytest.mark.parametrize("encoding", [None, "float", "base64"])
def test_embeddings_are_lists_of_numbers_however_they_travel(embedding_port, encoding):
    texts = ["one", "two", "three"]
    given = texts if encoding is None else {"openai": {"model": "x", "input": texts, "encoding_format": encoding}}
    _, _, outcome = call(embedding_port, "embedding", given)
    assert outcome["kind"] == "completed", outcome
    vectors = outcome["result"]["embeddings"]
    assert [len(vector) for vector in vectors] == [64, 64, 64]
    assert vectors[0] != vectors[1]
    assert outcome["usage"]["known"] and outcome["usage"]["prompt_tokens"] > 0


def test_a_model_of_a_custom_kind_finds_its_text_by_template_and_pointer(chat_port):
    _, _, outcome = call(0, "text-generation", "hello", type="custom", model="m",
                         url=f"http://127.0.0.1:{chat_port}/v1/chat/completions",
                         request_template={"model": "{{model}}", "max_tokens": 4,
                                           "messages": [{"role": "user", "content": "Say: {{text}}"}]},
                         result_pointer="/choices/0/message/content")
    assert outcome["kind"] == "completed", outcome
    assert isinstance(outcome["result"]["text"], str)
    assert outcome["usage"]["known"]
