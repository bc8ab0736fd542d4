# SPDX-License-Identifier: Apache-2.0
"""Workers among servers that lose answers, restart and take leases away."""
import math
import os
import random
import signal
import threading
import time
import unittest

import parnas_client
from fake_server import Server, Service, problem
from parnas_client import Client, Failed, ParnasError

parnas_client._FIRST_DELAY_S, parnas_client._LONGEST_DELAY_S = 0.005, 0.05
parnas_client._BETWEEN_REPORTS_S = 0.02


def square(trial):
    return {"loss": trial.params["x"] ** 2}


class WorkerCase(unittest.TestCase):
    def serve(self, trouble=None, **settings):
        self.service = Service(**settings)
        self.server = Server(self.service, trouble)
        self.addCleanup(self.server.stop)

    def work(self, evaluate=square, patience=10.0, **settings):
        client = Client(self.server.url, patience=patience)
        self.addCleanup(client.close)
        self.log = []
        return client.work(evaluate, **{"study": "digits", "poll_s": 0, "log": self.log.append, **settings})

    def result(self, trial=0):
        return self.service.finished[trial]


class Results(WorkerCase):
    def test_a_worker_evaluates_all_trials_and_ends_with_the_study(self):
        self.serve(trials=5)
        worked = self.work()
        self.assertEqual((worked.reason, worked.completed, worked.trials), ("study_ended", 5, 5))
        self.assertEqual({trial: each["metrics"]["loss"] for trial, each in self.service.finished.items()},
                         {trial: (trial / 10) ** 2 for trial in range(5)})
        self.assertEqual(self.service.workers[0]["pid"], os.getpid())

    def test_a_trial_has_its_seed_and_parameters(self):
        self.serve(trials=1)
        seen = []
        self.work(lambda trial: seen.append((trial.seed, trial.params, trial.fidelity, trial.stage)) or {"loss": 0})
        self.assertEqual(seen, [(2 ** 63, {"x": 0.0}, 1.0, "search")])

    def test_an_exception_fails_the_trial_with_its_text(self):
        self.serve(trials=2)

        def evaluate(trial):
            if trial.number == 0:
                raise ValueError("no such layer")
            raise MemoryError()

        self.assertEqual(self.work(evaluate).failed, 2)
        self.assertEqual((self.result()["failure_kind"], self.result()["reason"]),
                         ("crashed", "ValueError: no such layer"))
        self.assertEqual(self.result(1)["failure_kind"], "out_of_memory")

    def test_the_third_exception_in_a_row_is_the_surroundings_fault(self):
        self.serve(trials=9)
        with self.assertRaisesRegex(ImportError, "no torch"):
            self.work(lambda trial: (_ for _ in ()).throw(ImportError("no torch")))
        self.assertEqual([each["outcome"] for each in self.service.results], ["failed", "failed", "preempted"])

    def test_a_candidate_may_have_no_result(self):
        self.serve(trials=4)
        kinds = ["infeasible", "diverged", "timed_out", "crashed"]

        def evaluate(trial):
            raise Failed("too large", kinds[trial.number])

        worked = self.work(evaluate)
        self.assertEqual((worked.infeasible, worked.failed), (1, 3))
        self.assertEqual(self.result(0)["outcome"], "infeasible")
        self.assertEqual([self.result(i)["failure_kind"] for i in (1, 2, 3)], kinds[1:])

    def test_a_result_that_is_not_finite_has_diverged(self):
        self.serve(trials=1)
        self.work(lambda trial: {"loss": math.nan})
        self.assertEqual((self.result()["outcome"], self.result()["failure_kind"], self.result()["metrics"]),
                         ("failed", "diverged", {"loss": "NaN"}))

    def test_a_result_that_the_server_does_not_take_fails_the_trial_with_the_reason(self):
        self.serve(trials=1)
        self.service.refuse_result = problem(422, "missing-objective", "accuracy is missing")
        self.work()
        self.assertEqual(self.result()["outcome"], "failed")
        self.assertIn("accuracy is missing", self.result()["reason"])

    def test_weights_are_kept_as_an_artifact_of_the_result(self):
        self.serve(trials=1)

        def evaluate(trial):
            trial.save_weights(b"first")
            trial.save_weights(b"weights")
            return {"loss": 1.0}

        self.work(evaluate)
        self.assertEqual(self.service.artifacts[self.result()["weights"]], b"weights")


