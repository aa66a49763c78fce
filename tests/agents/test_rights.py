"""Who may attach a machine, under which name, and for whom it works."""
import json

import hub
import pytest
import websockets.exceptions
import websockets.sync.client
from machines import SESSION_S


def refused(agent, code):
    assert agent.start(wait=False).wait() == 1
    assert code in agent.log(), agent.log()


def test_only_an_admin_or_the_key_of_this_host_attaches_it(site):
    client = site.server.client()
    refused(site.agent(token="nobody"), "auth.invalid")
    for role in ("viewer", "dev"):
        refused(site.agent(token=client.make_key(role)[1]), "auth.forbidden")
    refused(site.agent(token=client.make_key("host", host="other")[1]), "auth.forbidden")
    assert "box" not in site.hosts()
    key, token = client.make_key("host", host="box")
    agent = site.agent(token=token).start()
    assert site.hosts()["box"]["kind"] == "agent"
    # It opens nothing else.
    holder = site.server.client(token)
    assert holder.get("/api/v1/deployments").json()["items"] == []
    assert holder.get("/api/v1/projects").json()["items"] == []
    created = holder.post("/api/v1/deployments", {"name": "x", "provider": "local", "command": ["true"]})
    assert (created.status_code, created.json()["code"]) == (403, "auth.forbidden")
    assert "box" not in site.hosts(holder), "not even what it attached"
    # Revoked, the machine is let go of; what runs there runs on.
    id = client.create("exec sleep 711", wait="running", host="box")["id"]
    assert client.delete(f"/api/v1/api-keys/{key}").status_code == 200
    hub.eventually(lambda: "auth.revoked" in agent.log() and "auth.invalid" in agent.log(), "it is refused")
    agent.runs("sleep 711")
    assert agent.process.poll() is None
    agent.kill()
    agent.token = client.make_key("host", host="box")[1]
    agent.start()
    client.act(id, "stop", wait="stopped")


def test_a_key_of_a_host_names_it_and_no_other_key_does(site):
    client = site.server.client()
    for body in ({"role": "host"}, {"role": "dev", "host": "box"}, {"role": "host", "host": "a/b"}):
        answer = client.post("/api/v1/api-keys", body)
        assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "api_key.host", "host")
    id = client.make_key("host", host="box")[0]
    assert client.put(f"/api/v1/projects/default/members/{id}", {"role": "host"}).json()["code"] == "member.role"


def test_a_name_is_that_of_one_machine_until_another_takes_its_place_on_purpose(site):
    first = site.agent().start()
    client = site.server.client()
    id = client.create("exec sleep 712", wait="running", host="box")["id"]
    second = site.agent(folder="second")
    refused(second, "host.taken")
    second.arguments = ["--replace"]
    refused(second, "host.taken")
    own = site.hosts()
    name = next(host["name"] for host in own.values() if host["kind"] == "node")
    refused(site.agent(name, folder="third"), "host.taken")
    first.kill()
    hub.eventually(lambda: site.hosts()["box"]["status"] == "away", "it is away", 10 * SESSION_S)
    second.start()
    found = hub.eventually(lambda: (d := client.deployment(id))["status"] == "failed" and d, "what it ran is lost")
    assert found["reason"]["code"] == "provider.lost"
    refused(first, "host.taken")


def test_of_two_agents_with_one_identity_only_the_newer_one_stays(site):
    first = site.agent().start()
    hub.copy_of_the_living(first.data, site.folder / "copy" / "data")
    copy = site.agent(folder="copy").start()
    assert first.wait() == 1 and "host.superseded" in first.log()
    client = site.server.client()
    id = client.create("exec sleep 713", wait="running", host="box")["id"]
    copy.runs("sleep 713")
    assert first.running("sleep 713") == []
    client.act(id, "stop", wait="stopped")


def test_the_machine_of_a_project_takes_deployments_of_that_project_alone(site):
    client = site.server.client()
    assert client.post("/api/v1/projects", {"name": "other"}).status_code == 201
    site.agent(token=client.make_key("host", project="other", host="box")[1]).start()
    assert client.create("true", wait="stopped", host="box", project="other")["host"] == "box"
    stranger = site.server.client(client.make_key("dev")[1])
    assert "box" not in site.hosts(stranger)
    for project, who in (("default", client), ("default", stranger)):
        answer = who.post("/api/v1/deployments", {"name": "x", "provider": "local", "command": ["true"], "host": "box"},
                          project=project)
        assert (answer.status_code, answer.json()["code"]) == (422, "host.not_offered")


