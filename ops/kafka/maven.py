"""Java, and folders that Maven fills: once, and again when what they are made from has changed."""
import contextlib
import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile

STAMP = "made-from"
SECONDS = 600


class Trouble(Exception):
    """Expected trouble, said to the user as one line."""


def java():
    """The Java that Debian installs; Kafka 3.9 runs with 17 and not with every later one."""
    for home in sorted(pathlib.Path("/usr/lib/jvm").glob("java-17-openjdk-*")):
        if os.access(home / "bin" / "java", os.X_OK):
            return str(home / "bin" / "java")
    raise Trouble("there is no Java 17; ops/setup installs it")


@contextlib.contextmanager
def locked(folder):
    """One process at a time makes something in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def fill(folder, project, sources, goals):
    """`folder` is filled by `goals(empty folder)`, arguments of mvn for the project in the folder `project`; nothing is
    done while it holds what was made from the same `sources`. The caller has the lock of the folder above it."""
    wanted = digest(sources)
    stamp = folder / STAMP
    if stamp.exists() and stamp.read_text() == wanted:
        return
    if not shutil.which("mvn"):
        raise Trouble("there is no Maven; ops/setup installs it")
    # Put in place whole, with its stamp: an interrupted run leaves nothing half.
    filled = pathlib.Path(tempfile.mkdtemp(prefix=folder.name + ".", dir=folder.parent))
    try:
        run(project, goals(filled))
        (filled / STAMP).write_text(wanted)
        shutil.rmtree(folder, ignore_errors=True)
        filled.rename(folder)
    finally:
        shutil.rmtree(filled, ignore_errors=True)


def digest(sources):
    whole = hashlib.sha256()
    for source in sorted(sources):
        content = source.read_bytes()
        whole.update(f"{source.name} {len(content)}\n".encode() + content)
    return whole.hexdigest()


def run(project, goals):
    home = str(pathlib.Path(java()).parents[1])
    done = subprocess.run(
        ["mvn", "--batch-mode", "--quiet", "--no-transfer-progress", "--file", project / "pom.xml", *goals],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS, env={**os.environ, "JAVA_HOME": home})
    if done.returncode != 0:
        raise Trouble(f"Maven could not do {project / 'pom.xml'}:\n" + (done.stdout + done.stderr)[-2000:])