class Reports(WorkerCase):
    def test_a_verdict_prunes_with_the_metrics_that_are_there(self):
        self.serve(trials=1, reporting="judged", verdict=lambda trial, report: report["step"] == 2)
        asked = []

        def evaluate(trial):
            for step in range(10):
                asked.append(trial.report(step, {"loss": 10.0 - step}))
                if asked[-1]:
                    return None
            return {"loss": 0.0}

        self.assertEqual(self.work(evaluate).pruned, 1)
        self.assertEqual(asked, [False, False, True])
        self.assertEqual((self.result()["outcome"], self.result()["metrics"]), ("pruned", {"loss": 8.0}))

    def test_reports_that_nobody_judges_come_in_batches_complete_and_before_the_result(self):
        self.serve(trials=1)

        def evaluate(trial):
            for step in range(2500):
                trial.report(step, {"loss": math.inf if step == 7 else 1.0})
            return {"loss": 0.0}

        self.work(evaluate)
        self.assertEqual([each["step"] for each in self.service.reports[0]], list(range(2500)))
        self.assertEqual(self.service.reports[0][7]["metrics"]["loss"], "Infinity")
        posts = [path for method, path, _ in self.server.seen if path.endswith("/reports")]
        self.assertLess(len(posts), 100)

    def test_reports_that_nobody_judges_do_not_wait_for_a_server_that_is_away(self):
        self.serve(trials=1)
        took = []

        def evaluate(trial):
            self.server.stop()
            began = time.monotonic()
            for step in range(20):
                trial.report(step, {"loss": 1.0})
                time.sleep(0.01)
            took.append(time.monotonic() - began)
            self.server.start()
            return {"loss": 0.0}

        self.work(evaluate)
        self.assertLess(took[0], 3.0)
        self.assertEqual([each["step"] for each in self.service.reports[0]], list(range(20)))


class Trouble(WorkerCase):
    def test_every_trial_has_exactly_one_result_whatever_happens_on_the_way(self):
        for seed in range(3):
            with self.subTest(seed):
                rng = random.Random(seed)
                troubles = [None, None, None, None, "drop", "lose", "slow", problem(503, "busy", Retry_After="0"), problem(502, "proxy")]
                self.serve(lambda *_: rng.choice(troubles), trials=20)

                def evaluate(trial):
                    for step in range(3):
                        trial.report(step, {"loss": float(step)})
                    return square(trial)

                worked = self.work(evaluate)
                self.assertEqual(worked.completed, 20)
                self.assertEqual(self.service.effects, {trial: 1 for trial in range(20)})
                self.assertEqual(self.service.attempts, {trial: 1 for trial in range(20)})
                self.assertEqual({trial: [each["step"] for each in reports]
                                  for trial, reports in self.service.reports.items()},
                                 {trial: [0, 1, 2] for trial in range(20)})

    def test_a_worker_survives_restarts_of_the_server(self):
        self.serve(trials=40)
        over = threading.Event()

        def restart():
            while not over.wait(0.05):
                self.server.stop()
                time.sleep(0.05)
                self.server.start()

        restarts = threading.Thread(target=restart)
        restarts.start()
        try:
            worked = self.work(lambda trial: time.sleep(0.01) or square(trial))
        finally:
            over.set()
            restarts.join()
        self.assertEqual(worked.completed, 40)
        self.assertEqual(self.service.effects, {trial: 1 for trial in range(40)})

    def test_a_server_with_another_store_is_registered_with_again(self):
        self.serve(trials=2)

        def evaluate(trial):
            if trial.number == 0:
                self.service.workers.append({})  # so that wrk_1 is known no more
            return square(trial)

        self.assertEqual(self.work(evaluate).completed, 2)
        self.assertEqual(len(self.service.workers), 3)

    def test_a_token_that_is_refused_ends_the_worker(self):
        self.serve(lambda _number, method, _path: problem(401, "unauthorized") if method == "POST" else None, trials=1)
        with self.assertRaises(ParnasError) as refused:
            self.work()
        self.assertEqual(refused.exception.status, 401)


