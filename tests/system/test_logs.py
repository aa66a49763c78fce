"""Log lines over HTTP: what is asked for, cursors that go on, and lines that are long, broken or unfinished."""
import base64

import contract
import hub
import pytest

LINES = 30


@pytest.fixture(scope="module")
def written(server):
    """(client, id) of one that has written 30 lines, every third to stderr, and ended."""
    client = server.client()
    shell = f"i=1; while [ $i -le {LINES} ]; do if [ $((i % 3)) = 0 ]; then echo line-$i >&2; else echo line-$i; fi; i=$((i+1)); done"
    made = client.create(shell, wait="stopped")
    yield client, made["id"]
    client.act(made["id"], "delete", wait="deleted")


def seqs(page):
    return [line["seq"] for line in page["items"]]


def test_lines_come_ascending_from_the_first_kept_one(written):
    client, id = written
    assert seqs(client.logs(id)) == list(range(1, LINES + 1))


def test_a_limit_and_after_walk_every_line_once(written):
    client, id = written
    walked, page = [], client.logs(id, limit=7)
    while page["items"]:
        walked += seqs(page)
        page = client.logs(id, limit=7, after=page["next_cursor"])
    assert walked == list(range(1, LINES + 1))
    assert page["next_cursor"], "given also at the end"


def test_before_answers_the_lines_in_front_of_a_cursor(written):
    client, id = written
    cursor = client.logs(id, limit=20)["next_cursor"]
    page = client.logs(id, before=cursor, limit=5)
    assert len(page["items"]) == 5
    assert seqs(page) in (list(range(15, 20)), list(range(16, 21)))


def test_tail_answers_the_last_lines(written):
    client, id = written
    assert seqs(client.logs(id, tail=4)) == list(range(LINES - 3, LINES + 1))
    assert seqs(client.logs(id, tail=10_000)) == list(range(1, LINES + 1))


def test_line_begins_at_a_line_by_its_number(written):
    client, id = written
    assert seqs(client.logs(id, line=1)) == list(range(1, LINES + 1)), "the first"
    page = client.logs(id, line=12, limit=5)
    assert seqs(page) == list(range(12, 17)), "that line itself, and those behind it"
    assert seqs(client.logs(id, line=12, limit=5)) == seqs(page), "a number means the same line each time"
    assert seqs(client.logs(id, limit=3, after=page["next_cursor"])) == [17, 18, 19], "and its cursor goes on"
    assert seqs(client.logs(id, line=LINES)) == [LINES], "the last"


def test_line_behind_the_last_one_answers_nothing_yet(written):
    client, id = written
    for line in (LINES + 1, 9_007_199_254_740_991):
        page = client.logs(id, line=line)
        assert page["items"] == [] and page["next_cursor"]


def test_line_goes_with_what_chooses_among_lines(written):
    client, id = written
    lines = client.logs(id)["items"]
    for chosen, choice in (({"stream": "stderr"}, lambda line: line["stream"] == "stderr"),
                           ({"contains": "line-2"}, lambda line: "line-2" in line["text"])):
        rest = [line for line in lines if line["seq"] >= 10 and choice(line)]
        assert client.logs(id, line=10, limit=2, **chosen)["items"] == rest[:2], chosen


def test_contains_is_a_part_of_the_text(written):
    client, id = written
    found = {line["text"] for line in client.logs(id, contains="line-2")["items"]}
    assert found == {"line-2", *(f"line-{number}" for number in range(20, 30))}
    assert client.logs(id, contains="LINE")["items"] == []


