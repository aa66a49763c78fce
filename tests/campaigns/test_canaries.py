"""Values that nobody may see, given wherever a user may give them, looked for everywhere behind kills."""
import base64
import os
import pathlib

import campaign
import hub

CANARIES = 1_000
KILLS = campaign.size(3, 20)
MARK = "q7ZxWv"


class Canaries:
    def __init__(self):
        self.given = []

    def next(self):
        self.given.append(f"canary{len(self.given):05}{MARK}{len(self.given):05}")
        return self.given[-1]


def shapes():
    """The mark as text, in hexadecimal, and in base64 at each of its three places."""
    found = {MARK.encode(), MARK.encode().hex().encode(), MARK.encode().hex().upper().encode()}
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + MARK.encode())
        found.add(coded[(8 * shift + 5) // 6:(8 * (shift + len(MARK))) // 6])
    return found


def give(client, canaries, number):
    """One of the ways in which a value reaches the server; answers what came back."""
    way = number % 6
    value = canaries.next()
    body = holder(f"holder-{number}")
    if way == 0:
        return client.put(f"/api/v1/secrets/S_{number}", {"value": value})
    if way == 1:
        return client.post(campaign.PATH, {**body, "env": {"A": value}})
    if way == 2:  # runs, and its supervisor holds the value
        return client.post(campaign.PATH, {**body, "desired": "running", "command": ["sleep", "600"], "env": {"A": value}},
                           wait="running") if number < 120 else client.post(campaign.PATH, {**body, "env": {"B": value}})
    if way == 3:  # refused: the failure must not repeat it
        return client.post(campaign.PATH, {**body, "env": {"A": [value]}})
    if way == 4:
        return client.put(f"/api/v1/secrets/S_{number}", {"value": [value]})
    return client.request("GET", "/api/v1/me", headers={"Authorization": f"Bearer {value}"})


def holder(name):
    return {"name": name, "provider": "local", "command": ["true"], "desired": "stopped"}


def files_of(server):
    """Content of every file. Of one that has allotted space and no data, such as the ballast, the holes are left out."""
    return {str(path): data_of(path) for path in pathlib.Path(server.folder).rglob("*") if path.is_file()}


def data_of(path):
    parts, at = [], 0
    with path.open("rb") as file:
        while True:
            try:
                begin = os.lseek(file.fileno(), at, os.SEEK_DATA)
                at = os.lseek(file.fileno(), begin, os.SEEK_HOLE)
            except OSError:  # no more data
                return b"".join(parts)
            parts.append(os.pread(file.fileno(), at - begin, begin))


def processes_of(server):
    """Argument list of everything that belongs to the server, and the server's own environment."""
    found = {}
    for pid in [*hub.processes_under(server.data), server.process.pid]:
        for name in ("cmdline", *(("environ",) if pid == server.process.pid else ())):
            try:
                found[f"{pid}/{name}"] = pathlib.Path(f"/proc/{pid}/{name}").read_bytes()
            except OSError:
                continue  # it ended meanwhile
    return found


def hits(places):
    return [(place, shape) for place, content in places.items() for shape in shapes() if shape in content]


def test_the_search_sees_every_shape(tmp_path):
    for number, content in enumerate((f"canary{MARK}", MARK.encode().hex(), *(
            base64.b64encode(b"x" * shift + f"{MARK}!".encode()).decode() for shift in range(3)))):
        assert hits({"place": content.encode()}), number
    with (tmp_path / "with a hole").open("wb") as file:
        file.seek(1 << 20)
        file.write(MARK.encode())
    assert hits({"file": data_of(tmp_path / "with a hole")})


def test_no_value_is_found_anywhere_behind_kills(own_server, dice, figures):
    canaries, answers = Canaries(), {}
    kills = sorted(dice.sample(range(1, CANARIES), KILLS))
    client = campaign.QuickClient(own_server.url)
    running_files = 0
    with own_server.live() as live:
        live.subscribe("events")
        live.subscribe("deployments")
        for number in range(kills[0]):
            answers[f"answer {number}"] = give(client, canaries, number).content
        live.of("deployments")
        answers["frames"] = str(live.pending).encode()
    for number in range(kills[0], CANARIES):
        if number in kills:
            own_server.kill()
            assert hits(files_of(own_server)) == [], "as the kill left them"
            own_server.start()
            client = campaign.QuickClient(own_server.url)
        answers[f"answer {number}"] = give(client, canaries, number).content
    for path in ("/api/v1/events", campaign.PATH, "/api/v1/secrets", "/api/v1/commands/x"):
        answers[path] = client.get(path).content
    places = {**answers, **processes_of(own_server)}
    assert sum("cmdline" in place for place in places) > 10, "supervisors are looked at"
    assert hits(places) == []
    files = files_of(own_server)
    running_files = len(files)
    assert hits(files) == [], "while it runs"
    assert own_server.stop() == 0
    assert hits(files_of(own_server)) == [], "as it left them"
    figures(values=len(canaries.given), kills=KILLS, answers=len(answers), files=running_files, hits=0)
