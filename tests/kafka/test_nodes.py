"""Several nodes of one namespace: partitions are shared out, commands enter anywhere, and what a dead node owned goes on
elsewhere."""
import pathlib
import subprocess
import sys
import threading

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))
import hub  # noqa: E402

PARTITIONS = 6
SESSION_S = 6


class Nodes:
    def __init__(self, folder, bootstrap, namespace):
        self.folder = folder
        self.there = ["--kafka-brokers", bootstrap, "--namespace", namespace]
        self.all = {}
        subprocess.run([hub.BINARY, "kafka", "init", *self.there, "--partitions", str(PARTITIONS)], check=True,
                       capture_output=True)

    def start(self, name):
        if name not in self.all:
            folder = self.folder / name
            folder.mkdir()
            arguments = ["--log", "kafka", "--node", name, "--session-timeout", f"{SESSION_S}s", *self.there]
            self.all[name] = hub.Server(folder, arguments=arguments)
        return self.all[name].start()

    def owner(self, client, partition):
        """Who claimed a partition last."""
        return client.owner(partition)

    def clean_up(self):
        for server in self.all.values():
            server.clean_up()


@pytest.fixture
def nodes(bootstrap, namespace, tmp_path):
    made = Nodes(tmp_path, bootstrap, namespace)
    yield made
    made.clean_up()


def claims(client):
    """partition → node, epoch of the last claim, as the record says."""
    found = {}
    for item in client.get("/api/v1/events", types="computehub.internal.claimed.v1", limit=1000).json()["items"]:
        found[int(item["id"].split(":")[0])] = item["data"]
    return found


def test_commands_enter_anywhere(nodes):
    one, two = nodes.start("one"), nodes.start("two")
    ids = [server.client().create(desired="stopped")["id"] for _ in range(20) for server in (one, two)]
    for server in (one, two):
        client = server.client()
        hub.eventually(lambda: all(client.get(f"/api/v1/deployments/{id}").status_code == 200 for id in ids), "all are seen")
