"""A machine without an engine: what it runs is created, followed and ended as on the server's own."""
import hub

LINES = "i=0; while [ $i -lt %d ]; do i=$((i+1)); echo line $i; done"


def texts(client, id, count):
    """All lines, once there are `count`; more would be doubled ones."""
    found = hub.eventually(lambda: len(lines := client.logs(id, tail=10_000)["items"]) >= count and lines,
                           f"{count} lines of {id}", 60)
    assert [line["seq"] for line in found] == list(range(1, count + 1))
    return [line["text"] for line in found]


def test_a_deployment_runs_on_the_machine_of_an_agent_until_it_is_stopped(site):
    agent = site.agent().start()
    client = site.server.client()
    host = hub.eventually(lambda: site.hosts().get("box"), "it is offered")
    assert host["kind"] == "agent" and host["status"] == "online" and host["cpus"] > 0
    id = client.create("echo hello; echo wrong >&2; exec sleep 701", wait="running", host="box")["id"]
    assert len(agent.running("sleep 701")) == 1
    assert not [line for line in hub.processes_under(site.server.data).values() if "sleep 701" in line]
    assert texts(client, id, 2) == ["hello", "wrong"]
    with site.server.live() as live:
        live.subscribe(f"deployments/{id}/logs")
        live.subscribe(f"deployments/{id}/metrics")
        assert live.of(f"deployments/{id}/metrics")["data"]["series"]
    hub.eventually(lambda: site.hosts()["box"]["running"] == 1, "it is counted", 60)
    assert client.act(id, "stop", wait="stopped")["host"] == "box"
    assert agent.running("sleep 701") == []
    client.act(id, "restart", wait="running")
    assert texts(client, id, 4)[2:] == ["hello", "wrong"]
    client.act(id, "delete", wait="deleted")
    assert agent.running("sleep 701") == []
    hub.eventually(lambda: not (agent.data / "agent" / "local" / id).exists(), "nothing is left there")
    hub.eventually(lambda: not (site.server.data / "local" / id).exists(), "nor the copy of its output")
    # The server's own machine goes on as before.
    here = client.create("exec sleep 702", wait="running")
    assert here["host"] != "box"
    client.act(here["id"], "stop", wait="stopped")
