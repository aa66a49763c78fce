"""The dashboard as a browser gets it: addresses, caching, and headers that keep it safe."""
import gzip
import pathlib
import re
import subprocess

import contract
import hub
import pytest
import requests

PAGES = ["/sign-in", "/dashboard", "/deployments", "/deployments/new", "/deployments/dep_x", "/deployments/dep_x/logs",
         "/deployments/dep_x/metrics", "/tasks", "/tasks/tsk_x", "/models", "/statistics", "/system", "/audit",
         "/settings/api-keys"]
MOVED = {"/": "/dashboard", "/deploy": "/deployments", "/deploy/new": "/deployments/new",
         "/settings": "/settings/api-keys"}
HTML = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def get(server, path, method="GET", **headers):
    # The session of `requests` names encodings and any type by itself; a test says what it means.
    with requests.Session() as session:
        session.trust_env = False
        session.headers.clear()
        return session.request(method, server.url + path, headers=headers, allow_redirects=False, timeout=hub.DEADLINE_S)


def is_built(server):
    return get(server, "/dashboard", **HTML).status_code == 200


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("accept", [HTML["Accept"], "*/*", None])
def test_every_address_of_the_page_answers_the_page(server, path, accept):
    answer = get(server, path, **({"Accept": accept} if accept else {}))
    assert answer.status_code in (200, 503)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.content == get(server, "/dashboard").content
    if answer.status_code == 503:
        assert "ops/dashboard" in answer.text


@pytest.mark.parametrize("path", PAGES)
def test_a_program_that_asks_for_json_there_is_told_that_there_is_none(server, path):
    answer = get(server, path, Accept="application/json")
    assert (answer.status_code, answer.json()["code"]) == (404, "route.not_found")
    assert get(server, path, method="POST", **HTML).status_code == 405


@pytest.mark.parametrize("path", ["/deploymints", "/dashboard/x", "/settings/api-keys/x", "/deployments/a/b/c",
                                  "/deployments//", "/%2e%2e/x", "/index.html", "/v2"])
def test_a_wrong_address_is_not_there_and_a_person_gets_the_page_that_says_so(server, path):
    answer = get(server, path, **HTML)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.status_code == (404 if is_built(server) else 503)
    page = get(server, "/dashboard", **HTML)
    assert answer.content == page.content
    assert answer.headers["Content-Security-Policy"] == page.headers["Content-Security-Policy"]
    for accept in ({}, {"Accept": "*/*"}, {"Accept": "application/json"}):
        answer = get(server, path, **accept)
        assert (answer.status_code, answer.json()["code"]) == (404, "route.not_found")
    for method in ("POST", "DELETE"):
        assert get(server, path, method=method, **HTML).status_code == 404


@pytest.mark.parametrize("path", ["/assets/none.js", "/assets/", "/assets/../index.html", "/assets/%2e%2e/index.html",
                                  "/assets/..%2findex.html", "/assets//index.html", "/api/v1/dashboard", "/v1/none"])
def test_what_programs_ask_for_is_not_there_whatever_they_take(server, path):
    with requests.Session() as session:
        request = requests.Request("GET", server.url, headers=HTML).prepare()
        request.url = server.url + path
        answer = session.send(request, allow_redirects=False, timeout=hub.DEADLINE_S)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("older, newer", MOVED.items())
def test_older_names_lead_on(server, older, newer):
    for query in ("", "?text=a%20b"):
        answer = get(server, older + query, **HTML)
        assert (answer.status_code, answer.headers["Location"]) == (308, newer + query)


def test_the_page_is_safe_from_other_sites_and_from_script_that_was_slipped_in(server):
    headers = get(server, "/dashboard", **HTML).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["connect-src"] == "'self'"
    assert policy["img-src"] == "'self' data: blob:"
    for name in ("frame-ancestors", "base-uri"):
        assert policy[name] == "'none'"
    assert policy["form-action"] == "'self'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


def test_the_page_needs_no_other_server(server):
    if not is_built(server):
        pytest.skip("this binary was built without the dashboard")
    page = get(server, "/dashboard", **HTML)
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert addresses
    for address in addresses:
        assert address.startswith("/") and not address.startswith("//"), address
        assert get(server, address).status_code == 200, address
    assert "<script>" not in page.text, "script in the page itself is not let run"


def test_assets_are_kept_for_ever_and_the_page_is_asked_for_anew(server):
    if not is_built(server):
        pytest.skip("this binary was built without the dashboard")
    page = get(server, "/dashboard", **HTML)
    assert page.headers["Cache-Control"] == "no-cache"
    again = get(server, "/deployments", **HTML, **{"If-None-Match": page.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert get(server, "/dashboard", method="HEAD", **HTML).headers["Content-Length"] == str(len(page.content))
    asset = next(path for path in re.findall(r'src="([^"]+)"', page.text) if path.startswith("/assets/"))
    plain = get(server, asset)
    assert plain.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert plain.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert "Content-Encoding" not in plain.headers
    with requests.get(server.url + asset, headers={"Accept-Encoding": "gzip"}, stream=True, timeout=30) as packed:
        assert packed.headers["Content-Encoding"] == "gzip"
        assert "Accept-Encoding" in packed.headers["Vary"]
        assert packed.headers["ETag"] != plain.headers["ETag"]
        assert gzip.decompress(packed.raw.read()) == plain.content


# --- the package ---

PACK = contract.ROOT / "ops" / "scripts" / "pack_dashboard.py"


def pack(folder, to):
    return subprocess.run(["/usr/bin/python3", PACK, folder, to], capture_output=True, text=True, timeout=60)


def test_a_package_holds_every_file_and_changes_only_with_them(tmp_path):
    page, to = tmp_path / "page", tmp_path / "pack"
    (page / "assets").mkdir(parents=True)
    (page / "index.html").write_text("<html>")
    (page / "assets" / "a-1.js").write_text("x" * 5000)
    (page / "assets" / "a-1.js.map").write_text("{}")
    assert pack(page, to).returncode == 0
    head, _, bytes = to.read_bytes().partition(b"\n\n")
    lines = [line.split("\t") for line in head.decode().splitlines()]
    assert [line[0] for line in lines] == ["assets/a-1.js", "index.html"]
    size, packed = int(lines[0][3]), int(lines[0][4])
    assert gzip.decompress(bytes[size:size + packed]) == bytes[:size] == b"x" * 5000
    assert bytes[size + packed:] == b"<html>" and lines[1][4] == "0"
    written = to.stat().st_mtime_ns
    pack(page, to)
    assert to.stat().st_mtime_ns == written


def test_a_package_of_nothing_is_empty(tmp_path):
    assert pack(tmp_path / "none", tmp_path / "pack").returncode == 0
    assert (tmp_path / "pack").read_bytes() == b"\n"


@pytest.mark.parametrize("name", ["what.exe", "a b.js", "noextension"])
def test_a_file_that_cannot_be_served_is_no_part_of_a_build(tmp_path, name):
    (tmp_path / "index.html").write_text("<html>")
    pathlib.Path(tmp_path / name).write_text("x")
    done = pack(tmp_path, tmp_path.parent / "pack")
    assert done.returncode != 0 and name in done.stderr
