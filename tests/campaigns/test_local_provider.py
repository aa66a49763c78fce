"""Deployments on this machine while the server is killed at random: they run on, are adopted, and lose no line."""
import concurrent.futures
import os
import threading
import time

import campaign
import hub
import requests

DEPLOYMENTS = campaign.size(10, 50)
KILLS = campaign.size(5, 50)
FOLLOWED = campaign.size(4, 10)
CHURNED = campaign.size(6, 20)
LIFE_S = campaign.size((0.1, 1.0), (0.05, 2.0))
START_S = (0.001, 0.06)
LAST = "that was all"
# Tells its pid and that of a child outside its group, then counts up, until the file `enough` appears.
WRITER = f"""
import os, pathlib, signal, sys, time
child = os.fork()
if child == 0:
    os.setsid()
    os.close(1)
    os.close(2)
    while True: signal.pause()
print(os.getpid(), child, flush=True)
enough, number = pathlib.Path(sys.argv[1]), 1
while not enough.exists():
    number += 1
    print("line", number, flush=True)
    time.sleep(0.02)
print("{LAST}", flush=True)
while True: signal.pause()
"""


def start_writers(client, enough):
    def create(number):
        body = {"name": f"writer-{number}", "provider": "local", "command": ["/usr/bin/python3", "-c", WRITER, str(enough)]}
        answer = client.post(campaign.PATH, body, wait="running", timeout="60s")
        assert (answer.status_code, answer.json()["status"]) == (201, "running"), answer.text
        return answer.json()["id"]

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        return list(pool.map(create, range(DEPLOYMENTS)))


def pids_of(client, id):
    first = hub.eventually(lambda: client.logs(id, limit=1)["items"], "its first line")[0]["text"]
    return {int(pid): campaign.start_ticks(int(pid)) for pid in first.split()}


def kill_and_start(server, dice):
    """One kill at a random moment of its life, every second time another one while it starts."""
    campaign.lives_for(server, dice.uniform(*LIFE_S))
    server.kill()
    if dice.random() < 0.5:
        campaign.kill_while_starting(server, dice.uniform(*START_S))
    begun = time.monotonic()
    server.start()
    return time.monotonic() - begun


def check_lines(lines):
    """Every line once, in order: [(seq, text)] with the numbers that the writer counted."""
    assert [seq for seq, _ in lines] == list(range(1, len(lines) + 1))
    assert [text for _, text in lines[1:-1]] == [f"line {number}" for number in range(2, len(lines))]
    assert lines[-1][1] == LAST


def check_nothing_is_left(server, ids):
    own = {server.process.pid}
    hub.eventually(lambda: set(hub.processes_under(server.data)) <= own, "no process is left")
    assert campaign.cgroups_of(ids) == []
    assert [name for name in os.listdir(server.data / "local") if name.startswith("dep_")] == []


def delete_all(client, ids):
    answer = client.post(f"{campaign.PATH}/batch", {"action": "delete", "ids": ids})
    assert [item for item in answer.json()["items"] if not item["ok"]] == []
    for id in ids:
        assert client.get(f"{campaign.PATH}/{id}", wait="deleted", timeout="60s").status_code in (200, 422)
        hub.eventually(lambda id=id: client.deployment(id)["status"] == "deleted", "it is deleted", 60)


def test_writers_outlive_every_kill_and_each_of_their_lines_is_there_once(own_server, dice, figures):
    client, enough = campaign.QuickClient(own_server.url), own_server.folder / "enough"
    ids = start_writers(client, enough)
    pids = {}
    for id in ids:
        pids.update(pids_of(client, id))
    before = {id: client.deployment(id) for id in ids}
    followers = [campaign.Follower(own_server, id, LAST) for id in ids[:FOLLOWED]]
    for follower in followers:
        follower.start()
    slowest_start_s = 0.0
    for _ in range(KILLS):
        slowest_start_s = max(slowest_start_s, kill_and_start(own_server, dice))
        assert {pid: campaign.start_ticks(pid) for pid in pids} == pids, "each lives on"
    enough.touch()
    client = campaign.QuickClient(own_server.url)
    lines = 0
    for id in ids:
        hub.eventually(lambda id=id: client.logs(id, tail=1)["items"][0]["text"] == LAST, "the last line")
        read = [(line["seq"], line["text"]) for line in client.all_lines(id)]
        check_lines(read)
        lines += len(read)
        now = client.deployment(id)
        assert {**now, "position": 0, "version": 0} == {**before[id], "position": 0, "version": 0}, "the same run"
    for follower in followers:
        follower.join(hub.DEADLINE_S)
        assert follower.fault is None
        check_lines(follower.lines)
    delete_all(client, ids)
    check_nothing_is_left(own_server, ids)
    assert not [pid for pid, ticks in pids.items() if campaign.start_ticks(pid) == ticks], "no orphan"
    figures(deployments=len(ids), kills=KILLS, alive=len(ids), lines=lines, lost=0, repeated=0,
            resumes=sum(follower.resumes for follower in followers), orphans=0, slowest_start_s=round(slowest_start_s, 3))


