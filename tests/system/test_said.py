"""What the dashboard knows by its words is what the server says: a sentence changed here alone would stay English there."""
import re

import contract

SAID = contract.ROOT / "gateway" / "dashboard" / "src" / "i18n" / "en" / "said.ts"
FOLDERS = ("events", "actors", "projections", "adapters", "gateway")


def sentences():
    whole = SAID.read_text()
    return re.findall(r': "((?:[^"\\]|\\.)*)"', whole[whole.index("  said: {"):whole.index("  pending: {")])


def sources():
    files = [path for folder in FOLDERS for kind in ("*.cpp", "*.hpp") for path in (contract.ROOT / folder).rglob(kind)
             if "node_modules" not in path.parts]
    # A literal may go on in the next line.
    return re.sub(r'"\s*\n\s*"', "", "".join(path.read_text() for path in files))


def test_every_sentence_that_the_dashboard_translates_is_one_of_the_server():
    known, given = sources(), sentences()
    assert len(given) > 30
    parts = {part for sentence in given for part in re.split(r"\{\{\w+\}\}|(?<=: )", sentence) if part.strip(" ()")}
    assert sorted(part for part in parts if part not in known) == []
