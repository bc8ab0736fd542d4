# SPDX-License-Identifier: Apache-2.0
"""Parts of parnas in Python (docs/adding-parts/): subclass, then serve(MyPart(), ...). Standard library only."""
import inspect
import json
import math
import os
import random
import sys


class Space:
    """A search space. Without decode() its document says everything."""

    def document(self):
        """The space document (docs/space-documents.md); one with decode() has params and no body."""
        raise NotImplementedError

    def decode(self, **parameters):
        """The active parameters -> a Network, its JSON (docs/network.md), or values by name."""
        raise NotImplementedError


class Blocks:
    """Named blocks for space documents."""

    def define(self):
        """{NAME: {"arguments": {...}, "body": [...]}}"""
        raise NotImplementedError


class Evaluator:
    """How good a candidate is. One that tells how far it is, so that its trials can be pruned, yields
    (step, metrics), steps from 0 on, and is answered whether to end the trial now:
        if (yield epoch, {"loss": loss}): return
    While parnas judges a report another trial may begin."""

    name = ""  # "my_score@1": another version where results differ
    metrics = ()

    def evaluate(self, trial):
        """{trial, stage, fidelity, seed, threads, parameters, network, options} -> metrics by name."""
        raise NotImplementedError


class Sampler:
    """Where to look next; one object for each study."""

    name = ""  # "my_sampler@1"

    def open(self, setup):
        """{params, objectives, seed, options}, once, before all else."""
        self.setup = setup

    def tell(self, trial):
        """{trial, state, parameters, objectives, violation, fidelity, metrics}, in order."""

    def ask(self, context, rng):
        """One proposal, a value for each parameter, or None: draw from `rng` alone."""
        raise NotImplementedError


class Target:
    """What a network costs on hardware."""

    def describe(self):
        """{name: "my-board@1", hardware, runtime, threads, dtype, batch, layout}"""
        raise NotImplementedError

    def estimate(self, network, options):
        """A network (docs/network.md) -> {"latency_ms": ...}."""
        raise NotImplementedError


class Failed(Exception):
    """What evaluate() raises for a trial that has no metrics."""

    def __init__(self, reason, kind="crashed"):
        super().__init__(reason)
        self.kind = kind


class Network:
    """Builds a network layer by layer: Network([1, 8, 8]).conv(out=16, kernel=3, padding=1)..."""

    def __init__(self, shape, name="image"):
        self.inputs = [{"name": name, "shape": shape}]
        self.nodes = []
        self.last = name

    def add(self, op, *inputs, **attributes):
        """Adds a node that reads `inputs`, by name, or what was added last; returns its name."""
        name = f"{op}{len(self.nodes)}"
        self.nodes.append({"name": name, "op": op, "inputs": list(inputs) or [self.last], **attributes})
        self.last = name
        return name

    def __getattr__(self, op):
        if op.startswith("_"):
            raise AttributeError(op)

        def add(self, *inputs, **attributes):
            self.add(op, *inputs, **attributes)
            return self
        setattr(Network, op, add)  # so that it is made once
        return getattr(self, op)

    def json(self):
        return {"inputs": self.inputs, "nodes": self.nodes, "outputs": [self.last]}


def draw(param, rng):
    """One value of a parameter as a sampler is told it, uniform in its domain."""
    if "one_of" in param:
        return rng.choice(param["one_of"])
    low, high = param.get("integer") or param["real"]
    if "integer" in param:
        if param.get("log"):
            return min(high, int(low * ((high + 1) / low) ** rng.random()))
        return rng.randrange(low, high + 1, param.get("step", 1))
    if "step" in param:
        return low + param["step"] * rng.randrange(math.floor((high - low) / param["step"] + 1e-9) + 1)
    return low * (high / low) ** rng.random() if param.get("log") else low + rng.random() * (high - low)


class _Refusal(Exception):
    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


# Twice as fast as json.dumps(), which looks for what contains itself; the recursion's end finds that too.
_to_json = json.JSONEncoder(check_circular=False, separators=(",", ":")).encode


def _each(entries, answer_one):
    """What is raised for an entry is that entry's error."""
    answers = []
    for entry in entries:
        try:
            answers.append(answer_one(entry))
        except Failed as failure:
            answers.append({"failure": {"kind": failure.kind, "reason": str(failure)}})
        except Exception as error:  # pylint: disable=broad-except
            answers.append({"error": f"{type(error).__name__}: {error}"})
    return answers


