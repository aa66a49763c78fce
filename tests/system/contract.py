"""The contract of schemas/ as objects that tests check answers and frames with."""
import datetime
import functools
import json
import pathlib
import re
import subprocess
import tempfile

import jsonschema
import referencing
import referencing.jsonschema
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCHEMAS = ROOT / "schemas"
DIALECT = referencing.jsonschema.DRAFT202012
FORMATS = jsonschema.FormatChecker(formats=[])


@FORMATS.checks("date-time", raises=ValueError)
def _is_instant(value):
    """Times are answered in UTC with six decimals, and in no other way."""
    if isinstance(value, str):
        datetime.datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ")
        return len(value) == len("2026-03-01T12:00:00.000000Z")
    return True


def _closed(node):
    """The same schema, but objects whose fields are named allow no other: an answer must be wholly documented."""
    if isinstance(node, list):
        return [_closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    closed = {key: _closed(value) for key, value in node.items()}
    if closed.get("type") == "object" and isinstance(closed.get("properties"), dict):
        closed.setdefault("additionalProperties", False)
    return closed


@functools.cache
def openapi():
    """The bundled OpenAPI document."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "openapi.json"
        script = ROOT / "ops" / "scripts" / "bundle_openapi.py"
        subprocess.run(["/usr/bin/python3", script, SCHEMAS / "openapi.yaml", out], check=True)
        return json.loads(out.read_text())


@functools.cache
def failures():
    """code → {status, meaning, retry}."""
    return {entry["code"]: entry for entry in yaml.safe_load((SCHEMAS / "failures.yaml").read_text())["failures"]}


@functools.cache
def _openapi_registry():
    resource = referencing.Resource(contents=_closed(openapi()), specification=DIALECT)
    return referencing.Registry().with_resource("urn:openapi", resource)


@functools.cache
def _validator(pointer):
    return jsonschema.Draft202012Validator(
        {"$ref": f"urn:openapi#{pointer}"}, registry=_openapi_registry(), format_checker=FORMATS)


def check_against(pointer, value):
    """Fails when `value` is not what the schema at `pointer` of the OpenAPI document says."""
    error = jsonschema.exceptions.best_match(_validator(pointer).iter_errors(value))
    if error:
        raise AssertionError(f"{pointer}: {'.'.join(map(str, error.absolute_path))}: {error.message}\n{value!r:.2000}")


def check_schema(name, value):
    check_against(f"/components/schemas/{name}", value)


@functools.cache
def _routes():
    routes = []
    for template, item in openapi()["paths"].items():
        pattern = re.compile("^" + re.sub(r"\{[a-z_]+\}", "[^/]+", template) + "$")
        routes.append((template.count("{"), pattern, template, item))
    return sorted(routes, key=lambda route: route[0])  # a literal path wins over one with parameters


def operation(method, path):
    """(path template, operation) of a request, or None when the document has none."""
    for _, pattern, template, item in _routes():
        if pattern.match(path) and method.lower() in item:
            return template, item[method.lower()]
    return None


def _pointer(*parts):
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)


def check_answer(method, path, status, content_type, body):
    """Fails when an answer is not documented: its status, its media type or its shape."""
    found = operation(method, path)
    if content_type == "application/problem+json":
        check_problem(status, json.loads(body))
    if found is None or method == "HEAD":
        assert status in (400, 401, 403, 404, 405, 501), f"{method} {path} answered {status} and is not documented"
        return
    template, documented = found
    answer = documented["responses"].get(str(status))
    if answer is None:
        # What any request may meet before its route is known.
        assert status in (400, 401, 403, 408, 431, 500, 503), f"{method} {template} answered {status}: not documented"
        return
    if "$ref" in answer:
        name = answer["$ref"].rsplit("/", 1)[1]
        answer, where = openapi()["components"]["responses"][name], ("components", "responses", name)
    else:
        where = ("paths", template, method.lower(), "responses", str(status))
    media = answer.get("content", {})
    if not media:
        assert not body, f"{method} {template} {status} has a body: {body[:200]!r}"
        return
    assert content_type in media, f"{method} {template} {status} is {content_type}, documented: {list(media)}"
    if content_type in ("application/json", "application/problem+json"):
        check_against(_pointer(*where, "content", content_type, "schema"), json.loads(body))


def check_problem(status, problem):
    check_schema("Problem", problem)
    assert problem["status"] == status
    assert problem["code"] in failures(), f"{problem['code']} is not in schemas/failures.yaml"
    allowed = failures()[problem["code"]]["status"]
    assert status in (allowed if isinstance(allowed, list) else [allowed]), f"{problem['code']} answered with {status}"


@functools.cache
def asyncapi():
    return yaml.safe_load((SCHEMAS / "asyncapi.yaml").read_text())


@functools.cache
def _file_registry():
    # A registry keeps nothing of what it retrieves: without the cache each frame would parse the files again.
    @functools.cache
    def retrieve(uri):
        path = SCHEMAS / uri.removeprefix("http://schemas.invalid/")
        return referencing.Resource(contents=_closed(yaml.safe_load(path.read_text())), specification=DIALECT)
    return referencing.Registry(retrieve=retrieve)


@functools.cache
def _message_validator(name):
    schema = {"$ref": f"http://schemas.invalid/asyncapi.yaml#/components/messages/{name}/payload"}
    return jsonschema.Draft202012Validator(schema, registry=_file_registry(), format_checker=FORMATS)


@functools.cache
def _file_validator(file, name):
    return jsonschema.Draft202012Validator(
        {"$ref": f"http://schemas.invalid/{file}#/{name}"}, registry=_file_registry(), format_checker=FORMATS)


def stream_schema(stream, kind):
    """(file, name) of the schema of `data` in an event or snapshot of a stream."""
    if stream == "events":
        return "openapi/schemas/telemetry.yaml", "CloudEvent"
    if stream == "deployments":
        return "asyncapi.yaml", "components/schemas/Deployments" + ("Snapshot" if kind == "snapshot" else "Event")
    if stream in ("tasks", "models"):
        return "asyncapi.yaml", f"components/schemas/{stream.capitalize()}" + kind.capitalize()
    if stream == "stats":
        return (("asyncapi.yaml", "components/schemas/StatsSnapshot") if kind == "snapshot"
                else ("openapi/schemas/stats.yaml", "ProjectFigures"))
    if stream.startswith("tasks/"):
        return (("openapi/schemas/tasks.yaml", "ListedTask") if kind == "snapshot"
                else ("asyncapi.yaml", "components/schemas/TaskFrame"))
    if stream.endswith("/logs"):
        return "asyncapi.yaml", "components/schemas/Lines"
    if stream.endswith("/metrics"):
        return "openapi/schemas/telemetry.yaml", "Metrics"
    return "openapi/schemas/deployments.yaml", "Deployment"


def _raise_first(validator, value, what):
    error = jsonschema.exceptions.best_match(validator.iter_errors(value))
    if error:
        raise AssertionError(f"{what}: {'.'.join(map(str, error.absolute_path))}: {error.message}\n{value!r:.2000}")


def check_frame(frame):
    """Fails when a frame of the live gateway is not what schemas/asyncapi.yaml says, or holds another stream's data."""
    kind = frame.get("type")
    assert kind in asyncapi()["components"]["messages"], f"unknown frame {frame!r:.500}"
    _raise_first(_message_validator(kind), frame, kind)
    if kind in ("event", "snapshot"):
        _raise_first(_file_validator(*stream_schema(frame["stream"], kind)), frame["data"], f"{kind} {frame['stream']}")
        if frame["stream"] == "events":
            check_event_data(frame["data"])
    if kind in ("closed", "error"):
        assert frame["code"] in failures(), f"{frame['code']} is not in schemas/failures.yaml"


def check_terminal_frame(frame):
    """The same of a text frame of a terminal."""
    _raise_first(_message_validator(f"terminal_{frame['type']}"), frame, frame["type"])
    assert frame.get("code", "internal") in failures(), f"{frame['code']} is not in schemas/failures.yaml"


@functools.cache
def event_schemas():
    """type without "computehub." → schema."""
    return {path.name.removesuffix(".json"): json.loads(path.read_text())
            for path in sorted((SCHEMAS / "events").glob("*.json"))}


@functools.cache
def _event_validator(name):
    return jsonschema.Draft202012Validator(_closed(event_schemas()[name]), format_checker=FORMATS)


def check_event_data(event):
    """Fails when a CloudEvent's data is not what schemas/events says of its type."""
    name = event["type"].removeprefix("computehub.")
    assert name in event_schemas(), f"{event['type']} has no schema in schemas/events"
    _raise_first(_event_validator(name), event["data"], event["type"])
