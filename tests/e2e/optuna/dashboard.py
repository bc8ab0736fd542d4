#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""optuna-dashboard over a study that parnas searched: from the file, and over gRPC from a server.

dashboard.py --optuna TREE --dashboard TREE     (PARNAS: the program; Debian: python3-bottle)

Its application answers in this process; every answer must be good and its log without an error.
"""
import argparse
import io
import json
import logging
import os
import pathlib
import subprocess
import sys
import tempfile
import warnings

import fresh_optuna
from grpc_server import PARNAS, GrpcServer

JOB = """\
name: front
space:
  document:
    name: unit@1
    params:
      x1: {real: [0.0, 1.0]}
      x2: {real: [0.0, 1.0]}
      x3: {real: [0.0, 1.0]}
objectives: {f1: minimize, f2: minimize}
evaluator: {type: synthetic, function: zdt1}
strategy: {type: nsga2, population: 10}
hypervolume_reference: {f1: 1.1, f2: 6}
budget: {trials: 40}
seed: 3
"""
PATHS = ["/api/meta", "/api/studies", "/api/studies/{id}", "/api/studies/{id}?after=10",
         "/api/studies/{id}/param_importances", "/csv/{id}"]


def ask(app, path):
    """Status and body of what the application answers."""
    path, _, query = path.partition("?")
    begun = []
    environment = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": query, "SERVER_NAME": "localhost",
                   "SERVER_PORT": "80", "wsgi.input": io.BytesIO(), "wsgi.errors": sys.stderr,
                   "wsgi.url_scheme": "http"}
    body = b"".join(app(environment, lambda status, headers, error=None: begun.append(status)))
    return begun[0], body


def check(storage, name, log):
    app = create_app(storage)
    study = optuna.load_study(study_name=name, storage=storage)
    for path in PATHS:
        status, body = ask(app, path.format(id=study._study_id))
        assert status.startswith("200"), f"{path}: {status} {body[:500]}"
        assert "error" not in log.getvalue().lower(), log.getvalue()
    detail = json.loads(ask(app, f"/api/studies/{study._study_id}")[1])
    assert len(detail["trials"]) == len(study.trials)
    assert len(detail["best_trials"]) == len(study.best_trials) > 0
    assert detail["objective_names"] == study.metric_names
    print(f"{type(storage).__name__}: {len(PATHS)} routes, {len(detail['trials'])} trials, "
          f"{len(detail['best_trials'])} of them on the front, objectives {detail['objective_names']}")


parser = argparse.ArgumentParser()
parser.add_argument("--optuna", required=True)
parser.add_argument("--dashboard", required=True)
options = parser.parse_args()
with tempfile.TemporaryDirectory(prefix="parnas-dashboard-") as name:
    folder = pathlib.Path(name)
    sys.path[:0] = [fresh_optuna.prepare(options.optuna, folder / "package"), os.path.abspath(options.dashboard)]
    warnings.simplefilter("ignore")
    import optuna
    from optuna_dashboard._app import create_app

    log = io.StringIO()
    logging.basicConfig(stream=log, level=logging.WARNING, force=True)
    (folder / "job.yaml").write_text(JOB, encoding="utf-8")
    store = folder / "store.db"
    subprocess.run([os.environ.get("PARNAS_SEARCH", PARNAS), "run", "job.yaml", "--store", store, "--quiet"],
                   cwd=folder, check=True, stdout=subprocess.DEVNULL)
    check(optuna.storages.RDBStorage(f"sqlite:///{store}"), "front", log)
    with GrpcServer(store) as server:
        check(optuna.storages.GrpcStorageProxy(host="127.0.0.1", port=server.port), "front", log)
