"""Requests made up from the OpenAPI document by schemathesis, the same ones each time."""
import os
import subprocess
import sys

import contract
import hub

EXAMPLES = 100 if os.environ.get("HUB_LONG") else 15
CHECKS = ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
          "response_schema_conformance", "negative_data_rejection"]


def test_made_up_requests_meet_only_documented_answers(own_server, tmp_path):
    document = tmp_path / "openapi.json"
    document.write_text(hub.json.dumps(contract.openapi()))
    hooks = contract.ROOT / "tests" / "system" / "fuzz_hooks.py"
    # Beside the usual ones, what is too large is refused with the status that says so.
    (tmp_path / "schemathesis.toml").write_text(
        'checks.negative_data_rejection.expected-statuses = ["400", "401", "403", "404", "405", "406", "409", "413", '
        '"415", "422", "428", "429", "431"]\n')
    # One worker: two threads of Debian's Python 3.11.2 that parse at the same time disturb each other (CPython 106905:
    # "AST constructor recursion depth mismatch"), and what makes values up parses.
    command = [
        os.path.join(os.path.dirname(sys.executable), "schemathesis"), "run", document, "--url", own_server.url,
        "--header", f"Authorization: Bearer {hub.TOKEN}", "--seed", "20260301", "--generation-deterministic",
        "--max-examples", str(EXAMPLES), "--phases", "examples,coverage,fuzzing", "--checks", ",".join(CHECKS),
        "--request-timeout", "20", "--workers", "1", "--no-color", "--continue-on-failure",
    ]
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": str(hooks), "PYTHONPATH": str(hooks.parent),
                   "FUZZ_DEPLOYMENT": own_server.client().create(shell="true", desired="stopped")["id"]}
    ended = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment)
    # Made-up values may be long; what is wrong with them is not.
    report = "\n".join(line[:300] for line in ended.stdout.splitlines())
    assert ended.returncode == 0, report[-30_000:] + ended.stderr[-2_000:]
    assert own_server.is_running()
    assert own_server.client().get("/api/v1/system/health").json()["ready"]