def test_a_stream_is_chosen(written):
    client, id = written
    for stream, count in (("stdout", LINES - LINES // 3), ("stderr", LINES // 3)):
        items = client.logs(id, stream=stream)["items"]
        assert (len(items), {line["stream"] for line in items}) == (count, {stream})


def test_lines_are_chosen_by_time(written):
    client, id = written
    lines = client.logs(id)["items"]
    middle = lines[LINES // 2]["time"]
    assert client.logs(id, **{"from": middle})["items"] == [line for line in lines if line["time"] >= middle]
    assert client.logs(id, to=middle)["items"] == [line for line in lines if line["time"] < middle]
    assert client.logs(id, **{"from": "2100-01-01T00:00:00Z"})["items"] == []


def test_times_do_not_go_back(written):
    client, id = written
    times = [line["time"] for line in client.logs(id)["items"]]
    assert times == sorted(times)


def test_an_answer_is_compressed_for_who_takes_it(written):
    client, id = written
    path = f"/api/v1/deployments/{id}/logs"
    packed = client.request("GET", path, headers={"Accept-Encoding": "gzip"})
    plain = client.request("GET", path, headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert packed.json() == plain.json()


@pytest.mark.parametrize("query, status, field", [
    ({"limit": "0"}, 422, "limit"),
    ({"limit": "10001"}, 422, "limit"),
    ({"limit": "x"}, 422, "limit"),
    ({"tail": "-1"}, 422, "tail"),
    ({"tail": "0"}, 422, "tail"),
    ({"tail": "10001"}, 422, "tail"),
    ({"line": "0"}, 422, "line"),
    ({"line": "-1"}, 422, "line"),
    ({"line": "9007199254740992"}, 422, "line"),
    ({"line": "one"}, 422, "line"),
    ({"line": "1", "tail": "5"}, 422, "tail"),
    ({"stream": "stdin"}, 422, "stream"),
    ({"follow": "1"}, 422, "follow"),
    ({"after": "nonsense"}, 400, "after"),
    ({"before": "nonsense"}, 400, "before"),
    ({"from": "noon"}, 422, "from"),
])
def test_a_query_that_is_not_allowed_is_refused_by_name(written, query, status, field):
    client, id = written
    answer = client.get(f"/api/v1/deployments/{id}/logs", **query)
    assert answer.status_code == status, answer.text
    if field:
        assert answer.json()["field"] == field


def test_line_and_after_are_two_places_to_begin_at(written):
    client, id = written
    refused = client.get(f"/api/v1/deployments/{id}/logs", line=1, after=client.logs(id, limit=1)["next_cursor"])
    assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (422, "query.range", "line")


def test_a_line_over_64_kib_is_split_and_marked(make, client):
    id = make("head -c 150000 /dev/zero | tr '\\0' x; echo; echo end", wait="stopped")["id"]
    lines = client.logs(id)["items"]
    assert lines[-1]["text"] == "end"
    long = lines[:-1]
    assert "".join(line["text"] for line in long) == "x" * 150_000
    assert [line.get("split", False) for line in long] == [True] * (len(long) - 1) + [False]
    assert max(len(line["text"]) for line in long) <= 65_536


def test_bytes_that_are_not_utf8_are_replaced(make, client):
    id = make("printf 'a\\377b\\n'", wait="stopped")["id"]
    assert client.logs(id)["items"][0]["text"] == "a\ufffdb"


def test_an_unfinished_last_line_comes_at_exit(make, client):
    id = make("printf 'no newline'", wait="stopped")["id"]
    assert [line["text"] for line in client.logs(id)["items"]] == ["no newline"]


def test_an_unfinished_line_is_delivered_while_the_command_runs(make, client):
    id = make("printf 'prompt> '; exec sleep 600", wait="running")["id"]
    lines = hub.eventually(lambda: client.logs(id)["items"], "the unfinished line")
    assert [line["text"] for line in lines] == ["prompt> "]


def test_older_lines_than_are_kept_are_named_as_lost(make, client):
    # 80 MiB in lines of 1 KiB, of which 64 MiB are kept.
    id = make("head -c 83886080 /dev/zero | tr '\\0' y | fold -w 1023; echo; echo end", wait="stopped", timeout="120s")["id"]
    assert "lost" not in client.logs(id, limit=1), "who names no place misses nothing"
    beginning = client.logs(id, to="2020-01-01T00:00:00Z")["next_cursor"]
    page = client.logs(id, limit=1, after=beginning)
    assert page["lost"]["from"] == 1
    assert page["items"][0]["seq"] == page["lost"]["to"] + 1
    assert client.logs(id, tail=1)["items"][0]["text"] == "end"


def test_metric_series_have_names_units_and_points(make, client):
    id = make("while :; do :; done", wait="running")["id"]

    def sampled():
        series = {s["name"]: s for s in client.get(f"/api/v1/deployments/{id}/metrics").json()["series"]}
        memory = series.get("memory_bytes", {"points": []})["points"]
        return series if [p for p in memory if p[1]] else None

    series = hub.eventually(sampled, "a sample")
    assert client.get(f"/api/v1/deployments/{id}/metrics").json()["gpu"]
    names = contract.openapi()["components"]["schemas"]["MetricSeries"]["properties"]["name"]["enum"]
    assert set(series) == set(names)
    assert (series["cpu_percent"]["unit"], series["memory_bytes"]["unit"]) == ("percent", "bytes")
    times = [point[0] for point in series["memory_bytes"]["points"]]
    assert times == sorted(times)


def test_a_cursor_behind_the_greatest_number_does_not_begin_again(make, client):
    id = make("echo line", wait="stopped")["id"]
    for path in ("logs", "events"):
        cursor = client.get(f"/api/v1/deployments/{id}/{path}").json()["next_cursor"]
        place = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))[:-1]
        forged = base64.urlsafe_b64encode(place + b"\xff" * 9 + b"\x01").decode().rstrip("=")
        refused = client.get(f"/api/v1/deployments/{id}/{path}", after=forged)
        assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (400, "cursor.invalid", "after")


def test_the_first_moment_of_time_is_a_bound_as_any_other(make, client):
    id = make("echo line", wait="stopped")["id"]
    first = "1970-01-01T00:00:00Z"
    assert client.logs(id, to=first)["items"] == []
    assert [line["text"] for line in client.logs(id, **{"from": first})["items"]] == ["line"]
    watched = make("exec sleep 600", wait="running")["id"]

    def points(**bounds):
        series = client.get(f"/api/v1/deployments/{watched}/metrics", **bounds).json()["series"]
        return sum(len(one["points"]) for one in series)

    assert hub.eventually(lambda: points(**{"from": first}), "a sample")
    assert points(to=first) == 0


def test_metrics_of_another_time_are_empty_and_a_bad_range_is_refused(make, client):
    id = make(desired="stopped")["id"]
    path = f"/api/v1/deployments/{id}/metrics"
    span = {"from": "2020-01-01T00:00:00Z", "to": "2020-01-01T01:00:00Z", "step": "60s"}
    assert all(point[1] is None for s in client.get(path, **span).json()["series"] for point in s["points"])
    assert client.get(path, step="often").status_code == 422
    assert client.get(path, **{"from": "noon"}).status_code == 422
