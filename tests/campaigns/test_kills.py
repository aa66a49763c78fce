"""kill -9 of the server under 64 clients, and under one Idempotency-Key; then the whole log is read and checked."""
import concurrent.futures
import contextlib
import random
import statistics
import subprocess
import threading
import time
import uuid

import campaign
import hub
import recorder

CLIENTS = 64
KILLS = campaign.size(8, 200)
LIFE_S = campaign.size((0.2, 0.9), (0.2, 1.2))
READY_S_MAX = 2.0
PARALLEL = 100
KEYS = campaign.size(4, 40)


def audit(server):
    """K8 on the folder of the stopped server."""
    done = subprocess.run([hub.BINARY, "audit", "verify", "--data", server.data], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-1000:]


def test_what_64_clients_were_answered_holds_behind_every_kill(own_server, dice, figures):
    done = threading.Event()
    clients = [recorder.Recorder(own_server, random.Random(dice.random()), done) for _ in range(CLIENTS)]
    for each in clients:
        each.start()
    starts = []
    for _ in range(KILLS):
        campaign.lives_for(own_server, dice.uniform(*LIFE_S))
        own_server.kill()
        begun = time.monotonic()
        own_server.start()
        starts.append(time.monotonic() - begun)
    done.set()
    for each in clients:
        each.join(hub.DEADLINE_S)
        assert each.faults == []
    operations = [operation for each in clients for operation in each.operations]
    client = campaign.QuickClient(own_server.url)
    begun = time.monotonic()
    hub.eventually(lambda: client.get(campaign.PATH, status="deleting").json()["total"] == 0, "it settles", 60)
    settled_s = time.monotonic() - begun
    events = recorder.whole_log(client)
    recorder.check_order(events)
    recorder.check_commands(events, operations)
    recorder.check_projection(client, events)
    assert own_server.stop() == 0
    audit(own_server)
    outcomes = [operation.outcome for operation in operations]
    figures(kills=KILLS, commands=len(operations), acknowledged=outcomes.count(recorder.OK),
            unknown=outcomes.count(recorder.UNKNOWN), events=len(events), exceptions=0, settled_s=round(settled_s, 2),
            ready_s_p50=round(statistics.median(starts), 3), ready_s_max=round(max(starts), 3))
    assert statistics.median(starts) < READY_S_MAX


def test_one_key_a_hundred_times_in_parallel_over_kills_is_one_execution(own_server, dice, figures):
    repeats = 0
    for _ in range(KEYS):
        key, name = uuid.uuid4().hex, f"once-{uuid.uuid4().hex}"
        with concurrent.futures.ThreadPoolExecutor(PARALLEL) as pool:
            all_there = threading.Barrier(PARALLEL + 1)
            asked = [pool.submit(until_answered, own_server, recorder.creation(name), key, all_there) for _ in range(PARALLEL)]
            all_there.wait(hub.DEADLINE_S)
            for _ in range(2):
                campaign.lives_for(own_server, dice.uniform(0.0, 0.05))
                own_server.kill()
                own_server.start()
            answers = [each.result() for each in asked]
        repeats += sum(tries for _, _, tries in answers)
        assert {status for status, _, _ in answers} == {201}
        assert len({text for _, text, _ in answers}) == 1, "equal answers"
        client = campaign.QuickClient(own_server.url)
        assert client.get(campaign.PATH, text=name).json()["total"] == 1
    requested = [recorder.mark_of(event)[0] for event in recorder.whole_log(client)].count("create")
    assert requested == KEYS, "one execution each"
    figures(keys=KEYS, requests=KEYS * PARALLEL, sent_again=repeats, kills=2 * KEYS, executions=requested, different=0)


def until_answered(server, body, key, all_there):
    """Sends one request again and again until it is answered: (status, body, how often it was not)."""
    all_there.wait(hub.DEADLINE_S)
    tries, end = 0, time.monotonic() + hub.DEADLINE_S
    while time.monotonic() < end:
        try:
            with contextlib.closing(recorder.Wire(server.url)) as wire:
                status, text = wire.ask("POST", campaign.PATH, body, key)
                if status not in (429, 503):
                    return status, text, tries
        except (OSError, recorder.http.client.HTTPException):
            threading.Event().wait(0.05)  # between servers
        tries += 1
    raise AssertionError(f"no answer within {hub.DEADLINE_S:g} s")
