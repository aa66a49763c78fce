#!/usr/bin/env python3
"""Turns schemas/openapi.yaml and the files it refers to into one JSON document.

bundle_openapi.py IN.yaml OUT.json
References to openapi/schemas/*.yaml, openapi/parameters.yaml and openapi/responses.yaml become components of the same
name; every other reference (path items) is put in place. Needs Debian's python3-yaml only.
"""
import json
import os
import sys

import yaml

SECTIONS = {"parameters.yaml": "parameters", "responses.yaml": "responses"}


class Bundle:
    def __init__(self, root):
        self.root = os.path.realpath(root)
        self.files = {}
        self.document = self.load(self.root)
        self.sources = {}

    def load(self, path):
        if path not in self.files:
            with open(path, encoding="utf-8") as file:
                self.files[path] = yaml.safe_load(file)
        return self.files[path]

    def section_of(self, path):
        if os.path.basename(os.path.dirname(path)) == "schemas" and os.path.dirname(path) != os.path.dirname(self.root):
            return "schemas"
        return SECTIONS.get(os.path.basename(path))

    def component(self, section, name, path):
        """The reference of a component, which is added when it is met first. Two of one name are an error."""
        source = self.sources.setdefault((section, name), path)
        if source != path:
            raise SystemExit(f"{name} is both in {source} and in {path}")
        components = self.document.setdefault("components", {}).setdefault(section, {})
        if name not in components:
            components[name] = None  # a schema may refer to itself
            components[name] = self.resolve(self.load(path)[name], path)
        return {"$ref": f"#/components/{section}/{name}"}

    def follow(self, reference, path):
        file, _, pointer = reference.partition("#/")
        if "/" in pointer or not pointer:
            raise SystemExit(f"{path}: {reference}: write FILE#/NAME")
        target = os.path.normpath(os.path.join(os.path.dirname(path), file)) if file else path
        section = self.section_of(target)
        if section:
            return self.component(section, pointer, target)
        return self.resolve(self.load(target)[pointer], target)

    def resolve(self, node, path):
        if isinstance(node, list):
            return [self.resolve(item, path) for item in node]
        if not isinstance(node, dict):
            return node
        here = {key: self.resolve(value, path) for key, value in node.items() if key != "$ref"}
        if isinstance(node.get("$ref"), str):
            return {**self.follow(node["$ref"], path), **here}
        return {key: here[key] for key in node}

    def make(self):
        self.document["paths"] = self.resolve(self.document["paths"], self.root)
        for section in self.document["components"].values():
            for name in sorted(section):
                section[name] = section.pop(name)
        return self.document


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: bundle_openapi.py IN.yaml OUT.json")
    document = Bundle(sys.argv[1]).make()
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        json.dump(document, file, ensure_ascii=False, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main()
