import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import hub  # noqa: E402


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """One server for all tests that neither stop it nor count what is in it."""
    shared = hub.Server(tmp_path_factory.mktemp("server")).start()
    yield shared
    shared.clean_up()


@pytest.fixture
def client(server):
    return server.client()


@pytest.fixture
def live(server):
    with server.live() as connection:
        yield connection


@pytest.fixture
def make_server(tmp_path):
    """Starts a server of the test's own; all are ended behind it."""
    made = []

    def make(*arguments, start=True, **options):
        folder = tmp_path / f"server-{len(made)}"
        folder.mkdir()
        made.append(hub.Server(folder, arguments, **options))
        return made[-1].start() if start else made[-1]

    yield make
    for each in made:
        each.clean_up()


@pytest.fixture
def own_server(make_server):
    return make_server()


@pytest.fixture
def make(client):
    """client.create whose deployments are deleted behind the test."""
    ids = []

    def create(*arguments, **fields):
        made = client.create(*arguments, **fields)
        ids.append(made["id"])
        return made

    yield create
    if ids:
        client.post("/api/v1/deployments/batch", {"action": "delete", "ids": ids})
