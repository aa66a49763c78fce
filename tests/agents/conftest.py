import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))
import hub  # noqa: E402
import machines  # noqa: E402


class Site:
    """A server with machines attached to it, each over a proxy of the test's own."""

    def __init__(self, folder):
        self.folder = folder
        self.agents = []
        (folder / "server").mkdir()
        self.server = hub.Server(folder / "server", arguments=["--session-timeout", f"{machines.SESSION_S}s"]).start()
        self.proxy = machines.Proxy(self.server.url)

    def agent(self, name="box", folder=None, **options):
        one = machines.Agent(self.folder / (folder or name), name, [self.proxy.url], **options)
        self.agents.append(one)
        return one

    def restart(self):
        """The server has ended; it comes back, at another port, behind the same address."""
        self.server.start()
        self.proxy.lead_to(self.server.url)

    def hosts(self, client=None):
        answer = (client or self.server.client()).get("/api/v1/hosts")
        assert answer.status_code == 200, answer.text
        return {host["name"]: host for host in answer.json()["items"]}

    def clean_up(self):
        self.proxy.close()
        for one in (*self.agents, self.server):
            one.clean_up()


@pytest.fixture
def site(tmp_path):
    made = Site(tmp_path)
    yield made
    made.clean_up()
