"""The terminal of a deployment: bytes there and back, coming back to the same shell, its end, and who may have one."""
import contextlib
import json
import pathlib
import re
import time
import uuid

import contract
import hub
import pytest
import websockets.exceptions
import websockets.sync.client


class Terminal:
    """One connection. What was shown is kept in `seen`, text frames in `said`."""

    def __init__(self, server, id, token=hub.TOKEN, headers=None, **query):
        text = "&".join(f"{name}={value}" for name, value in query.items())
        headers = {"Authorization": f"Bearer {token}"} if token else headers
        self.socket = websockets.sync.client.connect(
            server.url.replace("http://", "ws://") + f"/api/v1/deployments/{id}/terminal?{text}",
            additional_headers=headers, max_size=None, open_timeout=hub.DEADLINE_S, compression=None, proxy=None)
        self.seen = b""
        self.said = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def take(self, deadline_s=hub.DEADLINE_S):
        frame = self.socket.recv(deadline_s)
        if isinstance(frame, bytes):
            self.seen += frame
        else:
            self.said.append(json.loads(frame))
            contract.check_terminal_frame(self.said[-1])

    def until(self, pattern):
        """Takes frames until what was shown fits, and answers the match."""
        end = time.monotonic() + hub.DEADLINE_S
        while not (found := re.search(pattern, self.seen, re.S)):
            left = end - time.monotonic()
            assert left > 0, f"not shown: {pattern!r}; but {self.seen[-2000:]!r}, {self.said}"
            try:
                self.take(left)
            except TimeoutError:
                pass
        return found

    def line(self, text):
        self.socket.send((text + "\n").encode())

    def run(self, command):
        """What a command prints, between marks of its own that are not in what is typed."""
        mark = uuid.uuid4().hex[:8]
        self.line(f"echo 'be''gin{mark}'; {command}; echo 'en''d{mark}'")
        found = self.until(rb"begin%b\r\n(.*?)\r?\n?end%b\r\n" % (mark.encode(), mark.encode()))
        self.seen = self.seen[found.end():]
        return found.group(1).replace(b"\r\n", b"\n").decode()

    def order(self, **order):
        self.socket.send(json.dumps(order))

    def end(self):
        """Takes all that comes until the server closes; the last text frame and the close frame."""
        try:
            while True:
                self.take()
        except websockets.exceptions.ConnectionClosed as closed:
            return self.said[-1], closed.rcvd

    def cut(self):
        self.socket.socket.shutdown(2)


def resident(server):
    """Bytes of the server's process."""
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) << 10


@pytest.fixture
def running(make):
    return make("exec sleep 600", wait="running")["id"]


def opened_and_closed(client, id):
    answer = client.get(f"/api/v1/deployments/{id}/events").json()["items"]
    return [event for event in answer if ".terminal_" in event["type"]]


def closed_with(client, id, code):
    """The event of the end, once it is in the record."""
    def found():
        return [event for event in opened_and_closed(client, id)
                if event["type"].endswith("terminal_closed.v1") and event["data"]["reason"]["code"] == code]
    return hub.eventually(found, f"an end with {code}")


def test_a_shell_runs_in_the_workspace_with_the_commands_variables(server, make):
    id = make("exec sleep 600", wait="running", env={"GREETING": "hello there"})["id"]
    with Terminal(server, id) as terminal:
        assert terminal.run("echo $GREETING; pwd; echo $TERM") == \
            f"hello there\n{server.data}/local/{id}/workspace\nxterm-256color"
        assert terminal.run("tty").startswith("/dev/pts/")


def test_the_size_is_that_of_the_window_from_the_start_and_when_it_changes(server, running):
    with Terminal(server, running, cols=132, rows=43) as terminal:
        assert terminal.run("stty size") == "43 132"
        terminal.order(type="resize", cols=90, rows=20)
        assert terminal.run("stty size") == "20 90"


def test_a_large_paste_arrives_whole_and_in_order(server, running):
    text = "".join(f"{number:07d} {'x' * 90}\n" for number in range(20_000))
    with Terminal(server, running) as terminal:
        terminal.line("stty -echo; cat > pasted; stty echo; echo 'sa''ved'")
        for at in range(0, len(text), 50_000):
            terminal.socket.send(text[at:at + 50_000].encode())
        terminal.socket.send(b"\x04")
        terminal.until(b"saved")
    assert (server.data / "local" / running / "workspace" / "pasted").read_text() == text


