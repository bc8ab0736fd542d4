# SPDX-License-Identifier: Apache-2.0
"""Searches of recorded tables by the Optuna that is installed, on the problems of problems/."""
import csv
import functools
import gzip
import math
import pathlib
import time
import warnings

import numpy
import optuna
import yaml

warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
optuna.logging.set_verbosity(optuna.logging.ERROR)

PROBLEMS = pathlib.Path(__file__).parent / "problems"
VERSION = optuna.__version__


def samplers():
    """By name, each made from a seed; what is not installed is left out."""
    known = {
        "tpe": lambda seed: optuna.samplers.TPESampler(seed=seed),
        "tpe_mv": lambda seed: optuna.samplers.TPESampler(seed=seed, multivariate=True),
        "nsga2": lambda seed: optuna.samplers.NSGAIISampler(seed=seed),
        "nsga2_p20": lambda seed: optuna.samplers.NSGAIISampler(seed=seed, population_size=20),
        "random": lambda seed: optuna.samplers.RandomSampler(seed=seed),
    }
    try:
        import cmaes  # noqa: F401

        known["cmaes"] = lambda seed: optuna.samplers.CmaEsSampler(seed=seed)
    except ImportError:
        pass
    if hasattr(optuna.samplers, "GPSampler"):
        known["gp"] = lambda seed: optuna.samplers.GPSampler(seed=seed, deterministic_objective=True)
    return known


class Param:
    """A parameter of a space document, suggested so that Optuna knows all that there is to know:
    ordered choices are integers, the places of their levels."""

    def __init__(self, name, domain):
        self.name = name
        self.choices = domain.get("one_of")
        self.ordered = domain.get("ordered", False)
        self.log = domain.get("log", False)
        self.kind = "integer" if "integer" in domain else "real"
        if self.choices is None:
            self.low, self.high = domain[self.kind]

    def suggest(self, trial):
        if self.choices is None:
            suggest = trial.suggest_int if self.kind == "integer" else trial.suggest_float
            return suggest(self.name, self.low, self.high, log=self.log)
        if self.ordered:
            return self.choices[trial.suggest_int(self.name, 0, len(self.choices) - 1)]
        return trial.suggest_categorical(self.name, self.choices)

    def key(self, value):
        """What a choice and a cell of its column are compared by."""
        try:
            return float(value)
        except ValueError:
            return value

    def unit(self, value):
        low, high, value = map(float, (self.low, self.high, value))
        if self.log:
            low, high, value = map(math.log, (low, high, value))
        return (value - low) / (high - low)


class Table:
    """A problem's table; value() is what a candidate's row has, as parnas' `tabular` finds it."""

    def __init__(self, job, folder):
        evaluator = job["evaluator"]
        (metric, direction), = job["objectives"].items()
        self.direction = direction
        self.trials = job["budget"]["trials"]
        self.params = [Param(*each) for each in job["space"]["document"]["params"].items()]
        with gzip.open(folder / evaluator["table"], "rt", newline="") as file:
            rows = list(csv.DictReader(file))
        self.values = [float(row[evaluator["metrics"][metric]]) for row in rows]
        self.nearest = evaluator.get("match") == "nearest"
        if self.nearest:
            self.places = numpy.array(
                [[param.unit(row[param.name]) for param in self.params] for row in rows])
        else:
            self.places = {tuple(param.key(row[param.name]) for param in self.params): i
                           for i, row in enumerate(rows)}

    def value(self, trial):
        values = [param.suggest(trial) for param in self.params]
        if self.nearest:
            place = [param.unit(value) for param, value in zip(self.params, values)]
            return self.values[int(((self.places - place) ** 2).sum(axis=1).argmin())]
        return self.values[self.places[tuple(p.key(v) for p, v in zip(self.params, values))]]


@functools.lru_cache(maxsize=1)
def load(problem, folder):
    return Table(yaml.safe_load((PROBLEMS / f"{problem}.yaml").read_text()), pathlib.Path(folder))


def search(problem, sampler, seed, folder):
    """The best value of one search, and the seconds that it took."""
    table = load(problem, folder)
    begin = time.perf_counter()
    study = optuna.create_study(direction=table.direction, sampler=samplers()[sampler](seed))
    study.optimize(table.value, n_trials=table.trials)
    return study.best_value, time.perf_counter() - begin