def test_an_agent_speaks_plain_http_to_this_machine_only_and_takes_no_token_on_its_command_line(site):
    for arguments, word in ((["--token", "x"], "COMPUTEHUB_TOKEN"),):
        agent = site.agent(arguments=arguments)
        assert agent.start(wait=False).wait() == 2 and word in agent.log()
    agent = site.agent()
    agent.servers = ["http://192.0.2.1:8080"]
    assert agent.start(wait=False).wait() == 2 and "--plain-http" in agent.log()
    # A token of a file is read at each connection.
    file = site.folder / "token"
    file.write_text("wrong\n")
    agent = site.agent(arguments=["--token-file", str(file)])
    refused(agent, "auth.invalid")
    file.write_text(hub.TOKEN + "\n")
    agent.start()
    file.unlink()
    site.proxy.cut()
    hub.eventually(lambda: "agent.token_file" in agent.log(), "it says what is missing")
    file.write_text(hub.TOKEN + "\n")
    hub.eventually(lambda: agent.log().count(" attached ") == 2, "it is attached again", 60)


def connect(site, name="box"):
    return websockets.sync.client.connect(
        site.server.url.replace("http://", "ws://") + f"/api/v1/hosts/{name}/agent",
        additional_headers={"Authorization": f"Bearer {hub.TOKEN}"}, compression=None, proxy=None, max_size=None)


def said(type, **data):
    return json.dumps({"type": type, "data": data})


HELLO = said("hello", protocol=1, agent="a" * 32, generation=1, cpus=1, memory_bytes=1, gpus=[])


@pytest.mark.parametrize("first, messages, code", [
    ("", ["no json"], "agent.message"),
    ("", [said("alive", running=1)], "agent.message"),
    ("", [said("hello", protocol=99, agent="a", generation=1, cpus=1)], "agent.protocol"),
    ("", [said("hello", protocol=1, agent="a", generation=0, cpus=1)], "agent.message"),
    (HELLO, [HELLO], "agent.message"),
    (HELLO, [said("rubbish")], "agent.message"),
    (HELLO, [said("alive", running=-1)], "agent.message"),
    (HELLO, [said("report", entity="dep_" + "0" * 28, command="DeleteDeployment", data={})], "agent.message"),
    (HELLO, [said("lines", deployment="../../x", lines=[])], "agent.message"),
    (HELLO, [said("lines", deployment="dep_" + "0" * 28, lines=[
        {"seq": 2, "time": "2026-01-01T00:00:00Z", "text": "a"}, {"seq": 1, "time": "2026-01-01T00:00:00Z",
                                                                  "text": "b"}])], "agent.message"),
], ids=range(10))
def test_an_agent_that_breaks_the_protocol_is_told_so_and_cut(site, first, messages, code):
    with connect(site) as socket:
        if first:
            socket.send(first)
            assert json.loads(socket.recv(30))["type"] == "welcome"
        for message in messages:
            socket.send(message)
        while (answer := json.loads(socket.recv(30)))["type"] == "alive":
            pass
        assert (answer["type"], answer["data"]["code"]) == ("refused", code), answer
        with pytest.raises(websockets.exceptions.ConnectionClosed):
            socket.recv(30)
    assert site.server.client().get("/api/v1/system/health").status_code == 200


def test_a_message_that_is_too_large_is_refused_by_its_length(site):
    with connect(site) as socket:
        socket.send(HELLO)
        assert json.loads(socket.recv(30))["type"] == "welcome"
        with pytest.raises(websockets.exceptions.ConnectionClosed) as closed:
            socket.send("x" * (3 << 20))
            while True:
                socket.recv(30)
        assert closed.value.rcvd is None or closed.value.rcvd.code == 1009
    site.agent("other").start()


def test_an_agent_speaks_for_its_own_deployments_only(site):
    client = site.server.client()
    here = client.create("echo mine; exec sleep 714", wait="running")["id"]
    with connect(site) as socket:
        socket.send(HELLO)
        assert json.loads(socket.recv(30))["type"] == "welcome"
        socket.send(said("report", entity=here, command="ReportExited",
                         data={"run": 1, "at": "2026-01-01T00:00:00Z", "reason": {"code": "x", "text": "y"}}))
        socket.send(said("lines", deployment=here, lines=[{"seq": 2, "time": "2026-01-01T00:00:00Z", "text": "theirs"}]))
        socket.send(said("removed", deployment=here))
        # Whatever is answered behind these, they were passed over.
        socket.send("end")
        while json.loads(socket.recv(30))["type"] != "refused":
            pass
    assert client.deployment(here)["status"] == "running"
    assert [line["text"] for line in client.logs(here, tail=10)["items"]] == ["mine"]
    client.act(here, "stop", wait="stopped")


def test_a_machine_of_which_nothing_is_heard_is_cut_and_an_agent_that_hears_nothing_connects_again(site):
    with connect(site) as socket:
        socket.send(HELLO)
        with pytest.raises(websockets.exceptions.ConnectionClosed):
            while True:
                assert json.loads(socket.recv(60))["type"] in ("welcome", "alive")
    assert "nothing is heard of an agent" in site.server.errors.read_text()
