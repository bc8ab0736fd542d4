#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What clients of gRPC do at the same moment: races.py --optuna TREE     (PARNAS: the program)

30 queued trials are popped by 10 threads, 8 clients do 25 trials each, ids of deleted studies stay unused.
"""
import argparse
import collections
import concurrent.futures
import pathlib
import sys
import tempfile
import warnings

import fresh_optuna
from grpc_server import GrpcServer

parser = argparse.ArgumentParser()
parser.add_argument("--optuna", required=True)
parser.add_argument("--rounds", type=int, default=3)
options = parser.parse_args()
warnings.simplefilter("ignore")

with tempfile.TemporaryDirectory(prefix="parnas-optuna-") as name:
    folder = pathlib.Path(name)
    sys.path.insert(0, fresh_optuna.prepare(options.optuna, folder / "package"))
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with GrpcServer(folder / "store.db") as server:
        def client(study):
            storage = optuna.storages.GrpcStorageProxy(host="127.0.0.1", port=server.port)
            return optuna.load_study(study_name=study, storage=storage, sampler=optuna.samplers.RandomSampler())

        def create(study):
            storage = optuna.storages.GrpcStorageProxy(host="127.0.0.1", port=server.port)
            return optuna.create_study(study_name=study, storage=storage)

        def pop(study, times):
            mine = client(study)
            return [mine.ask() for _ in range(times)]

        def search(study, times):
            mine = client(study)
            mine.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=times)

        for turn in range(options.rounds):
            queue = create(f"queue {turn}")
            for i in range(30):
                queue.enqueue_trial({"x": i})
            with concurrent.futures.ThreadPoolExecutor(10) as pool:
                popped = sum((f.result() for f in [pool.submit(pop, queue.study_name, 3) for _ in range(10)]), [])
            counts = collections.Counter(trial.number for trial in popped)
            assert counts == collections.Counter(range(30)), counts

            crowd = create(f"crowd {turn}")
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                for done in [pool.submit(search, crowd.study_name, 25) for _ in range(8)]:
                    done.result()
            trials = crowd.get_trials()
            assert [trial.number for trial in trials] == list(range(200))
            assert all(trial.state == optuna.trial.TrialState.COMPLETE for trial in trials)

        ids = set()
        for turn in range(10):
            study = create(f"id {turn}")
            assert study._study_id not in ids
            ids.add(study._study_id)
            optuna.delete_study(study_name=f"id {turn}", storage=study._storage)
    print(f"{options.rounds} rounds: 30 of 30 popped once, 200 of 200 trials, no id given again")
