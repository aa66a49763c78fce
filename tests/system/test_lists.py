"""Lists: order, pages, cursors, totals, filters, the past, and what is refused."""
import hub
import pytest

PATH = "/api/v1/deployments"
COUNT = 25


def reach(client, written):
    """Behind this a list holds what was `written`, whatever partition it lies in."""
    for each in written:
        assert client.get(PATH, min_pos=each["position"]).status_code == 200


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A server with 25 stopped deployments of our own, the last of them deleted: (client, ids by creation)."""
    server = hub.Server(tmp_path_factory.mktemp("lists")).start()
    client = server.client()
    made = []
    for number in range(COUNT):
        labels = {"parity": "even" if number % 2 == 0 else "odd", "number": str(number)}
        made.append(client.create(name=f"row-{number:02}", desired="stopped", labels=labels))
    gone = client.act(client.create(name="gone", desired="stopped")["id"], "delete", wait="deleted")
    reach(client, made + [gone])
    yield client, [each["id"] for each in made], gone["id"]
    server.clean_up()


def ids_of(page):
    return [item["id"] for item in page["items"]]


def test_a_page_has_20_rows_by_default_and_an_exact_total(filled):
    client, _, _ = filled
    page = client.get(PATH).json()
    assert (len(page["items"]), page["total"], page["page"], page["page_size"]) == (20, COUNT, 1, 20)


def test_pages_hold_each_row_once_in_one_order(filled):
    client, ids, _ = filled
    pages = [client.get(PATH, page=number, page_size=10).json() for number in (1, 2, 3)]
    rows = [id for page in pages for id in ids_of(page)]
    assert sorted(rows) == sorted(ids)
    created = [item["created_at"] for page in pages for item in page["items"]]
    assert created in (sorted(created), sorted(created, reverse=True))
    assert ids_of(client.get(PATH, page=4, page_size=10).json()) == []


def test_cursors_walk_the_same_rows_as_pages(filled):
    client, ids, _ = filled
    rows, page = [], client.get(PATH, page_size=7).json()
    while True:
        rows += ids_of(page)
        if not page["next_cursor"]:
            break
        page = client.get(PATH, page_size=7, cursor=page["next_cursor"]).json()
    assert rows == ids_of(client.get(PATH, page_size=1000).json())
    assert len(rows) == len(ids)


def test_a_deleted_one_is_listed_only_by_its_status(filled):
    client, _, gone = filled
    assert gone not in ids_of(client.get(PATH, page_size=1000).json())
    page = client.get(PATH, status="deleted").json()
    assert (ids_of(page), page["total"]) == ([gone], 1)


@pytest.mark.parametrize("filters, count", [
    ({"status": "stopped"}, COUNT),
    ({"status": "running"}, 0),
    ({"provider": "local"}, COUNT),
    ({"provider": "elsewhere"}, 0),
    ({"label": "parity=odd"}, COUNT // 2),
    ({"name": "row-03"}, 1),
    ({"name": "row-0"}, 0),
    ({"label": "parity=neither"}, 0),
    ({"text": "row-1"}, 10),
    ({"text": "row-07", "status": "stopped"}, 1),
    ({"label": "parity=even", "text": "row-0"}, 5),
])
def test_a_filter_answers_what_meets_it_and_its_total(filled, filters, count):
    client, _, _ = filled
    page = client.get(PATH, page_size=1000, **filters).json()
    assert (len(page["items"]), page["total"]) == (count, count)


def test_rows_are_filtered_by_owner(filled):
    client, ids, _ = filled
    owner = client.get("/api/v1/me").json()["id"]
    assert client.get(PATH, owner=owner).json()["total"] == len(ids)
    assert client.get(PATH, owner="user:nobody").json()["total"] == 0


def test_a_total_stays_exact_after_each_change(own_server):
    client = own_server.client()
    made = [client.create(desired="stopped") for _ in range(3)]
    reach(client, made)
    assert client.get(PATH, status="stopped").json()["total"] == 3
    gone = client.act(made[0]["id"], "delete", wait="deleted")
    reach(client, [gone])
    assert client.get(PATH, status="stopped").json()["total"] == 2
    assert client.get(PATH).json()["total"] == 2
    assert client.get(PATH, status="deleted").json()["total"] == 1


def test_a_list_of_the_past_has_what_was_there(filled):
    client, ids, _ = filled
    tenth = client.deployment(ids[9])
    page = client.get(PATH, at=tenth["created_at"], page_size=1000).json()
    assert set(ids_of(page)) == set(ids[:10])


def test_a_list_of_the_past_is_asked_for_by_its_position(own_server):
    client = own_server.client()
    first = client.create(desired="stopped", name="first")
    position = client.get(PATH, min_pos=first["position"]).json()["position"]
    client.patch(f"{PATH}/{first['id']}", {"name": "renamed"})
    client.create(desired="stopped", name="second")
    page = client.get(PATH, at=position).json()
    assert [item["name"] for item in page["items"]] == ["first"]


@pytest.mark.parametrize("query, status, code, field", [
    ({"unknown": "1"}, 422, "query.unknown", "unknown"),
    ({"page": "0"}, 422, "query.range", "page"),
    ({"page": "-1"}, 422, None, "page"),
    ({"page": "many"}, 422, None, "page"),
    ({"page_size": "0"}, 422, None, "page_size"),
    ({"page_size": "1001"}, 422, None, "page_size"),
    ({"page": "501"}, 422, "list.use_cursor", "page"),
    ({"page": "11", "page_size": "1000"}, 422, "list.use_cursor", "page"),
    ({"page": "99999999999999999999"}, 422, None, "page"),
    ({"status": "sleeping"}, 422, None, "status"),
    ({"label": "=1"}, 422, "query.range", "label"),
    ({"cursor": "nonsense"}, 400, "cursor.invalid", None),
    ({"at": "yesterday"}, 422, "query.range", "at"),
    ({"min_pos": "nonsense"}, 400, "cursor.invalid", "min_pos"),
])
def test_a_query_that_is_not_allowed_is_refused_by_name(filled, query, status, code, field):
    client, _, _ = filled
    answer = client.get(PATH, **query)
    assert answer.status_code == status, answer.text
    if code:
        assert answer.json()["code"] == code
    if field:
        assert answer.json()["field"] == field


def test_the_last_page_within_10000_rows_is_answered(filled):
    client, _, _ = filled
    assert client.get(PATH, page=10, page_size=1000).status_code == 200
    assert client.get(PATH, page=500).status_code == 200
