"""Files of a deployment's workspace, and that nothing leads out of it."""
import os
import shutil
import socket
import threading
import urllib.parse

import hub
import pytest
import requests


@pytest.fixture(scope="module")
def place(server):
    """A deployment that does nothing: (its address of files, its workspace on the disk)."""
    made = server.client().create("exec sleep 600", wait="running")
    return f"/api/v1/deployments/{made['id']}/files", server.data / "local" / made["id"] / "workspace"


def put(client, base, path, content, **headers):
    return client.request("PUT", base + "/content", params={"path": path}, data=content,
                          headers={"Content-Type": "application/octet-stream", **headers})


def read(client, base, path):
    return client.request("GET", base + "/content", params={"path": path})


def listed(client, base, path=""):
    return client.request("GET", base, params={"path": path})


def remove(client, base, path, recursive=False):
    return client.request("DELETE", base + "/content", params={"path": path, **({"recursive": "true"} if recursive else {})})


def names(client, base, path=""):
    answer = listed(client, base, path)
    assert answer.status_code == 200, answer.text
    return {entry["name"]: entry for entry in answer.json()["items"]}


def test_files_are_made_listed_read_moved_and_removed(client, place):
    base, workspace = place
    made = put(client, base, "a/b/notes.txt", b"one\n")
    assert (made.status_code, made.json()["kind"], made.json()["size"]) == (201, "file", 4)
    assert (workspace / "a" / "b" / "notes.txt").read_bytes() == b"one\n"
    again = put(client, base, "a/b/notes.txt", b"two two\n")
    assert (again.status_code, again.json()["size"]) == (200, 8)
    assert read(client, base, "a/b/notes.txt").content == b"two two\n"
    assert names(client, base)["a"]["kind"] == "folder"
    assert list(names(client, base, "a/b")) == ["notes.txt"]
    assert client.post(base + "/folder", {"path": "c"}).status_code == 201
    moved = client.post(base + "/move", {"from": "a/b/notes.txt", "to": "c/renamed.txt"})
    assert (moved.status_code, moved.json()["name"]) == (200, "renamed.txt")
    assert names(client, base, "a/b") == {}
    assert remove(client, base, "c/renamed.txt").status_code == 204
    assert remove(client, base, "a").json()["code"] == "files.not_empty"
    assert remove(client, base, "a", True).status_code == 204
    assert not (workspace / "a").exists()


def test_what_the_command_writes_is_seen(server, client):
    made = client.create("mkdir out; printf hello > out/x; ln -s /etc/passwd out/link; mkfifo out/pipe; exec sleep 600",
                         wait="running")
    base = f"/api/v1/deployments/{made['id']}/files"
    found = hub.eventually(lambda: (lambda all: all if "pipe" in all else None)(
        names(client, base, "out") if listed(client, base, "out").status_code == 200 else {}), "the files are there")
    assert {name: entry["kind"] for name, entry in found.items()} == {"x": "file", "link": "link", "pipe": "other"}
    for name in ("link", "pipe"):
        assert read(client, base, "out/" + name).json()["code"] == "files.not_a_file"
    client.act(made["id"], "delete")


def test_any_bytes_come_back_as_they_were(client, place):
    base, _ = place
    for content in (b"", bytes(range(256)), os.urandom(3 << 20)):
        assert put(client, base, "bytes", content).status_code in (200, 201)
        answer = read(client, base, "bytes")
        assert answer.content == content
        assert answer.headers["X-File-Size"] == str(len(content))


def test_a_file_is_never_shown_as_a_page_of_this_server(client, place):
    base, _ = place
    put(client, base, "evil.html", b"<script>alert(1)</script>")
    headers = read(client, base, "evil.html").headers
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Disposition"] == "attachment"
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_a_file_may_be_large(client, place):
    base, workspace = place
    whole = os.urandom(1 << 20) * 100
    assert put(client, base, "large", whole).json()["size"] == 100 << 20
    assert (workspace / "large").stat().st_size == 100 << 20
    assert read(client, base, "large").content == whole
    with (workspace / "grown").open("wb") as file:
        file.truncate((100 << 20) + 1)
    assert read(client, base, "grown").json()["code"] == "files.too_large"
    for name in ("large", "grown"):
        (workspace / name).unlink()