def test_the_shell_waits_for_a_client_that_says_what_it_has_worked_off(server, running):
    with Terminal(server, running) as terminal:
        terminal.run("true")
        terminal.order(type="taken", bytes=0)
        terminal.line("yes 0123456789abcdef | head -c 8000000 > /dev/tty; echo 'do''ne'")
        counted = 0
        # It stops by itself: everything behind a MiB is only sent when more is taken.
        try:
            while True:
                terminal.take(1.5)
        except TimeoutError:
            counted = len(terminal.seen)
        assert 1_000_000 < counted < 2_500_000
        terminal.order(type="taken", bytes=1 << 60)
        said, _ = terminal.end()
        assert said["code"] == "terminal.message"


def test_who_is_cut_off_comes_back_to_the_same_shell_with_all_that_it_showed(server, running):
    with Terminal(server, running, session="mine") as terminal:
        terminal.run("MINE=kept")
        terminal.line("for i in $(seq 1 2000); do echo line $i; done; echo 'do''ne'")
        terminal.until(rb"line 20\r\n")
        terminal.cut()
    with Terminal(server, running, session="mine", resume="true") as again:
        again.until(rb"done\r\n")
        whole = again.seen
        assert again.run("echo $MINE") == "kept"
    lines = [int(number) for number in re.findall(rb"line (\d+)\r\n", whole)]
    assert lines == list(range(1, 2001))


def test_only_what_was_missed_is_shown_to_who_says_how_much_it_has(server, running):
    with Terminal(server, running, session="counted") as terminal:
        terminal.line("echo 'fir''st'")
        terminal.until(b"first\r\n")
        has = len(terminal.seen)
        terminal.cut()
    with Terminal(server, running, session="counted", received=has, resume="true") as again:
        again.line("echo 'sec''ond'")
        again.until(b"second\r\n")
        assert b"first" not in again.seen and again.said == []


def test_what_is_no_longer_kept_is_told_of(server, running):
    with Terminal(server, running, session="much") as terminal:
        terminal.line("yes 0123456789abcdef | head -c 1500000; echo 'do''ne'")
        terminal.until(b"done\r\n")
        total = len(terminal.seen)
        terminal.cut()
    with Terminal(server, running, session="much", received=0, resume="true") as again:
        again.until(b"done\r\n")
        assert again.said[0]["type"] == "start_over"
        assert 0 < again.said[0]["at"] < total
        assert again.said[0]["at"] + len(again.seen) >= total


def test_a_shell_that_ended_is_not_come_back_to(server, client, running):
    with Terminal(server, running, session="short") as terminal:
        terminal.line("exit 3")
        said, close = terminal.end()
    assert (said["type"], said["code"], said["exit_code"], close.code) == ("exit", "terminal.exited", 3, 1000)
    with Terminal(server, running, session="short", resume="true") as again:
        said, close = again.end()
        assert (said["code"], close.code, close.reason) == ("terminal.gone", 1008, "terminal.gone")
    assert list((server.data / "local" / running / "workspace").iterdir()) == [], "what was typed is kept nowhere"
    opened = opened_and_closed(client, running)[0]
    closed = closed_with(client, running, "terminal.exited")
    assert [event["data"]["terminal"] for event in closed] == [opened["data"]["terminal"]]
    assert (opened["actor"], closed[0]["actor"], closed[0]["data"]["reason"]["exit_code"]) == ("user:dev", "user:dev", 3)


def test_an_order_ends_the_shell_and_what_runs_in_it(server, client, running):
    with Terminal(server, running) as terminal:
        pid = int(terminal.run("sh -c 'echo $$; exec sleep 555' & sleep 0.1").split()[-1])
        terminal.line("sleep 556")
        terminal.order(type="exit")
        said, _ = terminal.end()
    assert said["code"] == "terminal.closed"
    hub.eventually(lambda: not any("sleep 55" in command for command in hub.processes_under(server.data).values()),
                   f"what the shell ran is gone, {pid} too")
    closed_with(client, running, "terminal.closed")


def test_the_runs_end_ends_the_shell_and_does_not_wait_for_it(server, client, running):
    with Terminal(server, running) as terminal:
        terminal.run("true")
        began = time.monotonic()
        client.act(running, "stop", wait="stopped")
        said, _ = terminal.end()
    # A shell that is worked in does not mind SIGTERM: it would have used up the whole grace time of 10 s.
    assert time.monotonic() - began < 8
    assert said["code"] == "terminal.run_ended"
    closed_with(client, running, "terminal.run_ended")
    with pytest.raises(websockets.exceptions.InvalidStatus) as refused:
        Terminal(server, running)
    assert json.loads(refused.value.response.body)["code"] == "terminal.not_running"


def key_of(client, role):
    answer = client.post("/api/v1/api-keys", {"name": hub.unique("key"), "role": role})
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_only_who_may_change_a_deployment_has_a_shell_in_it(server, client, running):
    viewer = key_of(client, "viewer")
    with pytest.raises(websockets.exceptions.InvalidStatus) as refused:
        Terminal(server, running, token=viewer["token"])
    assert refused.value.response.status_code == 403
    with pytest.raises(websockets.exceptions.InvalidStatus) as refused:
        Terminal(server, running, token=None)
    assert refused.value.response.status_code == 401
    assert opened_and_closed(client, running) == []


