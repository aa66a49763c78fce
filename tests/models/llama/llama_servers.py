"""The real llama.cpp server with its tiny model, for the tests beside this file: each kind is started when it is asked
for, and ended behind the tests."""
import json
import pathlib
import select
import subprocess
import time
import urllib.error
import urllib.request

import pytest

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[2]
PYTHON = ROOT / "build/llama/bin/python"
KEY = "sk-llama-test-key"
INSTALL_SECONDS = 600
READY_SECONDS = 60


@pytest.fixture(scope="session")
def model_file(tmp_path_factory):
    subprocess.run([HERE / "prepare"], check=True, timeout=INSTALL_SECONDS)
    path = tmp_path_factory.mktemp("model") / "tiny.gguf"
    subprocess.run([PYTHON, HERE / "tiny_model.py", path], check=True, timeout=READY_SECONDS)
    return path


def ask(port, path, key=KEY):
    """What the server itself answers."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Authorization": f"Bearer {key}"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        return json.load(answer)


def healthy(port):
    try:
        return ask(port, "/health") == {"status": "ok"}
    except (urllib.error.URLError, OSError):
        return False


def port_of(server):
    """From the server's first line; waits for it no longer than READY_SECONDS."""
    assert select.select([server.stdout], [], [], READY_SECONDS)[0], "the server says nothing"
    return int(server.stdout.readline().strip().rpartition(":")[2])


def serving(model_file, folder, *modes, key=KEY):
    """Yields the port of a server of its own."""
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen([PYTHON, HERE / "serve.py", model_file, key, *modes], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        port = port_of(server)
        until = time.monotonic() + READY_SECONDS
        while not healthy(port):
            assert server.poll() is None and time.monotonic() < until, (folder / "server.log").read_text()[-2000:]
        yield port
    finally:
        server.stdin.close()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


@pytest.fixture(scope="session")
def chat_port(model_file, tmp_path_factory):
    yield from serving(model_file, tmp_path_factory.mktemp("chat"))


@pytest.fixture(scope="session")
def open_chat_port(model_file, tmp_path_factory):
    """Of a server that asks for no key."""
    yield from serving(model_file, tmp_path_factory.mktemp("open-chat"), key="")


@pytest.fixture(scope="session")
def endless_port(model_file, tmp_path_factory):
    """Of a server that goes on for as many tokens as it is asked for."""
    yield from serving(model_file, tmp_path_factory.mktemp("endless"), "endless")


@pytest.fixture(scope="session")
def embedding_port(model_file, tmp_path_factory):
    yield from serving(model_file, tmp_path_factory.mktemp("embedding"), "embedding")
