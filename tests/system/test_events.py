"""The record as others read it: pages, types, following, and what an event carries."""
import json

import contract
import hub
import pytest

PATH = "/api/v1/events"


def all_events(client, **filters):
    events, after = [], {}
    while True:
        page = client.get(PATH, limit=100, **filters, **after).json()
        if not page["items"]:
            return events, page["next_cursor"]
        events += page["items"]
        after = {"after": page["next_cursor"]}


def test_every_event_is_a_cloudevent_with_documented_data(client, make):
    id = make("exit 3", wait="failed")["id"]
    events, _ = all_events(client)
    for event in events:
        contract.check_event_data(event)
    mine = [event for event in events if event["subject"] == id]
    assert [event["version"] for event in mine] == list(range(1, len(mine) + 1))
    assert mine[0]["type"] == "computehub.deployment.requested.v1"
    assert mine[0]["actor"] == client.get("/api/v1/me").json()["id"]
    assert mine == client.history(id)


def test_ids_of_events_are_unique_and_ascend_in_a_partition(client, make):
    make("exit 0", wait="stopped")
    events, _ = all_events(client)
    places = [tuple(map(int, event["id"].split(":"))) for event in events]
    assert len(set(places)) == len(places)
    for partition in {place[0] for place in places}:
        seqs = [seq for p, seq in places if p == partition]
        assert seqs == sorted(seqs)


def test_a_cursor_at_the_end_answers_only_what_is_new(client, make):
    _, end = all_events(client)
    id = make(desired="stopped")["id"]
    page = client.get(PATH, after=end).json()
    assert id in {event["subject"] for event in page["items"]}


def test_a_type_is_chosen(client, make):
    id = make(desired="stopped")["id"]
    events, _ = all_events(client, type="computehub.deployment.requested.v1")
    assert {event["type"] for event in events} == {"computehub.deployment.requested.v1"}
    assert id in {event["subject"] for event in events}


def test_tail_answers_the_newest_ascending_by_time(client, make):
    ids = [make(desired="stopped")["id"] for _ in range(3)]
    newest = client.get(PATH, tail=100, type="computehub.deployment.requested.v1").json()["items"]
    assert [event["subject"] for event in newest][-3:] == ids
    times = [event["time"] for event in client.get(PATH, tail=1000).json()["items"]]
    assert times == sorted(times)
    assert len(client.get(PATH, tail=1).json()["items"]) == 1


@pytest.fixture
def alone(client, server):
    """(client, name) of a project in which nothing else happens."""
    name = hub.unique("tail")
    assert client.post("/api/v1/projects", {"name": name}).status_code == 201
    return server.client(client.make_key("dev", project=name)[1]), name


def test_behind_a_tail_comes_what_is_new_and_nothing_else(alone):
    own, _ = alone
    first = own.create(desired="stopped")["id"]
    page = own.get(PATH, tail=1000).json()
    assert page["items"][-1]["subject"] == first
    assert own.get(PATH, after=page["next_cursor"]).json()["items"] == [], "all partitions stand at their heads"
    second = own.create(desired="stopped")["id"]
    news = own.get(PATH, after=page["next_cursor"]).json()["items"]
    assert {event["subject"] for event in news} == {second}


def test_a_tail_is_chosen_by_type_and_by_what_one_may_read(client, make, alone):
    own, name = alone
    mine = own.create(desired="stopped")["id"]
    make(desired="stopped")
    type = "computehub.deployment.requested.v1"
    assert {event["type"] for event in client.get(PATH, tail=1000, type=type).json()["items"]} == {type}
    seen = own.get(PATH, tail=1000).json()["items"]
    assert {event.get("project") for event in seen} == {name} and mine in {event["subject"] for event in seen}


def test_a_tail_that_is_not_allowed_is_refused_by_name(client):
    cursor = client.get(PATH, tail=1).json()["next_cursor"]
    for query in ({"tail": "0"}, {"tail": "1001"}, {"tail": "-1"}, {"tail": "all"}, {"tail": "5", "after": cursor},
                  {"tail": "5", "limit": "5"}, {"tail": "5", "follow": "true"}):
        refused = client.get(PATH, **query)
        assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (422, "query.range", "tail"), query


def test_a_request_id_goes_through_answer_and_event(client):
    answer = client.post("/api/v1/deployments",
                         {"name": "traced", "provider": "local", "command": ["true"], "desired": "stopped"},
                         headers={"X-Request-Id": "trace-0123456789"})
    assert answer.headers["X-Request-Id"] == "trace-0123456789"
    assert client.history(answer.json()["id"])[0]["correlationid"] == "trace-0123456789"


