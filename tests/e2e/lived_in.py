# SPDX-License-Identifier: Apache-2.0
"""A server that has something of everything, so that requests find what they name."""
import hashlib

from service import new_key, remote_job

JOB = remote_job("digits", 1_000_000)


def fill(client):
    """Values for parameters of paths and bodies, by their name. `client` may do everything."""
    known = {"study": [], "job": [], "worker": [], "lease": [], "token": [], "number": [0, 1, 2, 3], "artifact": [],
             "slug": ["not-found", "lease-superseded"]}
    for name, kind in (("digits", {}), ("sphere", {"evaluator": {"type": "synthetic", "function": "sphere"},
                                                  "objectives": {"value": "minimize"}})):
        job = client.ask("POST", "/v1/jobs", {"study": {**JOB, "name": name, **kind}}, new_key())
        known["study"].append(name)
        known["job"].append(job["id"])
    worker = client.ask("POST", "/v1/workers", {"name": "w", "host": "h", "pid": 1, "version": "1"}, new_key())["id"]
    known["worker"].append(worker)
    leases = []
    while len(leases) < 12:
        leases += client.ask("POST", f"/v1/workers/{worker}/leases", {"study": "digits", "max": 12, "wait_s": 5},
                             new_key())["leases"]
    for lease in leases[:6]:
        path = f"/v1/leases/{lease['lease']}"
        client.ask("POST", f"{path}/reports",
                   {"fence": 1, "reports": [{"step": 1, "metrics": {"loss": 2.0}}]}, new_key())
        client.ask("PUT", f"{path}/result", {"fence": 1, "outcome": "completed", "cost_s": 1,
                                            "metrics": {"loss": sum(lease["params"].values())}})
    known["lease"] = [lease["lease"] for lease in leases]
    for name in ("guest", "other"):
        made = client.ask("POST", "/v1/tokens", {"name": name, "scopes": ["read"], "study": "digits"})
        known["token"].append(made["token"]["id"])
    known["space"] = [each["name"] for each in client.ask("GET", "/v1/spaces")["items"]][:6]
    known["target"] = [each["name"] for each in client.ask("GET", "/v1/targets")["items"]][:6]
    known["artifact"].append(hashlib.sha256(b"weights").hexdigest())
    return known