def test_more_than_a_file_may_have_is_refused_before_it_is_sent(server, place):
    base, _ = place
    host = urllib.parse.urlsplit(server.url)
    with socket.create_connection((host.hostname, host.port), hub.DEADLINE_S) as connection:
        connection.sendall((f"PUT {base}/content?path=larger HTTP/1.1\r\nHost: {host.netloc}\r\n"
                            f"Authorization: Bearer {hub.TOKEN}\r\nContent-Length: {(100 << 20) + 1}\r\n\r\n").encode())
        answer = connection.recv(4096)
    assert answer.split()[1] == b"413" and b"http.body_too_large" in answer


def test_so_many_files_are_taken_in_at_a_time(server, client, place):
    base, _ = place
    host = urllib.parse.urlsplit(server.url)
    open_ones = []
    try:
        for number in range(5):
            connection = socket.create_connection((host.hostname, host.port), hub.DEADLINE_S)
            open_ones.append(connection)
            connection.sendall((f"PUT {base}/content?path=slow{number} HTTP/1.1\r\nHost: {host.netloc}\r\n"
                                f"Authorization: Bearer {hub.TOKEN}\r\nContent-Length: 10\r\n"
                                "Expect: 100-continue\r\n\r\n").encode())
            status = connection.recv(4096).split()[1]
            assert status == (b"100" if number < 4 else b"429"), number
        for connection in open_ones[:4]:
            connection.sendall(b"0123456789")
            assert connection.recv(4096).split()[1] == b"201"
    finally:
        for connection in open_ones:
            connection.close()
    assert put(client, base, "after", b"x").status_code == 201


def test_nobody_sends_much_without_a_token(server, place):
    base, _ = place
    answer = put(server.client(token=None), base, "x", b"x" * (2 << 20))
    assert answer.status_code == 401


# --- nothing leads out ---

OUT = ["..", "../..", "../x", "a/../../x", "/etc/passwd", "/", "a//b", "a/", "./a", "a/.", "a\0b", "x" * 256,
       "a/" * 513 + "a", "../workspace/../../keys/dev-token"]


@pytest.mark.parametrize("path", OUT)
def test_a_path_that_leads_elsewhere_is_refused(client, place, path):
    base, _ = place
    for answer in (listed(client, base, path), read(client, base, path), put(client, base, path, b"x"),
                   remove(client, base, path, True),
                   client.post(base + "/folder", {"path": path}), client.post(base + "/move", {"from": path, "to": "z"}),
                   client.post(base + "/move", {"from": "z", "to": path})):
        assert answer.status_code in (400, 422), answer.text
        assert answer.json()["code"] in ("files.path", "query.malformed"), answer.text


def test_the_workspace_itself_stays(client, place):
    base, _ = place
    for answer in (remove(client, base, "", True), read(client, base, ""),
                   client.post(base + "/move", {"from": "", "to": "x"})):
        assert (answer.status_code, answer.json()["code"]) == (422, "files.path")


def test_no_link_is_followed(server, client, place, tmp_path):
    base, workspace = place
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("not yours")
    (workspace / "folder").symlink_to(outside)
    (workspace / "file").symlink_to(outside / "secret")
    (workspace / "loop").symlink_to("loop")
    kinds = {name: entry["kind"] for name, entry in names(client, base).items()}
    assert [kinds[name] for name in ("folder", "file", "loop")] == ["link"] * 3
    put(client, base, "mine", b"x")
    for answer in (listed(client, base, "folder"), read(client, base, "folder/secret"), read(client, base, "file"),
                   put(client, base, "folder/new", b"x"), put(client, base, "file", b"x"),
                   remove(client, base, "folder/secret"),
                   client.post(base + "/folder", {"path": "folder/new"}),
                   client.post(base + "/move", {"from": "folder/secret", "to": "got"}),
                   client.post(base + "/move", {"from": "mine", "to": "folder/put"})):
        assert answer.status_code == 409, answer.text
    assert os.listdir(outside) == ["secret"]
    assert (outside / "secret").read_text() == "not yours"
    # A link itself may go; what it points at stays.
    for name in ("folder", "file", "loop"):
        assert remove(client, base, name, True).status_code == 204
    assert (outside / "secret").read_text() == "not yours"


