# SPDX-License-Identifier: Apache-2.0
"""Optuna's journal files and SQLite files, with Debian's Optuna."""
import math
import unittest
import warnings

try:
    import optuna
    from optuna.storages import JournalStorage, RDBStorage
    try:
        from optuna.storages.journal import JournalFileBackend
    except ImportError:
        from optuna.storages import JournalFileStorage as JournalFileBackend
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
except ImportError:
    optuna = None

from support import ParnasCase


def objective(trial):
    x = trial.suggest_float("x", -1.0, 1.0)
    n = trial.suggest_int("n", 1, 64, log=True)
    kind = trial.suggest_categorical("kind", ["a", None, True, 1.5])
    for step in range(3):
        trial.report(x * step, step)
    trial.set_user_attr("note", {"inf": math.inf, "é": [1, None]})
    if trial.number % 5 == 4:
        raise optuna.TrialPruned()
    return x ** 2 + n + (0.5 if kind == "a" else 0.0)


def fill(storage, name="demo", trials=20):
    study = optuna.create_study(storage=storage, study_name=name, direction="minimize",
                                sampler=optuna.samplers.RandomSampler(seed=1))
    study.set_user_attr("team", "vision")
    study.optimize(objective, n_trials=trials)
    study.enqueue_trial({"x": 0.25})
    return study


def comparable(study):
    """What has to be the same in both places, times to the microsecond included."""
    return [(trial.number, trial.state, trial.values, trial.params, trial.distributions, trial.user_attrs,
             trial.system_attrs, trial.intermediate_values, _utc(trial.datetime_start), _utc(trial.datetime_complete))
            for trial in study.get_trials(deepcopy=False)]


def _utc(time):
    return None if time is None else time.timestamp()


@unittest.skipUnless(optuna, "Optuna is not installed")
class JournalFiles(ParnasCase):
    def journal(self, name):
        return JournalStorage(JournalFileBackend(str(self.folder / name)))

    def test_a_journal_goes_into_a_store_and_out_again(self):
        before = fill(self.journal("a.log"))
        told = self.parnas_json("optuna", "import", "a.log")
        self.assertEqual(told["studies"], [{"study": "demo", "trials": 21}])
        self.assertIsNone(told["cut_off"])
        self.parnas("db", "check")
        self.parnas("optuna", "export", "b.log", "--study", "demo")
        after = optuna.load_study(study_name="demo", storage=self.journal("b.log"))
        self.assertEqual(comparable(after), comparable(before))
        self.assertEqual(after.user_attrs, {"team": "vision"})
        after.optimize(objective, n_trials=3)
        self.assertEqual([trial.number for trial in after.trials], list(range(23)))

    def test_a_journal_that_was_cut_off_is_read_up_to_there(self):
        fill(self.journal("a.log"), trials=3)
        text = (self.folder / "a.log").read_bytes()
        (self.folder / "a.log").write_bytes(text[:-7])
        _, err = self.parnas("optuna", "import", "a.log")
        self.assertIn(f"a.log:{len(text.splitlines())}: ", err)
        self.assertEqual(len(self.parnas_json("trials", "demo")), 3)
        _, err = self.parnas("optuna", "import", "a.log", code=4)
        self.assertIn("demo", err)
        (self.folder / "a.log").write_bytes(b"{\n" + text)
        _, err = self.parnas("optuna", "import", "a.log", "--store", "other.db", code=7)
        self.assertIn("a.log:1", err)


@unittest.skipUnless(optuna, "Optuna is not installed")
class AdoptedFiles(ParnasCase):
    def open(self, path):
        return RDBStorage(f"sqlite:///{path}", skip_compatibility_check=True)

    def test_a_file_of_optuna_becomes_a_store(self):
        file = self.folder / "optuna.db"
        before = comparable(fill(RDBStorage(f"sqlite:///{file}")))
        if optuna.__version__.startswith("3.1"):
            self.parnas("studies", "--store", file, code=4)
        told = self.parnas_json("db", "adopt", file)
        self.assertEqual(told["adopted"]["trials"], 21)
        self.assertEqual(told["faults"], 0)
        self.parnas("db", "check", "--store", file)
        [study] = self.parnas_json("studies", "--store", file)
        self.assertEqual(study["name"], "demo")
        self.assertEqual(len(self.parnas_json("trials", "demo", "--store", file)), 21)
        after = optuna.load_study(study_name="demo", storage=self.open(file))
        self.assertEqual(comparable(after), before)
        best = min((trial for trial in after.trials if trial.values), key=lambda trial: (trial.state.name, trial.value))
        front = self.parnas_json("front", "demo", "--store", file)
        self.assertEqual([member["number"] for member in front["members"]], [best.number])
        backup = optuna.load_study(study_name="demo", storage=self.open(told["backup"]))
        self.assertEqual(comparable(backup), before)
        again = self.parnas_json("db", "adopt", file)
        self.assertIsNone(again["backup"])

    def test_what_is_no_file_of_optuna_is_left_as_it_is(self):
        self.write("empty.db", "")
        self.parnas("db", "adopt", "empty.db", code=2)
        self.write("text.db", "no database" * 1000)
        self.parnas("db", "adopt", "text.db", code=7)
        self.parnas("db", "adopt", "none.db", code=3)
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()), ["empty.db", "text.db"])


if __name__ == "__main__":
    unittest.main()
