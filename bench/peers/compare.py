#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Times the steps that parnas trains supernets with and the Python peer's, in turns.

    bench/peers/compare.py build/release/bin/parnas_supernet
    bench/peers/compare.py build/release/bin/parnas_supernet --only tiny --threads 1 --seconds 5

A repetition is some steps of the one program and then as many of the other, on sampled paths the
same ones; which goes first alternates, and there are no steps of both at once. Its ratio is the
peer's time through parnas', above 1 where parnas is faster. Given are the median of the
repetitions' ratios, the smallest and the largest. Of CPU time, which other work on the machine
disturbs less, the same. Memory is the most that each program had resident, with its libraries.
Prints a table, and with --output json all figures.
"""

import argparse
import json
import os
import statistics
import subprocess
import time
from pathlib import Path

TINY = {"channels": 8, "image": [1, 8, 8], "cells": 1}  # image and width of examples/07_darts_digits
LARGE = {"channels": 16, "image": [3, 32, 32], "cells": 1}
CONFIGURATIONS = {
    f"{size} {space} {method}": {"space": space, "method": method, "batch": 64, **sizes}
    for size, sizes in {"tiny": TINY, "large": LARGE}.items()
    for space in ("cell201", "darts")
    for method in ("mixed", "path")
}
PEER = Path(__file__).parent / "supernet.py"
HEADER = (
    "| configuration | threads | repetitions x steps | peer (ms) | parnas (ms) | ratio"
    " | of CPU time | peer (MiB) | parnas (MiB) |"
)
PATHS = 1024  # then they begin anew
LEAST_REPETITIONS = 3


class Program:
    def __init__(self, command, options):
        self.process = subprocess.Popen(
            [*command, json.dumps(options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # Threads of one program must not spin while the other works.
            env=os.environ | {"OMP_WAIT_POLICY": "PASSIVE"},
        )

    def tell(self, line):
        print(line, file=self.process.stdin, flush=True)

    def steps(self, count):
        self.tell(count)
        return self.answer()

    def finish(self):
        self.process.stdin.close()
        answer = self.answer()
        self.process.wait()
        return answer

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"error: {self.process.args[0]} ended early")
        return json.loads(line)


def list_paths(own_program, options):
    if options["method"] == "mixed":
        return "[]"
    command = [own_program, json.dumps(options | {"list_paths": PATHS})]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def summary(values):
    return {"median": statistics.median(values), "low": min(values), "high": max(values)}


def compare(own_program, options, arguments):
    extra = {"channels_last": True} if arguments.channels_last else {}
    programs = {
        "peer": Program([str(PEER)], options | extra),
        "own": Program([own_program], options),
    }
    programs["peer"].tell(list_paths(own_program, options))
    def time_step():
        return sum(sum(program.steps(1)["seconds"]) for program in programs.values())

    taken = time_step()  # the first one allocates
    if taken < arguments.seconds:
        taken = time_step()
    # At least seven repetitions in the time that there is, and some steps in each.
    steps = max(1, min(100, int(arguments.seconds / taken / 7)))
    totals = {"peer": {"seconds": [], "cpu_seconds": []}, "own": {"seconds": [], "cpu_seconds": []}}
    begin = time.monotonic()
    repetitions = 0
    while repetitions < LEAST_REPETITIONS or time.monotonic() - begin < arguments.seconds:
        for name in ("peer", "own") if repetitions % 2 == 0 else ("own", "peer"):
            times = programs[name].steps(steps)
            for clock, values in totals[name].items():
                values.append(sum(times[clock]) / steps)
        repetitions += 1
    result = {"options": options, "repetitions": repetitions, "steps": steps}
    for clock in ("seconds", "cpu_seconds"):
        pairs = zip(totals["peer"][clock], totals["own"][clock])
        result[clock] = {
            "ratio": summary([peer / own for peer, own in pairs]),
            **{name: statistics.median(totals[name][clock]) for name in programs},
        }
    for name, program in programs.items():
        result[name] = program.finish()
    if result["peer"]["parameters"] != result["own"]["parameters"]:
        raise SystemExit(f"error: not the same supernet: {result['peer']} and {result['own']}")
    return result


def print_row(name, result):
    def spread(clock):
        ratio = result[clock]["ratio"]
        return f"{ratio['median']:.2f} ({ratio['low']:.2f}-{ratio['high']:.2f})"

    wall = result["seconds"]
    memory = [result[who]["peak_memory_bytes"] / 2**20 for who in ("peer", "own")]
    print(
        f"| {name} | {result['options']['threads']} | {result['repetitions']} x {result['steps']}"
        f" | {1000 * wall['peer']:.1f} | {1000 * wall['own']:.1f}"
        f" | {spread('seconds')} | {spread('cpu_seconds')} | {memory[0]:.0f} | {memory[1]:.0f} |",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", help="parnas_supernet")
    parser.add_argument("--only", default="", help="configurations with all of these words")
    parser.add_argument("--seconds", type=float, default=6, help="for each configuration")
    parser.add_argument("--threads", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--channels-last", action="store_true", help="the peer's order of values")
    parser.add_argument("--output", choices=["table", "json"], default="table")
    arguments = parser.parse_args()

    if arguments.output == "table":
        print(f"{HEADER}\n{'|---' * HEADER.count(' |')}|", flush=True)
    results = {}
    for name, options in CONFIGURATIONS.items():
        if not set(arguments.only.split()) <= set(name.split()):
            continue
        for threads in arguments.threads:
            result = compare(arguments.program, options | {"threads": threads}, arguments)
            results[f"{name}, {threads}"] = result
            if arguments.output == "table":
                print_row(name, result)
    if arguments.output == "json":
        print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
