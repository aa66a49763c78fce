"""Debian's Prometheus scrapes the server, with a token and as ops/docker has it; its values are the server's."""
import re
import subprocess

import contract
import hub
import prometheus
import pytest
import yaml

SHIPPED = contract.ROOT / "ops" / "docker" / "prometheus.yml"
COUNT = 5
FAMILY = re.compile(r"^# (HELP|TYPE) (\S+) (.*)$", re.MULTILINE)


def configuration(tokened, opened, folder):
    """The shipped job against `opened`; one with a token, and one that lacks it, against `tokened`."""
    (folder / "token").write_text(hub.TOKEN)
    shipped = yaml.safe_load(SHIPPED.read_text())
    (job,) = shipped["scrape_configs"]
    job["static_configs"] = [{"targets": [opened.url.removeprefix("http://")]}]
    targets = [{"targets": [tokened.url.removeprefix("http://")]}]
    with_token = {"job_name": "with-token", "static_configs": targets,
                  "authorization": {"type": "Bearer", "credentials_file": str(folder / "token")}}
    shipped["global"]["scrape_interval"] = "200ms"
    shipped["scrape_configs"] += [with_token, {"job_name": "without-token", "static_configs": targets}]
    return shipped


@pytest.fixture(scope="module")
def scraped(tmp_path_factory):
    """(Prometheus, the server that it asks with a token)."""
    folders = [tmp_path_factory.mktemp(name) for name in ("tokened", "opened", "prometheus")]
    servers = [hub.Server(folders[0]), hub.Server(folders[1], ["--metrics-open"])]
    try:
        for server in servers:
            server.start()
        asking = prometheus.Prometheus(folders[2], configuration(*servers, folders[2]))
        try:
            yield asking, servers[0]
        finally:
            asking.clean_up()
    finally:
        for server in servers:
            server.clean_up()


def agrees(asking, query, expected):
    """Waits for the scrape that brings it."""
    found = []

    def is_there():
        found.append(asking.value(query))
        return found[-1] == expected

    try:
        hub.eventually(is_there, query)
    except AssertionError:
        raise AssertionError(f"{query} is {found[-1]}, not {expected}") from None


def test_targets_are_up_and_one_without_its_token_says_why_not(scraped):
    asking, server = scraped
    for job in ("computehub", "with-token"):
        agrees(asking, f'up{{job="{job}"}}', 1)
    agrees(asking, 'up{job="without-token"}', 0)
    assert "401" in asking.targets()["without-token"]["lastError"]
    assert asking.targets()["with-token"]["labels"]["instance"] == server.url.removeprefix("http://")


def test_values_are_those_of_the_server(scraped):
    asking, server = scraped
    client = server.client()
    of = '{job="with-token"}'
    agrees(asking, f"up{of}", 1)
    for _ in range(COUNT):
        client.create(desired="stopped")
    assert client.get("/api/v1/deployments/none").status_code == 404
    with server.live() as one, server.live():
        one.subscribe("deployments")
        agrees(asking, f"computehub_live_sockets{of}", 2)
        agrees(asking, f"computehub_live_subscriptions{of}", 1)
        agrees(asking, f"computehub_live_messages_total{of}", 1)
    agrees(asking, f"computehub_live_sockets{of}", 0)
    agrees(asking, f"computehub_engine_events_total{of}", len(client.get("/api/v1/events", limit=1000).json()["items"]))
    posts = 'job="with-token",method="POST",route="/api/v1/deployments"'
    agrees(asking, f'computehub_http_requests_total{{{posts},status="2xx"}}', COUNT)
    agrees(asking, f"computehub_http_request_seconds_count{{{posts}}}", COUNT)
    agrees(asking, f'computehub_http_request_seconds_bucket{{{posts},le="+Inf"}}', COUNT)
    agrees(asking, 'computehub_refusals_total{job="with-token",status="404",code="deployment.not_found"}', 1)
    agrees(asking, f"computehub_projection_lag_records{of}", 0)
    agrees(asking, f"computehub_engine_queue_depth{of}", 0)
    checks = client.get("/api/v1/system/health").json()["checks"]
    agrees(asking, f"sum(computehub_health_check{of})", len([check for check in checks if check["ok"]]))
    assert asking.value(f"computehub_log_fsync_seconds_count{of}") >= COUNT
    assert asking.value(f"computehub_process_resident_bytes{of}") > 1_000_000


def test_prometheus_knows_every_family_as_the_server_describes_it(scraped):
    asking, server = scraped
    text = server.client().get("/metrics").text
    families = {}
    for what, name, said in FAMILY.findall(text):
        families.setdefault(name, {})[what.lower()] = said
    assert families and all(family.keys() == {"help", "type"} for family in families.values())

    def known():
        metadata = asking.get("targets/metadata", match_target='{job="with-token"}')
        return {entry["metric"]: {"help": entry["help"], "type": entry["type"]} for entry in metadata}

    hub.eventually(lambda: families.keys() <= known().keys(), "all families are scraped")
    assert {name: known()[name] for name in families} == families


def test_promtool_has_no_complaint(scraped):
    _, server = scraped
    assert server.client("wrong").get("/api/v1/me").status_code == 401
    assert prometheus.complaints(server.client().get("/metrics").text) == ""
    done = subprocess.run(["promtool", "check", "config", SHIPPED], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
