"""The documents of schemas/ hold together, and hold what the sources hold."""
import re

import contract
import jsonschema
import pytest

STRUCT = re.compile(r"struct (\w+)(?: : \w+)? \{\s*"
                    r"static constexpr std::string_view type = \"(computehub\.[a-z_.]+\.v\d+)\";(.*?)\n\};", re.DOTALL)
DESCRIBED = re.compile(r"BOOST_DESCRIBE_STRUCT\(\s*(\w+)\s*,\s*\([^)]*\)\s*,\s*\(([^)]*)\)\s*\)", re.DOTALL)


def events_of_the_sources():
    """type → (fields, those that may be absent), read from the headers."""
    found = {}
    for path in sorted((contract.ROOT / "events").rglob("*.hpp")):
        text = path.read_text()
        described = {name: [field.strip() for field in fields.split(",") if field.strip()]
                     for name, fields in DESCRIBED.findall(text)}
        for name, type, body in STRUCT.findall(text):
            optional = {field for field in described[name] if re.search(rf"std::optional<.*> {field}\b", body)}
            found[type.removeprefix("computehub.")] = (set(described[name]), optional)
    return found


def test_every_event_has_a_schema_and_every_schema_an_event():
    found = {name for name in events_of_the_sources() if not name.startswith("internal.")}
    assert found == set(contract.event_schemas())


@pytest.mark.parametrize("name", contract.event_schemas())
def test_a_schema_has_the_fields_of_its_event(name):
    fields, optional = events_of_the_sources()[name]
    schema = contract.event_schemas()[name]
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["title"] == f"computehub.{name}"
    assert set(schema["properties"]) == fields
    assert set(schema["required"]) == fields - optional


def test_sealed_fields_are_marked():
    env = contract.event_schemas()["deployment.requested.v1"]["properties"]["spec"]["properties"]["env"]
    assert env["additionalProperties"]["oneOf"][0]["properties"]["sealed"]["x-sealed"] is True


def nodes(node, path=""):
    if isinstance(node, dict):
        yield path, node
        for key, value in node.items():
            yield from nodes(value, f"{path}/{key}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from nodes(value, f"{path}/{index}")


def test_every_reference_of_the_bundle_leads_somewhere():
    document = contract.openapi()
    for path, node in nodes(document):
        if "$ref" in node:
            target = document
            assert node["$ref"].startswith("#/"), path
            for part in node["$ref"][2:].split("/"):
                assert part in target, f"{path}: {node['$ref']}"
                target = target[part]


def test_every_component_is_used():
    used = {node["$ref"] for _, node in nodes(contract.openapi()) if "$ref" in node}
    for section, entries in contract.openapi()["components"].items():
        if section != "securitySchemes":
            assert [name for name in entries if f"#/components/{section}/{name}" not in used] == []


def test_examples_are_true():
    for name, schema in contract.openapi()["components"]["schemas"].items():
        for example in schema.get("examples", []):
            contract.check_schema(name, example)


def test_operations_have_ids_that_are_unique():
    ids = [operation["operationId"] for _, operation in nodes(contract.openapi()["paths"]) if "responses" in operation]
    assert len(ids) == len(set(ids))


def test_request_bodies_are_closed():
    """An unknown field of a request is refused, so the document must say so."""
    document = contract.openapi()
    for path, operation in nodes(document["paths"]):
        if "requestBody" in operation:
            reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
            schema = document["components"]["schemas"][reference.rsplit("/", 1)[1]]
            if schema["type"] == "array":
                schema = document["components"]["schemas"][schema["items"]["anyOf"][0]["$ref"].rsplit("/", 1)[1]]
            # Only what is passed on to others may hold more than is known here.
            assert schema["additionalProperties"] is path.startswith("//v1/"), path


def test_examples_of_live_messages_are_true():
    for message in contract.asyncapi()["components"]["messages"].values():
        for example in message.get("examples", []):
            contract.check_frame(example["payload"])


def test_every_live_message_is_in_the_channel_and_in_an_operation():
    document = contract.asyncapi()
    messages = set(document["components"]["messages"])
    assert {name for channel in document["channels"].values() for name in channel["messages"]} == messages
    said = {reference["$ref"].rsplit("/", 1)[1] for operation in document["operations"].values()
            for reference in operation["messages"]}
    assert said == messages


def test_an_answer_with_an_undocumented_field_is_found():
    with pytest.raises(AssertionError, match="colour"):
        contract.check_schema("Problem", {"type": "about:blank", "title": "t", "status": 422, "code": "json.type",
                                          "detail": "d", "colour": "red"})


def test_messages_of_agents_have_the_fields_of_the_sources():
    text = (contract.ROOT / "adapters" / "agents" / "protocol.hpp").read_text()
    messages = contract.asyncapi()["components"]["messages"]
    sides = {"agent": re.search(r"FromAgent = std::variant<([^>]*)>", text)[1],
             "gateway": re.search(r"FromGateway = std::variant<([^>]*)>", text)[1]}
    found = set()
    for side, names in sides.items():
        for name in re.findall(r"\w+", names):
            body = re.search(rf"struct {name} {{(.*?)\n}};", text, re.DOTALL)[1]
            described = re.search(rf"BOOST_DESCRIBE_STRUCT\({name}, \(\), \(([^)]*)\)", text)[1]
            required = re.search(r"required\[\] = {([^}]*)}", body)
            message = f"{side}_" + re.search(r'type = "(\w+)"', body)[1]
            found.add(message)
            data = messages[message]["payload"]["properties"]["data"]
            assert set(data.get("properties", {})) == {f.strip() for f in described.split(",") if f.strip()}, message
            assert set(data.get("required", [])) == set(re.findall(r'"(\w+)"', required[1]) if required else []), message
    assert found == {name for name in messages if name.startswith(("agent_", "gateway_"))}
