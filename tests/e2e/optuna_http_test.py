# SPDX-License-Identifier: Apache-2.0
"""Optuna over HTTP: ParnasStorage, ParnasSampler and ParnasPruner with Debian's Optuna."""
import math
import multiprocessing
import os
import pathlib
import pickle
import signal
import sys
import tempfile
import time
import unittest
import warnings

from service import Server

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "python"))
try:
    import optuna
    from parnas_optuna import ParnasPruner, ParnasSampler, ParnasStorage
    from optuna.trial import TrialState
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore")
except ImportError:
    optuna = None

TTL_S = 1.5


def ask_and_hang(url, told):
    study = optuna.load_study(study_name="killed", storage=ParnasStorage(url))
    trial = study.ask()
    trial.suggest_float("x", 0.0, 1.0)
    told.put(trial._trial_id)
    time.sleep(600)


def kinds(trial):
    x = trial.suggest_float("x", -5.0, 5.0)
    n = trial.suggest_int("n", 1, 1024, log=True)
    kind = trial.suggest_categorical("kind", ["a", None, True, 1.5])
    y = trial.suggest_float("y", 0.0, 1.0, step=0.25) if kind == "a" else 0.0
    trial.set_user_attr("seen", [x, None, math.inf])
    return x * x + math.log(n) + (0.0 if kind == "a" else 1.0) + y


@unittest.skipUnless(optuna, "Optuna is not installed")
class OverHttp(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="parnas-e2e-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.server = Server(cls.folder.name, "--lease", str(TTL_S))
        cls.server.__enter__()
        cls.addClassCleanup(cls.server.__exit__, None, None, None)
        cls.url = f"http://127.0.0.1:{cls.server.port}"

    def storage(self, **settings):
        return ParnasStorage(self.url, **settings)

    def test_a_study_is_as_in_memory(self):
        logs = []
        for storage in (optuna.storages.InMemoryStorage(), self.storage(), self.storage(batch=True)):
            for sampler in (optuna.samplers.TPESampler(seed=3, multivariate=True, constant_liar=True, n_startup_trials=5),
                            optuna.samplers.NSGAIISampler(seed=3, population_size=6)):
                study = optuna.create_study(storage=storage, sampler=sampler, direction="minimize")
                study.optimize(kinds, n_trials=20)
                logs.append([(trial.number, trial.state, trial.params, trial.values, trial.user_attrs)
                             for trial in study.trials])
        self.assertEqual(logs[:2], logs[2:4])
        self.assertEqual(logs[:2], logs[4:])

    def test_queued_trials_and_several_objectives(self):
        study = optuna.create_study(storage=self.storage(), directions=["minimize", "maximize"],
                                    sampler=optuna.samplers.RandomSampler(seed=1))
        study.enqueue_trial({"x": 0.25})
        study.optimize(lambda trial: (trial.suggest_float("x", 0, 1), -trial.params["x"]), n_trials=3)
        self.assertEqual(study.trials[0].params, {"x": 0.25})
        self.assertEqual(len(study.trials), 3)
        self.assertEqual(len(study.best_trials), 1)
        study.add_trial(optuna.trial.create_trial(values=[0.0, math.inf], params={}, distributions={}))
        self.assertEqual(study.trials[3].values, [0.0, math.inf])
        self.assertEqual(optuna.load_study(study_name=study.study_name, storage=self.storage()).trials, study.trials)

    def test_refusals_are_optunas_exceptions(self):
        storage = pickle.loads(pickle.dumps(self.storage()))
        study = optuna.create_study(storage=storage, study_name="refused")
        with self.assertRaises(optuna.exceptions.DuplicatedStudyError):
            optuna.create_study(storage=storage, study_name="refused")
        with self.assertRaises(KeyError):
            storage.get_trial(10 ** 6)
        with self.assertRaises(KeyError):
            storage.get_all_trials(10 ** 6)
        study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=1)
        trial = storage.create_new_trial(study._study_id)
        with self.assertRaises(ValueError):
            storage.set_trial_param(trial, "x", 1, optuna.distributions.IntDistribution(0, 1))
        storage.set_trial_state_values(trial, TrialState.FAIL)
        with self.assertRaises(RuntimeError):
            storage.set_trial_user_attr(trial, "a", 1)
        optuna.delete_study(study_name="refused", storage=storage)
        with self.assertRaises(KeyError):
            optuna.load_study(study_name="refused", storage=storage)

    def test_the_servers_samplers_and_pruners(self):
        for sampler in ("tpe", "nsga2", "gp"):
            study = optuna.create_study(storage=self.storage(batch=True), sampler=ParnasSampler(sampler, seed=1))
            study.optimize(kinds, n_trials=25)
            self.assertEqual({trial.state for trial in study.trials}, {TrialState.COMPLETE})
        with self.assertRaises(ValueError):
            study.sampler = ParnasSampler("tpee")
            study.ask().suggest_float("x", -5.0, 5.0)

        def stepped(trial):
            worse = trial.number % 2
            trial.suggest_float("x", 0, 1)
            for step in range(5):
                trial.report(worse + 0.01 * step, step)
                if trial.should_prune():
                    raise optuna.TrialPruned()
            return float(worse)

        study = optuna.create_study(storage=self.storage(), sampler=ParnasSampler("random", seed=1),
                                    pruner=ParnasPruner("median"))
        study.optimize(stepped, n_trials=20)
        pruned = [trial.number for trial in study.trials if trial.state == TrialState.PRUNED]
        self.assertTrue(pruned)
        self.assertTrue(all(number % 2 for number in pruned))

    def test_the_trial_of_a_killed_worker_is_retried(self):
        study = optuna.create_study(storage=self.storage(), study_name="killed",
                                    sampler=optuna.samplers.RandomSampler(seed=1))
        context = multiprocessing.get_context("spawn")
        told = context.Queue()
        worker = context.Process(target=ask_and_hang, args=(self.url, told), daemon=True)
        worker.start()
        trial_id = told.get(timeout=30)
        time.sleep(TTL_S * 1.5)
        self.assertEqual([trial.state for trial in study.trials], [TrialState.RUNNING])  # it is heard of
        os.kill(worker.pid, signal.SIGKILL)
        died = time.monotonic()
        while study.trials[0].state == TrialState.RUNNING:
            self.assertLess(time.monotonic() - died, TTL_S + 5)
            time.sleep(0.05)
        lost, copy = study.trials
        self.assertEqual(lost.state, TrialState.FAIL)
        self.assertEqual((copy.state, copy.params), (TrialState.WAITING, lost.params))
        self.assertEqual(copy.system_attrs, {"failed_trial": 0, "retry_history": [0]})
        with self.assertRaises(RuntimeError):  # a zombie
            self.storage().set_trial_state_values(trial_id, TrialState.COMPLETE, [1.0])
        study.optimize(lambda trial: trial.suggest_float("x", 0.0, 1.0), n_trials=1)
        self.assertEqual(study.trials[1].state, TrialState.COMPLETE)
        self.assertEqual(study.trials[1].value, lost.params["x"])

    def test_a_server_that_is_killed_is_waited_for(self):
        study = optuna.create_study(storage=self.storage(), sampler=optuna.samplers.RandomSampler(seed=1))

        def objective(trial):
            x = trial.suggest_float("x", 0.0, 1.0)
            if trial.number == 2:
                self.server.kill()
                self.server.start()
            return x

        study.optimize(objective, n_trials=5)
        self.assertEqual([(trial.number, trial.state) for trial in study.trials],
                         [(number, TrialState.COMPLETE) for number in range(5)])


if __name__ == "__main__":
    unittest.main()
