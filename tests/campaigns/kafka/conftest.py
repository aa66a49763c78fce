import pathlib
import sys
import uuid

import pytest

TESTS = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TESTS / "kafka"), str(TESTS / "campaigns" / "kafka")]
import brokers  # noqa: E402
import nodes  # noqa: E402
import rig  # noqa: E402


@pytest.fixture(scope="session")
def three_brokers(tmp_path_factory):
    kafka = brokers.Brokers(tmp_path_factory.mktemp("kafka") / "data").start(3)
    yield kafka
    kafka.stop("--now", "--remove")


@pytest.fixture
def make_rig(three_brokers, tmp_path, dice):
    """Three nodes of a namespace of their own on three brokers, ended behind the test."""
    made = []

    def make(clients, **options):
        several = nodes.Nodes(tmp_path, three_brokers.bootstrap, f"t{uuid.uuid4().hex[:16]}")
        made.append(several)
        return rig.Rig(several, dice, three_brokers.bootstrap).start(clients, **options)

    yield make
    for each in made:
        each.clean_up()
