# SPDX-License-Identifier: Apache-2.0
"""A client of a study until the file STOP is there: worker.py PORT STUDY LOG STOP

LOG gets a line for each trial that it began and each whose end was answered.
"""
import pathlib
import sys

import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)
port, name, log, stop = int(sys.argv[1]), sys.argv[2], sys.argv[3], pathlib.Path(sys.argv[4])
storage = optuna.storages.GrpcStorageProxy(host="127.0.0.1", port=port)
study = optuna.load_study(study_name=name, storage=storage, sampler=optuna.samplers.RandomSampler())
with open(log, "a", buffering=1, encoding="ascii") as lines:
    while not stop.exists():
        trial = study.ask()
        lines.write(f"began {trial.number}\n")
        value = sum(trial.suggest_float(f"x{i}", 0, 1) for i in range(3))
        try:
            study.tell(trial, value)
        except (ValueError, optuna.exceptions.UpdateFinishedTrialError):
            # It was too slow, and its trial waits for another client or was done by one.
            lines.write(f"lost {trial.number}\n")
        else:
            lines.write(f"told {trial.number} {value!r}\n")
