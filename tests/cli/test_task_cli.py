"""Models and tasks on the command line, against a real server and an endpoint that answers when it is let."""
import json
import pathlib
import subprocess
import sys

import pytest
from test_cli import BINARY, CLEAN, DEADLINE_S, Hub

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "system"))
from endpoint import endpoint  # noqa: E402, F401 (a fixture)

KEY = "sk-test-0123456789abcdef-WXYZ"


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    made = Hub(tmp_path_factory.mktemp("hub")).start()
    yield made
    made.stop()


@pytest.fixture
def model(hub, endpoint, request):
    """Makes a model of the test's own at the endpoint; online, with one slot."""
    name = request.node.name.split("[")[0]
    hub.run("model", "add", name, "--type", "openai", "--base-url", endpoint.url, "--model", "m", "--workers", "1",
            "--retry-delay", "10ms", "--online")
    return name


def submit(hub, *arguments):
    out, _ = hub.run("task", "submit", *arguments)
    assert out.startswith("tsk_"), out
    return out.strip()


def fed(hub, text, *arguments):
    """The command with something on standard input."""
    process = subprocess.run([BINARY, *arguments, "--data", hub.data], input=text, capture_output=True, text=True,
                             env=CLEAN, timeout=DEADLINE_S)
    return process.returncode, process.stdout, process.stderr


def test_the_way_of_a_model(hub, endpoint, tmp_path):
    key = tmp_path / "key"
    key.write_text(KEY + "\n")
    out, err = hub.run("model", "add", "way", "--type", "openai", "--base-url", endpoint.url, "--model", "m",
                       "--api-key-file", str(key), "--label", "team=a", "--price-prompt", "0.15")
    assert out.startswith("mdl_") and "way is offline" in err and "model set way --online" in err
    hub.run("model", "set", "way", "--online", "--workers", "3", "labels.kind=b", "temperature=0.5",
            "--price-completion", "0.6")
    [shown] = [each for each in hub.json("model", "ls")["items"] if each["name"] == "way"]
    assert (shown["status"], shown["max_workers"], shown["temperature"]) == ("online", 3, 0.5)
    assert shown["labels"] == {"team": "a", "kind": "b"}, "what was there stays"
    assert shown["price"] == {"prompt_usd_micro_per_million": 150_000, "completion_usd_micro_per_million": 600_000}
    assert shown["api_key"] == {"set": True, "last4": "WXYZ"}
    row = next(line for line in hub.run("model", "ls")[0].splitlines() if line.startswith("way "))
    assert "online  0 of 3        0   $0.15 / $0.60" in row
    hub.run("task", "submit", "way", "x")
    call = endpoint.call(0)
    assert call.headers["Authorization"] == f"Bearer {KEY}"
    hub.run("model", "rm", "way", code=1)
    call.reply()
    hub.run("task", "wait", *hub.run("task", "ls", "-q", "--model", "way")[0].split())
    hub.run("model", "set", "way", "temperature=null", "labels.team=null", "labels.none=null", "api_key=null",
            "--draining")
    changed = next(each for each in hub.json("model", "ls")["items"] if each["name"] == "way")
    assert (changed["status"], changed["labels"], changed["api_key"]["set"]) == ("draining", {"kind": "b"}, False)
    assert "temperature" not in changed
    hub.run("model", "rm", "way")
    hub.run("model", "rm", "way", code=4)


@pytest.mark.parametrize("arguments, says", [
    (["set", "any", f"api_key={KEY}"], "--api-key-file"),
    (["set", "any", "max_worker=3"], 'did you mean "max_workers"'),
    (["set", "any", "--workers", "many"], "--workers"),
    (["set", "any", "task_defaults.timeout=null"], "never without a value"),
    (["set", "any"], "what shall be changed"),
    (["set", "any", "--online", "--draining"], "--draining"),
    (["add", "any"], "--type"),
    (["add", "any", "--type", "custom", "--api-key-env", "NOT_SET"], "NOT_SET is not set"),
    (["add", "any", "--type", "openai", "--api-key", KEY], "--api-key"),
])
def test_what_is_wrong_with_a_model_is_said_before_anybody_is_asked(hub, arguments, says):
    _, err = hub.run("model", *arguments, code=2)
    assert says in err and KEY not in err


