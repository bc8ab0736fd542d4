# SPDX-License-Identifier: Apache-2.0
"""What a script says to parnas (docs/command.md); copy this file next to yours. No dependencies."""
import json
import os
import sys

_answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # from here on print() goes to the error output
request = json.loads(sys.stdin.readline())
parameters, network = request["parameters"], request.get("network")  # as in the space
stage, fidelity = request.get("stage", "search"), request.get("fidelity", 1.0)
seed, threads = request.get("seed", 0), request.get("threads", 1)


def _say(message):
    print(json.dumps(message), file=_answers, flush=True)


def report(step, **metrics):
    """Tells how far it is. True: the trial is pruned, finish soon."""
    _say({"step": step, "metrics": {name: float(value) for name, value in metrics.items()}})
    return json.loads(sys.stdin.readline() or "{}").get("verdict") == "stop"


def finish(**metrics):
    _say({"metrics": {name: float(value) for name, value in metrics.items()}})


def fail(reason, kind="crashed"):
    _say({"failure": {"kind": kind, "reason": str(reason)}})