class Churn(threading.Thread):
    """Creates, starts, stops, restarts and deletes without regard to the server's deaths; notes the ids that it saw."""

    ACTIONS = ("start", "stop", "restart", "delete")

    def __init__(self, server, dice, number):
        super().__init__(daemon=True)
        self.server, self.dice, self.number = server, dice, number
        self.done = threading.Event()
        self.asked, self.unanswered, self.faults = 0, 0, []

    def run(self):
        id = None
        while not self.done.is_set():
            try:
                id = self._ask(campaign.QuickClient(self.server.url), id)
            except requests.exceptions.RequestException:
                self.unanswered += 1
                self.done.wait(0.01)  # between servers

    def _ask(self, client, id):
        self.asked += 1
        if id is None:
            body = {"name": f"churn-{self.number}", "provider": "local", "stop_grace": "1s",
                    "command": ["sh", "-c", "sleep 1000 & trap 'exit 0' TERM; echo up; wait"]}
            answer = client.post(campaign.PATH, body)
            self._expect(answer, 201)
            return answer.json().get("id")
        action = self.dice.choice(self.ACTIONS)
        path = f"{campaign.PATH}/{id}"
        answer = client.delete(path) if action == "delete" else client.post(f"{path}/{action}")
        self._expect(answer, 200, 202, 409)
        return None if action == "delete" else id

    def _expect(self, answer, *statuses):
        if answer.status_code not in (*statuses, 503):  # 503: it is stopping or not ready yet
            self.faults.append((answer.status_code, answer.text))


def test_deployments_in_the_midst_of_anything_settle_behind_every_kill(own_server, dice, figures):
    churns = [Churn(own_server, dice, number) for number in range(CHURNED)]
    for churn in churns:
        churn.start()
    slowest_start_s = 0.0
    for _ in range(KILLS):
        slowest_start_s = max(slowest_start_s, kill_and_start(own_server, dice))
    for churn in churns:
        churn.done.set()
    for churn in churns:
        churn.join(hub.DEADLINE_S)
        assert churn.faults == []
    client = campaign.QuickClient(own_server.url)
    ids = every_id(client)

    def unsettled():
        return [(d["id"], d["status"], d["reason"]) for d in map(client.deployment, ids)
                if d["status"] not in ("running", "stopped", "failed", "deleted")]

    begun = time.monotonic()
    hub.eventually(lambda: not unsettled(), "all settled", 60)
    settled_s = time.monotonic() - begun
    check_truth(own_server, client, ids)
    alive = [id for id in ids if client.deployment(id)["status"] != "deleted"]
    if alive:
        delete_all(client, alive)
    check_nothing_is_left(own_server, ids)
    figures(deployments=len(ids), kills=KILLS, asked=sum(c.asked for c in churns), settled_s=round(settled_s, 2),
            unanswered=sum(c.unanswered for c in churns), slowest_start_s=round(slowest_start_s, 3), orphans=0)


def every_id(client):
    ids = []
    for status in ({}, {"status": "deleted"}):
        page = client.get(campaign.PATH, page_size=1000, **status).json()
        ids += [item["id"] for item in page["items"]]
        while page["next_cursor"]:
            page = client.get(campaign.PATH, page_size=1000, cursor=page["next_cursor"], **status).json()
            ids += [item["id"] for item in page["items"]]
    return ids


def check_truth(server, client, ids):
    """What is said to run runs, once; what is said not to run does not."""
    commands = hub.processes_under(server.data).values()
    for id in ids:
        supervisors = sum(id in command for command in commands)
        status = client.deployment(id)["status"]
        assert (supervisors == 1) == (status == "running"), f"{id} is {status} with {supervisors} supervisors"
