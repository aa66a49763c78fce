"""Dead letters as operators meet them: listed, shown with their exact bytes, driven again, removed."""
import base64
import json
import subprocess

import hub
import pytest

PLANT = hub.BINARY.parent / "tests" / "hub_plant_letter"
LETTERS = "/api/v1/system/dead-letters"
COMMAND, TIMER = 0, 2


class Planted:
    """A server with one deployment, that stands while letters are put into its folder."""

    def __init__(self, server):
        self.server = server
        self.id = server.client().create("exit 0", desired="stopped")["id"]

    def letters(self, *letters):
        """(type, data[, source[, organisation]]) → ids; the server runs again behind it."""
        assert self.server.stop() == 0
        ids = []
        for type, data, *more in letters:
            source = more[0] if more else COMMAND
            organisation = more[1] if len(more) > 1 else "default"
            arguments = [self.server.data / "state", source, self.id, type, organisation, "default"]
            ended = subprocess.run([PLANT, *map(str, arguments)], input=data, capture_output=True, check=True)
            ids.append(ended.stdout.decode().strip())
        self.client = self.server.start().client()
        return ids

    def types(self):
        return [event["type"].removeprefix("computehub.deployment.") for event in self.client.history(self.id)]


@pytest.fixture
def planted(own_server):
    return Planted(own_server)


def test_letters_are_listed_newest_first_and_shown_with_their_exact_bytes(planted):
    binary = b"\x00\xff{not JSON"
    first, second = planted.letters(("ChangeDeployment", b'{"labels":{"a":"\xc3\xa4"}}'), ("ChangeDeployment", binary))
    page = planted.client.get(LETTERS).json()
    assert [item["id"] for item in page["items"]] == [second, first]
    assert (page["total"], page["page"], page["page_size"]) == (2, 1, 20)
    assert [item["id"] for item in planted.client.get(LETTERS, page=2, page_size=1).json()["items"]] == [first]
    shown = planted.client.get(f"{LETTERS}/{first}").json()
    assert (shown["entity"], shown["type"], shown["source"], shown["reason"], shown["node"], shown["redriven_at"]) == (
        planted.id, "ChangeDeployment", "command", "decide threw", "embedded", None)
    assert shown["data"] == '{"labels":{"a":"ä"}}'
    shown = planted.client.get(f"{LETTERS}/{second}").json()
    assert base64.b64decode(shown["data_base64"]) == binary and "data" not in shown
    assert shown["size"] == len(binary)


def test_a_letter_driven_again_is_done_once_however_often(planted):
    [letter] = planted.letters(("ChangeDeployment", b'{"labels":{"driven":"again"}}'))
    answers = [planted.client.post(f"{LETTERS}/{letter}/redrive") for _ in range(3)]
    planted.server.kill()
    planted.client = planted.server.start().client()
    answers.append(planted.client.post(f"{LETTERS}/{letter}/redrive"))
    assert [(answer.status_code, answer.json()["state"]) for answer in answers] == [(200, "accepted")] * 4
    assert len({answer.json()["command_id"] for answer in answers}) == 1
    assert planted.client.deployment(planted.id)["labels"] == {"driven": "again"}
    assert planted.types().count("changed.v1") == 1
    shown = planted.client.get(f"{LETTERS}/{letter}").json()
    assert shown["redriven_at"] and shown["redriven_as"] == answers[0].json()["command_id"]
    outcome = planted.client.get(f"/api/v1/commands/{shown['redriven_as']}").json()
    assert outcome["state"] == "accepted"


def test_what_is_refused_says_why_and_can_be_driven_once_more(planted):
    [letter] = planted.letters(("ReportExited", b'{"run":"none"}', TIMER))
    answers = [planted.client.post(f"{LETTERS}/{letter}/redrive") for _ in range(2)]
    assert [(a.status_code, a.json()["state"], a.json()["code"]) for a in answers] == [(200, "refused", "json.type")] * 2
    # Each is a command of its own, for the first was decided.
    assert len({answer.json()["command_id"] for answer in answers}) == 2


def test_a_removed_letter_is_gone(planted):
    [letter] = planted.letters(("ChangeDeployment", b"{}"))
    assert planted.client.delete(f"{LETTERS}/{letter}").status_code == 204
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/redrive")):
        answer = planted.client.request(method, f"{LETTERS}/{letter}{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "dead_letters.unknown")
    planted.server.kill()
    assert planted.server.start().client().get(LETTERS).json()["total"] == 0


def test_only_admins_see_letters_and_none_of_other_organisations(planted):
    own, other = planted.letters(("ChangeDeployment", b"{}"), ("ChangeDeployment", b"{ }", COMMAND, "elsewhere"))
    assert [item["id"] for item in planted.client.get(LETTERS).json()["items"]] == [own]
    assert planted.client.get(f"{LETTERS}/{other}").status_code == 404
    assert planted.client.post(f"{LETTERS}/{other}/redrive").status_code == 404
    for role in ("viewer", "dev"):
        _, token = planted.client.make_key(role=role)
        lesser = planted.server.client(token)
        for method, path in (("GET", ""), ("GET", f"/{own}"), ("DELETE", f"/{own}"), ("POST", f"/{own}/redrive")):
            assert lesser.request(method, LETTERS + path).status_code == 403, (role, method, path)


def test_the_command_line_lists_shows_drives_again_and_removes(planted):
    binary = b"\x00\xff{not JSON"
    good, bad = planted.letters(("ChangeDeployment", b'{"labels":{"by":"hand"}}'), ("ChangeDeployment", binary))

    def run(*arguments, code=0):
        ended = subprocess.run([hub.BINARY, "dead-letters", *arguments, "--url", planted.server.url, "--token", hub.TOKEN],
                               capture_output=True, timeout=hub.DEADLINE_S)
        assert ended.returncode == code, ended
        return ended.stdout

    assert [item["id"] for item in json.loads(run("list", "-o", "json"))["items"]] == [bad, good]
    table = run("list").decode()
    assert good in table and bad in table and "ChangeDeployment" in table and "never" in table
    assert '{"labels":{"by":"hand"}}' in run("show", good).decode()
    assert run("show", bad, "--raw") == binary
    assert run("redrive", good) == b"accepted\n"
    assert b"json.invalid" in run("redrive", bad, code=1)
    assert run("remove", bad) == bad.encode() + b"\n"
    run("show", bad, code=4)
    assert planted.client.deployment(planted.id)["labels"] == {"by": "hand"}
