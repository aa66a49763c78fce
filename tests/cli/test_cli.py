"""The command line against a real server, as its users run it. HUB_BINARY names the program."""
import json
import os
import pathlib
import re
import select
import signal
import subprocess
import time

import pytest

BINARY = os.environ.get("HUB_BINARY", str(pathlib.Path(__file__).resolve().parents[2] / "build/release/computehub"))
DEADLINE_S = 30
ID = re.compile(r"dep_[0-9a-hjkmnp-tv-z]{28}")
# What the machine that runs the tests has set must not steer them.
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("COMPUTEHUB_")}


class Hub:
    """A server on a folder of its own, and its command line."""

    def __init__(self, folder):
        self.data = folder / "data"
        self.log = open(folder / "server.log", "ab")
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            [BINARY, "serve", "--dev", "--data", self.data, "--listen", "127.0.0.1:0"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log, env=CLEAN)
        ready, _, _ = select.select([self.process.stdout], [], [], DEADLINE_S)
        assert ready, "the server said nothing"
        line = self.process.stdout.readline().decode()
        assert line.startswith("listening on http://127.0.0.1:"), line
        self.url = line.split()[-1]
        return self

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(DEADLINE_S)

    def popen(self, *arguments, **options):
        return subprocess.Popen([BINARY, *arguments, "--data", self.data] if "--" not in arguments else
                                [BINARY, "--data", self.data, *arguments],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                text=True, env=CLEAN, **options)

    def run(self, *arguments, code=0):
        process = self.popen(*arguments)
        out, err = process.communicate(timeout=2 * DEADLINE_S)
        assert process.returncode == code, f"{arguments}: {process.returncode}\n{out}\n{err}"
        return out, err

    def json(self, *arguments):
        return json.loads(self.run("-o", "json", *arguments)[0])

    def deploy(self, name, shell, *flags):
        out, _ = self.run("deploy", "--name", name, *flags, "--", "sh", "-c", shell)
        assert ID.fullmatch(out.strip()), out
        return out.strip()


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    made = Hub(tmp_path_factory.mktemp("hub")).start()
    yield made
    ids = made.run("ps", "-q", "--limit", "1000")[0].split()
    if ids:
        made.run("rm", "--wait", *ids)
    made.stop()


def test_the_way_of_a_deployment(hub):
    id = hub.deploy("way", "echo hello; echo trouble >&2; sleep 600", "--label", "team=vision", "--wait", "running")
    assert "way" in hub.run("ps")[0]
    shown = hub.json("show", "way")
    assert (shown["id"], shown["status"], shown["labels"]) == (id, "running", {"team": "vision"})
    assert "running" in hub.run("show", id)[0]
    assert hub.json("ps", "--label", "team=vision")["items"][0]["id"] == id
    out, _ = hub.run("stop", "way", "--wait")
    assert out.startswith(id) and "stopped" in out
    out, err = hub.run("logs", "way")
    assert (out, err) == ("hello\n", "trouble\n")
    hub.run("start", "way", "--wait")
    hub.run("restart", "way", "--wait")
    hub.run("rm", "way", "--wait")
    hub.run("show", "way", code=4)
    assert hub.json("show", id)["status"] == "deleted"


def test_ids_prefixes_and_names(hub):
    first = hub.deploy("twin", "sleep 600", "--stopped")
    second = hub.deploy("twin", "sleep 600", "--stopped")
    _, err = hub.run("stop", "twin", code=1)
    assert first in err and second in err
    length = next(i for i in range(5, 33) if first[:i] != second[:i])
    assert hub.json("show", first[: length + 4])["id"] == first
    assert hub.json("show", first[4 : length + 8])["id"] == first
    _, err = hub.run("show", "nobody-has-this-name", code=4)
    assert "computehub ps" in err


def test_follow_ends_with_the_deployment_and_tells_how(hub):
    shell = "for i in 1 2 3; do echo line-$i; done"
    out, err = hub.run("deploy", "--name", "good", "--follow", "--", "sh", "-c", shell)
    assert out.splitlines()[1:] == ["line-1", "line-2", "line-3"], err
    assert "· stopped" in err
    out, err = hub.run("deploy", "--name", "bad", "--follow", "--", "sh", "-c", "printf unfinished; exit 3", code=1)
    assert out.splitlines()[1:] == ["unfinished"]
    assert "failed" in err


def test_logs_are_followed_over_a_restart_of_the_server(tmp_path):
    hub = Hub(tmp_path).start()
    try:
        id = hub.deploy("counter", "i=0; while :; do i=$((i+1)); echo line-$i; sleep 0.02; done")
        url = hub.url
        follower = hub.popen("logs", "-f", id)
        # By then it has read what was there, and follows.
        for seen in range(1, 51):
            assert follower.stdout.readline() == f"line-{seen}\n"
        hub.process.kill()
        hub.process.wait(DEADLINE_S)
        # On the same address, as an operator would: the one who follows knows no other.
        hub.process = subprocess.Popen([BINARY, "serve", "--dev", "--data", hub.data, "--listen", url.split("/")[-1]],
                                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=hub.log, env=CLEAN)
        assert b"listening on" in hub.process.stdout.readline()
        while seen < 150:
            seen += 1
            assert follower.stdout.readline() == f"line-{seen}\n"
        hub.run("stop", id, "--wait")
        rest, err = follower.communicate(timeout=DEADLINE_S)
        for line in rest.splitlines():
            seen += 1
            assert line == f"line-{seen}"
        assert follower.returncode == 0 and "cut off" in err
        assert len(hub.run("logs", id)[0].splitlines()) == seen
        hub.run("rm", id, "--wait")
    finally:
        hub.stop()