def test_another_principal_does_not_get_at_a_shell_by_its_name(server, client, running):
    other = key_of(client, "dev")
    with Terminal(server, running, session="private") as mine:
        mine.run("SECRET=1")
        with Terminal(server, running, token=other["token"], session="private", resume="true") as theirs:
            said, _ = theirs.end()
            assert said["code"] == "terminal.gone"
        with Terminal(server, running, token=other["token"], session="private") as theirs:
            assert theirs.run("echo \"[$SECRET]\"") == "[]"
        assert mine.run("echo $SECRET") == "1"


def test_a_shell_ends_when_the_right_to_it_goes(server, client, running):
    key = key_of(client, "dev")
    with Terminal(server, running, token=key["token"], session="gone") as terminal:
        terminal.run("true")
        assert client.delete(f"/api/v1/api-keys/{key['id']}").status_code in (200, 204)
        said, close = terminal.end()
    assert (said["code"], close.code) == ("auth.revoked", 1008)
    closed = closed_with(client, running, "auth.revoked")
    assert closed[0]["actor"] == "system"


def test_a_shell_that_nobody_looks_at_ends_too_when_the_right_to_it_goes(server, client, running):
    key = key_of(client, "dev")
    with Terminal(server, running, token=key["token"], session="alone") as terminal:
        terminal.run("true")
        terminal.cut()
    client.delete(f"/api/v1/api-keys/{key['id']}")
    closed_with(client, running, "auth.revoked")


def test_a_connection_takes_the_shell_over_from_an_older_one(server, running):
    with Terminal(server, running, session="two") as first:
        first.run("HERE=1")
        with Terminal(server, running, session="two") as second:
            said, _ = first.end()
            assert said["code"] == "terminal.taken"
            assert second.run("echo $HERE") == "1"


def test_a_foreign_page_gets_no_shell(server, client, running):
    """A cookie comes along by itself, so it must not open a terminal for a page of another site."""
    signed_in = client.post("/api/v1/session", {"token": hub.TOKEN}, headers={"Origin": server.url})
    cookie = signed_in.headers["Set-Cookie"].split(";")[0]
    for origin in ("http://evil.example", None):
        headers = {"Cookie": cookie, **({"Origin": origin} if origin else {})}
        with pytest.raises(websockets.exceptions.InvalidStatus) as refused:
            Terminal(server, running, token=None, headers=headers)
        assert refused.value.response.status_code == 403
    with Terminal(server, running, token=None, headers={"Cookie": cookie, "Origin": server.url}) as own:
        assert own.run("echo yes") == "yes"


def test_signing_out_ends_the_shells_of_the_session(server, client, running):
    signed_in = client.post("/api/v1/session", {"token": hub.TOKEN}, headers={"Origin": server.url})
    headers = {"Cookie": signed_in.headers["Set-Cookie"].split(";")[0], "Origin": server.url}
    with Terminal(server, running, token=None, headers=headers, session="out") as terminal:
        terminal.run("true")
        anonymous = server.client(token=None)
        assert anonymous.request("DELETE", "/api/v1/session", headers=headers).status_code == 204
        said, _ = terminal.end()
    assert said["code"] == "auth.revoked"


@pytest.mark.parametrize("query", [{"cols": 0}, {"cols": 1001}, {"rows": "x"}, {"session": "a.b"}, {"session": "x" * 65},
                                   {"resume": "maybe"}, {"received": -1}, {"shell": "zsh"}])
def test_what_is_asked_for_wrongly_is_refused(server, running, query):
    with pytest.raises(websockets.exceptions.InvalidStatus) as refused:
        Terminal(server, running, **query)
    assert refused.value.response.status_code == 422


@pytest.mark.parametrize("message", ["not json", '{"type":"dance"}', '{"type":"resize","cols":0,"rows":5}', '{"type":"resize"}'])
def test_a_message_that_is_none_ends_the_connection_and_not_the_shell(server, running, message):
    with Terminal(server, running, session="careless") as terminal:
        terminal.run("HERE=1")
        terminal.socket.send(message)
        said, close = terminal.end()
        assert (said["type"], close.code) == ("exit", 1008)
    with Terminal(server, running, session="careless", resume="true") as again:
        assert again.run("echo $HERE") == "1"


def raw_frame(first, payload, mask=b"\x01\x02\x03\x04"):
    """A frame with any first byte; without a mask it breaks the protocol."""
    size = bytes([(0x80 if mask else 0) | 127]) + len(payload).to_bytes(8, "big")
    if mask:
        payload = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
    return bytes([first]) + size + mask + payload


