#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Compares a strategy with Optuna's best sampler on every problem of problems/.

    bench/quality/compare.py build/release/bin/parnas --data tables
    bench/quality/compare.py build/release/bin/parnas --data tables --strategy tpe --seeds 5

On functions the bar is what was recorded of Optuna 5 (optuna_quality.csv of the tables), of which
there are no single seeds: the test is a sign test against its median, taken as exact. On tables
the Optuna that is installed runs beside it, with as many seeds; the test is the rank-sum test, and
the sampler that is best by its median is the bar. Both are two-sided at 5 %, without correction for
choosing the best one, which favours Optuna.

--keep FOLDER keeps all seeds' results as JSON, and takes Optuna's from there if they are.
"""

import argparse
import json
import multiprocessing
import os
import pathlib
import statistics
import subprocess
import sys

from rank_sum import rank_sum, verdict


def parnas_figures(arguments):
    command = [arguments.program, "bench", "quality", "--data", arguments.data, "--output", "json",
               "--strategy", arguments.strategy, "--seeds", arguments.seeds,
               "--first-seed", arguments.first_seed, "--threads", arguments.threads]
    for problem in arguments.problem or []:
        command += ["--problem", problem]
    answer = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, check=True)
    results = json.loads(answer.stdout)
    for problem in results["skipped"]:
        print(f"skipped {problem}: its table is not in {arguments.data}")
    return results["figures"]


def run_search(task):
    import optuna_searches

    return optuna_searches.search(*task)


def optuna_results(problems, arguments):
    """By problem and sampler the scores and seconds by seed; empty without Optuna."""
    try:
        import optuna_searches
    except ImportError as error:
        print(f"Optuna's searches are left out: {error}")
        return {}, None
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.seeds)
    kept = arguments.keep and arguments.keep / (
        f"optuna-{optuna_searches.VERSION}-seeds-{seeds[0]}-{seeds[-1]}.json")
    results = json.loads(kept.read_text()) if kept and kept.exists() else {}
    samplers = list(optuna_searches.samplers())
    with multiprocessing.Pool(arguments.threads) as pool:
        for problem in problems:
            if problem in results:
                continue
            tasks = [(problem, sampler, seed, str(arguments.data))
                     for sampler in samplers for seed in seeds]
            found = pool.map(run_search, tasks, chunksize=5)
            by_sampler = [found[i:i + len(seeds)] for i in range(0, len(found), len(seeds))]
            results[problem] = {
                sampler: {"scores": [score for score, _ in each],
                          "seconds": [seconds for _, seconds in each]}
                for sampler, each in zip(samplers, by_sampler)}
            if kept:
                kept.write_text(json.dumps(results))
    return results, optuna_searches.VERSION


def spread(values):
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return spread_text(statistics.median(values), low, high)


def spread_text(median, low, high):
    return f"{median:.4g} [{low:.4g}, {high:.4g}]"


def against_recorded(figure):
    bar = figure["optuna"]
    return {"bar": bar["sampler"], "bar_spread": spread_text(bar["median"], bar["q25"], bar["q75"]),
            "p": bar["p"],
            "verdict": verdict(bar["p"], bar["worse"] - bar["better"], "minimize")}


def against_searches(figure, samplers):
    sign = -1 if figure["direction"] == "maximize" else 1
    name, best = min(samplers.items(), key=lambda each: sign * statistics.median(each[1]["scores"]))
    p, above = rank_sum(figure["scores"], best["scores"])
    return {"bar": name, "bar_spread": spread(best["scores"]), "p": p,
            "verdict": verdict(p, above, figure["direction"]),
            "bar_seconds": statistics.median(best["seconds"])}


def print_table(header, rows):
    print("| " + " | ".join(header) + " |\n" + "|---" * len(header) + "|")
    for row in rows:
        print("| " + " | ".join(map(str, row)) + " |")


def print_comparison(figures, version):
    rows = []
    for figure in figures:
        bar = figure.get("comparison")
        rows.append([figure["problem"], figure["direction"], figure["trials"],
                     spread(figure["scores"]), f"{statistics.median(figure['seconds']):.2g}",
                     *([bar["bar"], bar["bar_spread"], f"{bar['p']:.2g}", bar["verdict"]] if bar
                       else ["-"] * 4)])
    print_table(["problem", "goal", "trials", "parnas: median [quartiles]", "s a search",
                 f"Optuna's best (tables: {version})", "median [quartiles]", "p", "parnas is"], rows)


def print_samplers(results):
    names = sorted({name for samplers in results.values() for name in samplers})
    rows = [[problem] + [f"{statistics.median(samplers[name]['scores']):.4g}" for name in names]
            for problem, samplers in results.items()]
    print_table(["median of Optuna's"] + names, rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", help="parnas")
    parser.add_argument("--data", type=pathlib.Path, required=True, help="folder of tables")
    parser.add_argument("--strategy", default="auto")
    parser.add_argument("--problem", action="append", help="may be repeated; all if left out")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--keep", type=pathlib.Path, help="folder for the results of all seeds")
    parser.add_argument("--output", choices=["table", "json"], default="table")
    arguments = parser.parse_args()
    if arguments.seeds < 2:
        parser.error("a comparison needs at least two seeds")
    if arguments.keep:
        arguments.keep.mkdir(parents=True, exist_ok=True)

    figures = parnas_figures(arguments)
    tables = [figure["problem"] for figure in figures if "optuna" not in figure]
    results, version = optuna_results(tables, arguments)
    for figure in figures:
        if "optuna" in figure:
            figure["comparison"] = against_recorded(figure)
        elif figure["problem"] in results:
            figure["comparison"] = against_searches(figure, results[figure["problem"]])
    if arguments.keep:
        (arguments.keep / f"{arguments.strategy}.json").write_text(json.dumps(figures))
    if arguments.output == "json":
        json.dump({"figures": figures, "optuna": results, "version": version}, sys.stdout)
        return
    print_comparison(figures, version)
    if results:
        print()
        print_samplers({name: results[name] for name in tables if name in results})


if __name__ == "__main__":
    main()
