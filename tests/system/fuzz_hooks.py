"""Keeps made-up requests short and harmless. Only what is valid is taken out: what is bad must reach the server."""
import re

import contract
import schemathesis

STATUSES = contract.openapi()["components"]["schemas"]["Status"]["enum"]
DURATION = re.compile(r"[0-9]+(\.[0-9]+)?(ms|s|m|h|d)")


@schemathesis.hook
def map_query(context, query):
    """None follows without end or waits for minutes."""
    if isinstance(query, dict):
        if str(query.get("follow", "")).lower() == "true":
            query.pop("follow")
        if query.get("wait") in STATUSES:
            query.pop("wait")
        if isinstance(query.get("timeout"), str) and DURATION.fullmatch(query["timeout"]):
            query.pop("timeout")
    return query


@schemathesis.hook
def map_body(context, body):
    """What is made up does not run on this machine."""
    if isinstance(body, dict) and "command" in body and body.get("desired", "running") == "running":
        body["desired"] = "stopped"
    return body