class Host:
    """The parts of one plugin, and who answers which request."""

    def __init__(self, *parts):
        def of(kind, name):
            return {name(part): part for part in parts
                    if isinstance(part, kind) or isinstance(part, type) and issubclass(part, kind)}
        self.spaces = of(Space, lambda space: space.document()["name"])
        self.evaluators = of(Evaluator, lambda evaluator: evaluator.name)
        self.samplers = of(Sampler, lambda sampler: sampler.name)
        self.targets = of(Target, lambda target: target.describe()["name"])
        self.blocks = [part for part in parts if isinstance(part, Blocks)]
        self.sessions = {}
        self.evaluations = {}  # generators that stand at a report, by session

    def answer(self, text):
        """One request of JSON-RPC 2.0 -> its reply, both as text."""
        number = None
        try:
            request = json.loads(text)
            number = request["id"]
            method = getattr(self, "_" + request["method"].replace(".", "_"), None)
            if method is None:
                raise _Refusal(-32601, f"there is no method {request['method']}")
            return _to_json({"jsonrpc": "2.0", "id": number, "result": method(**request.get("params", {}))})
        except Exception as error:  # pylint: disable=broad-except
            what = {"code": getattr(error, "code", -32603), "message": f"{type(error).__name__}: {error}"}
            return _to_json({"jsonrpc": "2.0", "id": number, "error": what})

    def _describe(self):
        blocks = {}
        for part in self.blocks:
            blocks.update(part.define())
        return {"protocol": 1,
                "spaces": [{"document": space.document(), "decodes": type(space).decode is not Space.decode}
                           for space in self.spaces.values()],
                "evaluators": [{"name": name, "metrics": list(each.metrics)} for name, each in self.evaluators.items()],
                "samplers": [{"name": name} for name in self.samplers],
                "targets": [target.describe() for target in self.targets.values()],
                "blocks": blocks}

    def _space_decode(self, space, candidates):
        def decode(parameters):
            made = self.spaces[space].decode(**parameters)
            made = made.json() if isinstance(made, Network) else made
            return {"network" if "nodes" in made else "values": made}
        return _each(candidates, decode)

    def _evaluator_evaluate(self, evaluator, trials):
        def evaluate(trial):
            made = self.evaluators[evaluator].evaluate(trial)
            return self._heard(trial["session"], made, None) if inspect.isgenerator(made) else {"metrics": made}
        return _each(trials, evaluate)

    def _evaluator_resume(self, trials):
        return _each(trials, lambda trial: self._heard(
            trial["session"], self.evaluations.pop(trial["session"]), trial["stop"]))

    def _heard(self, session, evaluation, stop):
        """The next report of an evaluation, or its result: no report after a stop."""
        try:
            step, metrics = evaluation.send(stop)
            while stop:
                evaluation.send(stop)
        except StopIteration as end:
            return {"metrics": end.value or {}}
        self.evaluations[session] = evaluation
        return {"step": step, "metrics": metrics}

    def _target_estimate(self, target, networks, options):
        return _each(networks, lambda network: self.targets[target].estimate(network, options))

    def _sampler_open(self, session, sampler, setup):
        made = self.samplers[sampler]
        self.sessions[session] = made = made() if isinstance(made, type) else type(made)()
        made.open(setup)
        return True

    def _session(self, session):
        if session not in self.sessions:
            raise _Refusal(-32001, "there is no such session")
        return self.sessions[session]

    def _sampler_tell(self, session, trials):
        for trial in trials:
            self._session(session).tell(trial)
        return True

    def _sampler_ask(self, session, context, count):
        rng = random.Random(context["seed"])
        asked = (self._session(session).ask(context, rng) for _ in range(count))
        return [{"parameters": proposal} for proposal in asked if proposal is not None]

    def _sampler_close(self, session):
        return self.sessions.pop(session, None) is not None


def serve(*parts):
    """Answers requests, a line each, until the input ends. What parts print goes to the error output."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    host = Host(*parts)
    for line in sys.stdin:
        if line.strip():
            answers.write(host.answer(line) + "\n")
            answers.flush()


def serve_http(*parts, address="127.0.0.1", port=9000):
    """The same over HTTP: a request is the body of a POST, its reply that of the answer."""
    import http.server  # pylint: disable=import-outside-toplevel
    import threading  # pylint: disable=import-outside-toplevel

    host, turn = Host(*parts), threading.Lock()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):  # pylint: disable=invalid-name
            length = int(self.headers.get("Content-Length", 0))
            request = self.rfile.read(length)
            with turn:
                body = host.answer(request).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format, *args):  # pylint: disable=redefined-builtin
            pass

    # Connections are kept, so one must not keep others out.
    http.server.ThreadingHTTPServer((address, port), Handler).serve_forever()
