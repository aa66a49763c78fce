import os
import pathlib
import uuid

import brokers
import nodes as several
import pytest


@pytest.fixture(scope="session")
def bootstrap_file(tmp_path_factory):
    """File with the addresses of one broker for all tests: ctest's, or one of this run."""
    given = os.environ.get("HUB_KAFKA_BOOTSTRAP_FILE")
    if given:
        yield pathlib.Path(given)
        return
    kafka = brokers.Brokers(tmp_path_factory.mktemp("kafka") / "data").start()
    yield kafka.folder / "bootstrap"
    kafka.stop("--now", "--remove")


@pytest.fixture(scope="session")
def bootstrap(bootstrap_file):
    return bootstrap_file.read_text().strip()


@pytest.fixture
def namespace():
    """Of the test's own: the broker is shared."""
    return f"t{uuid.uuid4().hex[:16]}"


@pytest.fixture
def nodes(bootstrap, namespace, tmp_path):
    """Servers of a namespace of their own; none runs yet."""
    made = several.Nodes(tmp_path, bootstrap, namespace)
    yield made
    made.clean_up()
