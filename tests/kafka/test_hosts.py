"""Machines of several nodes: a deployment runs on its host, whoever owns it."""
import json
import subprocess

import pytest
import websockets.exceptions

from nodes import SESSION_S, hub, post
from test_terminal import Terminal, closed_with


def hosts(client):
    return {host["name"]: host for host in client.get("/api/v1/hosts").json()["items"]}


def both(nodes):
    servers = [nodes.start(name) for name in ("one", "two")]
    nodes.shared_out("one", "two")
    for server in servers:
        hub.eventually(lambda: set(hosts(server.client())) == {"one", "two"}, "both offer their machine")
    return servers


def running(server):
    """Command lines of what runs on a node's machine."""
    return [line for line in hub.processes_under(server.data).values() if line.startswith("sleep ")]


def test_a_deployment_runs_on_the_host_that_it_names_or_on_that_of_the_node_that_was_asked(nodes):
    one, two = both(nodes)
    for asked in (one, two):
        client = asked.client()
        named = [client.create("exec sleep 601", wait="running", host="two") for _ in range(3)]
        given = [client.create("exec sleep 602", wait="running") for _ in range(3)]
        assert {item["host"] for item in named} == {"two"}
        assert {item["host"] for item in given} == {asked.folder.name}
    assert sorted(running(one)) == ["sleep 602 "] * 3
    assert sorted(running(two)) == ["sleep 601 "] * 6 + ["sleep 602 "] * 3
    for server in (one, two):
        for item in (*named, *given):
            assert server.client().act(item["id"], "stop", wait="stopped")["status"] == "stopped"
            named, given = given[1:], []
    assert client.post("/api/v1/deployments", {"name": "x", "provider": "local", "command": ["true"],
                                               "host": "three"}).json()["code"] == "host.not_offered"


def test_a_host_that_is_away_makes_its_deployments_unreachable_and_adopts_them_when_it_is_back(nodes):
    one, two = both(nodes)
    client = two.client()
    there = [client.create("exec sleep 603", wait="running", host="one")["id"] for _ in range(4)]
    here = [client.create("exec sleep 604", wait="running", host="two")["id"] for _ in range(4)]
    one.kill()
    before = set(hub.processes_under(one.data))
    hub.eventually(lambda: hosts(client)["one"]["status"] == "away", "it is away", 10 * SESSION_S)
    for id in there:
        found = hub.eventually(lambda: (d := client.deployment(id))["status"] == "unreachable" and d, "unreachable")
        assert found["reason"]["code"] == "host.away"
    assert {client.deployment(id)["status"] for id in here} == {"running"}
    refused = post(client, host="one")
    assert (refused.status_code, refused.json()["code"]) == (409, "host.away")
    assert len(running(one)) == 4, "what runs there goes on"
    one.start()
    for id in there:
        hub.eventually(lambda: client.deployment(id)["status"] == "running", "adopted again", 10 * SESSION_S)
    assert len(running(one)) == 4 and set(hub.processes_under(one.data)) >= before
    hub.eventually(lambda: hosts(client)["one"]["status"] == "online" and hosts(client)["one"]["running"] == 4,
                   "it is back")
    events = [event["type"].split(".")[2] for event in client.history(there[0])]
    assert events[-2:] == ["unreachable", "reachable"], events
    assert client.act(there[0], "stop", wait="stopped")["status"] == "stopped"


def test_a_deployment_that_waits_for_a_host_that_is_away_says_for_which_and_since_when(nodes):
    one, two = both(nodes)
    client = two.client()
    id = client.create("exec sleep 606", desired="stopped", host="one")["id"]
    assert client.deployment(id)["host"] == "one" and "waits_for" not in client.deployment(id)
    one.kill()
    away = hub.eventually(lambda: (host := hosts(client)["one"])["status"] == "away" and host, "it is away",
                          10 * SESSION_S)
    # Whose partition the dead node owned is somebody else's first.
    hub.eventually(lambda: client.post(f"/api/v1/deployments/{id}/start").status_code in (200, 202), "it is asked", 60)
    waiting = hub.eventually(lambda: (d := client.deployment(id))["desired"] == "running" and d, "it is decided", 60)
    expected = {"host": "one", "last_seen_at": away["last_seen_at"]}
    assert (waiting["status"] in ("creating", "starting"), waiting["waits_for"]) == (True, expected)
    [listed] = client.get("/api/v1/deployments").json()["items"]
    assert listed["waits_for"] == expected
    shown = {}
    for command in (["ps"], ["show", id]):
        shown[command[0]] = subprocess.run([hub.BINARY, *command, "--url", two.url, "--token", hub.TOKEN],
                                           capture_output=True, text=True, check=True).stdout
    assert "waits for host one, which is away" in shown["ps"]
    assert away["last_seen_at"][:19] in shown["show"]
    one.start()
    hub.eventually(lambda: client.deployment(id)["status"] == "running", "it runs", 10 * SESSION_S)
    assert "waits_for" not in client.deployment(id)


