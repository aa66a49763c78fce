"""The life of a deployment over HTTP: each state, each way into it, and its reason."""
import resource

import hub
import pytest


def test_a_create_answers_201_with_what_was_given(client, make):
    given = {
        "name": "everything", "command": ["sh", "-c", "exec sleep 600"], "labels": {"team": "vision", "empty": ""},
        "env": {"PLAIN": "text"}, "ports": [{"port": 8080, "name": "web", "protocol": "http"}],
        "files": [{"path": "in/data.txt", "text": "hello"}, {"path": "raw.bin", "base64": "AAEC"}],
        "limits": {"memory_bytes": 1 << 30}, "stop_grace": "2.5s", "price_usd_micro_per_hour": 1500000,
        "restart_policy": {"policy": "on-failure", "max_restarts": 3, "backoff_initial": "500ms", "backoff_max": "20s"},
    }
    made = make(**given)
    assert made["files"] == [{"path": "in/data.txt", "size": 5}, {"path": "raw.bin", "size": 3}]
    assert made["env"] == {"PLAIN": {"sealed": True}}
    for field in ("name", "command", "labels", "ports", "limits", "stop_grace", "price_usd_micro_per_hour",
                  "restart_policy"):
        assert made[field] == given[field], field
    assert made["status"] in ("creating", "starting", "running")
    assert (made["organisation"], made["project"]) == ("default", "default")
    assert made["version"] >= 1
    assert client.deployment(made["id"])["id"] == made["id"]


def test_defaults_are_filled_in(make):
    made = make(desired="stopped")
    assert made["restart_policy"]["policy"] == "never"
    assert made["stop_grace"] == "10s"
    assert made["price_usd_micro_per_hour"] == 0
    assert made["labels"] == {}


def test_the_short_form_of_a_restart_policy_means_its_long_form(make):
    made = make(desired="stopped", restart_policy="always")
    assert made["restart_policy"] == {"policy": "always", "backoff_initial": "1s", "backoff_max": "60s"}


def test_desired_stopped_answers_stopped_and_starts_nothing(client, make):
    made = make("echo ran", desired="stopped")
    assert made["status"] == "stopped"
    assert made["started_at"] is None
    types = [event["type"] for event in client.history(made["id"])]
    assert "computehub.deployment.start_requested.v1" not in types
    assert client.logs(made["id"])["items"] == []


def test_a_deployment_made_stopped_can_be_started(client, make):
    made = make("echo ran", desired="stopped")
    client.act(made["id"], "start")
    ended = hub.eventually(
        lambda: (lambda d: d if d["exit_code"] is not None else None)(client.deployment(made["id"])), "the command ended")
    assert (ended["status"], ended["exit_code"]) == ("stopped", 0)
    assert [line["text"] for line in client.logs(made["id"])["items"]] == ["ran"]


def test_a_create_waits_for_running(make):
    made = make(wait="running")
    assert made["started_at"] is not None
    assert made["stopped_at"] is None
    assert made["exit_code"] is None
    assert made["host"]


def test_it_is_stopped_started_restarted_and_deleted(client, make):
    id = make(wait="running")["id"]
    stopped = client.act(id, "stop", wait="stopped")
    assert stopped["stopped_at"] is not None
    running = client.act(id, "start", wait="running")
    assert running["version"] > stopped["version"]
    assert running["started_at"] > stopped["started_at"]
    before = running["started_at"]
    client.act(id, "restart")
    again = hub.eventually(
        lambda: (lambda d: d if d["status"] == "running" and d["started_at"] != before else None)(client.deployment(id)),
        "it runs again")
    assert again["restarts"] == 0, "a user's restart is none of the policy's"
    deleted = client.act(id, "delete", wait="deleted")
    assert deleted["deleted_at"] is not None
    assert client.deployment(id)["status"] == "deleted"


def test_actions_answer_202_at_once_and_200_when_the_status_is_reached(client, make):
    id = make(wait="running")["id"]
    path = f"/api/v1/deployments/{id}"
    asked = client.post(f"{path}/stop")
    assert (asked.status_code, asked.json()["status"]) in ((202, "stopping"), (202, "stopped"))
    reached = client.post(f"{path}/stop", wait="stopped", timeout="30s")
    assert (reached.status_code, reached.json()["status"]) == (200, "stopped")