def test_a_folder_with_links_is_removed_and_what_they_point_at_stays(client, place, tmp_path):
    base, workspace = place
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("x")
    (workspace / "tree" / "deep").mkdir(parents=True)
    (workspace / "tree" / "deep" / "out").symlink_to(outside)
    assert remove(client, base, "tree", True).status_code == 204
    assert (outside / "kept").read_text() == "x" and not (workspace / "tree").exists()


def test_nothing_leads_out_while_a_command_swaps_a_folder_for_a_link(client, place, tmp_path):
    base, workspace = place
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x").write_text("not yours")
    swapped, stop = workspace / "swap", threading.Event()

    def swap():
        while not stop.is_set():
            for make in (lambda: swapped.symlink_to(outside), swapped.mkdir):
                try:
                    swapped.unlink() if swapped.is_symlink() else shutil.rmtree(swapped, ignore_errors=True)
                    make()
                except OSError:
                    pass  # the server has made it meanwhile

    swapping = threading.Thread(target=swap)
    swapping.start()
    seen = set()
    try:
        for number in range(200):
            seen.add(read(client, base, "swap/x").status_code)
            seen.add(put(client, base, f"swap/new{number}", b"x").status_code)
    finally:
        stop.set()
        swapping.join()
    assert seen <= {201, 404, 409}, "a folder that goes on the way is no fault of the server"
    assert os.listdir(outside) == ["x"] and (outside / "x").read_text() == "not yours"


def test_nothing_is_overwritten_by_a_move(client, place):
    base, _ = place
    put(client, base, "one", b"1")
    put(client, base, "two", b"2")
    assert client.post(base + "/move", {"from": "one", "to": "two"}).json()["code"] == "files.exists"
    assert client.post(base + "/folder", {"path": "one"}).json()["code"] == "files.exists"
    assert client.post(base + "/move", {"from": "none", "to": "three"}).json()["code"] == "files.not_found"
    assert read(client, base, "two").content == b"2"


# --- who may ---

def test_a_viewer_reads_and_changes_nothing(server, client, place):
    base, _ = place
    put(client, base, "shared", b"x")
    viewer = server.client(client.make_key("viewer")[1])
    assert read(viewer, base, "shared").content == b"x"
    assert "shared" in names(viewer, base)
    for answer in (put(viewer, base, "shared", b"y"), remove(viewer, base, "shared"),
                   viewer.post(base + "/folder", {"path": "f"}), viewer.post(base + "/move", {"from": "shared", "to": "s"})):
        assert (answer.status_code, answer.json()["code"]) == (403, "auth.forbidden")


def test_another_project_does_not_know_of_them(server, client, place):
    base, _ = place
    name = hub.unique("foreign")
    client.post("/api/v1/projects", {"name": name})
    other = server.client(client.make_key("admin", project=name)[1])
    for answer in (other.get(base), read(other, base, "shared"), put(other, base, "x", b"x")):
        assert (answer.status_code, answer.json()["code"]) == (404, "deployment.not_found")


def test_a_page_of_another_site_cannot_upload(server, place):
    base, _ = place
    signed_in = requests.post(f"{server.url}/api/v1/session", json={"dev": True}, timeout=30)
    for headers, code in (({}, "origin.missing"), ({"Origin": "https://evil.example"}, "origin.foreign")):
        answer = requests.put(f"{server.url}{base}/content?path=x", data=b"x", headers=headers,
                              cookies=signed_in.cookies, timeout=30)
        assert (answer.status_code, answer.json()["code"]) == (403, code)
    own = requests.put(f"{server.url}{base}/content?path=own", data=b"x" * (2 << 20), headers={"Origin": server.url},
                       cookies=signed_in.cookies, timeout=30)
    assert own.status_code == 201


def test_a_deployment_that_is_gone_has_no_files(client):
    made = client.create("exec sleep 600", wait="running")
    base = f"/api/v1/deployments/{made['id']}/files"
    client.act(made["id"], "delete", wait="deleted")
    assert client.get(base).json()["code"] == "files.none"
