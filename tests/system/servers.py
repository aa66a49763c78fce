"""Fixtures that start servers; shared by the system tests, the campaigns and the tests of stopped servers."""
import hub
import pytest


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
