import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import hub  # noqa: E402
from endpoint import endpoint  # noqa: E402, F401
from servers import make_server, own_server  # noqa: E402, F401


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
