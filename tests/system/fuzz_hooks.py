"""Keeps made-up requests short and harmless. Only what is valid is taken out: what is bad must reach the server."""
import itertools
import os
import re

import contract
import schemathesis

STATUSES = contract.openapi()["components"]["schemas"]["Status"]["enum"]
ID = re.compile(contract.openapi()["components"]["schemas"]["DeploymentId"]["pattern"])
turns = itertools.count()
DURATION = re.compile(r"[0-9]+(\.[0-9]+)?(ms|s|m|h|d)")


@schemathesis.hook
def before_call(context, case, kwargs):
    """None follows without end or waits for minutes, and no model is called."""
    # Examples and borders come here too, and not to map_body().
    if isinstance(case.body, dict) and case.body.get("status") == "online":
        case.body["status"] = "offline"
    query = case.query
    if not isinstance(query, dict):
        return
    if str(query.get("follow", "")).lower() == "true":
        query.pop("follow")
    if query.get("wait") in [*STATUSES, "ended"]:
        query.pop("wait")
    if isinstance(query.get("timeout"), str) and DURATION.fullmatch(query["timeout"]):
        query.pop("timeout")


@schemathesis.hook
def map_body(context, body):
    """What is made up does not run on this machine."""
    if isinstance(body, dict) and "command" in body and body.get("desired", "running") == "running":
        body["desired"] = "stopped"
    return body


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    """Every second deployment id that is well formed is one that exists, so that more than "not found" is met."""
    id = path_parameters.get("id") if isinstance(path_parameters, dict) else None
    if isinstance(id, str) and ID.fullmatch(id) and next(turns) % 2 == 0:
        path_parameters["id"] = os.environ["FUZZ_DEPLOYMENT"]
    return path_parameters
