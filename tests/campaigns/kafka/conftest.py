import pathlib
import sys

import pytest

TESTS = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TESTS / "kafka"), str(TESTS / "campaigns" / "kafka")]
import brokers  # noqa: E402
import campaign  # noqa: E402
import node_kills  # noqa: E402
from rig import three_nodes  # noqa: E402


CLIENTS = campaign.size(3, 12)


@pytest.fixture(scope="session")
def three_brokers(tmp_path_factory):
    kafka = brokers.Brokers(tmp_path_factory.mktemp("kafka") / "data").start(3)
    yield kafka
    kafka.stop("--now", "--remove")


@pytest.fixture
def run(three_brokers, tmp_path, dice):
    with three_nodes(three_brokers, tmp_path, dice, CLIENTS) as made:
        yield made


@pytest.fixture(scope="session")
def kills(three_brokers, tmp_path_factory):
    """What became of a run whose nodes were killed at random: its record is whole, and has several owners."""
    dice = campaign.dice()
    with three_nodes(three_brokers, tmp_path_factory.mktemp("kills"), dice, CLIENTS) as made:
        yield node_kills.attack(made)
