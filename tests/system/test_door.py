"""How the server is reached: TLS, proxies in front of it, and which addresses it takes without them."""
import json
import socket
import ssl
import subprocess
import urllib.parse

import hub
import pytest


def write_certificate(folder, name):
    """A certificate for 127.0.0.1 that signs itself; both files are put in place whole."""
    for kind in ("key", "cert"):
        (folder / f"{kind}.pem.new").unlink(missing_ok=True)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder / "key.pem.new",
         "-out", folder / "cert.pem.new"], check=True, capture_output=True, timeout=hub.DEADLINE_S)
    for kind in ("key", "cert"):
        (folder / f"{kind}.pem.new").rename(folder / f"{kind}.pem")


@pytest.fixture
def tls_server(make_server, tmp_path):
    write_certificate(tmp_path, "first")
    return make_server("--tls-cert", str(tmp_path / "cert.pem"), "--tls-key", str(tmp_path / "key.pem"))


def certificate_of(server):
    """What a new connection is shown, as it stands in a PEM file."""
    host = urllib.parse.urlsplit(server.url)
    return ssl.get_server_certificate((host.hostname, host.port))


def test_tls_is_served_with_the_given_certificate(tls_server, tmp_path):
    assert tls_server.url.startswith("https://127.0.0.1:")
    client = tls_server.client()
    client.session.verify = str(tmp_path / "cert.pem")
    assert client.get("/api/v1/me").status_code == 200
    assert client.create(desired="stopped")["status"] == "stopped"
    assert certificate_of(tls_server) == (tmp_path / "cert.pem").read_text()


def test_a_changed_certificate_is_taken_without_a_restart(tls_server, tmp_path):
    first = certificate_of(tls_server)
    client = tls_server.client()
    client.session.verify = str(tmp_path / "cert.pem")
    assert client.get("/api/v1/me").status_code == 200
    write_certificate(tmp_path, "second")
    second = (tmp_path / "cert.pem").read_text()
    assert second != first
    assert certificate_of(tls_server) == second
    assert client.get("/api/v1/me").status_code == 200, "a connection from before lives on"


def test_a_certificate_that_cannot_be_used_leaves_the_old_one_in_force(tls_server, tmp_path):
    first = certificate_of(tls_server)
    (tmp_path / "cert.pem").write_text("this is no certificate")
    assert certificate_of(tls_server) == first
    assert tls_server.stop() == 0
    assert "the old certificate stays in force" in tls_server.errors.read_text()


def test_plain_http_to_a_tls_port_gets_nothing(tls_server):
    host = urllib.parse.urlsplit(tls_server.url)
    with socket.create_connection((host.hostname, host.port), hub.DEADLINE_S) as connection:
        connection.sendall(b"GET /api/v1/me HTTP/1.1\r\nHost: localhost\r\n\r\n")
        try:
            assert b"HTTP/" not in connection.recv(4096)
        except ConnectionResetError:
            pass


def test_old_versions_of_tls_are_refused(tls_server):
    host = urllib.parse.urlsplit(tls_server.url)
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    with socket.create_connection((host.hostname, host.port), hub.DEADLINE_S) as connection:
        with pytest.raises((ssl.SSLError, ConnectionResetError)):
            old.wrap_socket(connection)


@pytest.mark.parametrize("arguments, code", [
    (["--tls-cert", "cert.pem"], "config.tls_pair"),
    (["--tls-cert", "cert.pem", "--tls-key", "absent.pem"], "tls.unusable"),
    (["--listen", "0.0.0.0:0"], "config.no_tls"),
    (["--listen", "[::]:0"], "config.no_tls"),
    (["--dev", "--listen", "0.0.0.0:0"], "config.dev_address"),
    (["--dev", "--listen", "0.0.0.0:0", "--behind-proxy", "10.0.0.1"], "config.dev_address"),
    (["--listen", "127.0.0.1:0", "--behind-proxy", "everybody"], "config.value")])
def test_what_would_be_unsafe_is_refused_before_it_listens(make_server, tmp_path, arguments, code):
    write_certificate(tmp_path, "first")
    server = make_server(start=False)
    if "--listen" not in arguments:
        arguments = ["--dev", *arguments, "--listen", "127.0.0.1:0"]
    arguments = [str(tmp_path / a) if a.endswith(".pem") else a for a in arguments]
    ended = subprocess.run([hub.BINARY, "serve", "--data", server.data, *arguments, "-o", "json"],
                           capture_output=True, timeout=hub.DEADLINE_S)
    assert ended.returncode in (1, 2), ended.stderr
    assert ended.stdout == b""
    assert code.encode() in ended.stderr, ended.stderr


