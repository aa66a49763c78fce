import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "system"), str(Path(__file__).parent)]
import folders  # noqa: E402
import hub  # noqa: E402


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


@pytest.fixture(scope="session")
def record(tmp_path_factory):
    """The folder of a server that was started three times and stopped: each partition that it wrote to has several
    checkpoints. Not to be changed."""
    server = hub.Server(tmp_path_factory.mktemp("record"))
    for _ in range(3):
        client = server.start().client()
        for _ in range(24):
            client.create(desired="stopped")
        server.stop()
    server.clean_up()
    return server.data


@pytest.fixture
def copy_of(tmp_path):
    """A copy of a data folder that the test may change."""
    return lambda data: folders.copy(data, tmp_path / "copy")
