"""Machines without an engine, attached to one of several nodes and then to another."""

import machines
import pytest
from nodes import SESSION_S, hub

COUNTING = "i=0; while [ $i -lt %d ]; do i=$((i+1)); echo line $i; [ $((i %% 20)) -ne 0 ] || sleep 0.02; done"


@pytest.fixture
def both(nodes, tmp_path):
    """Two nodes, and a machine that is attached to the first of them and knows the second."""
    one, two = (nodes.start(name) for name in ("one", "two"))
    nodes.shared_out("one", "two")
    agent = machines.Agent(tmp_path / "box", "box", [one.url, two.url]).start()
    yield one, two, agent
    agent.clean_up()


def host(client):
    return next((host for host in client.get("/api/v1/hosts").json()["items"] if host["name"] == "box"), None)


def lines_of(client, id):
    return client.logs(id, tail=10_000)["items"]


def has_all(client, id, count):
    found = hub.eventually(lambda: len(lines := lines_of(client, id)) >= count and lines, f"{count} lines of {id}", 90)
    assert [(line["seq"], line["text"]) for line in found] == [(n, f"line {n}") for n in range(1, count + 1)]


def test_a_machine_works_for_every_node_and_moves_to_another_one_when_its_own_is_lost(both, nodes):
    one, two, agent = both
    for server in (one, two):
        hub.eventually(lambda: host(server.client()), "both know of it")
    # Whoever owns a deployment, and wherever it is asked for: it runs on the machine.
    client = two.client()
    ids = [client.create(COUNTING % 4000 + "; exec sleep 721", wait="running", host="box")["id"] for _ in range(4)]
    ids += [one.client().create(COUNTING % 4000 + "; exec sleep 721", wait="running", host="box")["id"]]
    hub.eventually(lambda: lines_of(client, ids[0]), "output comes to the other node")
    one.kill()
    hub.eventually(lambda: agent.log().count(" attached ") == 2, "it is attached to the other node", 60)
    nodes.shared_out("two")
    for id in ids:
        has_all(client, id, 4000)
    hub.eventually(lambda: len(agent.running("sleep 721")) == 5, "all run on")
    found = hub.eventually(lambda: (h := host(client))["status"] == "online" and h["running"] == 5 and h, "it is there")
    assert found["kind"] == "agent"
    for id in ids:
        hub.eventually(lambda: client.deployment(id)["status"] == "running", "it runs", 60)
    # The node that is back has it all, too, and what is asked for there is done by way of the other one.
    back = one.start().client()
    nodes.shared_out("one", "two")
    for id in ids:
        has_all(back, id, 4000)
        assert back.act(id, "stop", wait="stopped", timeout="60s")["status"] == "stopped"
        starts = [e for e in back.history(id) if e["type"] == "computehub.deployment.started.v1"]
        assert len(starts) == 1
    assert agent.running("sleep 721") == []


def test_of_two_connections_of_one_machine_at_two_nodes_only_the_newer_one_counts(both, nodes, tmp_path):
    one, two, agent = both
    # A copy of its folder on another machine, attached to the other node: a later connection of the same identity.
    hub.copy_of_the_living(agent.data, tmp_path / "copy" / "data")
    copy = machines.Agent(tmp_path / "copy", "box", [two.url])
    try:
        copy.start()
        assert agent.wait() == 1 and "host.superseded" in agent.log()
        id = one.client().create("exec sleep 722", wait="running", host="box")["id"]
        copy.runs("sleep 722")
        assert agent.running("sleep 722") == []
        one.client().act(id, "stop", wait="stopped")
    finally:
        copy.clean_up()


def test_a_machine_that_is_away_from_all_nodes_makes_its_deployments_unreachable_until_it_is_back(both):
    one, two, agent = both
    ids = [server.client().create("exec sleep 723", wait="running", host="box")["id"] for server in (one, two, one)]
    agent.kill()
    client = two.client()
    hub.eventually(lambda: host(client)["status"] == "away", "it is away", 10 * SESSION_S)
    for id in ids:
        hub.eventually(lambda: client.deployment(id)["status"] == "unreachable", "unreachable", 60)
    assert len(agent.running("sleep 723")) == 3
    agent.servers = [two.url]
    agent.start()
    for id in ids:
        hub.eventually(lambda: client.deployment(id)["status"] == "running", "adopted again", 60)
        client.act(id, "stop", wait="stopped")
    assert agent.running("sleep 723") == []
