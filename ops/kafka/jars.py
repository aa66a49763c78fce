"""Java, and the jars of Apache Kafka: resolved once by Maven into build/kafka/jars, taken from there afterwards."""
import dataclasses
import fcntl
import os
import pathlib
import shutil
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
BUILD = HERE.parent.parent / "build" / "kafka"
MAVEN_SECONDS = 600


class Trouble(Exception):
    """Expected trouble, said to the user as one line."""


def java():
    """The Java that Debian installs; Kafka 3.9 runs with 17 and not with every later one."""
    for home in sorted(pathlib.Path("/usr/lib/jvm").glob("java-17-openjdk-*")):
        if os.access(home / "bin" / "java", os.X_OK):
            return str(home / "bin" / "java")
    raise Trouble("there is no Java 17; ops/setup installs it")


@dataclasses.dataclass(frozen=True)
class Runtime:
    class_path: str
    flags: tuple = ()


def runtime(train):
    """What a broker is started with. Asks Maven only when pom.xml has changed or nothing is there yet.
    `train(Runtime)` runs a broker once, for an archive of its classes: later ones start in a third of the time."""
    wanted = (HERE / "pom.xml").read_text()
    jars = BUILD / "jars"
    BUILD.mkdir(parents=True, exist_ok=True)
    with open(BUILD / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = jars / "pom.xml"
        if not stamp.exists() or stamp.read_text() != wanted:
            resolve(wanted, jars)
        class_path = ":".join(sorted(str(jar) for jar in jars.glob("*.jar")))
        return Runtime(class_path, (f"-XX:SharedArchiveFile={archive(class_path, train)}",))


def archive(class_path, train):
    """An archive fits one Java and one set of jars; Java ignores one that does not fit."""
    modules = pathlib.Path(java()).resolve().parent.parent / "lib" / "modules"
    kept = BUILD / f"classes-{modules.stat().st_mtime_ns}-{(BUILD / 'jars').stat().st_mtime_ns}.jsa"
    if not kept.exists():
        for old in BUILD.glob("classes-*"):
            old.unlink()
        made = kept.with_suffix(".new")
        train(Runtime(class_path, (f"-XX:ArchiveClassesAtExit={made}",)))
        if made.exists():
            made.rename(kept)
    return kept


def resolve(wanted, jars):
    """A folder is put in place whole, with its pom.xml as the stamp: an interrupted run leaves nothing half."""
    if not shutil.which("mvn"):
        raise Trouble("there is no Maven; ops/setup installs it")
    fetched = pathlib.Path(tempfile.mkdtemp(prefix="jars.", dir=BUILD))
    try:
        done = subprocess.run(
            ["mvn", "--batch-mode", "--quiet", "--no-transfer-progress", "--file", HERE / "pom.xml",
             "dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={fetched}"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=MAVEN_SECONDS)
        if done.returncode != 0:
            raise Trouble("Maven could not resolve the jars of Kafka:\n" + (done.stdout + done.stderr)[-2000:])
        (fetched / "pom.xml").write_text(wanted)
        shutil.rmtree(jars, ignore_errors=True)
        fetched.rename(jars)
    finally:
        shutil.rmtree(fetched, ignore_errors=True)
