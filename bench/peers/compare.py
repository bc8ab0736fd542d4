#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Times parnas' training steps of supernets and the Python peer's, in turns.

    bench/peers/compare.py build/dev/bin/parnas_supernet --only tiny --rounds 5

Each round makes a few steps of the peer's and as many of parnas', so that other work on the
machine hits both. A ratio is the peer's median time through parnas', above 1 where parnas is
faster; its interval is that of 95 % of bootstrap samples of the rounds. CPU time is what other
work disturbs least. Prints a table, and with --output json the figures.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
from pathlib import Path

TINY = {"channels": 8, "image": [1, 8, 8], "cells": 1}
LARGE = {"channels": 16, "image": [3, 32, 32], "cells": 1}
CONFIGURATIONS = {
    f"{size} {space} {method}": {"space": space, "method": method, "batch": 64, **sizes}
    for size, sizes in {"tiny": TINY, "large": LARGE}.items()
    for space in ("cell201", "darts")
    for method in ("mixed", "path")
}
PEER = Path(__file__).parent / "supernet.py"


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

    def steps(self, count):
        print(count, file=self.process.stdin, flush=True)
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


def ratio(peer, own, pick):
    """Median of the peer's times through median of ours; and 95 % of what resampling gives."""

    def of(rounds):
        return statistics.median(x for i in rounds for x in peer[i][pick]) / statistics.median(
            x for i in rounds for x in own[i][pick]
        )

    rng = random.Random(1)
    count = len(peer)
    samples = sorted(of(rng.choices(range(count), k=count)) for _ in range(1000))
    return {"ratio": of(range(count)), "low": samples[25], "high": samples[974]}


def compare(own_program, options, arguments):
    own = Program([own_program], options)
    extra = {"channels_last": True} if arguments.channels_last else {}
    peer = Program([sys.executable, str(PEER)], options | extra)
    for program in (own, peer):
        program.steps(1)  # the first step allocates
    own_rounds, peer_rounds = [], []
    for _ in range(arguments.rounds):
        peer_rounds.append(peer.steps(arguments.steps))
        own_rounds.append(own.steps(arguments.steps))
    result = {"options": options}
    for pick in ("seconds", "cpu_seconds"):
        result[pick] = ratio(peer_rounds, own_rounds, pick)
        for name, rounds in (("peer", peer_rounds), ("own", own_rounds)):
            result[pick][name] = statistics.median(x for each in rounds for x in each[pick])
    for name, program in (("peer", peer), ("own", own)):
        result[name] = program.finish()
    if result["peer"]["parameters"] != result["own"]["parameters"]:
        raise SystemExit(f"error: not the same supernet: {result['peer']} and {result['own']}")
    return result


def print_row(name, result):
    wall, cpu = result["seconds"], result["cpu_seconds"]
    memory = [result[who]["peak_memory_bytes"] / 2**20 for who in ("peer", "own")]
    print(
        f"| {name}, {result['options']['threads']} | {1000 * wall['peer']:.1f} | {1000 * wall['own']:.1f}"
        f" | {wall['ratio']:.2f} ({wall['low']:.2f}-{wall['high']:.2f})"
        f" | {cpu['ratio']:.2f} ({cpu['low']:.2f}-{cpu['high']:.2f})"
        f" | {memory[0]:.0f} | {memory[1]:.0f} |",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", help="parnas_supernet")
    parser.add_argument("--only", default="", help="configurations with all of these words")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=2, help="per round")
    parser.add_argument("--threads", type=int, nargs="*", default=[1])
    parser.add_argument("--channels-last", action="store_true", help="the peer's order of values")
    parser.add_argument("--output", choices=["table", "json"], default="table")
    arguments = parser.parse_args()

    if arguments.output == "table":
        print("| configuration, threads | peer (ms) | parnas (ms) | ratio | of CPU time", end="")
        print(" | peer (MiB) | parnas (MiB) |\n|---|---|---|---|---|---|---|", flush=True)
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
