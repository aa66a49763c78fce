"""ops/examples/live_client.py, run as a user would."""
import json
import subprocess
import sys

import contract
import hub

SCRIPT = contract.ROOT / "ops" / "examples" / "live_client.py"


def run(server, *arguments):
    ended = subprocess.run([sys.executable, SCRIPT, *arguments, "--url", server.url, "--token", hub.TOKEN],
                           capture_output=True, text=True, timeout=hub.DEADLINE_S)
    return ended, [json.loads(line) for line in ended.stdout.splitlines()]


def test_the_example_is_cut_again_and_again_and_misses_nothing(server, client, make):
    id = make("seq 1 100", wait="stopped")["id"]
    stream = f"deployments/{id}"
    start = client.logs(id, to="2020-01-01T00:00:00Z")["next_cursor"]
    whole, frames = run(server, f"{stream}/logs", "--after", start, "--frames", "1")
    assert whole.returncode == 0, whole.stderr
    assert frames[0]["recovered"] is True
    assert frames[1]["data"]["items"][0]["seq"] == 1

    events = [make(desired="stopped")["id"] for _ in range(6)]
    with server.live() as connection:
        cursor = connection.subscribe("events")["cursor"]
    events += [make(desired="stopped")["id"] for _ in range(6)]
    versions = sum(client.deployment(id)["version"] for id in events[6:])
    cut, frames = run(server, "events", "--after", cursor, "--cut-after", "2", "--frames", str(versions))
    assert cut.returncode == 0, cut.stderr
    assert len([f for f in frames if f["type"] == "subscribed"]) >= versions // 2, "it was cut and came back"
    seen = [f["data"]["id"] for f in frames if f["type"] == "event"]
    assert len(set(seen)) == len(seen) == versions
    assert set(events[6:]) <= {f["data"]["subject"] for f in frames if f["type"] == "event"}


def test_the_example_says_why_a_stream_is_refused(server):
    ended, frames = run(server, "nothing")
    assert ended.returncode == 1
    assert frames[-1]["type"] == "error"
