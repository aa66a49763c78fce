"""ops/docker: what a machine without a Docker daemon can say of it."""
import os
import pathlib
import re
import shutil
import socket
import subprocess

import contract
import hub
import pytest
import yaml

DOCKER = contract.ROOT / "ops" / "docker"
HUBS = ["hub-1", "hub-2", "hub-3"]
KAFKAS = ["kafka-1", "kafka-2", "kafka-3"]
# Debian's smallest image has these.
ALWAYS_THERE = {"libc6", "libgcc-s1", "libstdc++6"}
CHECK_SECONDS = 7200


def lines(path):
    return [line.split("#")[0].strip() for line in path.read_text().splitlines() if line.split("#")[0].strip()]


def runs():
    """The RUN lines of each stage."""
    stages = []
    for line in lines(DOCKER / "Dockerfile"):
        if line.startswith("FROM "):
            stages.append([])
        elif line.startswith("RUN "):
            stages[-1].append(line.removeprefix("RUN "))
    return stages


@pytest.fixture(scope="module")
def compose():
    program = shutil.which("docker-compose")
    if not program:
        pytest.skip("docker-compose is not installed")
    done = subprocess.run([program, "-f", DOCKER / "compose.yaml", "config"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return yaml.safe_load(done.stdout)


def test_compose_has_three_nodes_three_brokers_and_prometheus(compose):
    assert sorted(compose["services"]) == sorted([*HUBS, *KAFKAS, "topics", "prometheus"])
    for name in HUBS:
        service = compose["services"][name]
        assert service["depends_on"] == {"topics": {"condition": "service_completed_successfully"}}
        assert service["environment"]["COMPUTEHUB_NODE"] == name
        assert service["environment"]["COMPUTEHUB_KAFKA_BROKERS"] == ",".join(f"{kafka}:9092" for kafka in KAFKAS)
        assert service["build"]["dockerfile"] == "ops/docker/Dockerfile"
    assert compose["services"]["topics"]["command"][:2] == ["kafka", "init"]


def test_the_brokers_are_of_the_version_that_is_tested(compose):
    version = re.search(r"<artifactId>kafka_2.13</artifactId>\s*<version>([0-9.]+)</version>",
                        (contract.ROOT / "ops" / "kafka" / "pom.xml").read_text()).group(1)
    assert {compose["services"][name]["image"] for name in KAFKAS} == {f"apache/kafka:{version}"}


def test_each_broker_has_its_own_number_address_and_data(compose):
    services = [compose["services"][name] for name in KAFKAS]
    assert [service["environment"]["KAFKA_NODE_ID"] for service in services] == [1, 2, 3]
    for name, service in zip(KAFKAS, services):
        assert service["environment"]["KAFKA_ADVERTISED_LISTENERS"] == f"PLAINTEXT://{name}:9092"
        assert service["volumes"] == [f"{name}:/var/lib/kafka/data:rw"]


def test_every_container_is_bounded_comes_back_and_gains_no_rights(compose):
    for name, service in compose["services"].items():
        assert service["mem_limit"] and service["restart"] in ("unless-stopped", "on-failure"), name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["logging"]["options"]["max-size"], name
    for name in HUBS:
        assert compose["services"][name]["cap_drop"] == ["ALL"] and compose["services"][name]["init"] is True
        assert compose["services"][name]["secrets"] == [{"source": "encryption-key"}]
    assert compose["services"]["topics"]["depends_on"] == {name: {"condition": "service_healthy"} for name in KAFKAS}
    assert "USER computehub" in lines(DOCKER / "Dockerfile")


def test_the_health_check_of_a_node_passes_where_a_node_is_ready_and_nowhere_else(compose, server):
    """The very words of the compose file, but for the port."""
    words = compose["services"]["hub-1"]["healthcheck"]["test"]
    assert words[0] == "CMD"

    def passes(port):
        told = [word.replace("$$", "$").replace("/8080", f"/{port}") for word in words[1:]]
        return subprocess.run(told, capture_output=True, timeout=60).returncode == 0
    port = server.url.rsplit(":", 1)[1]
    assert passes(port)
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        free = nobody.getsockname()[1]
    assert not passes(free)


def test_only_loopback_is_published_and_no_broker_is(compose):
    published = {name: service.get("ports", []) for name, service in compose["services"].items()}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)
    assert {name for name, ports in published.items() if ports} == {*HUBS, "prometheus"}


def test_prometheus_asks_every_node():
    (job,) = yaml.safe_load((DOCKER / "prometheus.yml").read_text())["scrape_configs"]
    assert job["static_configs"] == [{"targets": [f"{name}:8080" for name in HUBS]}]


def test_the_image_is_installed_and_built_as_everything_else():
    build, last = runs()
    built = next(line for line in lines(contract.ROOT / "ops" / "run") if line.startswith("ops/build "))
    assert build == ["ops/setup", "ops/docs-page", built]
    assert last[0] == "ops/setup ops/docker/packages.txt"


def test_the_image_has_the_libraries_of_its_programs_and_no_others():
    packages = set()
    for program in ("computehub", "computehub-supervisor"):
        text = subprocess.run(["readelf", "-d", hub.BINARY.with_name(program)], capture_output=True, text=True, check=True).stdout
        for library in re.findall(r"\(NEEDED\).*\[(.+)\]", text):
            owner = subprocess.run(["dpkg", "-S", f"*/{library}"], capture_output=True, text=True, check=True).stdout
            packages |= {line.split(":")[0] for line in owner.splitlines() if line.split(": ")[1].startswith(("/lib/", "/usr/lib/"))}
    assert set(lines(DOCKER / "packages.txt")) == (packages - ALWAYS_THERE) | {"ca-certificates"}


def test_no_secret_and_no_build_gets_into_the_image():
    assert {".git", ".data", "build", "ops/docker/secrets"} <= set(lines(contract.ROOT / ".dockerignore"))
    ignored = subprocess.run(["git", "-C", contract.ROOT, "check-ignore", "ops/docker/secrets/encryption-key"], capture_output=True)
    assert ignored.returncode == 0


@pytest.mark.timeout(CHECK_SECONDS)
def test_the_steps_of_the_image_run_in_a_bare_chroot():
    if not os.environ.get("HUB_LONG"):
        pytest.skip("as long as a first build: ops/test --long")
    if os.geteuid() != 0 or not shutil.which("mmdebstrap"):
        pytest.skip("needs root and mmdebstrap")
    done = subprocess.run([DOCKER / "check"], capture_output=True, text=True, timeout=CHECK_SECONDS)
    assert done.returncode == 0, done.stderr[-4000:]
    assert done.stdout.splitlines()[-1].startswith("computehub ")