def test_what_the_server_refuses_is_said_with_its_code(hub, endpoint, model):
    _, err = hub.run("model", "add", model, "--type", "openai", "--base-url", endpoint.url, "--model", "m",
                     code=1)
    assert "[model.name_taken]" in err
    _, err = hub.run("model", "add", "other", "--type", "oracle", code=1)
    assert "[model.invalid_settings]" in err
    _, err = hub.run("task", "submit", model, "x", "--type", "poetry", code=1)
    assert "[task.type]" in err
    _, err = hub.run("task", "submit", "nobody", "x", code=4)
    assert "[model.not_found]" in err


def test_a_task_that_is_waited_for_prints_its_result(hub, endpoint, model):
    waiting = hub.popen("task", "submit", model, "Say hello.", "--priority", "3", "--label", "for=test", "--wait")
    call = endpoint.call(0)
    assert call.text == "Say hello."
    call.reply("Hello,\nyou.")
    out, err = waiting.communicate(timeout=DEADLINE_S)
    assert (waiting.returncode, out) == (0, "Hello,\nyou.\n"), err
    [task] = hub.json("task", "ls", "--label", "for=test", "--priority", "3")["items"]
    shown, _ = hub.run("task", "show", task["id"])
    assert "Say hello." in shown and "Hello,\nyou." in shown and "8 tokens: 3 asked, 5 answered" in shown
    row = hub.run("task", "ls", "--model", model)[0].splitlines()[1].split()
    assert row[:5] == [task["id"], model, "text-generation", "3", "completed"]


def test_standard_input_is_asked_as_it_is(hub, endpoint, model):
    endpoint.rule = lambda call: call.reply("told")
    code, out, err = fed(hub, "zwölf\n  Zeilen\n", "task", "submit", model, "-", "--wait")
    assert (code, out) == (0, "told\n"), err
    assert endpoint.call(0).text == "zwölf\n  Zeilen\n"


def test_a_result_that_is_no_text_is_json(hub, endpoint, model, tmp_path):
    answer = {"data": [{"index": 0, "embedding": [1, 2.5]}], "usage": {"prompt_tokens": 2, "total_tokens": 2}}
    endpoint.rule = lambda call: call.send(200, "application/json", json.dumps(answer))
    asked = tmp_path / "input.json"
    asked.write_text('["one"]')
    out, _ = hub.run("task", "submit", model, "--type", "embedding", "--input", f"@{asked}", "--wait")
    assert json.loads(out) == [[1, 2.5]]
    assert endpoint.call(0).text == ["one"]


def test_what_failed_is_told_and_sent_again(hub, endpoint, model):
    endpoint.rule = lambda call: call.fail(400, message="no such parameter")
    out, err = hub.run("task", "submit", model, "x", "--wait", code=1)
    assert out == "" and "no such parameter" in err and "[call.rejected]" in err
    endpoint.rule = None
    out, err = hub.run("task", "retry", "--model", model)
    id = out.split()[0]
    assert out == f"{id}  sent again\n" and "1 of 1 sent again" in err
    endpoint.call(1).reply("now")
    assert hub.run("task", "wait", id)[0] == "now\n"
    assert "failed" in hub.run("task", "show", id)[0], "its first attempt"