def test_a_wait_that_is_not_reached_answers_202_with_the_present_state(client, make):
    id = make("trap '' TERM; echo up; while :; do sleep 0.1; done", stop_grace="20s", wait="running")["id"]
    hub.eventually(lambda: client.logs(id)["items"], "the trap is set")
    answer = client.post(f"/api/v1/deployments/{id}/stop", wait="stopped", timeout="100ms")
    assert (answer.status_code, answer.json()["status"]) == (202, "stopping")


def test_a_start_of_a_running_one_and_a_stop_of_a_stopped_one_change_nothing(client, make):
    running = make(wait="running")
    answer = client.post(f"/api/v1/deployments/{running['id']}/start")
    assert (answer.status_code, answer.json()["version"]) == (200, running["version"])
    stopped = client.act(running["id"], "stop", wait="stopped")
    answer = client.post(f"/api/v1/deployments/{running['id']}/stop")
    assert (answer.status_code, answer.json()["version"]) == (200, stopped["version"])


@pytest.mark.parametrize("action", ["start", "stop", "restart"])
def test_what_is_deleted_takes_no_action(client, make, action):
    id = make(desired="stopped")["id"]
    deleted = client.act(id, "delete", wait="deleted")
    answer = client.post(f"/api/v1/deployments/{id}/{action}")
    assert answer.status_code == 409
    assert answer.json()["code"] == "deployment.deleted"
    assert client.deployment(id)["version"] == deleted["version"]


def test_a_command_that_ends_with_0_is_stopped_and_says_so(make):
    ended = make("exit 0", wait="stopped")
    assert ended["exit_code"] == 0
    assert (ended["reason"]["code"], ended["reason"]["exit_code"]) == ("process.exited", 0)


def test_a_command_that_ends_with_another_code_is_failed_with_that_code(client, make):
    ended = make("exit 3", wait="failed")
    assert ended["exit_code"] == 3
    assert (ended["reason"]["code"], ended["reason"]["exit_code"]) == ("process.exited", 3)
    event = next(e for e in client.history(ended["id"]) if e["id"] == ended["reason"]["event_id"])
    assert event["type"] == "computehub.deployment.failed.v1"


def test_a_command_that_a_signal_ends_is_failed_with_that_signal(make):
    ended = make("kill -KILL $$", wait="failed")
    assert ended["exit_code"] is None
    assert (ended["reason"]["code"], ended["reason"]["signal"]) == ("process.signalled", 9)


def test_a_program_that_is_not_there_fails_and_says_so(make):
    ended = make(command=["/no/such/program"], wait="failed")
    assert ended["reason"]["text"]


def test_a_stop_is_sigterm_first(client, make):
    id = make("trap 'echo asked; exit 7' TERM; echo up; while :; do sleep 0.1; done", wait="running")["id"]
    hub.eventually(lambda: client.logs(id)["items"], "the trap is set")
    client.act(id, "stop", wait="stopped")
    # What a shell says of its killed child is on standard error.
    assert [line["text"] for line in client.logs(id, stream="stdout")["items"]] == ["up", "asked"]


def test_a_stop_is_sigkill_after_the_grace_time(client, make):
    id = make("trap '' TERM; echo up; while :; do sleep 0.1; done", stop_grace="300ms", wait="running")["id"]
    hub.eventually(lambda: client.logs(id)["items"], "the trap is set")
    stopped = client.act(id, "stop", wait="stopped")
    assert stopped["reason"]["code"]


def test_a_stop_reaches_the_whole_process_group(server, client, make):
    id = make("sleep 611 & sleep 612 & echo up; wait", wait="running")["id"]
    hub.eventually(lambda: client.logs(id)["items"], "the children run")
    client.act(id, "stop", wait="stopped")
    hub.eventually(lambda: not [c for c in hub.processes_under(server.data).values() if "sleep 61" in c], "children ended")


