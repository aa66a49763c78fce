"""Models and tasks on several nodes: a task enters anywhere, its call is made by the node that has the model, and goes on
elsewhere when that node is killed."""
import secrets

import brokers
import nodes as several
import pytest
from nodes import hub

from endpoint import endpoint  # noqa: F401 (a fixture)

MODELS = "/api/v1/models"
TASKS = "/api/v1/tasks"


@pytest.fixture
def sealing(nodes, tmp_path):
    """Starts nodes that share a key, so that each opens what the other sealed."""
    key = tmp_path / "key"
    key.write_text(secrets.token_hex(32))

    def start(name):
        if name not in nodes.all:
            nodes.make(name, arguments=["--encryption-key-file", str(key)])
        return nodes.start(name)

    return start


def submit(client, model, text):
    answer = client.post(TASKS, {"model_id": model["id"], "type": "text-generation", "input": text})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def ended(client, task):
    def has_ended():
        answer = client.get(f"{TASKS}/{task}", wait="ended")
        return answer.status_code == 200 and answer.json()["status"] not in ("pending", "running") and answer.json()

    return hub.eventually(has_ended, "it has ended", 60)


def test_a_task_enters_at_any_node_and_its_call_goes_on_when_the_node_that_made_it_is_killed(nodes, sealing, endpoint):
    clients = {name: sealing(name).client() for name in ("one", "two")}
    nodes.shared_out("one", "two")
    made = clients["one"].post(MODELS, {"name": "m", "type": "openai", "model": "m", "base_url": endpoint.url,
                                        "status": "online", "max_workers": 2, "api_key": "sk-test-0123456789"})
    assert made.status_code == 201, made.text
    model = made.json()
    hub.eventually(lambda: clients["two"].get(f"{MODELS}/{model['id']}").status_code == 200, "it is known elsewhere")
    taken = clients["two"].post(MODELS, {"name": "m", "type": "custom", "url": "http://127.0.0.1:9/"})
    assert taken.json()["code"] == "model.name_taken"
    tasks = [submit(clients[name], model, f"{name}-{number}") for number in range(2) for name in ("one", "two")]
    endpoint.call(1)
    owner, _ = nodes.owners()[int(model["position"].split(":")[0])]
    other = "two" if owner == "one" else "one"
    nodes.all[owner].kill()
    for number in range(2, 6):
        endpoint.call(number).reply(f"answer {number}")
    done = [ended(clients[other], task) for task in tasks]
    assert [task["status"] for task in done] == ["completed"] * 4
    assert sorted(call.text for call in endpoint.calls[2:]) == sorted(task["input"] for task in done), "each once more"
    assert {call.headers["Authorization"] for call in endpoint.calls} == {"Bearer sk-test-0123456789"}
    assert endpoint.most <= 4, "two by the node that was killed, and two by the other"


def test_a_node_that_is_cut_off_from_its_group_ends_its_calls_and_makes_them_again(tmp_path, namespace, endpoint):
    kafka = brokers.Brokers(tmp_path / "brokers").start()
    nodes = several.Nodes(tmp_path, (kafka.folder / "bootstrap").read_text().strip(), namespace)
    try:
        key = tmp_path / "key"
        key.write_text(secrets.token_hex(32))
        client = nodes.make("one", arguments=["--encryption-key-file", str(key)]).start().client()
        nodes.shared_out("one")
        model = client.post(MODELS, {"name": "m", "type": "openai", "model": "m", "base_url": endpoint.url,
                                     "status": "online", "max_workers": 1}).json()
        task = submit(client, model, "a long one")
        call = endpoint.call(0)
        # Another node may have its partitions a session behind the last sign of life; half of that is the lease.
        assert not call.gone.wait(several.SESSION_S + 1), "the group hears of the node all the time"
        kafka.broker(1, "pause")
        assert call.gone.wait(several.SESSION_S), "before another node could make the call"
        kafka.broker(1, "resume")
        endpoint.call(1).reply("done")
        done = ended(client, task)
        assert [attempt["outcome"] for attempt in done["attempts"]] == ["interrupted", "completed"]
        assert "cut off" in done["attempts"][0]["detail"] and len(endpoint.calls) == 2
    finally:
        nodes.clean_up()
        kafka.stop("--now", "--remove")
