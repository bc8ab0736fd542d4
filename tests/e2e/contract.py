# SPDX-License-Identifier: Apache-2.0
"""A server's GET /openapi.json as values: its operations, and whether values fit its schemas (the part of JSON Schema
2020-12 that the document uses)."""
import dataclasses
import math
import re

METHODS = ("get", "put", "post", "delete", "patch")
# Keywords that say nothing of what fits.
NOTES = {"description", "examples", "default", "example", "$ref"}


@dataclasses.dataclass
class Parameter:
    name: str
    place: str  # path, query or header
    required: bool
    schema: dict
    example: object = None


@dataclasses.dataclass
class Operation:
    id: str
    method: str
    path: str
    secured: bool
    scopes: list  # one of them is enough
    if_match: bool
    paged: bool
    parameters: list
    bodies: dict  # content type: schema
    body_required: bool
    body_example: object
    answers: dict  # status: {content type: schema}


class Contract:
    def __init__(self, document):
        self.document = document
        self.operations = [
            self.read_operation(path, item, method)
            for path, item in document["paths"].items() for method in METHODS if method in item]

    def operation(self, name):
        return next(operation for operation in self.operations if operation.id == name)

    def read_operation(self, path, item, method):
        operation = item[method]
        scope = operation.get("x-scope", [])
        body = self.resolve(operation.get("requestBody", {}))
        content = body.get("content", {})
        return Operation(
            id=operation["operationId"], method=method.upper(), path=path,
            secured=operation.get("security") != [],
            scopes=[scope] if isinstance(scope, str) else scope,
            if_match=operation.get("x-if-match", False), paged=operation.get("x-paged", False),
            parameters=[self.read_parameter(each)
                        for each in item.get("parameters", []) + operation.get("parameters", [])],
            bodies={kind: each["schema"] for kind, each in content.items()},
            body_required=body.get("required", False),
            body_example=next((each["example"] for each in content.values() if "example" in each), None),
            answers={int(status): {kind: each["schema"]
                                   for kind, each in self.resolve(answer).get("content", {}).items()}
                     for status, answer in operation["responses"].items()})

    def read_parameter(self, parameter):
        parameter = self.resolve(parameter)
        schema = parameter["schema"]
        examples = self.resolve(schema).get("examples", [None])
        return Parameter(parameter["name"], parameter["in"], parameter.get("required", False), schema,
                         parameter.get("example", examples[0]))

    def resolve(self, value):
        """What a reference names, if it is one, with what is said beside it."""
        while "$ref" in value:
            found = self.document
            for step in value["$ref"][2:].split("/"):
                found = found[step]
            value = {**found, **{key: each for key, each in value.items() if key != "$ref"}}
        return value

    def faults(self, schema, value, at=""):
        """Why `value` does not fit `schema`; empty: it does."""
        schema = self.resolve(schema)
        found = []
        for keyword, rule in schema.items():
            if keyword not in NOTES:
                found += RULES[keyword](self, schema, rule, value, at)
        return found


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


TYPES = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: is_number(value) and math.isfinite(value),
    "string": lambda value: isinstance(value, str),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}


def simple(applies, holds):
    """A rule that says nothing of values to which it does not apply."""
    def rule(_contract, schema, limit, value, at):
        if not applies(value) or holds(value, limit):
            return []
        return [f"{at}: {str(value)[:80]!r} against {limit!r}"]
    return rule


def check_type(_contract, _schema, kinds, value, at):
    if any(TYPES[kind](value) for kind in ([kinds] if isinstance(kinds, str) else kinds)):
        return []
    return [f"{at}: {str(value)[:80]!r} is no {kinds}"]


def check_properties(contract, _schema, properties, value, at):
    if not isinstance(value, dict):
        return []
    return [fault for name, each in properties.items() if name in value
            for fault in contract.faults(each, value[name], f"{at}/{name}")]


def check_additional(contract, schema, rule, value, at):
    if not isinstance(value, dict) or rule is True:
        return []
    others = {name: each for name, each in value.items() if name not in schema.get("properties", {})}
    if rule is False:
        return [f"{at}: there is no {name!r}" for name in others]
    return [fault for name, each in others.items() for fault in contract.faults(rule, each, f"{at}/{name}")]


def check_names(contract, _schema, rule, value, at):
    return [fault for name in (value if isinstance(value, dict) else ())
            for fault in contract.faults(rule, name, f"{at}/{name}")]


def check_items(contract, _schema, rule, value, at):
    return [fault for i, each in enumerate(value if isinstance(value, list) else ())
            for fault in contract.faults(rule, each, f"{at}/{i}")]


def check_any(contract, _schema, schemas, value, at):
    if any(not contract.faults(each, value, at) for each in schemas):
        return []
    return [f"{at}: {str(value)[:80]!r} fits none of {len(schemas)}"]


def all_different(values):
    return len({repr(each) for each in values}) == len(values)


def is_text(value):
    return isinstance(value, str)


def is_list(value):
    return isinstance(value, list)


def is_object(value):
    return isinstance(value, dict)


def always(_value):
    return True


RULES = {
    "type": check_type,
    "properties": check_properties,
    "additionalProperties": check_additional,
    "propertyNames": check_names,
    "items": check_items,
    "anyOf": check_any,
    "const": simple(always, lambda value, const: value == const),
    "enum": simple(always, lambda value, choices: value in choices),
    "required": simple(is_object, lambda value, names: all(name in value for name in names)),
    "minProperties": simple(is_object, lambda value, least: len(value) >= least),
    "maxProperties": simple(is_object, lambda value, most: len(value) <= most),
    "minItems": simple(is_list, lambda value, least: len(value) >= least),
    "maxItems": simple(is_list, lambda value, most: len(value) <= most),
    "uniqueItems": simple(is_list, lambda value, wanted: not wanted or all_different(value)),
    "minLength": simple(is_text, lambda value, least: len(value) >= least),
    "maxLength": simple(is_text, lambda value, most: len(value) <= most),
    "pattern": simple(is_text, lambda value, pattern: re.search(pattern, value) is not None),
    "minimum": simple(is_number, lambda value, least: value >= least),
    "maximum": simple(is_number, lambda value, most: value <= most),
    "exclusiveMinimum": simple(is_number, lambda value, bound: value > bound),
    "exclusiveMaximum": simple(is_number, lambda value, bound: value < bound),
}