def test_an_interrupt_ends_following_and_not_the_deployment(hub):
    id = hub.deploy("long", "echo up; sleep 600")
    follower = hub.popen("logs", "-f", id)
    assert follower.stdout.readline() == "up\n"
    follower.send_signal(signal.SIGINT)
    assert follower.wait(DEADLINE_S) == 0
    assert hub.json("show", id)["status"] == "running"


def test_a_reader_that_goes_away_ends_the_command(hub):
    id = hub.deploy("much", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); echo line-$i; done", "--wait", "stopped")
    process = hub.popen("logs", id)
    assert process.stdout.readline() == "line-1\n"
    process.stdout.close()
    assert process.wait(DEADLINE_S) == 0
    assert process.stderr.read() == ""


def test_events_of_one_and_of_all(hub):
    id = hub.deploy("history", "true", "--wait", "stopped")
    out, _ = hub.run("events", id)
    assert "computehub.deployment.requested.v1" in out and "computehub.deployment.stopped.v1" in out
    follower = hub.popen("events", "--follow", "-o", "json", "--type", "computehub.deployment.requested.v1")
    # It tells nothing when it is ready, so deployments are made until one is seen.
    end = time.monotonic() + DEADLINE_S
    while not select.select([follower.stdout], [], [], 0.2)[0]:
        assert time.monotonic() < end
        hub.deploy("seen", "true", "--stopped")
    assert json.loads(follower.stdout.readline())["type"] == "computehub.deployment.requested.v1"
    follower.send_signal(signal.SIGINT)
    assert follower.wait(DEADLINE_S) == 0


def test_a_file_has_the_shape_of_the_api(hub, tmp_path):
    file = tmp_path / "deployment.yaml"
    file.write_text("name: from-file\nprovider: local\ncommand: [sh, -c, 'cat etc/greeting; echo $PORT']\n"
                    "env: {PORT: 8080}\nfiles:\n  - {path: etc/greeting, text: \"hello\\n\"}\n")
    out, _ = hub.run("deploy", "-f", str(file), "--follow")
    assert out.splitlines()[1:] == ["hello", "8080"]
    file.write_text("name: from-file\ncomand: [true]\n")
    _, err = hub.run("deploy", "-f", str(file), code=2)
    assert "line 2" in err and 'did you mean "command"' in err


def test_the_same_key_makes_one_deployment(hub):
    first = hub.deploy("once", "true", "--idempotency-key", "once-1", "--stopped")
    assert hub.deploy("once", "true", "--idempotency-key", "once-1", "--stopped") == first
    hub.run("deploy", "--name", "other", "--idempotency-key", "once-1", "--", "true", code=1)


def test_a_dry_run_changes_nothing(hub):
    plan = hub.json("deploy", "--dry-run", "--name", "never", "--", "true")
    assert plan["provider"] == "local"
    hub.run("show", "never", code=4)


def test_refusals_say_what_to_do(hub):
    def ps(*arguments):
        process = subprocess.run([BINARY, "ps", *arguments], capture_output=True, text=True, env=CLEAN)
        return process.returncode, process.stderr

    code, err = ps("--url", hub.url, "--token", "wrong")
    assert code == 1 and "--token" in err
    code, err = ps("--url", hub.url)
    assert code == 1 and "COMPUTEHUB_TOKEN" in err
    assert ps("--url", "http://127.0.0.1:1")[0] == 3
    _, err = hub.run("deploy", "--cpus", "100000", "--", "true", code=1)
    assert "limits.cpus" in err


def test_serve_refuses_what_would_be_open_to_all(tmp_path):
    for arguments in (["--dev", "--listen", "0.0.0.0:0"], ["--listen", "0.0.0.0:0"], ["--tls-cert", "x"]):
        process = subprocess.run([BINARY, "serve", *arguments, "--data", tmp_path / "d"],
                                 capture_output=True, text=True, env=CLEAN, timeout=DEADLINE_S)
        assert (process.returncode, process.stdout) == (2, ""), arguments
        assert not (tmp_path / "d").exists()


def test_config_says_where_values_come_from(hub):
    items = {item["name"]: item for item in hub.json("config")["items"]}
    assert items["data"]["source"] == "flag --data"
    assert items["url"]["value"] == hub.url
    assert items["token"]["value"] == "********"


def test_doctor_knows_the_running_server(hub):
    items = {item["name"]: item for item in hub.json("doctor")["items"]}
    assert items["server"]["state"] == "good"
    assert items["keys"]["state"] == "good"


def test_ps_answers_at_once(hub):
    times = []
    for _ in range(21):
        start = time.monotonic()
        hub.run("ps")
        times.append((time.monotonic() - start) * 1000)
    times.sort()
    print(f"ps: p50 {times[10]:.1f} ms, max {times[-1]:.1f} ms (goal 50 ms)")
