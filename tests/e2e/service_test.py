# SPDX-License-Identifier: Apache-2.0
"""A server with workers in C++ and Python, as users run them."""
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

from service import PARNAS, Client, Refused, Server, new_key, remote_job

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "python"))
import parnas_client


class ServiceTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="parnas-service-")
        self.addCleanup(folder.cleanup)
        self.server = Server(folder.name).start()
        self.addCleanup(lambda: self.server.__exit__())
        self.url = f"http://127.0.0.1:{self.server.port}"
        self.client = Client(self.server.port)
        self.addCleanup(self.client.close)

    def submit(self, job):
        return self.client.ask("POST", "/v1/jobs", {"study": job}, new_key())

    def counts(self, study):
        return self.client.ask("GET", f"/v1/studies/{study}")["counts"]

    def test_a_worker_of_the_program_evaluates_a_study_to_its_end(self):
        job = {**remote_job("sphere", 30), "evaluator": {"type": "synthetic", "function": "sphere"},
               "objectives": {"value": "minimize"}}
        submitted = self.submit(job)
        ended = subprocess.run([PARNAS, "worker", "--server", self.url, "--study", "sphere", "--slots", "2", "--quiet"],
                               timeout=60, capture_output=True, text=True)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertEqual(self.counts("sphere")["complete"], 30)
        done = self.client.ask("GET", f"/v1/jobs/{submitted['id']}")
        self.assertEqual((done["state"], done["progress"]["done"]), ("completed", 30))
        front = self.client.ask("GET", "/v1/studies/sphere/front")
        self.assertTrue(front)

    def test_a_worker_in_python_evaluates_what_only_it_can(self):
        self.submit(remote_job("python", 12))
        client = parnas_client.Client(self.url)
        seen = []

        def evaluate(trial):
            seen.append(trial.params)
            return {"loss": sum(trial.params.values())}

        client.work(evaluate, study="python")
        self.assertEqual(len(seen), 12)
        self.assertEqual(self.counts("python")["complete"], 12)

    def test_a_search_is_changed_while_it_runs_and_goes_on_after_its_end(self):
        job = remote_job("changed", 2)
        self.submit({**job, "lease": {"ttl": "5s"}, "retry": {"max_attempts": 2}})
        client = parnas_client.Client(self.url)
        leases = client.ask("changed", 1)
        self.assertEqual(leases[0].expires_in_s, 5.0)
        client.tell(leases[0], state="fail")
        self.assertEqual(client.set_budget("changed", trials=6)["job"]["budget"], {"trials": 6})
        failed = leases[0].trial
        again = client.retry("changed", failed)
        point = dict(leases[0].params)
        added = client.enqueue("changed", point)[0]
        known = client.observe("changed", point, {"loss": -1.0})
        self.assertEqual(len({failed, again, added, known}), 4)
        client.work(lambda trial: {"loss": sum(trial.params.values())}, study="changed")
        trials = {trial["number"]: trial for trial in client.trials("changed")}
        self.assertEqual(len(trials), 6)
        self.assertEqual([trials[each]["state"] for each in (failed, again, added, known)], ["fail"] + ["complete"] * 3)
        self.assertEqual(trials[again]["params"], point)
        self.assertEqual(trials[again]["attributes"]["retry_of"], failed)
        self.assertEqual([member["number"] for member in client.front("changed")["members"]], [known])

        client.set_budget("changed", trials=7)
        client.submit("changed")
        client.work(lambda trial: {"loss": 1.0}, study="changed")
        self.assertEqual(self.counts("changed")["trials"], 7)
        clone = client.clone("changed", "clone", {"budget": {"trials": 3}, "lease": None}, warm_start=True)
        self.assertNotIn("lease", clone["job"])
        client.work(lambda trial: {"loss": 1.0}, study="clone")
        self.assertEqual(client.trial("clone", 0)["params"], trials[known]["params"])
        self.assertEqual(self.counts("clone")["trials"], 3)

    def test_a_worker_that_beats_and_gets_nowhere_loses_its_trial(self):
        self.submit({**remote_job("stuck", 1), "lease": {"progress_deadline": 0.5}})
        client = parnas_client.Client(self.url)
        stuck = client.ask("stuck", 1)[0]
        with self.assertRaises(parnas_client.ParnasError) as lost:
            for _ in range(100):
                client.heartbeat(stuck)
                time.sleep(0.1)
        self.assertEqual(lost.exception.slug, "lease-superseded")
        client.work(lambda trial: {"loss": 1.0}, study="stuck")
        attempts = client.trial("stuck", stuck.trial)["attempts"]
        self.assertEqual([each["state"] for each in attempts], ["expired", "ok"])
        self.assertEqual(attempts[0]["reason"], "its worker reported no progress for 0.5 s")

    def test_asked_trials_are_told_once(self):
        self.submit(remote_job("asked", 3))
        trial = self.client.ask("POST", "/v1/studies/asked/ask", {"n": 1}, new_key())["trials"][0]
        beat = self.client.ask("PUT", f"/v1/leases/{trial['lease']}/heartbeat", {"fence": trial["fence"]})
        self.assertEqual((beat["should_stop"], beat["should_drain"]), (False, False))
        told = {"trial": trial["trial"], "values": [0.25]}
        self.assertEqual(self.client.ask("POST", "/v1/studies/asked/tell", told, new_key())["state"], "complete")
        with self.assertRaises(Refused) as refused:
            self.client.ask("POST", "/v1/studies/asked/tell", told, new_key())
        self.assertEqual(refused.exception.status, 409)

    def test_results_go_with_the_request_for_the_next_lease(self):
        self.submit(remote_job("turns", 4))
        worker = self.client.ask("POST", "/v1/workers", {"name": "w", "host": "h", "pid": 1, "version": "1"},
                                 new_key())["id"]

        def take(results=None, key=None):
            body = {"study": "turns", "wait_s": 5, **({"results": results} if results else {})}
            return self.client.ask("POST", f"/v1/workers/{worker}/leases", body, key or new_key())

        def result_of(trial, **changed):
            return {"lease": trial["lease"], "fence": trial["fence"], "outcome": "completed",
                    "metrics": {"loss": trial["trial"]}, "cost_s": 0, **changed}

        first = [take()["leases"][0] for _ in range(2)]
        key = new_key()
        results = [result_of(first[0]), result_of(first[0], fence=7), result_of(first[1], metrics={})]
        answer = take(results, key)
        self.assertEqual(answer["results"][0]["settled"], {"study": "turns", "trial": first[0]["trial"],
                                                           "state": "complete"})
        self.assertEqual([each.get("problem", {}).get("status") for each in answer["results"]], [None, 409, 422])
        self.assertEqual(len(answer["leases"]), 1)
        # What is sent again changes nothing, and gets the same leases.
        self.assertEqual(take(results, key), answer)
        fourth = take([result_of(first[1])])["leases"]
        last = take([result_of(each) for each in [*answer["leases"], *fourth]])
        self.assertEqual([each["settled"]["state"] for each in last["results"]], ["complete"] * 2)
        self.assertEqual(last["leases"], [])
        self.assertEqual(self.counts("turns")["complete"], 4)

    def test_a_request_may_not_name_what_is_on_the_server(self):
        for part, value in (("evaluator", {"type": "command", "command": ["true"], "metrics": ["loss"]}),
                            ("space", "/etc/passwd"), ("space", {"file": "space.yaml"}),
                            ("target", {"profile": "../../secret.yaml"})):
            with self.assertRaises(Refused) as refused:
                self.submit({**remote_job("bad", 1), part: value})
            self.assertEqual(refused.exception.status, 422, part)
        self.assertEqual(self.client.ask("GET", "/v1/studies")["items"], [])

    def test_a_server_that_was_stopped_goes_on_where_it_was(self):
        self.submit(remote_job("stopped", 5))
        worker = self.client.ask("POST", "/v1/workers", {"name": "w", "host": "h", "pid": 1, "version": "1"}, new_key())
        path = f"/v1/workers/{worker['id']}/leases"
        self.assertEqual(len(self.client.ask("POST", path, {"study": "stopped", "wait_s": 5}, new_key())["leases"]), 1)
        code, seconds = self.server.stop()
        self.assertEqual(code, 0)
        self.assertLess(seconds, 10)
        self.server.start()
        self.client.close()
        self.assertEqual(self.counts("stopped")["running"], 2)  # one leased, one ready

    def test_a_deleted_study_ends_its_leases_and_leaves_its_name(self):
        self.submit(remote_job("stays", 1))
        job = self.submit(remote_job("gone", 5))
        trial = self.client.ask("POST", "/v1/studies/gone/ask", {"n": 1}, new_key())["trials"][0]
        beat = f"/v1/leases/{trial['lease']}/heartbeat"
        self.client.ask("PUT", beat, {"fence": trial["fence"]})
        self.client.ask("GET", "/v1/studies/gone")
        etag = self.client.etag
        for tag, status in ((None, 428), ('"99-0"', 412)):
            with self.assertRaises(Refused) as refused:
                self.client.ask("DELETE", "/v1/studies/gone", if_match=tag)
            self.assertEqual(refused.exception.status, status)
        self.client.ask("DELETE", "/v1/studies/gone", if_match=etag)
        result = {"fence": trial["fence"], "outcome": "completed", "metrics": {"loss": 0.5}, "cost_s": 0}
        for send in (lambda: self.client.ask("PUT", beat, {"fence": trial["fence"]}),
                     lambda: self.client.ask("PUT", f"/v1/leases/{trial['lease']}/result", result)):
            with self.assertRaises(Refused) as refused:
                send()
            self.assertEqual(refused.exception.status, 410)
        for path in ("/v1/studies/gone", f"/v1/jobs/{job['id']}"):
            with self.assertRaises(Refused) as refused:
                self.client.ask("GET", path)
            self.assertEqual(refused.exception.status, 404)
        actions = [entry["action"] for entry in self.client.ask("GET", "/v1/audit")["items"]]
        self.assertEqual(actions, ["study.deleted"])
        self.assertEqual(self.client.ask("GET", "/v1/projects")["items"], [{"name": "default", "studies": 1}])
        self.submit(remote_job("gone", 1))

    def test_a_study_is_made_with_what_people_write_about_it(self):
        made = self.client.ask("POST", "/v1/studies", {"job": remote_job("noted", 1), "project": "vision",
                                                       "tags": ["keep"], "note": "why"}, new_key())
        self.assertEqual((made["tags"], made["note"], made["project"]), (["keep"], "why", "vision"))

    def test_a_backup_is_a_store_beside_the_servers(self):
        self.submit(remote_job("kept", 1))
        self.assertEqual(self.client.ask("POST", "/v1/admin/checks", {}), {"sound": True, "faults": []})
        backup = self.client.ask("POST", "/v1/admin/backups", {}, new_key())
        file = pathlib.Path(f"{self.server.store}.backups") / backup["name"]
        self.assertEqual(file.stat().st_size, backup["bytes"])
        listed = subprocess.run([PARNAS, "studies", "--store", str(file), "--output", "json"],
                                check=True, capture_output=True, text=True).stdout
        self.assertIn("kept", listed)
        with self.assertRaises(Refused) as refused:
            self.client.ask("POST", "/v1/admin/backups", {"name": "../x.db"}, new_key())
        self.assertEqual(refused.exception.status, 422)


if __name__ == "__main__":
    unittest.main()
