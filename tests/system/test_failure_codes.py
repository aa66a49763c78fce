"""schemas/failures.yaml and the sources name the same codes."""
import contract
import pytest
import source_codes
import yaml

KINDS = {400, 401, 403, 404, 405, 406, 408, 409, 410, 413, 414, 415, 421, 429, 431, 422, 500, 501, 503, 504, 505, 507}
# Literals that begin like a code and are none.
NO_CODES = {"backup.json", "server.json", "server.json.new"}
# Where options of the server are named, as "queue.max_retries".
OPTIONS = {"gateway/cli/config.cpp", "gateway/cli/config_options.cpp", "gateway/server/server_info.cpp"}
# Properties of Kafka's client and topics that begin like one.
PROPERTIES = ("log.connection.", "message.max.", "message.timeout.", "message.timestamp.", "partition.assignment.",
              "queue.buffering.", "session.timeout.")


def test_every_code_that_the_sources_give_is_listed():
    unlisted = {code: sorted(files) for code, (_, files) in source_codes.codes_given().items()
                if code not in contract.failures()}
    assert unlisted == {}


def test_every_code_has_the_statuses_that_the_sources_give_it():
    wrong = {}
    for code, (statuses, files) in source_codes.codes_given().items():
        listed = contract.failures().get(code, {}).get("status", [])
        listed = set(listed if isinstance(listed, list) else [listed])
        if not statuses <= listed:
            wrong[code] = (sorted(statuses), sorted(files))
    assert wrong == {}


def test_every_literal_that_looks_like_a_listed_kind_of_code_is_listed():
    words = {code.split(".")[0] for code in contract.failures() if "." in code}
    unlisted = {
        text: sorted(files) for text, files in source_codes.literals().items()
        if not files <= OPTIONS and "." in text and text.split(".")[0] in words and text not in contract.failures() and text not in NO_CODES
        and not text.startswith(PROPERTIES)}
    assert unlisted == {}


def test_every_listed_code_is_in_the_sources():
    used = source_codes.literals()
    assert [code for code in contract.failures() if code not in used] == []


def test_each_entry_says_what_it_means_and_whether_a_retry_is_safe():
    entries = yaml.safe_load((contract.SCHEMAS / "failures.yaml").read_text())["failures"]
    codes = [entry["code"] for entry in entries]
    assert len(codes) == len(set(codes)), "listed once"
    for entry in entries:
        assert set(entry) == {"code", "status", "meaning", "retry"}, entry
        statuses = entry["status"] if isinstance(entry["status"], list) else [entry["status"]]
        assert all(status is None or status in KINDS for status in statuses), entry
        assert isinstance(entry["retry"], bool), entry
        assert entry["meaning"].endswith("."), entry


@pytest.mark.parametrize("text, codes", [
    ('return invalid("a.b", "detail");', {"a.b"}),
    ('return conflict(\n      "a.b", detail);', {"a.b"}),
    ('Failure{FailureKind::too_many, "queue.full", {}, {}}', {"queue.full"}),
    ('http_failure(405, "route.method", "x")', {"route.method"}),
    ('// return invalid("a.b", "x");', set()),
    ('/* invalid("a.b") */ log("c.d");', set()),
    ('reading.refuse("a.b_c", "x")', {"a.b_c"}),
    ('refuse("http://x.y // no comment"); invalid("a.b")', {"a.b"}),
], ids=range(8))
def test_codes_are_found_in_sources(tmp_path, text, codes):
    (tmp_path / "events").mkdir()
    (tmp_path / "events" / "x.cpp").write_text(text)
    assert set(source_codes.codes_given(tmp_path)) == codes
