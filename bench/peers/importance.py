#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Compares `parnas importance` with Optuna's fANOVA on the same random trials.

    bench/peers/importance.py build/release/bin/parnas

Optuna's needs scikit-learn (Debian: python3-sklearn). Given is CPU time: of the whole command, with
starting and reading the store, and of Optuna's function alone. Optuna divides its shares by their
sum, so ours are divided as well before they are compared; forests are random on both sides.
"""

import argparse
import json
import os
import pathlib
import resource
import statistics
import subprocess
import tempfile
import time

UNIT = {"low": 0.0, "high": 1.0}
BRANIN = [{"low": -5.0, "high": 10.0}, {"low": 0.0, "high": 15.0}]

# function, ranges of its parameters, trials
CASES = [
    ("branin", BRANIN, 300),
    ("hartmann6", [UNIT] * 6, 300),
    ("rosenbrock", [{"low": -5.0, "high": 10.0}] * 10, 100),
    ("rosenbrock", [{"low": -5.0, "high": 10.0}] * 10, 1_000),
]

JOB = """\
name: {name}
space: {{document: {{name: box@1, params: {{{params}}}}}}}
evaluator: {{type: synthetic, function: {function}}}
objectives: {{value: minimize}}
strategy: {{type: random}}
budget: {{trials: {trials}}}
seed: 1
"""


class Own:
    def __init__(self, program, folder):
        self.program = os.path.abspath(program)
        self.folder = folder

    def run(self, *arguments):
        done = subprocess.run([self.program, *arguments], cwd=self.folder, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(done.stderr)
        return done.stdout

    def make_study(self, name, function, ranges, trials):
        params = ", ".join(f"x{i}: {{real: [{each['low']}, {each['high']}]}}" for i, each in enumerate(ranges))
        job = JOB.format(name=name, params=params, function=function, trials=trials)
        (self.folder / "job.yaml").write_text(job, encoding="utf-8")
        self.run("run", "job.yaml", "--quiet")
        return json.loads(self.run("trials", name, "--output", "json"))

    def measure(self, name, rounds=5):
        times = []
        for _ in range(rounds):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            answer = self.run("importance", name, "--output", "json")
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        shares = {param["name"]: param["share"] for param in json.loads(answer)[0]["params"]}
        return statistics.median(times), shares


class Optuna:
    def __init__(self):
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.optuna = optuna

    def measure(self, trials, ranges):
        domains = {f"x{i}": self.optuna.distributions.FloatDistribution(**each) for i, each in enumerate(ranges)}
        study = self.optuna.create_study()
        study.add_trials(
            [
                self.optuna.trial.create_trial(
                    params=trial["params"], distributions=domains, value=trial["values"]["value"]
                )
                for trial in trials
            ]
        )
        evaluator = self.optuna.importance.FanovaImportanceEvaluator(seed=0)
        begin = time.process_time()
        shares = self.optuna.importance.get_param_importances(study, evaluator=evaluator)
        return time.process_time() - begin, shares


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parnas", help="the program")
    arguments = parser.parse_args()
    optuna = Optuna()
    print(f"Optuna {optuna.optuna.__version__}")
    print("| function | parameters | trials | parnas (ms) | Optuna (ms) | ratio | largest difference of a share |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        own = Own(arguments.parnas, pathlib.Path(folder))
        for function, ranges, count in CASES:
            name = f"{function}-{count}"
            trials = own.make_study(name, function, ranges, count)
            ours, shares = own.measure(name)
            theirs, others = optuna.measure(trials, ranges)
            total = sum(shares.values())
            apart = max(abs(shares[param] / total - others[param]) for param in shares)
            print(f"| {function} | {len(ranges)} | {count:,} | {1000 * ours:.0f} | {1000 * theirs:,.0f} | "
                  f"{theirs / ours:,.0f} | {apart:.3f} |", flush=True)


if __name__ == "__main__":
    main()
