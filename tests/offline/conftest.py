import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "system"), str(Path(__file__).parent)]
import folders  # noqa: E402
import hub  # noqa: E402
from servers import make_server, own_server  # noqa: E402, F401


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