def remote_of(server, headers):
    """The client's address as the server believes it."""
    id = hub.unique("remote")
    server.client().request("GET", "/api/v1/me", headers={"X-Request-Id": id, **headers})
    line = hub.eventually(lambda: [line for line in map(json.loads, server.errors.read_text().splitlines())
                                   if line.get("request_id") == id], "the request has its line")[0]
    return line["remote"]


def test_a_proxy_is_believed_only_when_it_is_named(make_server):
    common = ("--log-format", "json", "--log-level", "debug")
    plain = make_server(*common)
    assert remote_of(plain, {"X-Forwarded-For": "203.0.113.9"}) == "127.0.0.1"
    behind = make_server(*common, "--behind-proxy", "127.0.0.0/8,10.0.0.0/8")
    assert remote_of(behind, {"X-Forwarded-For": "203.0.113.9"}) == "203.0.113.9"
    assert remote_of(behind, {"X-Forwarded-For": "198.51.100.1, 203.0.113.9, 10.1.2.3"}) == "203.0.113.9", \
        "what stands left of the first address that is no proxy is the client's own word"
    assert remote_of(behind, {}) == "127.0.0.1"
    other = make_server(*common, "--behind-proxy", "10.0.0.0/8")
    assert remote_of(other, {"X-Forwarded-For": "203.0.113.9"}) == "127.0.0.1"


def test_without_dev_a_key_opens_the_server_and_the_dev_token_does_not(make_server):
    server = make_server()
    _, token = server.client().make_key("admin")
    assert server.stop() == 0
    server.arguments.remove("--dev")
    server.start()
    assert server.client(token).get("/api/v1/me").status_code == 200
    assert server.client(hub.TOKEN).get("/api/v1/me").status_code == 401


def test_the_reference_page_gives_only_its_own_files(server):
    host = urllib.parse.urlsplit(server.url)
    for target in ("/docs/../keys/dev-token", "/docs/%2e%2e/keys", "/docs/..%2fkeys", "/docs/start.js%00", "/docs/",
                   "/docs//start.js", "/docs/version", "/docs/START.JS", "/docs/start.js/x", "/docs/\\start.js"):
        with socket.create_connection((host.hostname, host.port), hub.DEADLINE_S) as connection:
            connection.sendall(f"GET {target} HTTP/1.1\r\nHost: {host.netloc}\r\nConnection: close\r\n\r\n".encode())
            status = connection.makefile("rb").readline().split()[1]
            assert status in (b"400", b"404"), (target, status)


def test_the_files_of_the_reference_page_are_kept_by_browsers_until_they_change(server):
    client = server.client(token=None)
    first = client.get("/docs/start.js")
    assert first.status_code == 200 and first.headers["Content-Type"].startswith("text/javascript")
    again = client.request("GET", "/docs/start.js", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    policy = client.get("/docs").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "script-src 'self';" in policy and "unsafe-eval" not in policy


def test_over_tls_the_cookie_of_a_session_is_for_tls_and_this_host_alone(tls_server, tmp_path):
    client = tls_server.client(token=None)
    client.session.verify = str(tmp_path / "cert.pem")
    answer = client.post("/api/v1/session", {"dev": True}, headers={"Origin": tls_server.url})
    assert answer.status_code == 201
    name, _, rest = answer.headers["Set-Cookie"].partition("=")
    secret, *attributes = rest.split("; ")
    assert name == "__Host-computehub_session"
    assert set(attributes) >= {"Secure", "HttpOnly", "SameSite=Strict", "Path=/"}
    assert not any(attribute.startswith("Domain") for attribute in attributes)
    client.session.cookies.clear()
    for cookie, origin, status in ((f"{name}={secret}", tls_server.url, 200),
                                   (f"computehub_session={secret}", tls_server.url, 401),
                                   (f"{name}={secret}", tls_server.url.replace("https:", "http:"), 403)):
        assert client.request("GET", "/api/v1/me", headers={"Cookie": cookie, "Origin": origin}).status_code == status