def test_a_delete_removes_processes_and_workspace(own_server):
    client = own_server.client()
    id = client.create("echo data > file.txt; echo up; exec sleep 600", wait="running")["id"]
    hub.eventually(lambda: client.logs(id)["items"], "the file is written")
    assert list((own_server.data / "local").rglob("file.txt"))
    client.act(id, "delete", wait="deleted")
    assert not list((own_server.data / "local").rglob("file.txt"))
    others = {own_server.process.pid}
    assert not set(hub.processes_under(own_server.data)) - others


def test_files_env_and_workspace_are_what_the_command_sees(client, make):
    id = make("pwd; cat in/a.txt; cat raw.bin; echo; echo $WORD", env={"WORD": "from env"}, wait="stopped",
              files=[{"path": "in/a.txt", "text": "from file\n"}, {"path": "raw.bin", "base64": "YmluYXJ5"}])["id"]
    lines = [line["text"] for line in client.logs(id)["items"]]
    assert lines[1:] == ["from file", "binary", "from env"]


def test_the_policy_on_failure_restarts_up_to_its_limit(client, make):
    policy = {"policy": "on-failure", "max_restarts": 2, "backoff_initial": "10ms", "backoff_max": "20ms"}
    ended = make("echo run; exit 5", restart_policy=policy, wait="failed")
    assert ended["restarts"] == 2
    assert ended["exit_code"] == 5
    assert ended["reason"]["text"] == "exited with code 5; not restarted again, max_restarts is 2"
    lines = client.logs(ended["id"])["items"]
    assert [line["text"] for line in lines] == ["run"] * 3
    assert [line["seq"] for line in lines] == [1, 2, 3], "numbers go on over restarts"


def test_the_policy_on_failure_leaves_a_good_end_alone(make):
    policy = {"policy": "on-failure", "backoff_initial": "10ms", "backoff_max": "20ms"}
    ended = make("exit 0", restart_policy=policy, wait="stopped")
    assert ended["restarts"] == 0


def test_the_policy_always_restarts_a_good_end_and_a_stop_ends_it(client, make):
    policy = {"policy": "always", "backoff_initial": "10ms", "backoff_max": "20ms"}
    id = make("echo run; exit 0", restart_policy=policy)["id"]
    hub.eventually(lambda: client.deployment(id)["restarts"] >= 3, "three restarts")
    stopped = client.act(id, "stop", wait="stopped")
    lines = len(client.logs(id)["items"])
    assert client.deployment(id)["version"] == stopped["version"]
    assert len(client.logs(id)["items"]) == lines


def test_a_patch_changes_what_it_names_and_nothing_else(client, make):
    made = make(desired="stopped", labels={"a": "1"}, price_usd_micro_per_hour=5)
    change = {"name": "renamed", "labels": {"b": "2"}, "limits": {"processes": 50}, "restart_policy": "always",
              "price_usd_micro_per_hour": 7}
    changed = client.patch(f"/api/v1/deployments/{made['id']}", change)
    assert changed.status_code == 200
    after = changed.json()
    assert (after["name"], after["labels"], after["limits"]) == ("renamed", {"b": "2"}, {"processes": 50})
    assert (after["restart_policy"]["policy"], after["price_usd_micro_per_hour"]) == ("always", 7)
    assert after["command"] == made["command"]
    one = client.patch(f"/api/v1/deployments/{made['id']}", {"name": "again"}).json()
    assert (one["name"], one["labels"]) == ("again", {"b": "2"})
    assert client.deployment(made["id"]) == one


def test_changed_limits_hold_at_the_next_start_and_the_resource_says_by_what(client, make):
    made = make(wait="running")
    assert made["limits_by"] == "none"
    path = f"/api/v1/deployments/{made['id']}"
    assert client.patch(path, {"limits": {"memory_bytes": 64 << 20}}).json()["limits_by"] == "none", "not yet"
    first = made["started_at"]
    client.act(made["id"], "restart")
    again = hub.eventually(
        lambda: (now := client.deployment(made["id"]))["status"] == "running" and now["started_at"] != first and now,
        "the next run")
    assert again["limits_by"] in ("cgroup1", "cgroup2", "rlimit")


