#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Trials per second of an unmodified GrpcStorageProxy against parnas and against Optuna's own server over SQLite.

throughput.py --optuna TREE [--trials 200] [--rounds 3]     (PARNAS: the program)

Ten parameters, random sampler, one client; the servers take turns, each on a new file in the same folder.
"""
import argparse
import contextlib
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests" / "e2e" / "optuna"))
import fresh_optuna
from grpc_server import GrpcServer

SERVE = """
import sys, optuna
storage = optuna.storages.get_storage("sqlite:///" + sys.argv[1])
optuna.storages.run_grpc_proxy_server(storage, host="127.0.0.1", port=int(sys.argv[2]))
"""
SEARCH = """
import sys, time, optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)
storage = optuna.storages.GrpcStorageProxy(host="127.0.0.1", port=int(sys.argv[1]))
storage.wait_server_ready(60)
study = optuna.create_study(storage=storage, sampler=optuna.samplers.RandomSampler())
objective = lambda trial: sum(trial.suggest_float(f"x{i}", 0, 1) for i in range(10))
study.optimize(objective, n_trials=5)
wall, cpu = time.perf_counter(), time.process_time()
study.optimize(objective, n_trials=int(sys.argv[2]))
print(time.perf_counter() - wall, time.process_time() - cpu)
"""


@contextlib.contextmanager
def optuna_server(path, environment):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen([sys.executable, "-c", SERVE, path, str(port)], env=environment,
                              stderr=subprocess.DEVNULL)
    try:
        yield port
    finally:
        server.kill()
        server.wait()


@contextlib.contextmanager
def parnas_server(path, _):
    with GrpcServer(path) as server:
        yield server.port


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--optuna", required=True, help="a source tree of Optuna 4.2 or newer")
parser.add_argument("--trials", type=int, default=200)
parser.add_argument("--rounds", type=int, default=3)
options = parser.parse_args()
with tempfile.TemporaryDirectory(prefix="parnas-optuna-") as name:
    folder = pathlib.Path(name)
    environment = {**os.environ, "PYTHONPATH": fresh_optuna.prepare(options.optuna, folder / "package"),
                   "PYTHONWARNINGS": "ignore", "OMP_NUM_THREADS": "1"}
    rates = {"parnas": [], "Optuna": []}
    for turn in range(options.rounds):
        for label, serve in (("parnas", parnas_server), ("Optuna", optuna_server)):
            with serve(str(folder / f"{label}{turn}.db"), environment) as port:
                out = subprocess.run([sys.executable, "-c", SEARCH, str(port), str(options.trials)], env=environment,
                                     check=True, capture_output=True, text=True).stdout
            seconds, cpu = map(float, out.split())
            rates[label].append(options.trials / seconds)
            print(f"{label}: {options.trials / seconds:.1f} trials/s, {1000 * cpu / options.trials:.2f} ms of the "
                  "client's CPU a trial", flush=True)
    parnas, other = (statistics.median(rates[label]) for label in ("parnas", "Optuna"))
    print(f"median {parnas:.1f} and {other:.1f} trials/s: {parnas / other:.1f} times")
