#!/usr/bin/env python3
"""Packs the files of the dashboard into one, for the server to carry.

pack_dashboard.py FROM TO
FROM is a folder with index.html, or is not there: then the package is empty, and the server says how to build the
dashboard. TO: one line for each file, "PATH<tab>CONTENT-TYPE<tab>ETAG<tab>SIZE<tab>GZIP-SIZE" (gzip 0: not worth it),
sorted by path, an empty line, and the bytes of each file in the same order: plain, then gzip. The same files always
give the same package, and TO is written only when it changes, so that nothing is linked again for nothing.
"""
import gzip
import hashlib
import pathlib
import sys

TYPES = {
    ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
    ".json": "application/json", ".webmanifest": "application/manifest+json", ".svg": "image/svg+xml",
    ".png": "image/png", ".ico": "image/x-icon", ".webp": "image/webp", ".jpg": "image/jpeg", ".woff2": "font/woff2",
    ".woff": "font/woff", ".txt": "text/plain; charset=utf-8", ".wasm": "application/wasm",
}
PACKED_ALREADY = {".png", ".webp", ".jpg", ".woff2", ".woff"}
# Maps name the sources and are of no use to who only looks at the page.
LEFT_OUT = {".map", ".gz", ".br"}


def entry(folder, path):
    name = path.relative_to(folder).as_posix()
    if path.suffix not in TYPES:
        raise SystemExit(f"{name}: what is a {path.suffix or 'file without an extension'}? Add it to {sys.argv[0]}")
    if any(ord(c) <= 0x20 or ord(c) > 0x7E or c in "?#%\\" for c in name):
        raise SystemExit(f"{name}: a name that would have to be escaped in an address")
    plain = path.read_bytes()
    packed = b"" if path.suffix in PACKED_ALREADY else gzip.compress(plain, 9, mtime=0)
    if len(packed) * 10 > len(plain) * 9:
        packed = b""
    tag = hashlib.sha256(plain).hexdigest()[:32]
    return f"{name}\t{TYPES[path.suffix]}\t{tag}\t{len(plain)}\t{len(packed)}\n", plain + packed


def package(folder):
    if not (folder / "index.html").is_file():
        return b"\n"
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix not in LEFT_OUT
                   and not any(part.startswith(".") for part in path.relative_to(folder).parts))
    entries = [entry(folder, path) for path in files]
    return "".join(line for line, _ in entries).encode() + b"\n" + b"".join(bytes for _, bytes in entries)


def main():
    folder, to = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    bytes = package(folder)
    if not to.exists() or to.read_bytes() != bytes:
        to.write_bytes(bytes)


main()