def test_a_stop_in_the_back_off_says_what_was_waited_for(client, make):
    policy = {"policy": "always", "backoff_initial": "1h", "backoff_max": "1h"}
    id = make("exit 3", restart_policy=policy)["id"]
    hub.eventually(lambda: client.deployment(id)["reason"]["code"] == "process.exited", "the end of the first run")
    assert client.deployment(id)["status"] == "starting"
    stopped = client.act(id, "stop")
    assert (stopped["status"], stopped["reason"]["text"]) == ("stopped", "stopped while it waited to be restarted")


def test_more_run_than_the_usual_limit_of_open_files_and_their_own_limit_stays(make_server):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    server = make_server(start=False)
    resource.setrlimit(resource.RLIMIT_NOFILE, (128, hard))
    try:
        server.start()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    client = server.client()
    ids = [client.create("ulimit -Sn; exec sleep 600")["id"] for _ in range(130)]
    hub.listed(client, "/api/v1/deployments", len(ids), status="running")
    first = hub.eventually(lambda: client.logs(ids[0])["items"], "its line")
    assert first[0]["text"] == "128"


def test_names_need_not_be_unique(make):
    first, second = make(desired="stopped", name="twin"), make(desired="stopped", name="twin")
    assert first["id"] != second["id"]


def test_a_dry_run_answers_the_plan_and_changes_nothing(own_server):
    client = own_server.client()
    body = {"name": "plan", "provider": "local", "command": ["true"], "price_usd_micro_per_hour": 12}
    answer = client.post("/api/v1/deployments", body, dry_run="true")
    assert answer.status_code == 200
    assert (answer.json()["provider"], answer.json()["price_usd_micro_per_hour"]) == ("local", 12)
    assert client.get("/api/v1/deployments").json()["total"] == 0
    assert client.get("/api/v1/events").json()["items"] == []


def test_a_batch_answers_for_each_id(client, make):
    ids = [make(desired="stopped")["id"] for _ in range(3)]
    unknown = "dep_" + "0" * 28
    answer = client.post("/api/v1/deployments/batch", {"action": "start", "ids": [*ids, unknown, "nonsense"]})
    assert answer.status_code == 200
    items = answer.json()["items"]
    assert [item["id"] for item in items] == [*ids, unknown, "nonsense"]
    assert [item["ok"] for item in items] == [True, True, True, False, False]
    assert items[3]["code"] == "deployment.not_found"
    for id in ids:
        hub.eventually(lambda id=id: client.deployment(id)["status"] == "running", "it runs")


def test_a_batch_deletes_what_it_names(client, make):
    ids = [make(desired="stopped")["id"] for _ in range(3)]
    answer = client.post("/api/v1/deployments/batch", {"action": "delete", "ids": ids})
    assert all(item["ok"] for item in answer.json()["items"])
    for id in ids:
        hub.eventually(lambda id=id: client.deployment(id)["status"] == "deleted", "it is deleted")


def test_the_cost_grows_with_the_time_that_it_ran(client, make):
    price = 3_600_000_000  # one dollar a second
    id = make("sleep 0.2", price_usd_micro_per_hour=price, wait="stopped")["id"]
    ended = client.deployment(id)
    assert 200_000 <= ended["cost_usd_micro"] < 30_000_000


def test_a_state_of_the_past_is_answered_by_time_and_by_position(client, make):
    made = make(desired="stopped", name="first")
    client.patch(f"/api/v1/deployments/{made['id']}", {"name": "second"})
    assert client.deployment(made["id"], at=made["position"])["name"] == "first"
    assert client.deployment(made["id"], at=made["updated_at"])["name"] == "first"
    assert client.deployment(made["id"])["name"] == "second"
    before = client.get(f"/api/v1/deployments/{made['id']}", at="2020-01-01T00:00:00Z")
    assert before.status_code == 404


def test_a_write_is_seen_by_a_read_that_names_its_position(client, make):
    made = make(desired="stopped")
    read = client.deployment(made["id"], min_pos=made["position"])
    assert read["version"] >= made["version"]
    listed = client.get("/api/v1/deployments", min_pos=made["position"], page_size=1000).json()
    assert made["id"] in [item["id"] for item in listed["items"]]
