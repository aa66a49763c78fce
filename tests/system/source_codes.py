"""Failure codes as the C++ sources use them."""
import pathlib
import re

import contract

FOLDERS = ("events", "actors", "projections", "adapters", "gateway")
# Functions whose first argument is a code, with the HTTP status that they mean; None where it is another's choice.
CALLS = {
    "malformed": 400, "unauthorised": 401, "forbidden": 403, "not_found": 404, "conflict": 409, "gone": 410,
    "too_large": 413, "invalid": 422, "too_many": 429, "internal_failure": 500, "unavailable": 503, "expired": 504,
    "insufficient_storage": 507, "refuse": None, "refused": None, "dead_letter": None,
}
KINDS = {kind: status for kind, status in CALLS.items() if status} | {"internal": 500}
CALL = re.compile(r"\b(" + "|".join(CALLS) + r")\(\s*\"([a-z][a-z0-9_.]*)\"")
FAILURE = re.compile(r"FailureKind::(\w+),\s*(?:std::string\()?\"([a-z][a-z0-9_.]*)\"")
HTTP_FAILURE = re.compile(r"http_failure\(\s*(\d+),\s*\"([a-z][a-z0-9_.]*)\"")
LITERALS = re.compile(r"\"([a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*)\"")


def without_comments(text):
    """The text with its comments blanked; strings stay."""
    pattern = re.compile(r'"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
    return pattern.sub(lambda found: found.group() if found.group().startswith('"') else " ", text)


def sources(root=contract.ROOT):
    for folder in FOLDERS:
        for path in sorted((pathlib.Path(root) / folder).rglob("*")):
            if path.suffix in (".cpp", ".hpp"):
                yield path


def codes_given(root=contract.ROOT):
    """code → (HTTP statuses, files) where it is given to one of the functions that make a failure."""
    found = {}
    for path in sources(root):
        text = without_comments(path.read_text())
        given = [(CALLS[name], code) for name, code in CALL.findall(text)]
        given += [(KINDS.get(kind), code) for kind, code in FAILURE.findall(text)]
        given += [(int(status), code) for status, code in HTTP_FAILURE.findall(text)]
        for status, code in given:
            statuses, files = found.setdefault(code, (set(), set()))
            files.add(str(path.relative_to(root)))
            if status:
                statuses.add(status)
    return found


def literals(root=contract.ROOT):
    """Every string literal that looks like a code → files."""
    found = {}
    for path in sources(root):
        for text in LITERALS.findall(without_comments(path.read_text())):
            found.setdefault(text, set()).add(str(path.relative_to(root)))
    return found
