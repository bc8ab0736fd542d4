#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How long ask and ten suggestions take in a study of many trials: ParnasSampler("tpe") on a server, beside Optuna's own
TPE on its in-memory storage, in one script; with the defaults of both, and with densities of all parameters or of each.

    PARNAS=build/dev/bin/parnas /usr/bin/python3 tests/e2e/optuna_asks.py --trials 10000 [--optuna PATH]"""
import argparse
import pathlib
import random
import statistics
import sys
import tempfile
import time

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--optuna", help="a folder with Optuna's source; Debian's if left out")
parser.add_argument("--trials", type=int, default=10000)
parser.add_argument("--asks", type=int, default=50)
parser.add_argument("--objectives", type=int, default=1)
OPTIONS = parser.parse_args()
if OPTIONS.optuna:
    sys.path.insert(0, OPTIONS.optuna)
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "python"))

import optuna  # noqa: E402
from parnas_optuna import ParnasSampler, ParnasStorage  # noqa: E402
from service import Server  # noqa: E402

optuna.logging.set_verbosity(optuna.logging.ERROR)
NAMES = [f"x{i}" for i in range(10)]
FLOAT = optuna.distributions.FloatDistribution(0.0, 1.0)


def fill(study):
    rng = random.Random(1)
    for _ in range(OPTIONS.trials):
        params = {name: rng.random() for name in NAMES}
        study.add_trial(optuna.trial.create_trial(
            params=params, distributions=dict.fromkeys(NAMES, FLOAT),
            values=[sum((x - 0.1 * i) ** 2 for x in params.values()) for i in range(OPTIONS.objectives)]))


def measure(study):
    """Milliseconds of ask with ten suggestions, each trial told after that."""
    times = []
    for i in range(OPTIONS.asks + 2):
        begin = time.perf_counter()
        trial = study.ask()
        values = [trial.suggest_float(name, 0.0, 1.0) for name in NAMES]
        if i >= 2:  # the first ones read the study
            times.append(1000 * (time.perf_counter() - begin))
        study.tell(trial, [sum(values)] * OPTIONS.objectives)
    return statistics.median(times)


def main():
    directions = ["minimize"] * OPTIONS.objectives
    kinds = {"": {}, ", multivariate": {"multivariate": True}, ", univariate": {"multivariate": False}}
    known = optuna.create_study(directions=directions)
    fill(known)
    theirs, ours = {}, {}
    for kind, options in kinds.items():
        known.sampler = optuna.samplers.TPESampler(seed=1, **options)
        theirs[kind] = measure(known)
    with tempfile.TemporaryDirectory() as folder, Server(folder) as server:
        study = optuna.create_study(directions=directions,
                                    storage=ParnasStorage(f"http://127.0.0.1:{server.port}", batch=True))
        fill(study)
        for kind, options in kinds.items():
            study.sampler = ParnasSampler("tpe", seed=1, **options)
            ours[kind] = measure(study)
    print(f"Optuna {optuna.__version__}, {OPTIONS.trials} trials of 10 parameters, {OPTIONS.objectives} objectives; "
          f"median of {OPTIONS.asks}:")
    for kind in kinds:
        print(f"TPE{kind}: TPESampler {theirs[kind]:.2f} ms, ParnasSampler {ours[kind]:.2f} ms, "
              f"{theirs[kind] / ours[kind]:.0f} times")


main()
