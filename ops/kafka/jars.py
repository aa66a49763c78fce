"""The jars of Apache Kafka: resolved once by Maven into build/kafka/jars, taken from there afterwards."""
import dataclasses
import pathlib

import maven
from maven import Trouble, java  # noqa: F401

HERE = pathlib.Path(__file__).resolve().parent
BUILD = HERE.parent.parent / "build" / "kafka"


@dataclasses.dataclass(frozen=True)
class Runtime:
    class_path: str
    flags: tuple = ()


def runtime(train):
    """What a broker is started with. Asks Maven only when pom.xml has changed or nothing is there yet.
    `train(Runtime)` runs a broker once, for an archive of its classes: later ones start in a third of the time."""
    jars = BUILD / "jars"
    with maven.locked(BUILD):
        maven.fill(jars, HERE, [HERE / "pom.xml"], lambda folder: [
            "dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={folder}"])
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
