"""kill -9 of the server while tasks run: none is lost, none is completed twice, and only calls in flight are made again."""
import collections
import threading
import uuid

import campaign
import endpoint as endpoints
import hub
import recorder
import requests

MODELS = "/api/v1/models"
TASKS = "/api/v1/tasks"
KILLS = campaign.size(5, 100)
LIFE_S = (0.3, 1.0)
SLOTS = 4
CLIENTS = 4
PRODUCERS = 64
QUEUE = 10_000  # what a model gets that says nothing


class Producer(threading.Thread):
    """Submits tasks one after the other, each under its own key until it is answered, over any number of kills."""

    def __init__(self, server, done):
        super().__init__(daemon=True)
        self.server, self.done, self.tasks, self.fault = server, done, [], None

    def run(self):
        try:
            while not self.done.is_set():
                self.tasks.append(self._submit())
        except Exception as fault:  # told by the test
            self.fault = repr(fault)

    def _submit(self):
        headers, text = {"Idempotency-Key": uuid.uuid4().hex}, uuid.uuid4().hex
        body = {"model_id": "m", "type": "text-generation", "input": text}
        while True:
            try:
                client = campaign.QuickClient(self.server.url)
                answer = client.post(TASKS, body, headers=headers)
            except requests.exceptions.RequestException:
                self.done.wait(0.01)  # between servers
                continue
            if answer.status_code in (429, 503):
                self.done.wait(0.01)
                continue
            assert answer.status_code == 201, answer.text
            return answer.json()["id"]


def make_model(client, endpoint, **fields):
    answer = client.post(MODELS, {"name": "m", "type": "openai", "model": "m", "base_url": endpoint.url, **fields})
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_tasks_survive_kills(own_server, dice, figures):
    with endpoints.running() as endpoint:
        endpoint.rule = lambda call: call.reply()
        make_model(own_server.client(), endpoint, status="online", max_workers=SLOTS)
        done = threading.Event()
        producers = [Producer(own_server, done) for _ in range(CLIENTS)]
        for each in producers:
            each.start()
        for _ in range(KILLS):
            campaign.lives_for(own_server, dice.uniform(*LIFE_S))
            own_server.kill()
            own_server.start()
        done.set()
        for each in producers:
            each.join(hub.DEADLINE_S)
            assert each.fault is None
        client = campaign.QuickClient(own_server.url)
        ids = {id for each in producers for id in each.tasks}
        try:
            hub.eventually(lambda: client.get(TASKS, status="completed").json()["total"] == len(ids), "all are done", 60)
        except AssertionError:
            left = [item for status in ("pending", "running", "failed", "cancelled")
                    for item in client.get(TASKS, status=status).json()["items"]]
            raise AssertionError(f"{len(ids)} were made; {client.get(MODELS).text}; left: {left[:5]}")
        assert client.get(TASKS).json()["total"] == len(ids), "each is made once"
        calls = len(endpoint.calls)
    ends = collections.Counter((event["subject"], event["type"].split(".", 1)[1])
                               for event in recorder.whole_log(client) if event["subject"] in ids)
    assert {ends[id, "task.completed.v1"] for id in ids} == {1}, "each is completed once"
    interrupted = sum(count for (_, type), count in ends.items() if type == "task.attempt_failed.v1")
    assert interrupted <= KILLS * SLOTS
    assert len(ids) <= calls <= len(ids) + interrupted, "only what was in flight is called again"
    assert endpoint.most <= 2 * SLOTS, "those of the server that was killed, and those of the next"
    figures(kills=KILLS, tasks=len(ids), calls=calls, interrupted=interrupted, lost=0, completed_twice=0,
            most_at_once=endpoint.most)


def test_the_queue_is_exact_with_64_producers(own_server, figures):
    with endpoints.running() as endpoint:
        client = own_server.client()
        model = make_model(client, endpoint)
        assert model["max_queue_size"] == QUEUE
        fill = [{"model_id": "m", "type": "custom", "input": 1}] * (QUEUE - PRODUCERS)
        assert all("id" in item for item in client.post(f"{TASKS}/batch", fill).json()["items"])
        answers, all_there = [], threading.Barrier(PRODUCERS)

        def produce():
            each = campaign.QuickClient(own_server.url)
            all_there.wait(hub.DEADLINE_S)
            for _ in range(3):
                answers.append(each.post(TASKS, {"model_id": "m", "type": "custom", "input": 1}))

        threads = [threading.Thread(target=produce) for _ in range(PRODUCERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert collections.Counter(answer.status_code for answer in answers) == {201: PRODUCERS, 429: 2 * PRODUCERS}
        refused = [answer for answer in answers if answer.status_code == 429]
        assert {answer.json()["code"] for answer in refused} == {"model.queue_full"}
        assert min(int(answer.headers["Retry-After"]) for answer in refused) >= 1
        assert client.get(f"{MODELS}/{model['id']}").json()["pending"] == QUEUE
        figures(queue=QUEUE, producers=PRODUCERS, over_admitted=0, refused=2 * PRODUCERS)
