"""Lists as files: the whole of them, of one moment, as CSV and as lines of JSON."""
import csv
import io
import json
import re
import socket
import urllib.parse

import contract
import hub
import pytest

PATH = "/api/v1/deployments"
COUNT = 1203  # three pages of an export, and a row


@pytest.fixture(scope="module")
def many(server):
    """A project with more deployments than one page of an export holds: (its client, ids from the newest on)."""
    name = hub.unique("export")
    admin = server.client()
    assert admin.post("/api/v1/projects", {"name": name}).status_code == 201
    client = server.client(admin.make_key("admin", project=name)[1])
    for number in range(COUNT):
        client.create(name=f"d-{number:04}", desired="stopped")
    rows, cursor = [], {}
    while True:
        page = client.get(PATH, page_size=1000, **cursor).json()
        rows += page["items"]
        if not page["next_cursor"]:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert len(rows) == COUNT
    return client, [row["id"] for row in rows]


def export(client, path, accept="text/csv", **params):
    answer = client.request("GET", path, params=params, headers={"Accept": accept})
    assert answer.status_code == 200, answer.text
    assert re.fullmatch(r'attachment; filename="[a-z]+-[0-9T-]+Z\.(csv|jsonl)"', answer.headers["Content-Disposition"])
    return answer


def rows_of(answer):
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert answer.text.endswith("\r\n")
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def lines_of(answer):
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.splitlines()]


def test_a_list_is_exported_whole_whatever_page_is_asked_for(many):
    client, ids = many
    for params in ({}, {"page_size": 10}):
        assert [row["id"] for row in rows_of(export(client, PATH, **params))] == ids
    for accept in ("application/jsonl", "application/x-ndjson", "application/x-ndjson, */*;q=0.1"):
        assert [row["id"] for row in lines_of(export(client, PATH, accept))] == ids


def test_lines_are_the_items_of_the_list(many):
    client, ids = many
    item = client.get(PATH, page_size=1).json()["items"][0]
    line = lines_of(export(client, PATH, "application/jsonl", page_size=1))[0]
    contract.check_schema("Deployment", line)
    assert line == item


def test_a_filter_holds_for_the_export(many):
    client, ids = many
    assert [row["name"] for row in rows_of(export(client, PATH, text="d-00"))] == [f"d-{n:04}" for n in range(99, -1, -1)]
    assert rows_of(export(client, PATH, status="running")) == []
    assert lines_of(export(client, PATH, "application/jsonl", status="running")) == []
    answer = client.request("GET", PATH, params={"status": "no"}, headers={"Accept": "text/csv"})
    assert (answer.status_code, answer.json()["code"]) == (422, "query.range")


def test_an_export_is_of_one_moment(many, server):
    client, ids = many
    # Read slowly: what is made meanwhile is not in it, and nothing is left out or told twice.
    host = urllib.parse.urlsplit(server.url)
    with socket.create_connection((host.hostname, host.port), hub.DEADLINE_S) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall((f"GET {PATH} HTTP/1.0\r\nHost: {host.netloc}\r\nAccept: application/jsonl\r\n"
                            f"Authorization: {client.session.headers['Authorization']}\r\n\r\n").encode())
        first = connection.recv(2048)
        later = client.create(name="later", desired="stopped")["id"]
        client.act(ids[-1], "delete", wait="deleted")
        rest = b""
        while piece := connection.recv(65536):
            rest += piece
    lines = [json.loads(line) for line in (first + rest).split(b"\r\n\r\n", 1)[1].splitlines()]
    assert [line["id"] for line in lines] == ids
    now = [line["id"] for line in lines_of(export(client, PATH, "application/jsonl"))]
    assert now == [later, *ids[:-1]]
    client.act(later, "delete", wait="deleted")
    ids.pop()


def test_as_it_was(many):
    client, ids = many
    position = client.get(PATH, page_size=1).json()["position"]
    answer = client.create(desired="stopped")
    made = answer["id"]
    assert made in [row["id"] for row in rows_of(export(client, PATH, min_pos=answer["position"]))]
    assert [row["id"] for row in rows_of(export(client, PATH, at=position))] == ids
    client.act(made, "delete", wait="deleted")


@pytest.mark.parametrize("name, cell", [
    ("=1+2", "'=1+2"), ("+1", "'+1"), ("-1", "'-1"), ("@SUM(A1)", "'@SUM(A1)"), ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
    ("a,b", "a,b"), ('say "hello", twice', 'say "hello", twice'), ("plain=1", "plain=1"), ("名前", "名前")])
def test_what_a_spreadsheet_would_run_is_defused_and_quotes_are_right(make, client, name, cell):
    made = make(name=name, desired="stopped", labels={"a": "=1"})
    id = made["id"]
    # It is answered from its own event: a list may be behind it for a moment.
    row = next(row for row in rows_of(export(client, PATH, min_pos=made["position"])) if row["id"] == id)
    assert row["name"] == cell
    assert json.loads(row["labels"]) == {"a": "=1"}
    assert json.loads(row["command"])[0] == "sh"
    assert (row["price_usd_micro_per_hour"], row["exit_code"]) == ("0", "")
    line = next(line for line in lines_of(export(client, PATH, "application/jsonl")) if line["id"] == id)
    assert line["name"] == name


def test_tasks_and_models_are_exported_too(server, client):
    name = hub.unique("exported")
    model = client.post("/api/v1/models", {"name": name, "type": "custom", "url": "http://127.0.0.1:1/"})
    assert model.status_code == 201, model.text
    ids = [client.post("/api/v1/tasks", {"model_id": name, "type": "custom", "input": "x"}).json()["id"]
           for _ in range(3)]
    rows = rows_of(export(client, "/api/v1/tasks", model=name))
    assert [row["id"] for row in rows] == ids[::-1]
    assert {row["model"] for row in rows} == {name}
    for line in lines_of(export(client, "/api/v1/tasks", "application/jsonl", model=name)):
        contract.check_schema("ListedTask", line)
    mine = [row for row in rows_of(export(client, "/api/v1/models")) if row["name"] == name]
    assert [row["pending"] for row in mine] == ["3"]


def test_the_record_is_exported_up_to_now(server, client, make):
    made = make(desired="stopped")["id"]
    rows = rows_of(export(client, "/api/v1/events"))
    assert len({row["id"] for row in rows}) == len(rows) > 500
    mine = [row for row in rows if row["subject"] == made]
    assert [row["type"] for row in mine] == ["computehub.deployment.requested.v1"]
    assert json.loads(mine[0]["data"])["spec"]["name"]
    lines = lines_of(export(client, "/api/v1/events", "application/jsonl", type="computehub.api_key.created.v1"))
    assert {line["type"] for line in lines} == {"computehub.api_key.created.v1"}


def test_others_see_nothing_of_it(many, server):
    admin, name = server.client(), hub.unique("apart")
    admin.post("/api/v1/projects", {"name": name})
    apart = server.client(admin.make_key("admin", project=name)[1])
    assert rows_of(export(apart, PATH)) == []
    assert {line["project"] for line in lines_of(export(apart, "/api/v1/events", "application/jsonl"))} == {name}
    assert apart.request("GET", PATH, params={"project": "default"}, headers={"Accept": "text/csv"}).status_code == 403
