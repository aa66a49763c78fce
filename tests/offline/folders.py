"""Data folders and the commands that work on them."""
import hashlib
import json
import os
import pathlib
import shutil
import subprocess

import hub

DEADLINE_S = 60
# What the machine that runs the tests has set must not steer the commands.
CLEAN = {name: value for name, value in os.environ.items()
         if not name.startswith("COMPUTEHUB_") and not name.startswith("ENCRYPTION_")}
TAMPER = hub.BINARY.parent / "tests" / "hub_tamper"


class Done:
    """What a command answered."""

    def __init__(self, process):
        self.code, self.out, self.err = process.returncode, process.stdout, process.stderr

    @property
    def last_line(self):
        return self.out.rstrip("\n").split("\n")[-1]

    def json(self):
        return json.loads(self.out)

    def __repr__(self):
        return f"exit {self.code}\n{self.out}\n{self.err}"


def run(*arguments, data=None, code=None, environment=None, stdin=None):
    """Runs the command line; with `code` it must end so."""
    command = [hub.BINARY, *(["--data", data] if data else []), *arguments]
    process = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_S, cwd=hub.BINARY.parent,
                             env={**CLEAN, **(environment or {})}, input=stdin or "", check=False)
    done = Done(process)
    assert code is None or done.code == code, f"{arguments}: {done!r}"
    return done


def ask(*arguments, **options):
    """The JSON of a command that must succeed."""
    return run("-o", "json", *arguments, code=0, **options).json()


def tamper(data, what, partition, seq):
    subprocess.run([TAMPER, pathlib.Path(data) / "log", what, str(partition), str(seq)], check=True, timeout=DEADLINE_S)


def copy(data, to):
    # The ballast is room on the disk and nothing else.
    shutil.copytree(data, to, symlinks=True, ignore=shutil.ignore_patterns("ballast"))
    return to


def fingerprint(folder):
    """path → what can be seen of it: kind, mode, size, content, time of change."""
    found = {}
    for path in sorted(pathlib.Path(folder).rglob("*")):
        status = path.lstat()
        content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
        found[str(path.relative_to(folder))] = (status.st_mode, status.st_size, status.st_mtime_ns, content)
    return found


def files_with(folder, text):
    """Files below `folder` that hold the text."""
    needle = text.encode() if isinstance(text, str) else text
    return [str(path) for path in pathlib.Path(folder).rglob("*") if path.is_file() and needle in path.read_bytes()]


def events(data):
    """Every line of an export but its ends, in order."""
    exported = run("audit", "export", data=data, code=0).out
    return [json.loads(line) for line in exported.splitlines()]


def records(data):
    """(partition, seq) → record, as CloudEvents."""
    found = {}
    for line in events(data):
        if "id" in line:
            partition, seq = map(int, line["id"].split(":"))
            found[partition, seq] = line
    return found
