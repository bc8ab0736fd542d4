#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Clients over gRPC that are killed at random: what was answered is there, numbers are dense, no trial is
told twice, and those of the killed are done by others.

killed_workers.py --optuna TREE [--workers 8] [--trials 500] [--idle 3]     (PARNAS: the program)
"""
import argparse
import collections
import os
import pathlib
import random
import sqlite3
import subprocess
import sys
import tempfile
import time

import fresh_optuna
from grpc_server import GrpcServer

parser = argparse.ArgumentParser()
parser.add_argument("--optuna", required=True)
parser.add_argument("--workers", type=int, default=8)
parser.add_argument("--trials", type=int, default=500, help="for each worker")
parser.add_argument("--idle", type=float, default=3.0)
parser.add_argument("--seed", type=int, default=1)
options = parser.parse_args()


def count(path, condition):
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as file:
        return file.execute(f"SELECT count(*) FROM trials WHERE {condition}").fetchone()[0]


def told(folder):
    lines = [line.split() for log in folder.glob("*.log") for line in log.read_text().splitlines()]
    return [(int(line[1]), float(line[2])) for line in lines if line[0] == "told" and len(line) == 3]


with tempfile.TemporaryDirectory(prefix="parnas-optuna-") as name:
    folder = pathlib.Path(name)
    package = fresh_optuna.prepare(options.optuna, folder / "package")
    sys.path.insert(0, package)
    import optuna

    path, stop = folder / "store.db", folder / "stop"
    environment = {**os.environ, "PYTHONPATH": package, "PYTHONWARNINGS": "ignore", "OMP_NUM_THREADS": "1"}
    wanted = options.workers * options.trials
    with GrpcServer(path, "--grpc-idle", options.idle) as server:
        storage = optuna.storages.GrpcStorageProxy(host="127.0.0.1", port=server.port)
        study = optuna.create_study(study_name="killed", storage=storage)
        started = kills = 0

        def start():
            global started
            started += 1
            return subprocess.Popen([sys.executable, pathlib.Path(__file__).parent / "worker.py", str(server.port),
                                     "killed", folder / f"{started}.log", stop], env=environment)

        pick = random.Random(options.seed)
        workers = [start() for _ in range(options.workers)]
        begin = time.monotonic()
        while count(path, "state = 'COMPLETE'") < wanted:
            time.sleep(pick.uniform(1.0, 4.0))
            victim = pick.randrange(len(workers))
            assert workers[victim].poll() is None, "a worker ended by itself"
            workers[victim].kill()
            workers[victim].wait()
            workers[victim] = start()
            kills += 1
        seconds = time.monotonic() - begin
        # Those of the last killed are taken back, and done by who is there.
        deadline = time.monotonic() + options.idle + 5
        left = "number < (SELECT max(number) FROM trials) - 64 AND state IN ('RUNNING', 'WAITING')"
        while count(path, left) > 0:
            assert time.monotonic() < deadline, "a killed worker's trial was not done again in time"
            time.sleep(0.2)
        stop.touch()
        for worker in workers:
            worker.wait(60)
        trials = study.get_trials(deepcopy=False)

    answers = told(folder)
    repeated = [number for number, times in collections.Counter(n for n, _ in answers).items() if times > 1]
    values = {trial.number: trial.value for trial in trials}
    assert [trial.number for trial in trials] == list(range(len(trials))), "numbers are not dense"
    assert not repeated, f"told twice: {repeated}"
    assert all(values[number] == value for number, value in answers), "an answered result is missing"
    with sqlite3.connect(path) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    print(f"{len(trials)} trials, {len(answers)} told and answered, {kills} of {started} workers killed: nothing lost, "
          f"nothing told twice, numbers dense; {wanted / seconds:.0f} trials/s")