@pytest.mark.parametrize("frame, code", [(raw_frame(0x82, b"x" * 10, b""), 1002), (raw_frame(0xC2, b"x"), 1002), (raw_frame(0x82, b"y" * (2 << 20)), 1009)],
                         ids=["no mask", "a reserved bit", "too large"])
def test_a_frame_that_breaks_the_protocol_ends_the_connection_and_costs_the_server_nothing(own_server, frame, code):
    own_server.arguments = [*own_server.arguments, "--threads", "2"]
    own_server.stop()
    own_server.start()
    client = own_server.client()
    id = client.create("exec sleep 600", wait="running")["id"]
    for _ in range(3):  # more than there are threads
        with Terminal(own_server, id) as terminal:
            terminal.run("true")
            terminal.socket.socket.sendall(frame)
            try:
                while True:
                    terminal.take()
            except websockets.exceptions.ConnectionClosed as closed:
                assert closed.rcvd is None or closed.rcvd.code == code
    for _ in range(20):
        assert client.deployment(id)["status"] == "running"
    assert own_server.stop() == 0


def test_a_supervisor_that_was_stopped_by_its_own_command_holds_up_nobody_else(own_server):
    client = own_server.client()
    stuck = client.create("kill -STOP $PPID; exec sleep 600", wait="running")["id"]
    other = client.create("exec sleep 600", wait="running")["id"]
    with contextlib.ExitStack() as opened:
        waiting = [opened.enter_context(Terminal(own_server, stuck, session=f"s{number}")) for number in range(12)]
        with Terminal(own_server, other) as terminal:
            assert terminal.run("echo here") == "here"
        codes = {one.end()[0]["code"] for one in waiting}
        assert codes <= {"terminal.opening", "terminal.unavailable"} and "terminal.opening" in codes
    assert own_server.stop() == 0


def test_typing_into_what_does_not_read_has_an_end_for_each_connection(server, running):
    """However often it comes back, what it typed is kept once, and not once for each connection."""
    with Terminal(server, running, session="deaf") as terminal:
        terminal.line("stty -icanon -echo; echo 'de''af'; exec sleep 600")
        terminal.until(b"deaf\r\n")
        before = resident(server)
        terminal.cut()
    for _ in range(200):
        with Terminal(server, running, session="deaf", resume="true") as again:
            again.socket.send(b"z" * 250_000)
            again.socket.send(b"z" * 250_000)
            again.socket.send(b"")
            again.cut()
    assert resident(server) - before < 30 << 20


def test_no_more_shells_are_open_at_a_time_than_may_be(server, make):
    id = make("exec sleep 600", wait="running")["id"]
    with contextlib.ExitStack() as all_of_them:
        for number in range(8):
            all_of_them.enter_context(Terminal(server, id, session=f"n{number}")).run("true")
        with Terminal(server, id, session="one-more") as refused:
            said, _ = refused.end()
            assert said["code"] == "terminal.too_many"


def test_shells_share_the_limits_of_the_run(server, make):
    id = make("exec sleep 600", wait="running", limits={"memory_bytes": 512 << 20})["id"]
    with Terminal(server, id) as terminal:
        limit = terminal.run("ulimit -v")
        groups = terminal.run("cat /proc/self/cgroup")
    # By a control group where there are such, else by the process's own limit.
    assert limit == str(512 << 10) or id in groups


def test_the_record_tells_of_the_end_of_a_shell_whose_server_was_killed(own_server):
    client = own_server.client()
    id = client.create("exec sleep 600", wait="running")["id"]
    terminal = Terminal(own_server, id)
    terminal.run("true")
    own_server.kill()
    own_server.start()
    client = own_server.client()
    closed_with(client, id, "server.restarted")
    assert client.deployment(id)["status"] == "running"
    hub.eventually(lambda: not any("bash" in command or command.startswith("/bin/sh")
                                   for command in hub.processes_under(own_server.data).values()), "the shell is gone")
    # Told once, however often the server is started.
    own_server.stop()
    own_server.start()
    assert len(closed_with(own_server.client(), id, "server.restarted")) == 1
    with Terminal(own_server, id) as again:
        assert again.run("echo back") == "back"


def test_a_server_that_stops_tells_of_the_ends_of_its_shells(own_server):
    client = own_server.client()
    id = client.create("exec sleep 600", wait="running")["id"]
    with Terminal(own_server, id) as terminal:
        terminal.run("true")
        assert own_server.stop() == 0
        said, _ = terminal.end()
        assert said["code"] == "server.stopping"
    own_server.start()
    closed_with(own_server.client(), id, "server.stopping")
