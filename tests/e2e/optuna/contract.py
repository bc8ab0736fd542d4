#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Optuna's own storage tests against a parnas server, in each mode (docs/optuna.md).

contract.py --optuna TREE [--mode grpc written read read_http empty processes]     (PARNAS: the program)

grpc       every call through GrpcStorageProxy
written    every change through gRPC, everything read by RDBStorage from the same live file
read       the reverse
read_http  the reverse, but read through ParnasStorage, which keeps the order of parameters
empty      RDBStorage alone on a file that parnas has made
processes  Optuna's tests of several processes on one server
"""
import argparse
import contextlib
import os
import pathlib
import subprocess
import sys
import tempfile

import fresh_optuna
from grpc_server import GrpcServer

MODES = ["grpc", "written", "read", "read_http", "empty", "processes"]
HERE = pathlib.Path(__file__).resolve().parent
CLIENTS = HERE.parents[2] / "python"


def run(mode, source, package):
    with tempfile.TemporaryDirectory(prefix="parnas-optuna-") as folder:
        path = pathlib.Path(folder) / "store.db"
        environment = {**os.environ, "PYTHONPATH": f"{package}:{HERE}:{CLIENTS}", "TZ": "UTC", "PYTHONDONTWRITEBYTECODE": "1",
                       "PARNAS_CONTRACT_MODE": mode, "PARNAS_CONTRACT_URL": f"sqlite:///{path}",
                       "PARNAS_CONTRACT_SOURCE": source}
        server = GrpcServer(path, "--open")
        with contextlib.ExitStack() as stack:
            stack.enter_context(server)
            environment |= {"PARNAS_CONTRACT_PORT": str(server.port), "PARNAS_CONTRACT_HTTP": server.http}
            if mode == "empty":
                stack.close()  # a file alone
            cases = "multi_process_cases.py" if mode == "processes" else "storage_cases.py"
            return subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", folder,
                                   HERE / cases, *options.pytest], env=environment, cwd=folder).returncode


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--optuna", required=True, help="a source tree of Optuna 4.7 or newer")
parser.add_argument("--mode", nargs="+", choices=MODES, default=MODES)
parser.add_argument("pytest", nargs="*", help="after --: arguments for pytest")
options = parser.parse_args()
with tempfile.TemporaryDirectory(prefix="optuna-") as package:
    fresh_optuna.prepare(options.optuna, package)
    failed = []
    for mode in options.mode:
        print(f"== {mode}", flush=True)
        if run(mode, os.path.abspath(options.optuna), package) != 0:
            failed.append(mode)
print("failed: " + ", ".join(failed) if failed else "every mode passed")
sys.exit(bool(failed))
