#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Times non-dominated sorting and hypervolumes, Optuna's on the same points where it is installed.

    bench/peers/fronts.py build/release/bin/parnas_fronts
    bench/peers/fronts.py build/release/bin/parnas_fronts --only hypervolume --seconds 5

Points of ranks are uniform in the unit cube, those of hypervolumes on a sphere, so that all are on
the front. Given is the median CPU time of a call, which other work on the machine disturbs less,
and Optuna's through ours; the results must agree. Its functions are internal ones: those behind
its samplers in the version that is installed, which is printed.
"""

import argparse
import json
import math
import random
import statistics
import subprocess
import time

# what, objectives, points
CASES = [
    ("ranks", 2, 10_000),
    ("ranks", 3, 1_000),
    ("ranks", 3, 10_000),
    ("ranks", 4, 10_000),
    ("hypervolume", 2, 1_000),
    ("hypervolume", 3, 100),
    ("hypervolume", 3, 1_000),
    ("hypervolume", 4, 100),
]
REFERENCE = 1.1


def make_points(what, objectives, count):
    draw = random.Random(1)
    if what == "ranks":
        return [[draw.random() for _ in range(objectives)] for _ in range(count)]
    points = [[abs(draw.gauss(0, 1)) for _ in range(objectives)] for _ in range(count)]
    return [[1 - value / math.hypot(*point) for value in point] for point in points]


class Own:
    def __init__(self, program):
        self.process = subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def measure(self, what, points, rounds):
        reference = [REFERENCE] * len(points[0])
        request = {"what": what, "points": points, "reference": reference, "rounds": rounds}
        print(json.dumps(request), file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"error: {self.process.args[0]} ended early")
        return json.loads(line)


class Optuna:
    def __init__(self):
        import numpy
        import optuna

        self.version = optuna.__version__
        self.array = numpy.array
        try:
            from optuna.study._multi_objective import _fast_non_domination_rank as ranks
        except ImportError:  # before 4.0
            from optuna.samplers._tpe.sampler import _calculate_nondomination_rank as ranks
        try:
            from optuna._hypervolume import compute_hypervolume
        except ImportError:  # before 4.0
            from optuna._hypervolume import WFG

            compute_hypervolume = WFG().compute
        self.functions = {"ranks": ranks, "hypervolume": compute_hypervolume}

    def measure(self, what, points, seconds):
        arguments = [self.array(points)]
        if what == "hypervolume":
            arguments.append(self.array([REFERENCE] * len(points[0])))
        times = []
        while not times or sum(times) < seconds and len(times) < 100:
            begin = time.process_time()
            result = self.functions[what](*arguments)
            times.append(time.process_time() - begin)
        result = result.tolist() if what == "ranks" else float(result)
        return {"cpu_seconds": times, "result": result}


def agree(a, b):
    return a == b if isinstance(a, list) else math.isclose(a, b, rel_tol=1e-9)


def compare(own, peer, case, seconds):
    what, _, _ = case
    points = make_points(*case)
    taken = own.measure(what, points, 1)["cpu_seconds"][0]
    rounds = max(5, min(1000, int(seconds / max(taken, 1e-5))))
    ours = own.measure(what, points, rounds)
    result = {"case": case, "own_seconds": statistics.median(ours["cpu_seconds"])}
    if peer:
        theirs = peer.measure(what, points, seconds)
        if not agree(ours["result"], theirs["result"]):
            raise SystemExit(f"error: {case}: the results differ")
        result["optuna_seconds"] = statistics.median(theirs["cpu_seconds"])
        result["ratio"] = result["optuna_seconds"] / result["own_seconds"]
    return result


def print_row(result):
    what, objectives, count = result["case"]
    row = [what, objectives, f"{count:,}", f"{1000 * result['own_seconds']:.3f}"]
    if "ratio" in result:
        row += [f"{1000 * result['optuna_seconds']:,.1f}", f"{result['ratio']:,.0f}"]
    print("| " + " | ".join(map(str, row)) + " |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", help="parnas_fronts")
    parser.add_argument("--only", choices=["ranks", "hypervolume"])
    parser.add_argument("--seconds", type=float, default=2, help="for each case and side")
    parser.add_argument("--output", choices=["table", "json"], default="table")
    arguments = parser.parse_args()

    try:
        peer = Optuna()
    except ImportError as error:
        peer = None
        missing = f"Optuna's figures are left out: {error}"
    own = Own(arguments.program)
    header = ["what", "objectives", "points", "parnas (ms)"]
    if peer:
        header += [f"Optuna {peer.version} (ms)", "ratio"]
    if arguments.output == "table":
        if not peer:
            print(missing)
        print("| " + " | ".join(header) + " |\n" + "|---" * len(header) + "|", flush=True)
    results = []
    for case in CASES:
        if arguments.only in (None, case[0]):
            results.append(compare(own, peer, case, arguments.seconds))
            if arguments.output == "table":
                print_row(results[-1])
    if arguments.output == "json":
        print(json.dumps({"optuna": peer and peer.version, "results": results}, indent=2))


if __name__ == "__main__":
    main()