def test_an_answer_without_a_request_id_is_given_one(client):
    first, second = client.get("/api/v1/me"), client.get("/api/v1/me")
    assert first.headers["X-Request-Id"] and first.headers["X-Request-Id"] != second.headers["X-Request-Id"]


def test_events_are_followed_as_lines_of_json(client, make):
    _, end = all_events(client)
    first = make(desired="stopped")["id"]
    followed = client.request("GET", PATH, params={"follow": "true", "after": end}, stream=True, timeout=hub.DEADLINE_S)
    assert followed.headers["Content-Type"].startswith("application/x-ndjson")
    lines = followed.iter_lines(chunk_size=1)

    def next_subject():
        for line in lines:
            if line:
                event = json.loads(line)
                contract.check_schema("CloudEvent", event)
                return event["subject"]
        raise AssertionError("the stream ended")

    seen = next_subject()
    while seen != first:
        seen = next_subject()
    second = client.create(desired="stopped")["id"]
    while seen != second:
        seen = next_subject()
    followed.close()


def test_a_history_is_paged(client, make):
    id = make("exit 0", wait="stopped")["id"]
    whole = client.history(id)
    page = client.get(f"/api/v1/deployments/{id}/events", limit=2).json()
    rest = client.get(f"/api/v1/deployments/{id}/events", after=page["next_cursor"]).json()
    assert page["items"] + rest["items"] == whole


def test_what_became_of_a_command_is_asked_for_by_its_id(client, make):
    id = make(desired="stopped")["id"]
    command = client.history(id)[0]["commandid"]
    outcome = client.get(f"/api/v1/commands/{command}").json()
    assert (outcome["command_id"], outcome["entity"], outcome["accepted"]) == (command, id, True)


def test_a_query_that_is_not_allowed_is_refused(client):
    for query, status in (({"limit": "0"}, 422), ({"colour": "red"}, 422), ({"after": "nonsense"}, 400),
                          ({"follow": "perhaps"}, 422)):
        assert client.get(PATH, **query).status_code == status, query


def timeline(client, at, direction, **more):
    """All of them in one direction, asked for three at a time."""
    found = []
    while at:
        page = client.get(f"{PATH}/timeline", at=at, direction=direction, limit=3, **more).json()
        times = [item["recorded_at"] for item in page["items"]]
        assert times == sorted(times)
        found = page["items"] + found if direction == "back" else found + page["items"]
        at = page["whole_to"]
    return found


def test_a_timeline_leads_through_every_event_in_both_directions(client, make):
    make("exit 0", wait="stopped")
    back = timeline(client, "9999-01-01T00:00:00Z", "back")
    on = timeline(client, "1970-01-01T00:00:00Z", "on")
    events, _ = all_events(client)
    for found in back, on:
        assert sorted(item["event"]["id"] for item in found) == sorted(event["id"] for event in events)
    assert [item["event"] for item in back] == [item["event"] for item in on]


def test_each_moment_of_a_timeline_is_the_first_at_which_its_event_is_there(client, make):
    id = make("exit 0", wait="stopped")["id"]
    mine = [item for item in timeline(client, "1970-01-01T00:00:00Z", "on", type="computehub.deployment.")
            if item["event"]["subject"] == id]
    versions = []
    for item in mine:
        assert item["event"]["type"].startswith("computehub.deployment.")
        listed = client.get("/api/v1/deployments", at=item["recorded_at"], text=id).json()["items"]
        versions += [row["version"] for row in listed]
    last_of_moment = {item["recorded_at"]: item["event"]["version"] for item in mine}
    assert versions == [last_of_moment[item["recorded_at"]] for item in mine]
    first = mine[0]["recorded_at"]
    before = client.get(f"{PATH}/timeline", at=first, direction="back", type="computehub.deployment.").json()["items"]
    assert id not in {item["event"]["subject"] for item in before}


def test_a_timeline_is_asked_for_by_a_time_and_a_direction(client):
    for wrong in {}, {"at": "soon"}, {"at": "2026-01-01T00:00:00Z", "direction": "up"}, {"at": "2026-01-01T00:00:00Z", "limit": 0}:
        refused = client.request("GET", f"{PATH}/timeline", params=wrong)
        assert refused.status_code == 422, wrong
        assert refused.json()["code"] == "query.range"
