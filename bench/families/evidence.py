# SPDX-License-Identifier: Apache-2.0
"""What a search of the built-in families is worth, seed by seed, in Markdown.

    python3 bench/families/evidence.py --data FOLDER [--seeds 5] [--family table ...]

Each family's example is searched; its finalist, trained once more, meets the family's default architecture (default.yaml),
trained as long and by the same job with the same seed, on test data that neither the search nor the choice has seen. `table` instead counts
how many trials the search of NAS-Bench-Graph's table takes to come within 1 % of the best recorded validation accuracy.
The program is $PARNAS, by default build/dev/bin/parnas.
"""
import argparse
import csv
import gzip
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

import yaml

ROOT = pathlib.Path(__file__).parents[2]
PARNAS = os.environ.get("PARNAS", str(ROOT / "build/dev/bin/parnas"))

# Family: example's folder, job, options of the data by its pointer in the job, and the metric that is compared.
FAMILIES = {
    "tabular": ("20_tabular", "job.yaml", {}, "test_accuracy"),
    "breast_cancer": ("20_tabular", "job.yaml", {"csv": "uci_breast_cancer.csv"}, "test_accuracy"),
    "wine": ("20_tabular", "job.yaml", {"csv": "uci_wine_data.csv"}, "test_accuracy"),
    "iris": ("20_tabular", "job.yaml", {"csv": "uci_iris.csv"}, "test_accuracy"),
    "graph": ("21_graph", "train.yaml", {"graph": {"nodes": "graph_cora_nodes.csv.gz", "edges": "graph_cora_edges.csv.gz"}},
              "test_accuracy"),
    "series": ("22_series", "job.yaml", {"series": "ETTh1.csv.gz"}, "test_mse"),
    "text": ("23_text", "job.yaml", {"text": "tinyshakespeare.txt"}, "test_bits_per_token"),
}
SHAPES = {"breast_cancer": (30, 2), "wine": (13, 3), "iris": (4, 3)}  # features, classes
ERRORS = {"test_mse", "test_bits_per_token"}  # the less, the better


def run(job, folder):
    """All trials of a job's study."""
    path = pathlib.Path(folder) / f"{job['name']}.json"
    path.write_text(json.dumps(job))
    subprocess.run([PARNAS, "run", path, "--quiet"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    listed = subprocess.run([PARNAS, "trials", job["name"], "--output", "json"], cwd=folder, check=True, capture_output=True)
    return json.loads(listed.stdout)


def resolved(value, data):
    if isinstance(value, dict):
        return {key: resolved(each, data) for key, each in value.items()}
    return str(data / value)


def jobs(family, data, seed):
    """The search's job and the default's."""
    folder, file, options, _ = FAMILIES[family]
    example = ROOT / "examples" / folder
    job = yaml.safe_load((example / file).read_text())
    job |= {"base": str(example), "seed": seed, "name": "search"}
    job["evaluator"]["data"] |= resolved(options, data)
    default = yaml.safe_load((example / "default.yaml").read_text())
    if family in SHAPES:
        features, classes = SHAPES[family]
        job["evaluator"]["data"]["skip"] = 1
        job["space"]["with"] = {"features": features, "classes": classes}
        default |= {"input": {"features": [features]}, "output": {"classes": classes}}
    if "split" in job["evaluator"] and "seed" in job["evaluator"]["split"]:
        job["evaluator"]["split"]["seed"] = seed
    return job, {**job, "name": "default", "space": {"document": default}, "budget": {"trials": 1}}


def compare(family, data, seeds):
    metric = FAMILIES[family][3]
    print(f"\n{family}: {metric}\n\n| seed | default | searched | trials | seconds |\n|---|---|---|---|---|", flush=True)
    differences = []
    for seed in range(1, seeds + 1):
        start = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            search, default = (run(job, folder) for job in jobs(family, data, seed))
        found, known = search[-1]["metrics"][metric], default[-1]["metrics"][metric]
        differences.append(known - found if metric in ERRORS else found - known)
        print(f"| {seed} | {known:.4f} | {found:.4f} | {len(search) - 1} | {time.monotonic() - start:.0f} |", flush=True)
    better = sum(each > 0 for each in differences)
    print(f"\nThe searched network is better in {better} of {seeds} seeds, on average by {statistics.mean(differences):+.4f}.")


def search_table(data, seeds, strategy):
    with gzip.open(data / "nasbench_graph_cora.csv.gz", "rt") as file:
        best = max(float(row["valid_perf"]) for row in csv.DictReader(file))
    example = ROOT / "examples/21_graph"
    job = yaml.safe_load((example / "job.yaml").read_text())
    job["evaluator"]["table"] = str(data / "nasbench_graph_cora.csv.gz")
    if strategy:
        job["strategy"] = {"type": strategy}
    print(f"\ntable: {job['strategy']['type']}, best {best:.6f}, within 1 % from {0.99 * best:.6f}\n\n| seed | best of all | within 1 % at trial |\n|---|---|---|")
    reached = 0
    for seed in range(1, seeds + 1):
        with tempfile.TemporaryDirectory() as folder:
            trials = run(job | {"seed": seed}, folder)
        found = [trial["metrics"]["accuracy"] for trial in trials if trial["stage"] == "search"]
        first = next((i + 1 for i, each in enumerate(found) if each >= 0.99 * best), None)
        reached += first is not None
        print(f"| {seed} | {max(found):.6f} | {first or '-'} |", flush=True)
    print(f"\nWithin 1 % in {reached} of {seeds} seeds.")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--strategy", help="of the table's search, instead of its job's")
    parser.add_argument("--family", nargs="+", choices=["table", *FAMILIES], default=["table", *FAMILIES])
    arguments = parser.parse_args()
    data = arguments.data.resolve()
    for family in arguments.family:
        if family == "table":
            search_table(data, arguments.seeds, arguments.strategy)
        else:
            compare(family, data, arguments.seeds)


if __name__ == "__main__":
    main()
