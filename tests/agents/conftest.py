import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))
import hub  # noqa: E402
import machines  # noqa: E402


class Site:
    """A server with machines attached to it."""

    def __init__(self, folder):
        self.folder = folder
        self.agents, self.proxies = [], []
        (folder / "server").mkdir()
        self.server = hub.Server(folder / "server", arguments=["--session-timeout", f"{machines.SESSION_S}s"])
        self.port = None

    def agent(self, name="box", servers=None, folder=None, **options):
        one = machines.Agent(self.folder / (folder or name), name, servers or [self.server.url], **options)
        self.agents.append(one)
        return one

    def proxy(self):
        one = machines.Proxy(self.server.url)
        self.proxies.append(one)
        return one

    def hosts(self, client=None):
        answer = (client or self.server.client()).get("/api/v1/hosts")
        assert answer.status_code == 200, answer.text
        return {host["name"]: host for host in answer.json()["items"]}

    def clean_up(self):
        for one in self.proxies:
            one.close()
        for one in (*self.agents, self.server):
            one.clean_up()


@pytest.fixture
def site(tmp_path):
    made = Site(tmp_path)
    made.server.start()
    yield made
    made.clean_up()