def test_output_and_metrics_of_any_host_are_read_and_followed_at_every_node(nodes):
    one, two = both(nodes)
    client = two.client()
    shell = "for i in $(seq 1000); do echo line $i; done; echo wrong >&2; exec sleep 605"
    id = client.create(shell, wait="running", host="one")["id"]
    for server in (one, two):
        reader = server.client()
        hub.eventually(lambda: len(reader.logs(id, tail=2000)["items"]) == 1001, "all lines are there")
    mine, theirs = one.client().logs(id, tail=2000)["items"], two.client().logs(id, tail=2000)["items"]
    assert mine == theirs and mine[-1]["stream"] == "stderr"
    assert [line["text"] for line in client.logs(id, contains="line 77")["items"]][:1] == ["line 77"]
    with two.live() as live:
        opened = live.subscribe(f"deployments/{id}/logs")
        assert opened["recovered"] is False
        other = client.create("echo first; read x < /dev/zero", wait="running", host="one")["id"]
        hub.eventually(lambda: client.logs(other)["items"], "its line comes")
        live.subscribe(f"deployments/{id}/metrics")
        assert live.of(f"deployments/{id}/metrics", kind="event")["data"]["series"]
    # The copy goes on behind a death, without a gap or a repeat.
    two.kill()
    nodes.shared_out("one")
    more = one.client().create("for i in $(seq 3000); do echo again $i; done", restart_policy="never")["id"]
    hub.eventually(lambda: len(one.client().logs(more, tail=5000)["items"]) == 3000, "it has run")
    client = two.start().client()
    hub.eventually(lambda: len(client.logs(more, tail=5000)["items"]) == 3000, "what was missed comes", 60)
    assert client.logs(more, tail=5000)["items"] == one.client().logs(more, tail=5000)["items"]
    assert client.logs(id, tail=2000)["items"] == mine
    client.act(id, "delete")
    hub.eventually(lambda: not (two.data / "local" / id).exists(), "the copy goes with it")


def test_what_is_removed_in_the_middle_of_its_output_is_forgotten_by_every_node(nodes):
    one, two = both(nodes)
    client = one.client()
    stays = client.create("while :; do echo on; sleep 0.05; done", wait="running", host="one")["id"]
    goes = [client.create("while :; do echo on; done", wait="running", host="one")["id"] for _ in range(3)]
    for id in goes:
        hub.eventually(lambda: two.client().logs(id)["items"], "its output is there", 60)
        client.act(id, "delete", wait="deleted")

    def known(server):
        """The deployments whose output a node takes for alive."""
        return {word for word in (server.data / "local" / "shared-output").read_text().split() if word.startswith("dep_")}

    # The output of one that stays goes on all the while.
    for server in (one, two):
        hub.eventually(lambda: known(server) == {stays}, "the others are forgotten", 60)
        assert not [id for id in goes if (server.data / "local" / id).exists()]


def test_a_terminal_is_to_be_had_where_the_deployment_runs_and_told_of_at_every_node(nodes):
    one, two = both(nodes)
    # Some of these are owned by the other node: its record is written there.
    ids = [two.client().create("exec sleep 605", wait="running", host="two")["id"] for _ in range(6)]
    for id in ids:
        with Terminal(two, id) as terminal:
            assert terminal.run("pwd") == f"{two.data}/local/{id}/workspace"
            terminal.line("exit 4")
            assert terminal.end()[0]["exit_code"] == 4
        for server in (one, two):
            closed_with(server.client(), id, "terminal.exited")
        with pytest.raises(websockets.exceptions.InvalidStatus) as refused:
            Terminal(one, id)
        assert json.loads(refused.value.response.body)["code"] == "terminal.elsewhere"
