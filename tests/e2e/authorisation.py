#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Asks for every operation of GET /openapi.json without a token, with bad, expired and revoked ones, with each scope
alone, and with tokens of another project and another study, and checks each answer against what the document declares."""
import datetime
import http.client
import json
import tempfile
import time
import urllib.parse

import lived_in
from contract import Contract
from experiment import expect, run
from service import Client, Server

SCOPES = ["read", "submit", "work", "admin", "metrics"]
ULID = "0" * 26
# Schema-valid names of nothing.
MISSING = {"study": "nowhere", "job": f"job_{ULID}", "worker": f"wrk_{ULID}", "lease": f"lse_{ULID}", "token": f"tok_{ULID}",
           "number": 123456, "artifact": "0" * 64, "architecture": "0" * 32, "space": "nothing", "target": "nothing",
           "slug": "nothing", "export": f"exp_{ULID}"}
# What the bound tokens of this experiment may not see: it is of study `digits` in the project `default`.
OF_A_STUDY = ("study", "job", "lease")


def target_of(operation, names):
    path = operation.path
    for name in (each.name for each in operation.parameters if each.place == "path"):
        path = path.replace("{" + name + "}", urllib.parse.quote(str(names[name]), safe=""))
    return path


def send(port, operation, names, token):
    """Status and body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"If-Match": "*"} if operation.if_match else {}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    body = None
    if operation.bodies:
        headers["Content-Type"] = next(iter(operation.bodies))
        body = operation.body_example
        body = b"weights" if body is None else json.dumps({**body, **({"wait_s": 0} if "wait_s" in body else {})})
    connection.request(operation.method, target_of(operation, names), body, headers)
    answer = connection.getresponse()
    text = answer.read().decode("utf-8", "replace")
    connection.close()
    return answer.status, text


def make_tokens(server, admin):
    """Secrets by what they are; and when the one that expires will have."""
    def create(name, scopes, **more):
        return admin.ask("POST", "/v1/tokens", {"name": name, "scopes": scopes, **more})

    expires = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=1.5)
    revoked = create("revoked", SCOPES)
    admin.ask("DELETE", f"/v1/tokens/{revoked['token']['id']}")
    good = create("good", SCOPES)["secret"]
    worthless = {
        "none": None,
        "empty": "",
        "no token": "pn_x",
        "of nobody": f"pn_{ULID}_{'A' * 43}",
        "with another secret": good[:-43] + "A" * 43,
        "too long": good + "A",
        "expired": create("expired", SCOPES, expires=expires.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z")["secret"],
        "revoked": revoked["secret"],
    }
    scoped = {scope: create(f"only-{scope}", [scope])["secret"] for scope in SCOPES}
    bound = {
        "of another project": create("elsewhere", SCOPES, projects=["elsewhere"])["secret"],
        "of another study": create("sphere", SCOPES, study="sphere")["secret"],
    }
    return worthless, scoped, bound, expires.timestamp() + 0.1


def check_worthless(port, operation, names, secrets):
    for kind, secret in secrets.items():
        status, text = send(port, operation, names, secret)
        told = f"{operation.id} with a token that is {kind}: {status} {text[:200]}"
        if operation.secured:
            expect(status == 401, told)
        elif operation.id != "open_session":  # which is asked with the token of its body
            expect(status not in (401, 403), told)


def check_scopes(port, operation, names, secrets):
    for scope, secret in secrets.items():
        allowed = not operation.secured or not operation.scopes or scope in operation.scopes
        # What is allowed is done to nothing that is there.
        status, text = send(port, operation, MISSING if allowed else names, secret)
        told = f"{operation.id} with the scope {scope}: {status} {text[:200]}"
        if not allowed:
            expect(status == 403, told)
        elif operation.id != "open_session":
            expect(status not in (401, 403), told)


def check_bound(port, operation, names, secrets):
    if not any(each.name in OF_A_STUDY and each.place == "path" for each in operation.parameters):
        if operation.method != "GET" or not operation.secured:
            return 0
        for kind, secret in secrets.items():
            if any(each.place == "path" for each in operation.parameters):
                continue
            _, text = send(port, operation, names, secret)
            told = json.loads(text) if text.startswith("{") else {}
            seen = [each for each in told.get("items", told.get("events", [])) if isinstance(each, dict)]
            leaked = [each for each in seen
                      if "digits" in (each.get("study"), each.get("name") if operation.id == "list_studies" else None)]
            # Tokens, with the study that they are for, are an administrator's business.
            expect(not leaked or operation.scopes == ["admin"], f"{operation.id} with a token {kind}: {leaked[:3]}")
        return len(secrets)
    for kind, secret in secrets.items():
        status, text = send(port, operation, names, secret)
        expect(status == 404, f"{operation.id} with a token {kind}: {status} {text[:200]}")
    return len(secrets)


def check_leases_of_any_study(port, names, secrets):
    """Who names no study gets leases only of those that it may see."""
    for kind, secret in secrets.items():
        client = Client(port, token=secret)
        leases = client.ask("POST", f"/v1/workers/{names['worker']}/leases", {"max": 64})["leases"]
        leaked = [lease for lease in leases if lease["study"] == "digits"]
        expect(not leaked, f"take_leases with a token {kind}: {leaked[:1]}")


def experiment(_options):
    with tempfile.TemporaryDirectory() as folder, Server(folder, tokens=True) as server:
        admin = Client(server.port, token=server.make_token("all", *SCOPES))
        contract = Contract(admin.ask("GET", "/openapi.json"))
        known = lived_in.fill(admin)
        names = {**MISSING, **{name: values[0] for name, values in known.items() if values}, "lease": known["lease"][-1]}
        worthless, scoped, bound, expired = make_tokens(server, admin)
        time.sleep(max(0.0, expired - time.time()))
        cells = 0
        for operation in contract.operations:
            check_worthless(server.port, operation, names, worthless)
            check_scopes(server.port, operation, names, scoped)
            cells += len(worthless) + len(scoped) + check_bound(server.port, operation, names, bound)
        for _ in range(3):  # studies come by turns
            check_leases_of_any_study(server.port, names, bound)
        print(f"{len(contract.operations)} operations, {cells} cells, each as the document declares")


if __name__ == "__main__":
    run(experiment, __doc__)
