#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sends a server requests that its own description allows, and others that it almost allows, and checks every answer
against that description: no 5xx, no status, content type or body that is not described, nothing above 10 s. Then it
reads every list page by page."""
import collections
import dataclasses
import http.client
import json
import pathlib
import tempfile
import time
import urllib.parse

import hypothesis
import hypothesis.configuration
from hypothesis import strategies as st

import lived_in
from contract import Contract
from experiment import Violation, expect, run
from service import Client, Server

# For what hypothesis knows of Unicode; otherwise it makes a folder here.
hypothesis.configuration.set_hypothesis_home_dir(pathlib.Path(tempfile.gettempdir()) / "hypothesis-of-parnas")

MOST_SECONDS = 10.0
# Texts that programs trip over.
ODD_TEXTS = ["", " ", "\0", "a\0b", "'", "\"", "'; DROP TABLE trials; --", "../../etc/passwd", "%00", "%2e%2e%2f", "\r\nX: y",
             "\u202e", "\U0001f9ea", "e\u0301", "-1", "0", "00", "1e400", "NaN", "null", "{}", "a" * 600, "\ud800"]
ODD_VALUES = [None, True, False, 0, -1, 1, 0.5, -0.0, 1e308, 2**31, 2**53, 2**63, 2**64, -2**63, 10**30, [], {}, [[]],
              {"": None}, "NaN", "Infinity"]
# Bodies that are no JSON, or not one that everybody reads alike.
ODD_BODIES = [b"", b" ", b"{", b"nul", b"\xff\xfe", b"{\"a\":1,\"a\":2}", b"NaN", b"[1e400]", b"\"\\ud800\"", b"[" * 70 + b"]" * 70,
              b"{} {}", b"\xef\xbb\xbf{}"]
ODD_TYPES = ["text/plain", "application/json; charset=latin-1", "application/xml", "", "application/octet-stream", "\x80"]
ODD_ACCEPTS = ["*/*", "text/html", "application/json;q=0", "", ";;;", "text/event-stream", "application/*;q=0.1"]
ETAGS = ["*", "\"0\"", "\"1\"", "W/\"1\"", "1", "\"", ""]


@dataclasses.dataclass
class Request:
    method: str
    target: str
    headers: dict
    body: bytes


class Requests:
    """Strategies for the requests of operations."""

    def __init__(self, contract, known):
        self.contract = contract
        self.known = known
        self.strategies = {}

    def values(self, schema):
        """Values that fit a schema."""
        key = json.dumps(schema, sort_keys=True)
        if key not in self.strategies:
            self.strategies[key] = self.make_values(self.contract.resolve(schema))
        return self.strategies[key]

    def make_values(self, schema):
        if "const" in schema:
            return st.just(schema["const"])
        if "enum" in schema:
            return st.sampled_from(schema["enum"])
        if "anyOf" in schema:
            return st.one_of(*map(self.values, schema["anyOf"]))
        kinds = schema.get("type", "object")
        if isinstance(kinds, list):
            return st.one_of(*(self.make_values({**schema, "type": kind}) for kind in kinds))
        found = getattr(self, f"make_{kinds}")(schema)
        return st.one_of(st.sampled_from(schema["examples"]), found) if "examples" in schema else found

    def make_null(self, _schema):
        return st.none()

    def make_boolean(self, _schema):
        return st.booleans()

    def make_integer(self, schema):
        return st.integers(schema.get("minimum", -2**63), schema.get("maximum", 2**63 - 1))

    def make_number(self, schema):
        return st.floats(schema.get("minimum", schema.get("exclusiveMinimum", -1e300)), schema.get("maximum", 1e300),
                         allow_nan=False, exclude_min="exclusiveMinimum" in schema)

    def make_string(self, schema):
        if "pattern" in schema:
            pattern = schema["pattern"]
            return st.from_regex(pattern[:-1] + r"\Z" if pattern.endswith("$") else pattern)
        least = schema.get("minLength", 0)
        short = st.text(st.characters(blacklist_categories=("Cs",)), min_size=least, max_size=20)
        longest = schema.get("maxLength", 100)
        return st.one_of(short, st.just("x" * longest)) if longest <= 1000 else short

    def make_array(self, schema):
        least = schema.get("minItems", 0)
        return st.lists(self.values(schema.get("items", {"type": "null"})), min_size=least,
                        max_size=min(schema.get("maxItems", 4), max(least, 4)),
                        unique_by=repr if schema.get("uniqueItems") else None)

    def make_object(self, schema):
        properties = {name: self.values(each) for name, each in schema.get("properties", {}).items()}
        required = schema.get("required", [])
        named = st.fixed_dictionaries({name: properties[name] for name in required},
                                      optional={name: each for name, each in properties.items() if name not in required})
        rule = schema.get("additionalProperties", True)
        if rule is False:
            return named
        names = self.values(schema.get("propertyNames", {"type": "string"}))
        others = st.dictionaries(names, self.values(rule) if isinstance(rule, dict) else st.sampled_from(ODD_VALUES),
                                 max_size=3)
        return st.builds(lambda one, two: {**two, **one}, named, others)

    # --- what is sent ---------------------------------------------------------------------

    def texts_of(self, parameter):
        """Values of a parameter as text: known ones, such as fit, and odd ones."""
        fitting = self.values(parameter.schema).map(lambda value: value if isinstance(value, str) else json.dumps(value))
        choices = [fitting, st.sampled_from(ODD_TEXTS)]
        if parameter.name in self.known:
            choices = [st.sampled_from([str(each) for each in self.known[parameter.name]])] * 6 + choices
        elif parameter.example is not None:
            choices.append(st.just(str(parameter.example)))
        if parameter.name == "If-Match":
            choices.append(st.sampled_from(ETAGS))
        if parameter.name == "wait":  # else most of the time would be waited for
            choices = [st.sampled_from(["0", "0", "26", "x", "-1", ""])]
        return st.one_of(*choices)

    def bodies_of(self, operation):
        """Bodies as values."""
        schema = self.contract.resolve(operation.bodies["application/json"])
        fitting = self.values(schema)
        if operation.body_example is not None:
            fitting = st.one_of(st.just(operation.body_example), fitting)
        if operation.id in ("submit_job", "create_study"):
            fitting = st.one_of(fitting, self.job_requests("study" if operation.id == "submit_job" else "job"))
        return fitting

    def job_requests(self, member):
        return st.builds(lambda name: {member: {**lived_in.JOB, "name": name}},
                         st.sampled_from(["digits", *(f"job-{i}" for i in range(30))]))

    def requests(self, operation):
        return requests(self, operation)


def places(value, at=()):
    """Everywhere in a value."""
    yield at
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from places(child, (*at, key))


def changed(value, place, change):
    """`value` with what `change` makes of what is at `place`."""
    if not place:
        return change(value)
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[place[0]] = changed(copy[place[0]], place[1:], change)
    return copy


@st.composite
def almost(draw, values):
    """A value that differs from a fitting one in one place."""
    value = draw(values)
    place = draw(st.sampled_from(list(places(value))))
    how = draw(st.sampled_from(["odd", "odd text", "without", "more"]))
    if how == "odd":
        return changed(value, place, lambda _: draw(st.sampled_from(ODD_VALUES)))
    if how == "odd text":
        return changed(value, place, lambda _: draw(st.sampled_from(ODD_TEXTS)))

    def change(found):
        if isinstance(found, dict):
            if how == "more":
                return {**found, draw(st.sampled_from(["x", "", "__proto__", "id"])): draw(st.sampled_from(ODD_VALUES))}
            return {key: each for key, each in found.items() if key != next(iter(found))}
        if isinstance(found, list):
            return found[:-1] if how == "without" else found * 2 + [None]
        return found + found if isinstance(found, str) else None
    return changed(value, place, change)


def without_waiting(value):
    """The same, but it does not ask the server to wait."""
    if isinstance(value, dict) and isinstance(value.get("wait_s"), (int, float)) and 0 < value["wait_s"] <= 25:
        return {**value, "wait_s": 0}
    # Threads of the server evaluate for as long as it runs.
    if isinstance(value, dict) and isinstance(value.get("workers"), int) and 0 < value["workers"] <= 4096:
        return {**value, "workers": 0}
    return value


@st.composite
def requests(draw, makes, operation):
    path = operation.path
    query, headers = [], {}
    for parameter in operation.parameters:
        if parameter.place == "path":
            text = draw(makes.texts_of(parameter))
            quoted = urllib.parse.quote(text.encode("utf-8", "surrogatepass"), safe="")
            path = path.replace("{" + parameter.name + "}", quoted)
        elif parameter.required or draw(st.integers(0, 2)) == 0:
            text = draw(makes.texts_of(parameter))
            if parameter.place == "query":
                query.append((parameter.name, text))
            else:
                headers[parameter.name] = text.encode("utf-8", "surrogatepass").decode("latin-1")
    if draw(st.integers(0, 19)) == 0:
        query.append(draw(st.sampled_from([("x", "1"), ("page_size", "0"), ("", ""), *query])))
    if query:
        path += "?" + "&".join(f"{urllib.parse.quote(name)}=" + urllib.parse.quote(value.encode("utf-8", "surrogatepass"))
                               for name, value in query)
    if draw(st.integers(0, 9)) == 0:
        headers["Accept"] = draw(st.sampled_from(ODD_ACCEPTS))
    body = None
    if operation.bodies:
        kind = next(iter(operation.bodies))
        headers["Content-Type"] = kind
        how = draw(st.integers(0, 9))
        if kind != "application/json":
            body = draw(st.one_of(st.just(b"weights"), st.binary(max_size=50)))
        elif how == 0:
            body = draw(st.sampled_from(ODD_BODIES))
        else:
            values = makes.bodies_of(operation)
            body = json.dumps(without_waiting(draw(almost(values) if how < 5 else values))).encode()
        if draw(st.integers(0, 19)) == 0:
            headers["Content-Type"] = draw(st.sampled_from(ODD_TYPES))
    elif draw(st.integers(0, 29)) == 0:
        body = b"{}"
    headers = {name: value.replace("\r", "").replace("\n", "").replace("\0", "") for name, value in headers.items()}
    return Request(operation.method, path, headers, body)


class Sender:
    """One connection, kept."""

    def __init__(self, port, token):
        self.port = port
        self.token = token
        self.connection = None

    def send(self, request):
        """Status, content type, body as bytes (none of a stream of events)."""
        fresh = self.connection is None
        if fresh:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2 * MOST_SECONDS)
        try:
            self.connection.request(request.method, request.target, request.body,
                                    {**request.headers, "Authorization": f"Bearer {self.token}"})
            answer = self.connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            if fresh:
                raise Violation(f"{request}: no answer: {error!r}") from error
            return self.send(request)
        kind = answer.getheader("Content-Type", "").split(";")[0]
        expect(answer.getheader("X-Request-Id"), f"{request}: the answer has no X-Request-Id")
        if kind == "text/event-stream":
            self.close()
            return answer.status, kind, None
        return answer.status, kind, answer.read()

    def close(self):
        self.connection.close()
        self.connection = None


class Judge:
    """Compares answers with the description."""

    def __init__(self, contract):
        self.contract = contract
        self.statuses = collections.Counter()
        self.cases = collections.Counter()
        self.slowest = 0.0
        self.violation = None  # the last one

    def judge(self, operation, request, answer, seconds):
        try:
            self.compare(operation, request, answer, seconds)
        except Violation as violation:
            self.violation = violation
            raise

    def compare(self, operation, request, answer, seconds):
        status, kind, body = answer
        self.statuses[status] += 1
        self.cases[operation.id] += 1
        self.slowest = max(self.slowest, seconds)
        told = f"{operation.id}: {request.method} {request.target} {request.headers} {request.body!r}: {status} {body!r}"
        expect(status < 500, told)
        expect(status in operation.answers, f"a status that is not described: {told}")
        expect(seconds <= MOST_SECONDS, f"{seconds:.1f} s: {told}")
        described = operation.answers[status]
        if not described:
            expect(not body, f"a body that is not described: {told}")
            return
        expect(kind in described, f"{kind!r} is not described: {told}")
        if body is None or not kind.endswith("json"):
            return
        try:
            value = json.loads(body)
        except ValueError as error:
            raise Violation(f"no JSON ({error}): {told}") from error
        faults = self.contract.faults(described[kind], value)
        expect(not faults, f"{faults}: {told}")


def read_pages(client, path, size):
    items, token = [], None
    for _ in range(1000):
        page = client.ask("GET", f"{path}?page_size={size}" + (f"&page_token={token}" if token else ""))
        items += page["items"]
        token = page.get("next_page_token")
        if token is None:
            return items
    raise Violation(f"{path} has no last page")


def check_paging(contract, client):
    """Page by page a list is what it is as a whole."""
    for operation in contract.operations:
        if operation.paged:
            path = operation.path.replace("{study}", "digits")
            whole = read_pages(client, path, 1000)
            size = max(1, len(whole) // 3)
            parts = read_pages(client, path, size)
            key = ("id", "seq", "number", "name")
            names = [[next(item[k] for k in key if k in item) for item in items] for items in (whole, parts)]
            expect(names[0] == names[1], f"{path} by pages of {size} is not the whole list")


def fuzz(operation, makes, sender, judge, cases):
    @hypothesis.settings(max_examples=cases, deadline=None, database=None, derandomize=True, report_multiple_bugs=False,
                         suppress_health_check=list(hypothesis.HealthCheck),
                         phases=[hypothesis.Phase.generate, hypothesis.Phase.shrink])
    @hypothesis.given(makes.requests(operation))
    def holds(request):
        begin = time.monotonic()
        answer = sender.send(request)
        judge.judge(operation, request, answer, time.monotonic() - begin)

    holds()


def experiment(options):
    with tempfile.TemporaryDirectory() as folder, Server(folder, tokens=True) as server:
        secret = server.make_token("all", *"read submit work admin metrics".split())
        client = Client(server.port, token=secret)
        contract = Contract(client.ask("GET", "/openapi.json"))
        makes = Requests(contract, lived_in.fill(client))
        client.close()  # which would be idle for too long
        sender, judge = Sender(server.port, secret), Judge(contract)
        broken = []
        begin = time.monotonic()
        chosen = [each for each in contract.operations if options.only in ("", each.id)]
        for operation in chosen:
            try:
                fuzz(operation, makes, sender, judge, max(1, options.cases // len(chosen)))
            except Violation as violation:
                broken.append(f"{violation}"[:2000])
            except hypothesis.errors.Flaky:  # not again, with what it found before
                broken.append(f"once, not twice: {judge.violation}"[:2000])
        seconds = time.monotonic() - begin
        if not broken:
            check_paging(contract, client)
        print(f"{sum(judge.cases.values())} requests to {len(chosen)} operations in {seconds:.0f} s, slowest "
              f"{judge.slowest:.2f} s; " + ", ".join(f"{status}: {n}" for status, n in sorted(judge.statuses.items())))
        expect(not broken, f"{len(broken)} operations\n  " + "\n  ".join(broken))


if __name__ == "__main__":
    run(experiment, __doc__, cases=1000, only="")
