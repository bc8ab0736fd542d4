# SPDX-License-Identifier: Apache-2.0
"""How well NAS-Bench-Graph's best networks can be told at all: bench/families/table_ceiling.py --data FOLDER

A ridge regression on the wiring, the operations, and all their pairs and triples with the wiring learns from 80 % of the
table and ranks the remaining 20 %, five times. Printed: how many of the networks within 1 % of the best are among those that it
ranks first, and how validation and test accuracy, of the same training, agree among good networks. A search that has 60 queries
knows 60 rows; this knows 20,965.
"""
import argparse
import csv
import gzip
import itertools
import pathlib

import numpy as np


def columns_of(rows, names):
    """One column per value of a key, or of several keys together."""
    values = [tuple(row[name] for name in names) for row in rows]
    index = {value: i for i, value in enumerate(sorted(set(values)))}
    columns = np.zeros((len(rows), len(index)), dtype=np.float32)
    columns[np.arange(len(rows)), [index[value] for value in values]] = 1
    return columns


def out_of_fold(columns, target, ridge, folds=5):
    fold = np.random.default_rng(0).integers(0, folds, len(target))
    predicted = np.zeros(len(target))
    for each in range(folds):
        known = fold != each
        mean = target[known].mean()
        gram = columns[known].T @ columns[known] + ridge * np.eye(columns.shape[1])
        weights = np.linalg.solve(gram, columns[known].T @ (target[known] - mean))
        predicted[~known] = columns[~known] @ weights + mean
    return predicted


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--data", type=pathlib.Path, required=True)
with gzip.open(parser.parse_args().data / "nasbench_graph_cora.csv.gz", "rt") as file:
    rows = list(csv.DictReader(file))
valid, test = (np.array([float(row[key]) for row in rows]) for key in ("valid_perf", "test_perf"))
good = valid >= 0.99 * valid.max()
print(f"{len(rows)} networks, {good.sum()} within 1 % of the best: 60 drawn at random have one with a chance of "
      f"{100 * (1 - (1 - good.mean()) ** 60):.0f} %")
for share in (0.1, 0.01):
    top = valid >= np.quantile(valid, 1 - share)
    print(f"correlation of validation and test accuracy, best {100 * share:g} %: {np.corrcoef(valid[top], test[top])[0, 1]:.2f}")

operations = ["op1", "op2", "op3", "op4"]
keys = [("link",), *((op,) for op in operations)]
keys += list(itertools.combinations(["link", *operations], 2))
keys += [("link", *pair) for pair in itertools.combinations(operations, 2)]
predicted = out_of_fold(np.hstack([columns_of(rows, names) for names in keys]), valid, ridge=3.0)
order = np.argsort(-predicted)
print(f"out of fold: explains {100 * (1 - np.var(valid - predicted) / np.var(valid)):.0f} % of the variance; of the networks within 1 %, "
      + ", ".join(f"{good[order[:count]].sum()} among its first {count}" for count in (60, 200, 1000)))
