#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Opens a parnas store with Optuna: `optuna_opens.py read|add|delete FILE`. Exits with 77 if
there is no Optuna. Debian's 3.1.0 knows the tables but not the stamp, so it is told not to look."""
import math
import sys

try:
    import optuna
except ImportError:
    sys.exit(77)

optuna.logging.set_verbosity(optuna.logging.WARNING)


def read(study):
    assert [d.name for d in study.directions] == ["MAXIMIZE", "MINIMIZE"]
    assert storage.get_study_system_attrs(study._study_id)["study:metric_names"] == ["accuracy", "latency_ms"]
    trials = study.get_trials()
    assert [t.number for t in trials] == [0, 1, 2, 3]
    assert [t.state.name for t in trials] == ["COMPLETE", "COMPLETE", "FAIL", "RUNNING"]
    assert trials[1].params == {"width": 8, "lr": 0.1, "act": "silu"}, trials[1].params
    assert trials[0].values == [0.5, 2.5]
    assert trials[1].values == [0.501, math.inf]
    assert trials[0].datetime_start.isoformat() == "2026-11-21T00:00:00.206181"
    assert trials[0].user_attrs == {"reason": "random", "note": "caf\u00e9"}
    assert trials[2].system_attrs["parnas:failure"]["kind"] == "infeasible"
    reports = trials[3].intermediate_values
    assert reports[1] == 0.5 and math.isnan(reports[2])
    assert [t.number for t in study.best_trials] == [0, 1]


def add(study):
    trial = study.ask()
    assert trial.number == 4
    trial.storage.set_trial_param(trial._trial_id, "width", 16.0, study.trials[0].distributions["width"])
    trial.storage.set_trial_param(trial._trial_id, "act", 1.0, study.trials[0].distributions["act"])
    trial.set_user_attr("by", "optuna")
    study.tell(trial, [0.75, 4.0])


def delete(study):
    optuna.delete_study(study_name=study.study_name, storage=study._storage)


step, path = sys.argv[1:]
storage = optuna.storages.RDBStorage(f"sqlite:///{path}", skip_compatibility_check=True)
study = optuna.load_study(study_name="from parnas", storage=storage)
{"read": read, "add": add, "delete": delete}[step](study)
