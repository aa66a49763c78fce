import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent / "system")]
import campaign  # noqa: E402
from servers import make_server, own_server  # noqa: E402, F401

SHOWN = pytest.StashKey[list]()


def pytest_configure(config):
    config.stash[SHOWN] = []


@pytest.fixture
def figures(request):
    """figures(name=value, …): one line, printed behind the tests whether they pass or fail."""

    def show(**values):
        text = " ".join(f"{name}={value}" for name, value in values.items())
        request.config.stash[SHOWN].append(f"{request.node.name}: {text}")

    return show


@pytest.fixture
def dice(figures):
    """The random numbers of a campaign; its seed is among the figures, and HUB_SEED repeats one."""
    dice = campaign.dice()
    figures(seed=dice.seed_used)
    return dice


def pytest_terminal_summary(terminalreporter, config):
    for line in config.stash[SHOWN]:
        terminalreporter.write_line(line)
