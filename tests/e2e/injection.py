#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Puts paths and SQL into every parameter and every text of a body that GET /openapi.json has, and checks that no byte of
a file comes back, that reading changes nothing in the store, that what is looked for is taken by its letters, and that
nothing is answered with 5xx."""
import hashlib
import http.client
import itertools
import json
import pathlib
import sqlite3
import tempfile
import urllib.parse

import lived_in
from contract import Contract
from experiment import expect, run
from service import Client, Server

MARK = "what-only-the-owner-may-read"
SPACE = f"name: outside@1\nabout: {MARK}\nparams:\n  x: {{real: [0.0, 1.0]}}\n"


def path_payloads(secret):
    """Ways to say that file, and /etc/passwd."""
    ups = ["../", "..\\", "%2e%2e/", "%2e%2e%2f", "..%2f", "%252e%252e%252f", "..%5c", "%2e%2e%5c", "....//", "..;/", "..%00/",
           "%c0%ae%c0%ae/", "%uff0e%uff0e/", "./../", ".%2e/", "//../", "..%c0%af", "..%ef%bc%8f"]
    payloads = [up * depth + name for up in ups for depth in (1, 2, 4, 8, 12)
                for name in ("etc/passwd", secret.lstrip("/"), "etc/passwd%00.json")]
    whole = [secret, "/etc/passwd", "//etc/passwd", "///etc/passwd", "\\etc\\passwd", "file:///etc/passwd", f"file://{secret}",
             "file://localhost/etc/passwd", "/proc/self/environ", "/proc/self/cmdline", "/proc/self/fd/3", "/dev/stdin",
             "~/.ssh/id_rsa", "~root/.bashrc", "C:\\boot.ini", "\\\\localhost\\c$\\boot.ini", "/etc/passwd\0.yaml",
             "http://localhost/etc/passwd", "#/../../../../etc/passwd", "?/../../../../etc/passwd", "x#../../etc/passwd",
             "service.db", "./service.db", "service.db-wal", ".", "..", "/", "", "*", "$HOME", "`cat /etc/passwd`", "$(cat /etc/passwd)",
             "|cat /etc/passwd", "; cat /etc/passwd"]
    for name in list(whole):
        payloads += [name, urllib.parse.quote(name, safe=""), urllib.parse.quote(urllib.parse.quote(name, safe=""), safe=""),
                     f"digits/{name}", f"{name}/digits", f"digits/../{name}", f"cell201@1/../{name}"]
    return list(dict.fromkeys(payloads))


def sql_payloads():
    """Ways to end a text, to ask something else and to change something."""
    ends = ["'", "\"", "`", "')", "'))", "\")", "]", "';", "\\'", "%27", "''", "' ", "\u2019", "\u02bc", "0", "1)", "digits'"]
    rests = [" OR '1'='1", " OR 1=1 --", " OR 1=1 /*", " UNION SELECT 1 --", " UNION SELECT secret_sha256 FROM parnas_tokens --",
             "; DROP TABLE trials; --", "; DELETE FROM studies; --", "; UPDATE trials SET state='FAIL'; --",
             "; ATTACH DATABASE '/tmp/x' AS x; --", "; PRAGMA writable_schema=1; --", " AND (SELECT count(*) FROM sqlite_master)>0 --",
             "||(SELECT name FROM sqlite_master)||", " ORDER BY 99 --", " LIMIT 0 OFFSET 1 --", " AND randomblob(1)=1 --",
             " COLLATE nocase --", " GLOB '*", " LIKE '%", "\0 --"]
    alone = ["--", "/*", ";", "%", "_", "*", "\\", "NULL", "'||'", "1; SELECT 1", "x' AND 'x'='x", "load_extension('x')"]
    return [end + rest for end in ends for rest in rests] + alone


def texts(value, at=()):
    """Places of all texts of a value."""
    if isinstance(value, str):
        yield at
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from texts(child, (*at, key))


def with_text(value, place, text):
    if not place:
        return text
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[place[0]] = with_text(copy[place[0]], place[1:], text)
    return copy


def bodies_of(operation):
    """Bodies whose texts are replaced; those of jobs have what could name files."""
    job = lived_in.JOB
    jobs = [{**job, "space": "cell201"}, {**job, "space": {"file": "x"}}, {**job, "space": {"name": "x"}}, {**job, "base": "x"},
            {**job, "target": {"profile": "x"}}, {**job, "target": {"file": "x"}}, {**job, "target": {"table": "x"}}, job,
            {**job, "evaluator": {"type": "table", "file": "x", "metrics": ["loss"]}}, {**job, "store": "x"}]
    if operation.id == "submit_job":
        return [{"study": each, "dry_run": True} for each in jobs] + [{"study": "digits"}]
    if operation.id == "create_study":
        return [{"job": each} for each in jobs]
    return [operation.body_example] if operation.body_example is not None else [{}]


class Target:
    """One place of one operation that text can be put into."""

    def __init__(self, operation, names, place, parameter=None, body=None, at=None):
        self.operation = operation
        self.names = names
        self.place = place  # path, query, header or body
        self.parameter = parameter
        self.body = body
        self.at = at

    def __str__(self):
        return f"{self.operation.id} {self.parameter or '/'.join(map(str, self.at))}"

    def request(self, text):
        path, headers, body = self.operation.path, {}, None
        for each in self.operation.parameters:
            if each.place == "path":
                value = text if each.name == self.parameter else str(self.names.get(each.name, [each.example])[0])
                path = path.replace("{" + each.name + "}", urllib.parse.quote(value, safe=""))
        if self.place == "query":
            path += f"?{self.parameter}={urllib.parse.quote(text, safe='')}"
        elif self.place == "header":
            headers[self.parameter] = urllib.parse.quote(text) if "\0" in text or not text.isascii() else text
        if self.operation.if_match:
            headers.setdefault("If-Match", "\"0\"")
        if self.operation.bodies:
            headers["Content-Type"] = next(iter(self.operation.bodies))
            value = self.body if self.at is None else with_text(self.body, self.at, text)
            body = b"x" if "application/json" not in self.operation.bodies else json.dumps(without_waiting(value))
        return self.operation.method, path, body, headers


def without_waiting(value):
    return {**value, "wait_s": 0} if isinstance(value, dict) and "wait_s" in value else value


def targets_of(operation, names):
    bodies = bodies_of(operation) if operation.bodies else [None]
    for parameter in operation.parameters:
        yield Target(operation, names, parameter.place, parameter=parameter.name, body=bodies[0])
    if "application/json" in operation.bodies:
        for body in bodies:
            for at in texts(body):
                yield Target(operation, names, "body", body=body, at=at)


class Attack:
    def __init__(self, port, token):
        self.port = port
        self.token = token
        self.connection = None
        self.sent = 0

    def send(self, target, text):
        method, path, body, headers = target.request(text)
        for _ in range(2):  # a kept connection may have been closed meanwhile
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            try:
                self.connection.request(method, path, body, {**headers, "Authorization": f"Bearer {self.token}"})
                answer = self.connection.getresponse()
                told = answer.read().decode("utf-8", "replace")
                break
            except (OSError, http.client.HTTPException):
                self.connection.close()
                self.connection = None
        else:
            expect(False, f"{target} with {text!r}: no answer")
        self.sent += 1
        what = f"{target} with {text!r}: {answer.status} {told[:300]}"
        expect(answer.status < 500, what)
        expect(MARK not in told and "root:x:0" not in told, f"a file came back: {what}")
        return answer.status, told, what


def shares(payloads, targets, each):
    """For every target `each` payloads, so that all payloads come by; 0: all."""
    around = itertools.cycle(payloads)
    for target in targets:
        for text in payloads if each == 0 else itertools.islice(around, each):
            yield target, text


# What a server writes by itself now and then.
CHANGING = ("driver_expires", "last_seen", "revision")


def digest_of(store):
    """Of all rows of all tables."""
    database = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
    digest = hashlib.sha256()
    for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall():
        columns = [row[1] for row in database.execute(f'PRAGMA table_info("{name}")') if row[1] not in CHANGING]
        rows = sorted(repr(row) for row in database.execute(f"SELECT {', '.join(columns)} FROM {name}"))
        digest.update(repr((name, rows)).encode())
    return digest.hexdigest()


# Members of jobs that no request may use to name what is on the server.
FORBIDDEN = {("space", "file"), ("base",), ("target", "file"), ("target", "table"), ("evaluator", "file"), ("store",),
             ("target", "profile")}


def attack_with_paths(attack, targets, payloads, secret, each):
    for target, text in shares(payloads, targets, each):
        status, _, what = attack.send(target, text)
        if target.at is not None and target.at[1:] in FORBIDDEN:
            expect(status >= 400, f"a request named a file: {what}")
    for target in targets:
        if target.at is not None and target.at[0] in ("study", "job") and target.at[1:] in {*FORBIDDEN, ("space",)}:
            status, _, what = attack.send(target, secret)
            expect(status >= 400, f"a request named a file: {what}")


def attack_with_sql(attack, targets, payloads, each):
    for target, text in shares(payloads, targets, each):
        status, told, what = attack.send(target, text)
        if target.place == "query" and status == 200:
            items = json.loads(told).get("items", [])
            # Names of what was made here have letters and digits only.
            expect(not items or text in ("_", ""), f"all was found: {what}")


def experiment(options):
    with tempfile.TemporaryDirectory() as folder:
        outside = pathlib.Path(folder) / "outside"
        inside = pathlib.Path(folder) / "inside"
        outside.mkdir()
        inside.mkdir()
        secret = outside / "secret.yaml"
        secret.write_text(SPACE, encoding="utf-8")
        (inside / "link.yaml").symlink_to(secret)
        with Server(inside, tokens=True, cwd=inside) as server:
            admin = Client(server.port, token=server.make_token("all", *"read submit work admin metrics".split()))
            reader = server.make_token("reader", "read", "admin", "metrics")
            contract = Contract(admin.ask("GET", "/openapi.json"))
            names = lived_in.fill(admin)
            names["job"] = names["job"][1:]  # so that `digits` is not cancelled
            targets = [target for operation in contract.operations for target in targets_of(operation, names)]
            reading = [target for target in targets if target.operation.method == "GET"]
            paths, sql = path_payloads(str(secret)), sql_payloads()
            before = digest_of(server.store)
            attack = Attack(server.port, reader)
            attack_with_sql(attack, reading, sql, options.each)
            attack_with_paths(attack, reading, paths, str(secret), options.each)
            expect(digest_of(server.store) == before, "reading has changed the store")
            writing = [target for target in targets if target.operation.method != "GET"]
            writer = Attack(server.port, admin.token)
            attack_with_sql(writer, writing, sql, options.each)
            attack_with_paths(writer, writing, paths, str(secret), options.each)
            code, _ = server.stop()
            expect(code == 0, f"the server ended with {code}")
            database = sqlite3.connect(server.store)
            expect(database.execute("PRAGMA integrity_check").fetchall() == [("ok",)], "the store is damaged")
        print(f"{len(paths)} paths and {len(sql)} pieces of SQL in {len(targets)} places of {len(contract.operations)} "
              f"operations, {attack.sent + writer.sent} requests: no file read, nothing changed, no 5xx")


if __name__ == "__main__":
    run(experiment, __doc__, each=12)
