"""What a node says of things that another node has only just made: it is found, and nothing is said to be absent before
all was read that was written by then."""
import brokers
import pytest
from nodes import Nodes, hub, post, settled

ROUNDS = 8


def both(nodes):
    one, two = nodes.start("one"), nodes.start("two")
    nodes.shared_out("one", "two")
    return one.client(), two.client()


def known(ask):
    """The answer of a node, which may be at first that it does not know, but never that there is nothing."""
    def answer():
        given = ask()
        return None if given.status_code == 503 and given.json()["code"] == "log.behind" else [given]
    return hub.eventually(answer, "it is known")[0]


def test_what_was_made_at_one_node_is_read_changed_and_deleted_at_another_at_once(nodes):
    one, two = both(nodes)
    for maker, other in ((one, two), (two, one)):
        for _ in range(ROUNDS):
            url = "/api/v1/deployments/{}".format
            id = settled(maker, post(maker))
            assert known(lambda: other.get(url(id))).status_code == 200
            id = settled(maker, post(maker))
            changed = known(lambda: other.patch(url(id), {"labels": {"a": "b"}}))
            assert (changed.status_code, changed.json()["labels"]) == (200, {"a": "b"}), changed.text
            id = settled(maker, post(maker))
            assert known(lambda: other.delete(url(id))).status_code == 202
            ids = [settled(maker, post(maker)), settled(maker, post(maker))]
            answer = known(lambda: other.post("/api/v1/deployments/batch", {"action": "delete", "ids": ids}))
            items = answer.json()["items"]
            assert [item["ok"] for item in items] == [True, True], items


def test_a_stream_of_what_was_made_at_one_node_begins_at_another_at_once(nodes):
    one, two = both(nodes)
    with nodes.all["two"].live() as live:
        for _ in range(ROUNDS):
            live.subscribe(f"deployments/{settled(one, post(one))}")
            live.subscribe(f"deployments/{settled(one, post(one))}/logs")
        live.send({"type": "subscribe", "id": 1000, "stream": f"deployments/{settled(one, post(one))[:-6]}aaaaaa"})
        assert live.expect(lambda f: f.get("id") == 1000)["code"] == "deployment.not_found"


def test_a_token_and_a_right_that_one_node_gave_hold_at_another_at_once(nodes):
    one, two = both(nodes)
    for number in range(ROUNDS):
        id, token = one.make_key(role="dev")
        other = nodes.all["two"].client(token)
        assert known(lambda: other.get("/api/v1/me")).status_code == 200
        with nodes.all["two"].live(one.make_key(role="dev")[1]) as live:
            live.subscribe("deployments")
        name = f"project-{number}"
        assert one.post("/api/v1/projects", {"name": name}).status_code == 201
        assert known(lambda: two.get("/api/v1/deployments", project=name)).status_code == 200
        made = two.post("/api/v1/deployments", {"name": "x", "provider": "local", "command": ["true"],
                                                "desired": "stopped"}, project=name)
        id_there = settled(two, made)
        # The key of another project sees it as soon as it is a member, whichever node is told.
        assert known(lambda: other.get(f"/api/v1/deployments/{id_there}")).status_code == 404
        member = one.put(f"/api/v1/projects/{name}/members/{id}", {"role": "viewer"})
        assert member.status_code == 200, member.text
        assert known(lambda: other.get(f"/api/v1/deployments/{id_there}")).status_code == 200
    wrong = nodes.all["two"].client("chk_" + "x" * 43)
    assert known(lambda: wrong.get("/api/v1/me")).status_code == 401


@pytest.fixture
def own_broker(tmp_path):
    kafka = brokers.Brokers(tmp_path / "brokers").start(1)
    yield kafka
    kafka.stop("--now", "--remove")


def test_a_node_that_is_cut_off_from_the_brokers_does_not_say_that_there_is_nothing(own_broker, namespace, tmp_path):
    nodes = Nodes(tmp_path, own_broker.bootstrap, namespace)
    try:
        server = nodes.start("one")
        client = server.client()
        there = settled(client, post(client))
        unknown = f"/api/v1/deployments/{there[:-6]}aaaaaa"
        wrong = server.client("chk_" + "x" * 43)
        assert known(lambda: client.get(unknown)).status_code == 404
        assert known(lambda: wrong.get("/api/v1/me")).status_code == 401
        own_broker.broker(1, "pause")
        assert client.get(f"/api/v1/deployments/{there}").status_code == 200
        for answer in (client.get(unknown), client.delete(unknown), wrong.get("/api/v1/me")):
            assert (answer.status_code, answer.json()["code"]) == (503, "log.behind"), answer.text
            assert int(answer.headers["Retry-After"]) >= 1
        own_broker.broker(1, "resume")
        hub.eventually(lambda: client.get(unknown).status_code == 404, "it knows again", 60)
        assert known(lambda: wrong.get("/api/v1/me")).status_code == 401
    finally:
        nodes.clean_up()


def test_a_session_that_one_node_opened_holds_at_another_at_once_and_ends_there_as_well(nodes):
    both(nodes)
    one, two = nodes.all["one"], nodes.all["two"]
    for _ in range(ROUNDS):
        browser = one.client(token=None)
        assert browser.post("/api/v1/session", {"dev": True}, headers={"Origin": one.url}).status_code in (201, 202)
        cookie = {"Cookie": "computehub_session=" + browser.session.cookies["computehub_session"]}
        other = two.client(token=None)
        assert known(lambda: other.request("GET", "/api/v1/me", headers=cookie)).status_code == 200
        assert known(lambda: other.request("GET", "/api/v1/session", headers=cookie)).json()["session"]
        ended = other.request("DELETE", "/api/v1/session", headers={**cookie, "Origin": two.url})
        assert ended.status_code == 204, ended.text
        hub.eventually(lambda: browser.get("/api/v1/me").status_code == 401, "the first node has heard of it")
