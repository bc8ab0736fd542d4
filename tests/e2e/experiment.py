# SPDX-License-Identifier: Apache-2.0
"""What the experiments on reliability have in common. Each is a program that tries to break one promise of
docs/reliability.md. It prints what it measured; if the promise is broken it says so and exits with 1.

With `--mutation NAME` the server has that fault of core/mutation.h (builds with PARNAS_MUTATIONS), and the
experiment has to notice it: mutation_proofs.py sees to that."""
import argparse
import sys

from service import Server


class Violation(Exception):
    """A promise was broken."""


def expect(kept, what):
    if not kept:
        raise Violation(what)


def run(experiment, description, **arguments):
    """Runs `experiment` with the options of the command line: `arguments`, with the values that they have by
    default, and `--mutation`."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in arguments.items():
        parser.add_argument(f"--{name}", type=type(default), default=default,
                            metavar=type(default).__name__.upper(), help=f"default: {default}")
    parser.add_argument("--mutation", metavar="NAME", help="a fault that the server is to have")
    options = parser.parse_args()
    Server.mutation = options.mutation
    try:
        experiment(options)
    except Violation as violation:
        sys.stdout.flush()
        print(f"VIOLATION: {violation}", file=sys.stderr)
        sys.exit(1)


def percentile(values, share):
    """The smallest value that `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
