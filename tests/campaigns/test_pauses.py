"""SIGSTOP of the server, longer than any of its time-outs: nothing is done twice, nothing is forgotten."""
import random
import signal
import threading
import time

import campaign
import hub
import recorder

PAUSES = campaign.size(3, 20)
PAUSE_S = campaign.size((0.5, 2.0), (5.0, 30.0))
RUN_S = (0.2, 0.8)
CLIENTS = 8
RESTARTED = campaign.size(4, 16)
RESTARTS_MAX = 3


def pause(server, seconds):
    """Stops the process, waits while it cannot do anything, and lets it go on."""
    server.process.send_signal(signal.SIGSTOP)
    threading.Event().wait(seconds)
    server.process.send_signal(signal.SIGCONT)


def test_a_paused_server_does_nothing_twice(own_server, dice, figures):
    client, done = campaign.QuickClient(own_server.url), threading.Event()
    marks = own_server.folder / "runs"
    marks.mkdir()
    policy = {"policy": "on-failure", "max_restarts": RESTARTS_MAX, "backoff_initial": "0.5s", "backoff_max": "1s"}
    restarted = {}
    for number in range(RESTARTED):
        made = client.create(f"echo run >> {marks}/{number}; sleep 0.2; exit 1", restart_policy=policy)
        restarted[made["id"]] = marks / str(number)
    steady = [client.create(wait="running")["id"] for _ in range(3)]
    clients = [recorder.Recorder(own_server, random.Random(dice.random()), done) for _ in range(CLIENTS)]
    for each in clients:
        each.start()
    paused_s = 0.0
    for _ in range(PAUSES):
        campaign.lives_for(own_server, dice.uniform(*RUN_S))
        seconds = dice.uniform(*PAUSE_S)
        pause(own_server, seconds)
        paused_s += seconds
    begun = time.monotonic()
    hub.eventually(lambda: all(client.deployment(id)["status"] == "failed" for id in restarted), "all restarts are over", 60)
    settled_s = time.monotonic() - begun
    done.set()
    for each in clients:
        each.join(hub.DEADLINE_S)
        assert each.faults == []
    operations = [operation for each in clients for operation in each.operations]
    # What waited longer than its deadline says so, and check_commands() that it was not done.
    expired = [operation for operation in operations if operation.status == 504]
    answered = {operation.outcome for operation in operations if operation not in expired}
    assert answered == {recorder.OK}, "a pause is no loss"
    hub.eventually(lambda: client.get(campaign.PATH, status="deleting").json()["total"] == 0, "it settles", 60)
    events = recorder.whole_log(client)
    recorder.check_order(events)
    recorder.check_commands(events, operations)
    for id, file in restarted.items():
        assert file.read_text().splitlines() == ["run"] * (1 + RESTARTS_MAX), "each run once"
        assert client.deployment(id)["restarts"] == RESTARTS_MAX
        check_back_off([event for event in events if event["subject"] == id])
    assert {client.deployment(id)["status"] for id in steady} == {"running"}
    figures(pauses=PAUSES, paused_s=round(paused_s, 1), commands=len(operations), expired=len(expired), unanswered=0,
            runs=RESTARTED * (1 + RESTARTS_MAX), double_runs=0, settled_s=round(settled_s, 2))


def check_back_off(events):
    """No restart before the time that the event before it says."""
    due = None
    for event in events:
        if event["type"] == "computehub.deployment.restart_scheduled.v1":
            due = event["data"]["restart_at"]
        elif event["type"] == "computehub.deployment.start_requested.v1" and due:
            assert event["time"] >= due, (event["time"], due)
            due = None
