"""A machine without an engine: what it runs is created, followed and ended as on the server's own, whatever happens to
the machine's agent, to the server and to the connection between them."""
import json
import os
import subprocess

import hub
from machines import SESSION_S

# A line each few milliseconds, so that cuts fall between lines and into them.
COUNTING = "i=0; while [ $i -lt %d ]; do i=$((i+1)); echo line $i; [ $((i %% 20)) -ne 0 ] || sleep 0.02; done"


def lines_of(client, id):
    return client.logs(id, tail=10_000)["items"]


def has_all(client, id, count):
    """Each of `count` lines once, and in order."""
    found = hub.eventually(lambda: len(lines := lines_of(client, id)) >= count and lines, f"{count} lines of {id}", 60)
    assert [line["seq"] for line in found] == list(range(1, count + 1))
    return [line["text"] for line in found]


def counted(count):
    return [f"line {number}" for number in range(1, count + 1)]


def status(client, id, wanted, deadline_s=60):
    return hub.eventually(lambda: (d := client.deployment(id))["status"] == wanted and d, f"{id} is {wanted}", deadline_s)


def runs(client, id):
    """How often it was started."""
    return sum(event["type"] == "computehub.deployment.started.v1" for event in client.history(id))


def test_a_deployment_runs_on_the_machine_of_an_agent_until_it_is_stopped(site):
    agent = site.agent().start()
    client = site.server.client()
    host = hub.eventually(lambda: site.hosts().get("box"), "it is offered")
    assert host["kind"] == "agent" and host["status"] == "online" and host["cpus"] > 0
    id = client.create("echo hello; echo wrong >&2; exec sleep 701", wait="running", host="box")["id"]
    agent.runs("sleep 701")
    assert not [line for line in hub.processes_under(site.server.data).values() if "sleep 701" in line]
    assert sorted(has_all(client, id, 2)) == ["hello", "wrong"]
    with site.server.live() as live:
        live.subscribe(f"deployments/{id}/metrics")
        assert live.of(f"deployments/{id}/metrics")["data"]["series"]
    hub.eventually(lambda: site.hosts()["box"]["running"] == 1, "it is counted", 60)
    assert client.act(id, "stop", wait="stopped")["host"] == "box"
    assert agent.running("sleep 701") == []
    client.act(id, "restart", wait="running")
    assert sorted(has_all(client, id, 4)[2:]) == ["hello", "wrong"]
    client.act(id, "delete", wait="deleted")
    assert agent.running("sleep 701") == []
    hub.eventually(lambda: not (agent.data / "agent" / "local" / id).exists(), "nothing is left there")
    hub.eventually(lambda: not (site.server.data / "local" / id).exists(), "nor the copy of its output")
    # The server's own machine goes on as before.
    here = client.create("exec sleep 702", wait="running")
    assert here["host"] != "box" and agent.running("sleep 702") == []
    client.act(here["id"], "stop", wait="stopped")


def test_whoever_follows_the_output_has_all_of_it_before_he_hears_of_the_end(site):
    site.agent().start()
    client = site.server.client()
    with site.server.live() as live:
        id = client.create(COUNTING % 4000, host="box")["id"]
        live.subscribe(f"deployments/{id}/logs")
        live.subscribe(f"deployments/{id}")
        live.expect(lambda f: f.get("stream") == f"deployments/{id}" and f["type"] in ("event", "snapshot")
                    and f["data"]["status"] == "stopped", "its end", 60)
    assert [line["text"] for line in lines_of(client, id)] == counted(4000)


def test_an_agent_that_is_killed_in_the_middle_of_output_adopts_what_runs_when_it_is_back(site):
    agent = site.agent().start()
    client = site.server.client()
    id = client.create(COUNTING % 6000 + "; exec sleep 703", wait="running", host="box")["id"]
    for _ in range(3):
        before = len(lines_of(client, id))
        hub.eventually(lambda: len(lines_of(client, id)) > before, "more lines come")
        agent.kill()
        agent.start()
    assert has_all(client, id, 6000) == counted(6000)
    agent.runs("sleep 703")
    assert client.deployment(id)["status"] == "running" and runs(client, id) == 1
    assert client.act(id, "stop", wait="stopped")["reason"]["code"] == "user.stopped"


def test_a_server_that_is_killed_finds_the_machine_as_it_was(site):
    agent = site.agent().start()
    client = site.server.client()
    id = client.create(COUNTING % 6000 + "; exec sleep 704", wait="running", host="box")["id"]
    ends = client.create("sleep 1; exit 3", wait="running", host="box")["id"]
    hub.eventually(lambda: lines_of(client, id), "lines come")
    site.server.kill()
    hub.eventually(lambda: not agent.running("sleep 1"), "one ends meanwhile")
    site.restart()
    client = site.server.client()
    assert status(client, ends, "failed")["reason"]["exit_code"] == 3
    assert has_all(client, id, 6000) == counted(6000)
    hub.eventually(lambda: site.hosts()["box"]["status"] == "online", "it is attached again")
    agent.runs("sleep 704")
    assert runs(client, id) == 1
    client.act(id, "stop", wait="stopped")


