#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What weight sharing is worth, measured: prints tables for docs/benchmarks.md.

    bench/weight_sharing/evidence.py examples --folder runs --minutes 25

Each call goes on where the last one was stopped, and ends with the table of what is there; several may run at
once. The parts:

    examples  the three examples against random search at equal cost, 5 seeds
    cells     five searches by gradients on NAS-Bench-201's cells with MNIST, 4 seeds each: the true accuracy of
              what they find, from the recorded table, and whether they collapsed
    ranking   the audit of the one-shot example over 30 networks, with its ceiling
    target    a latency limit at the 30th percentile of the space's latencies, 5 seeds
"""
import argparse
import csv
import gzip
import json
import pathlib
import sys

from figures import mean_and_spread, paired, percentile, table
from runs import OutOfTime, Run, Runner

ROOT = pathlib.Path(__file__).resolve().parents[2]
GRADIENTS = ("darts", "gdas", "pc_darts", "dr_nas", "beta_darts")
# Others than those that the jobs were written with.
SEEDS = range(11, 16)
EXAMPLES = {"07_darts_digits": range(16, 21),  # 11 and 12 showed that its job wanted a limit
            "08_one_shot_mnist": SEEDS,
            "09_progressive_shrinking_mnist": SEEDS}
# Enough to see every step of a part work.
QUICK = {"strategy.epochs": 2, "budget.trials": 4, "evaluator.final_epochs": 1, "evaluator.epochs": 1, "finalists": 2}
QUICK_MNIST = {"evaluator.data.limit": 600}


def mnist(options):
    return {"evaluator.data.idx.images": options.data / "mnist_train-images-idx3-ubyte.gz",
            "evaluator.data.idx.labels": options.data / "mnist_train-labels-idx1-ubyte.gz"}


def example_run(options, example, seed, audit):
    changes = {} if "digits" in example else mnist(options)
    if options.quick:
        changes |= QUICK | ({} if "digits" in example else QUICK_MNIST)
    return Run(f"{example}-{seed}", ROOT / "examples" / example / "job.yaml", seed, changes, audit)


def finish_all(runner, runs):
    """The statuses of all that are finished, by name; goes as far as the time allows."""
    try:
        for run in runs:
            runner.finish(run)
    except OutOfTime:
        print("Out of time: call again to go on.", flush=True)
    statuses = {run.name: runner.status(run) for run in runs}
    return {run.name: statuses[run.name] for run in runs
            if statuses[run.name] and statuses[run.name]["state"] == "complete"
            and (statuses[run.name]["audit"] or not run.audit)}


def examples(options, runner):
    networks = 2 if options.quick else 12
    runs = {example: [example_run(options, example, seed, ("--networks", networks, "--baselines", "random"))
                      for seed in (seeds[:2] if options.quick else seeds)]
            for example, seeds in EXAMPLES.items()}
    done = finish_all(runner, [run for of_a_seed in zip(*runs.values()) for run in of_a_seed])
    rows = [["example", "seed", "cost (s)", "networks", "hypervolume", "best", "of random: networks", "hypervolume", "best"]]
    sums = [["example", "hypervolume", "random search", "gain (95 %)"]]
    for example, each in runs.items():
        hypervolumes = []
        for run in each:
            if run.name not in done:
                continue
            audit = done[run.name]["audit"]
            contenders = audit["contenders"][:2]
            hypervolumes.append([contender["hypervolume"] or 0.0 for contender in contenders])
            rows.append([example, run.seed, f"{audit['cost_seconds']:.0f}",
                         *(figure for contender in contenders
                           for figure in (contender["networks"], f"{contender['hypervolume'] or 0.0:.4f}",
                                          f"{contender['best']:.4f}"))])
        found, random = list(zip(*hypervolumes)) or [(), ()]
        sums.append([example, mean_and_spread(found), mean_and_spread(random),
                     "{:+.4f} ± {:.4f}".format(*paired(found, random))])
    print(table(rows), "", table(sums), sep="\n")


def ranking(options, runner):
    networks = 4 if options.quick else 30
    run = example_run(options, "08_one_shot_mnist", SEEDS[0], ("--networks", networks, "--ceiling", "--baselines", "none"))
    run.name = "ranking"
    done = finish_all(runner, [run])
    if run.name not in done:
        return
    audit = done[run.name]["audit"]
    rows = [["", "tau", "95 % interval", "networks"]]
    for name in ("ranking", "ceiling"):
        found = audit[name]
        rows.append([name, *((f"{found['tau']:.3f}", f"{found['low']:.3f} to {found['high']:.3f}", found["networks"])
                             if found else (audit["no_ranking"], "-", "-"))])
    print(table(rows))
    if audit["ranking"] and audit["ceiling"]:
        print(f"share of the ceiling: {audit['ranking']['tau'] / audit['ceiling']['tau']:.3f}")


def recorded_accuracies(options):
    """CIFAR-10 test accuracy after 200 epochs by the digits of a cell."""
    with gzip.open(options.data / "nb201_accuracy.csv.gz", "rt") as file:
        return {row["ops"]: float(row["c10_test200"]) for row in csv.DictReader(file)}


OPS = {"none": "0", "skip": "1", "conv1x1": "2", "conv3x3": "3", "avgpool3x3": "4"}
EDGES = ("node1.from0", "node2.from0", "node2.from1", "node3.from0", "node3.from1", "node3.from2")


def digits_of(params):
    return "".join(OPS[params[f"cell.{edge}"]] for edge in EDGES)


def cells(options, runner):
    accuracies = recorded_accuracies(options)
    seeds = SEEDS[:1 if options.quick else 4]
    quick = QUICK | QUICK_MNIST | {"finalists": 0} if options.quick else {}
    runs = [Run(f"{strategy}-{seed}", pathlib.Path(__file__).with_name("cells.yaml"), seed,
                {"strategy.type": strategy} | mnist(options) | quick)
            for strategy in GRADIENTS for seed in seeds]
    done = finish_all(runner, runs)
    rows = [["strategy", "seed", "cell", "CIFAR-10 test (%)", "skips", "epochs", "why it ended"]]
    sums = [["strategy", "mean (sd) of the found cells"]]
    for strategy in GRADIENTS:
        found = []
        for run in runs:
            if run.name not in done or not run.name.startswith(strategy + "-"):
                continue
            first = runner.read(run, "trials", run.name, "--limit", "1")[0]
            cell = digits_of(first["params"])
            found.append(accuracies[cell])
            reason = first["attributes"].get("reason", "")
            rows.append([strategy, run.seed, cell, f"{found[-1]:.2f}", cell.count("1"),
                         len(runner.read(run, "phases", run.name)), reason])
        sums.append([strategy, mean_and_spread(found)])
    print(f"random cells: {mean_and_spread(list(accuracies.values()))}, best {max(accuracies.values()):.2f}")
    print(table(rows), "", table(sums), sep="\n")


def target(options, runner):
    folder = pathlib.Path(__file__).parent
    quick = QUICK | QUICK_MNIST if options.quick else {}
    sample = Run("latencies", folder / "latencies.yaml", 1,
                 mnist(options) | ({"budget.trials": 20} if options.quick else {}))
    if sample.name not in finish_all(runner, [sample]):
        return
    limit = percentile([trial["metrics"]["latency_ms"] for trial in runner.read(sample, "trials", sample.name)
                        if trial["state"] == "complete"], 0.3)
    seeds = SEEDS[:2] if options.quick else SEEDS
    runs = [Run(f"target-{seed}", folder / "cells.yaml", seed,
                mnist(options) | quick | {"limits.latency_ms": round(limit, 5), "finalists": 1}) for seed in seeds]
    done = finish_all(runner, runs)
    found = {run: next((trial for trial in runner.read(run, "trials", run.name)
                        if trial["stage"] == "finalist" and trial["state"] == "complete"), None)
             for run in runs if run.name in done}
    # Measured once more, by a study that knows nothing of the search.
    again = {run: Run(f"again-{run.seed}", folder / "latencies.yaml", 1,
                      mnist(options) | {"initial": json.dumps([trial["params"]]), "budget.trials": 1})
             for run, trial in found.items() if trial}
    measured = finish_all(runner, again.values())
    print(f"limit: {limit:.4f} ms, the 30th percentile of {sample.name}")
    rows = [["seed", "found network", "accuracy", "measured (ms)", "meets the limit", "measured again (ms)"]]
    for run, trial in found.items():
        if trial is None:
            rows.append([run.seed, "none", "-", "-", "no", "-"])
            continue
        latency = trial["metrics"]["latency_ms"]
        second = again[run]
        rows.append([run.seed, digits_of(trial["params"]), trial["metrics"]["accuracy"], f"{latency:.4f}",
                     "yes" if latency <= limit else "no",
                     f"{runner.read(second, 'trials', second.name)[0]['metrics']['latency_ms']:.4f}"
                     if second.name in measured else "-"])
    print(table(rows))


PARTS = {"examples": examples, "cells": cells, "ranking": ranking, "target": target}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--folder", type=pathlib.Path, default=pathlib.Path("evidence"), help="of the stores")
    parser.add_argument("--minutes", type=float, default=25.0, help="stop after so long; call again to go on")
    parser.add_argument("--quick", action="store_true", help="a small version of everything, in a folder of its own")
    parser.add_argument("--parnas", type=pathlib.Path, default=ROOT / "build/release/bin/parnas")
    parser.add_argument("--data", type=pathlib.Path, default=ROOT / "../shared/data",
                        help="folder with mnist_*-ubyte.gz and nb201_accuracy.csv.gz")
    options = parser.parse_args()
    options.data = options.data.resolve()
    if not (options.data / "mnist_train-images-idx3-ubyte.gz").exists():
        sys.exit(f"{options.data}: MNIST is not there")
    folder = options.folder / f"{options.part}{'-quick' if options.quick else ''}"
    folder.mkdir(parents=True, exist_ok=True)
    print(f"stores in {folder}, data {options.data}")
    PARTS[options.part](options, Runner(options.parnas.resolve(), folder, options.minutes))


if __name__ == "__main__":
    main()