class Leases(WorkerCase):
    def test_heartbeats_keep_a_lease_while_an_evaluation_takes_its_time(self):
        self.serve(trials=1, ttl=0.6, heartbeat_s=15.0)

        def evaluate(trial):
            end = time.monotonic() + 1.5
            while time.monotonic() < end:
                time.sleep(0.05)
                with self.service.lock:
                    self.service.expire()
            return square(trial)

        self.assertEqual(self.work(evaluate).completed, 1)
        self.assertEqual(self.service.attempts[0], 1)
        self.assertGreaterEqual(len(self.service.beats), 3)

    def test_an_evaluation_whose_lease_is_lost_is_told_to_stop_and_says_nothing_more(self):
        self.serve(trials=1, heartbeat_s=0.05)

        def evaluate(trial):
            if trial.lease.attempt > 1:
                return square(trial)
            with self.service.lock:
                self.service.attempts[0] += 1  # another worker has it, and loses it
                self.service.waiting.append(0)
            end = time.monotonic() + 5
            while not trial.should_stop and time.monotonic() < end:
                time.sleep(0.01)
            return {"loss": -1.0}

        worked = self.work(evaluate)
        self.assertEqual((worked.lost, worked.completed), (1, 1))
        self.assertEqual(self.result()["metrics"], {"loss": 0.0})
        self.assertEqual(self.service.effects, {0: 1})

    def test_a_study_that_stops_gets_its_trial_back(self):
        self.serve(trials=1, heartbeat_s=0.05)

        def evaluate(trial):
            if trial.lease.attempt > 1:
                return square(trial)
            self.service.state = "stopping"
            end = time.monotonic() + 5
            while not trial.should_stop and time.monotonic() < end:
                time.sleep(0.01)
            self.service.state = "running"
            return {"loss": -1.0}

        worked = self.work(evaluate)
        self.assertEqual((worked.preempted, worked.completed), (1, 1))


class Endings(WorkerCase):
    def test_a_signal_gives_the_trial_back(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number):
                self.serve(trials=3)
                before = signal.getsignal(number)

                def evaluate(trial):
                    for step in range(100):
                        if trial.number == 1 and step == 3:
                            os.kill(os.getpid(), number)
                        if trial.report(step, {"loss": 1.0}):
                            return None
                    return square(trial)

                worked = self.work(evaluate)
                self.assertEqual((worked.reason, worked.completed, worked.preempted), ("draining", 1, 1))
                self.assertEqual([each["outcome"] for each in self.service.results], ["completed", "preempted"])
                self.assertIs(signal.getsignal(number), before)

    def test_an_evaluation_that_asks_nobody_ends_as_it_would_have(self):
        self.serve(trials=2)

        def evaluate(trial):
            os.kill(os.getpid(), signal.SIGTERM)
            return square(trial)

        worked = self.work(evaluate)
        self.assertEqual((worked.reason, worked.completed, worked.preempted), ("draining", 1, 0))

    def test_a_worker_of_another_thread_is_stopped_by_an_event(self):
        self.serve(trials=0)
        self.service.leases["lse"] = {"trial": 0, "fence": 0, "until": math.inf}  # somebody else's
        stop, ends = threading.Event(), []
        thread = threading.Thread(target=lambda: ends.append(self.work(stop=stop)))
        thread.start()
        time.sleep(0.05)
        stop.set()
        thread.join(5)
        self.assertEqual(ends[0].reason, "draining")

    def test_a_worker_that_the_server_drains_finishes_its_trial(self):
        self.serve(trials=3, heartbeat_s=0.05)

        def evaluate(trial):
            self.service.drain = True
            time.sleep(0.3)
            return square(trial)

        worked = self.work(evaluate)
        self.assertEqual((worked.reason, worked.completed), ("draining", 1))

    def test_a_worker_ends_after_its_number_of_trials_or_without_work(self):
        self.serve(trials=3)
        self.assertEqual(self.work(max_trials=2).reason, "max_trials")
        self.service.waiting.clear()
        self.service.leases["lse"] = {"trial": 9, "fence": 0, "until": math.inf}
        worked = self.work(idle_exit=0.1)
        self.assertEqual((worked.reason, worked.trials), ("idle", 0))

    def test_a_study_that_does_not_exist_is_an_error_at_once(self):
        self.serve(trials=1)
        with self.assertRaises(ParnasError) as refused:
            self.work(study="nonesuch")
        self.assertEqual(refused.exception.status, 404)


if __name__ == "__main__":
    os.environ.pop("PARNAS_TOKEN", None)
    unittest.main()