def test_no_line_is_lost_or_doubled_when_the_connection_is_cut_in_the_middle_of_output(site):
    agent = site.agent().start()
    client = site.server.client()
    ids = [client.create(COUNTING % 6000, wait="running", host="box")["id"] for _ in range(3)]
    for _ in range(6):
        before = len(lines_of(client, ids[0]))
        hub.eventually(lambda: len(lines_of(client, ids[0])) > before or before == 6000, "more lines come")
        site.proxy.cut()
    for id in ids:
        assert has_all(client, id, 6000) == counted(6000)
        status(client, id, "stopped")
        assert runs(client, id) == 1
    assert agent.log().count("the connection is cut") >= 3
    events = [event["type"].split(".")[2] for event in client.history(ids[0])]
    assert "unreachable" not in events and "effect_retried" not in events


def test_a_machine_that_is_away_makes_its_deployments_unreachable_and_nothing_else(site):
    agent = site.agent().start()
    client = site.server.client()
    stays = client.create("exec sleep 705", wait="running", host="box")["id"]
    ends = client.create("while [ -e stay ]; do sleep 0.1; done; exit 4", wait="running", host="box",
                         files=[{"path": "stay", "text": ""}])["id"]
    stopped = client.create("exec sleep 706", wait="running", host="box")["id"]
    here = client.create("exec sleep 707", wait="running")["id"]
    site.proxy.cut(stay_shut=True)
    hub.eventually(lambda: site.hosts()["box"]["status"] == "away", "it is away", 10 * SESSION_S)
    for id in (stays, ends, stopped):
        assert status(client, id, "unreachable")["reason"]["code"] == "host.away"
    assert client.deployment(here)["status"] == "running"
    refused = client.post("/api/v1/deployments", {"name": "x", "provider": "local", "command": ["true"], "host": "box"})
    assert (refused.status_code, refused.json()["code"]) == (409, "host.away")
    # What is asked for meanwhile is done when it is back; what has happened is found.
    assert client.act(stopped, "stop")["status"] == "stopping"
    (agent.data / "agent" / "local" / ends / "workspace" / "stay").unlink()
    agent.runs("sleep 705")
    agent.runs("sleep 706")
    site.proxy.open()
    status(client, stays, "running")
    assert status(client, ends, "failed")["reason"]["exit_code"] == 4
    status(client, stopped, "stopped")
    assert site.hosts()["box"]["status"] == "online"
    agent.runs("sleep 705")
    events = [event["type"].split(".")[2] for event in client.history(stays)]
    assert events[-2:] == ["unreachable", "reachable"], events
    for id in (stays, here):
        client.act(id, "stop", wait="stopped")


def test_an_agent_that_is_asked_to_end_leaves_what_runs_to_the_next_one(site):
    agent = site.agent().start()
    client = site.server.client()
    id = client.create("exec sleep 708", wait="running", host="box")["id"]
    assert agent.stop() == 0
    agent.runs("sleep 708")
    agent.start()
    agent.runs("sleep 708")
    client.act(id, "stop", wait="stopped")
    assert runs(client, id) == 1
    assert agent.running("sleep 708") == []
    # One agent a folder.
    assert agent.start_another().wait() == 1
    assert "agent.running" in agent.log()


def test_secrets_reach_the_process_and_no_file_of_the_machine(site):
    agent = site.agent().start()
    client = site.server.client()
    assert client.put("/api/v1/secrets/key", {"value": "stored-5d1f0c"}).status_code in (200, 201, 204)
    id = client.create("echo $PLAIN $STORED | tr a-z A-Z; exec sleep 709", wait="running", host="box",
                       env={"PLAIN": "given-77aa01", "STORED": {"secret": "key"}})["id"]
    assert has_all(client, id, 1) == ["GIVEN-77AA01 STORED-5D1F0C"]
    for path in agent.folder.rglob("*"):
        if path.is_file():
            bytes = path.read_bytes()
            assert b"given-77aa01" not in bytes and b"stored-5d1f0c" not in bytes, path
    client.act(id, "stop", wait="stopped")


def test_the_command_line_deploys_there_and_lists_machines(site, tmp_path):
    agent = site.agent().start()
    environment = {**os.environ, "COMPUTEHUB_TOKEN": hub.TOKEN, "COMPUTEHUB_URL": site.server.url}

    def run(*arguments):
        done = subprocess.run([hub.BINARY, *arguments], env=environment, cwd=tmp_path, capture_output=True, text=True,
                              timeout=hub.DEADLINE_S)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    id = run("deploy", "--name", "far", "--host", "box", "--", "sh", "-c", "echo from afar; exec sleep 715").split()[0]
    agent.runs("sleep 715")
    assert has_all(site.server.client(), id, 1) == ["from afar"]
    assert "from afar" in run("logs", "far")
    shown = {line.split()[0]: line.split()[1:3] for line in run("hosts").splitlines()[1:]}
    assert shown["box"] == ["agent", "online"]
    assert {host["name"] for host in json.loads(run("hosts", "-o", "json"))["items"]} == set(shown)
    # What it would come to: of another machine only what it was offered with is known.
    client = site.server.client()
    plan = client.post("/api/v1/deployments", {"name": "x", "provider": "local", "command": ["true"], "host": "box",
                                               "gpu": {"model": "RTX 4090", "count": 1}}, dry_run="true").json()
    assert plan["host"] == "box" and [r["code"] for r in plan["refused"]] == ["provider.no_capacity"]
    run("stop", "far", "--wait")
