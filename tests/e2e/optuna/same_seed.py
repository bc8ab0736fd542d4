#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The same seed gives the same study in memory, over gRPC and over HTTP: same_seed.py --optuna TREE     (PARNAS: the program)

Samplers and pruners of Optuna, with conditional parameters of all kinds, intermediate values and two objectives.
"""
import argparse
import json
import math
import pathlib
import subprocess
import sys
import tempfile
import warnings

import fresh_optuna
import grpc_server

HERE = pathlib.Path(__file__).resolve()
sys.path.insert(0, str(HERE.parents[3] / "python"))
parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--optuna", required=True, help="a source tree of Optuna 4.7 or newer")
parser.add_argument("--trials", type=int, default=40)
options = parser.parse_args()
warnings.simplefilter("ignore")


def kinds(trial):
    x = trial.suggest_float("x", -5.0, 5.0)
    n = trial.suggest_int("n", 1, 1024, log=True)
    kind = trial.suggest_categorical("kind", ["a", None, True, 1.5])
    y = trial.suggest_float("y", 0.0, 1.0, step=0.25) if kind == "a" else 0.0
    trial.set_user_attr("seen", [x, None, math.inf])
    return x * x + math.log(n) + (0.0 if kind == "a" else 1.0) + y


def stepped(trial):
    value = kinds(trial)
    for step in range(1, 6):
        trial.report(value + 10.0 / step, step)
        if trial.should_prune():
            raise optuna.TrialPruned
    return value


def two(trial):
    return kinds(trial), trial.suggest_float("z", 0.0, 1.0)


def log_of(study):
    return [(trial.number, trial.state, trial.params, trial.distributions, trial.values, trial.user_attrs,
             trial.intermediate_values) for trial in study.trials]


with tempfile.TemporaryDirectory(prefix="parnas-optuna-") as name:
    folder = pathlib.Path(name)
    sys.path.insert(0, fresh_optuna.prepare(options.optuna, folder / "package"))
    import optuna
    from parnas_optuna import ParnasStorage

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    samplers, pruners = optuna.samplers, optuna.pruners
    searches = {
        "random": (kinds, 1, lambda: samplers.RandomSampler(seed=3), None),
        "tpe": (kinds, 1, lambda: samplers.TPESampler(seed=3), None),
        "tpe, multivariate, constant liar":
            (kinds, 1, lambda: samplers.TPESampler(seed=3, multivariate=True, constant_liar=True), None),
        "tpe, median pruner":
            (stepped, 1, lambda: samplers.TPESampler(seed=3), lambda: pruners.MedianPruner(n_startup_trials=3)),
        "random, hyperband": (stepped, 1, lambda: samplers.RandomSampler(seed=3),
                              lambda: pruners.HyperbandPruner(min_resource=1, max_resource=5)),
        "nsga2, two objectives": (two, 2, lambda: samplers.NSGAIISampler(seed=3, population_size=8), None),
    }
    with grpc_server.GrpcServer(folder / "store.db", "--open") as server:
        def proxy():
            return optuna.storages.GrpcStorageProxy(host="127.0.0.1", port=server.port)

        storages = {"in memory": optuna.storages.InMemoryStorage, "gRPC": proxy,
                    "HTTP": lambda: ParnasStorage(server.http), "HTTP, in batches": lambda: ParnasStorage(server.http, batch=True)}
        for label, (objective, objectives, sampler, pruner) in searches.items():
            logs = {}
            for where, storage in storages.items():
                # The same name everywhere: Hyperband's brackets follow from it.
                study = optuna.create_study(study_name=label, storage=storage(), sampler=sampler(),
                                            pruner=pruner and pruner(), directions=["minimize"] * objectives)
                study.optimize(objective, n_trials=options.trials)
                logs[where] = log_of(study)
                optuna.delete_study(study_name=study.study_name, storage=study._storage)
            for where, log in logs.items():
                assert log == logs["in memory"], f"{label}: {where} differs"
            print(f"{label}: {options.trials} trials are the same {', '.join(logs)}", flush=True)