def test_a_running_task_is_cancelled_and_one_that_waits_is_too(hub, endpoint, model):
    running, waiting, other = [submit(hub, model, text) for text in ("one", "two", "three")]
    call = endpoint.call(0)
    assert "no_free_slot (1 of 1)" in hub.run("task", "ls", "--model", model, "--status", "pending")[0]
    watched = hub.popen("task", "wait", other)
    out, _ = hub.run("task", "cancel", waiting)
    assert out.startswith(f"{waiting}  cancelled")
    _, err = hub.run("task", "cancel", "--model", model)
    assert "2 of 2 cancelled" in err
    assert call.gone.wait(DEADLINE_S)
    out, err = watched.communicate(timeout=DEADLINE_S)
    assert watched.returncode == 1 and out == "" and "cancelled" in err
    assert {task["id"] for task in hub.json("task", "ls", "--model", model, "--status", "cancelled")["items"]} == {
        running, waiting, other}
    assert len(endpoint.calls) == 1


def test_waiting_outlives_a_restart_of_the_server(endpoint, tmp_path):
    hub = Hub(tmp_path).start()
    try:
        hub.run("model", "add", "small", "--type", "openai", "--base-url", endpoint.url, "--model", "m", "--online")
        url = hub.url
        waiting = hub.popen("task", "submit", "small", "x", "--wait")
        endpoint.call(0)
        # By then it has its id, and waits.
        assert "is running" in waiting.stderr.readline()
        hub.process.kill()
        hub.process.wait(DEADLINE_S)
        assert "cut off" in waiting.stderr.readline()
        hub.process = subprocess.Popen([BINARY, "serve", "--dev", "--data", hub.data, "--listen", url.split("/")[-1]],
                                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=hub.log, env=CLEAN)
        assert b"listening on" in hub.process.stdout.readline()
        endpoint.call(1).reply("after all")
        out, err = waiting.communicate(timeout=2 * DEADLINE_S)
        assert (waiting.returncode, out) == (0, "after all\n"), err
    finally:
        hub.stop()


def test_each_line_of_a_file_is_taken_or_refused_on_its_own(hub, endpoint, model, tmp_path):
    file = tmp_path / "tasks.ndjson"
    tasks = [{"model_id": model, "type": "text-generation", "input": str(number)} for number in range(3)]
    lines = [*map(json.dumps, tasks), "", "{no json", json.dumps({**tasks[0], "priority": 9})]
    file.write_text("\n".join(lines))
    out, err = hub.run("task", "submit", "--file", str(file), "--idempotency-key", "lines-1", code=1)
    ids = out.split()
    assert len(ids) == 3 and "3 of 5 taken" in err
    assert "line 5: " in err and "line 6: " in err and "[task.priority]" in err
    assert hub.run("task", "submit", "--file", str(file), "--idempotency-key", "lines-1", code=1)[0].split() == ids
    endpoint.rule = lambda call: call.reply(f"answer {call.text}")
    for call in list(endpoint.calls):
        call.reply(f"answer {call.text}")
    assert hub.run("task", "wait", *ids)[0].splitlines() == ["answer 0", "answer 1", "answer 2"]
    _, err = hub.run("task", "submit", model, "--file", str(file), code=2)
    assert "--file" in err


@pytest.mark.parametrize("arguments, says", [
    ([], "which model"),
    (["any"], "what is asked"),
    (["any", "x", "--input", "1"], "--input"),
    (["any", "--input", "{no"], "no JSON"),
    (["any", "--input", "@/not/there"], "cannot be read"),
    (["any", "x", "--priority", "4"], "--priority"),
    (["any", "x", "--timeout", "soon"], "--timeout"),
    (["any", "x", "--run-at", "soon"], "--run-at"),
    (["any", "x", "--label", "team"], "--label"),
    (["any", "x", "--prioritee", "1"], 'did you mean "--priority"'),
])
def test_what_is_wrong_with_a_task_is_said_before_anybody_is_asked(hub, arguments, says):
    _, err = hub.run("task", "submit", *arguments, code=2)
    assert says in err


def test_completion_knows_models_and_tasks():
    out = subprocess.run([BINARY, "completion"], capture_output=True, text=True, env=CLEAN).stdout
    assert "'task') words='submit ls show cancel retry wait " in out and "'model') words='add ls set rm " in out
