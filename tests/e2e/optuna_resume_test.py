# SPDX-License-Identifier: Apache-2.0
"""Studies that Optuna began, in its own file, go on with parnas, and the reverse."""
import unittest
import warnings

try:
    import optuna
    from optuna.trial import TrialState
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore")
except ImportError:
    optuna = None

from support import ParnasCase

BOWL = """\
import json, sys
values = json.loads(sys.stdin.readline())["parameters"]
loss = (values["x"] - 0.3) ** 2 + abs(values["n"] - 8) / 64 + (0.5 if values["kind"] == "b" else 0.0)
print(json.dumps({"metrics": {"value": loss, "loss": loss}}))
"""
MORE = """\
evaluator: {type: command, command: [python3, bowl.py], metrics: [value]}
strategy: {type: tpe}
budget: {trials: 30}
seed: 1
"""


def objective(trial):
    x = trial.suggest_float("x", 0.0, 1.0)
    if trial.number == 3:
        raise ValueError("killed before it had all values")
    n = trial.suggest_int("n", 1, 64, log=True)
    kind = trial.suggest_categorical("kind", ["a", "b"])
    return (x - 0.3) ** 2 + abs(n - 8) / 64 + (0.5 if kind == "b" else 0.0)


def facts(study):
    return [(trial.number, trial.state, trial.params, trial.values) for trial in study.trials]


@unittest.skipUnless(optuna, "Optuna is not installed")
class Resumed(ParnasCase):
    def setUp(self):
        super().setUp()
        self.write("bowl.py", BOWL)
        self.write("more.yaml", MORE)

    def load(self, name):
        url = f"sqlite:///{self.folder / 'study.db'}"
        return optuna.create_study(study_name=name, load_if_exists=True, sampler=optuna.samplers.RandomSampler(seed=1),
                                   storage=optuna.storages.RDBStorage(url, skip_compatibility_check=True))

    def begin(self, name):
        study = self.load(name)
        study.optimize(objective, n_trials=12, catch=(ValueError,))
        study.enqueue_trial({"x": 0.5})
        return study

    def test_a_study_of_optuna_goes_on(self):
        before = facts(self.begin("bowl"))
        self.parnas("db", "adopt", "study.db")
        _, err = self.parnas("resume", "bowl", "--store", "study.db", code=2)
        self.assertIn("--job FILE", err)
        self.parnas("resume", "bowl", "--job", "more.yaml", "--store", "study.db", "--quiet")

        after = facts(self.load("bowl"))
        self.assertEqual(after[:13], before)
        self.assertEqual([number for number, *_ in after], list(range(30)))
        self.assertEqual({state for _, state, *_ in after[13:]}, {TrialState.COMPLETE})
        self.assertLess(min(values[0] for *_, values in after[13:]), min(trial[3][0] for trial in before if trial[3]))

        self.parnas("resume", "bowl", "--trials", "32", "--store", "study.db", "--quiet")
        self.assertEqual(len(facts(self.load("bowl"))), 32)
        _, err = self.parnas("resume", "bowl", "--job", "more.yaml", "--store", "study.db", code=4)
        self.assertIn("has a job already", err)

    def test_objectives_that_do_not_fit_are_refused(self):
        before = facts(self.begin("bowl"))
        self.parnas("db", "adopt", "study.db")
        self.write("more.yaml", MORE + "objectives: {value: maximize}\n")
        _, err = self.parnas("resume", "bowl", "--job", "more.yaml", "--store", "study.db", code=4)
        self.assertIn("directions", err)
        self.assertEqual(facts(self.load("bowl")), before)

    def test_optuna_adds_trials_to_a_study_of_parnas(self):
        self.write("job.yaml", MORE.replace("metrics: [value]", "metrics: [loss]") + """\
name: ours
objectives: {loss: minimize}
space:
  document:
    name: bowl@1
    params: {x: {real: [0.0, 1.0]}, n: {integer: [1, 64], log: true}, kind: {one_of: [a, b]}}
""")
        self.parnas("run", "job.yaml", "--trials", "5", "--store", "study.db", "--quiet")
        study = self.load("ours")
        study.optimize(objective, n_trials=3)
        self.parnas("resume", "ours", "--trials", "10", "--store", "study.db", "--quiet")
        self.assertEqual([state for _, state, *_ in facts(self.load("ours"))], [TrialState.COMPLETE] * 10)


if __name__ == "__main__":
    unittest.main()
