# SPDX-License-Identifier: Apache-2.0
"""Optuna's tests of several processes on one server, with gRPC instead of its databases."""
import contextlib
import multiprocessing
import os
import pathlib

import optuna

# Its text in this module, so that the processes that it starts find its functions and ours here.
_SOURCE = pathlib.Path(os.environ["PARNAS_CONTRACT_SOURCE"]) / "tests/storages_tests/test_with_server.py"
exec(compile(_SOURCE.read_text(), str(_SOURCE), "exec"))


@contextlib.contextmanager
def get_storage():
    storage = optuna.storages.GrpcStorageProxy(host="127.0.0.1", port=int(os.environ["PARNAS_CONTRACT_PORT"]))
    yield storage
    storage.close()


# gRPC's threads do not survive a fork.
if multiprocessing.current_process().name == "MainProcess":
    multiprocessing.set_start_method("spawn", force=True)
