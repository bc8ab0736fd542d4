# SPDX-License-Identifier: Apache-2.0
"""What is done with studies besides searching: annotating and cloning them, and starting from them."""
import signal
import sqlite3
import unittest

from support import ParnasCase, job_text


class Annotations(ParnasCase):
    def setUp(self):
        super().setUp()
        self.write("job.yaml", job_text(trials=8))
        self.parnas("run", "job.yaml", "--quiet")

    def test_a_study_is_annotated_and_found_by_its_tag(self):
        written = self.parnas_json("annotate", "front", "--note", "why", "--tag", "b", "--tag", "a",
                                   "--set", 'owner={"name": "x"}')
        self.assertEqual(written, {"study": "front", "note": "why", "tags": ["a", "b"],
                                   "attributes": {"owner": {"name": "x"}}})
        self.assertEqual(self.parnas_json("annotate", "front"), written)
        status = self.parnas_json("status")
        self.assertEqual((status["note"], status["tags"]), ("why", ["a", "b"]))
        self.assertEqual(len(self.parnas_json("studies", "--tag", "a")), 1)
        self.assertEqual(self.parnas_json("studies", "--tag", "c"), [])
        self.assertIn("a, b", self.parnas("studies")[0])
        self.assertEqual(self.parnas_json("annotate", "front", "--untag", "a")["tags"], ["b"])

    def test_status_without_a_name_shows_the_newest_study_that_is_no_audit_of_another(self):
        self.parnas("run", "job.yaml", "--quiet", "--name", "front.audit-random")
        self.assertEqual(self.parnas_json("status")["name"], "front")
        self.parnas("run", "job.yaml", "--quiet", "--name", "other.audit-random")
        self.assertEqual(self.parnas_json("status")["name"], "other.audit-random")

    def test_finished_trials_have_notes_and_tags_but_no_new_attributes(self):
        before = self.log("front")
        self.parnas("annotate", "front", "--trial", "3", "--tag", "keep", "--note", "line\nline")
        tagged = self.parnas_json("trials", "front", "--tag", "keep")
        self.assertEqual([(trial["number"], trial["tags"], trial["note"]) for trial in tagged],
                         [(3, ["keep"], "line\nline")])
        self.assertIn("keep", self.parnas("trials", "front")[0])
        self.assertEqual(self.log("front"), before)
        _, err = self.parnas("annotate", "front", "--trial", "3", "--set", "a=1", code=4)
        self.assertIn("trial 3 is finished", err)

    def test_the_notes_are_where_the_dashboard_looks(self):
        self.parnas("annotate", "front", "--trial", "3", "--note", "x" * 3000)
        with sqlite3.connect(self.folder / "parnas.db") as database:
            trial_id, = database.execute("SELECT trial_id FROM trials WHERE number = 3").fetchone()
            rows = dict(database.execute("SELECT key, value_json FROM study_system_attributes"))
        self.assertEqual(rows[f"dashboard:{trial_id}:note_ver"], "1")
        self.assertEqual(rows[f"dashboard:{trial_id}:note_str:0"], '"' + "x" * 2045 + '"')
        self.assertEqual(rows[f"dashboard:{trial_id}:note_str:1"], '"' + "x" * 955 + '"')

    def test_what_makes_no_sense_is_refused(self):
        for code, where, arguments in ((2, "--set", ["--set", "key"]), (2, "key", ["--set", "key=text"]),
                                       (2, "tag", ["--tag", "t" * 65]), (3, "", ["--trial", "99", "--tag", "a"])):
            with self.subTest(arguments=arguments):
                _, err = self.parnas("annotate", "front", *arguments, code=code)
                self.assertTrue(err.startswith(f"error: {where}"), err)


class Clones(ParnasCase):
    def setUp(self):
        super().setUp()
        self.write("job.yaml", job_text(trials=60))

    def test_a_clone_with_all_trials_goes_on_as_the_study_itself(self):
        self.write("job.yaml", job_text(trials=60, delay_ms=10))
        with self.start("run", "job.yaml", "--output", "json", "--workers", "2") as process:
            for _ in range(20):
                process.stdout.readline()
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=30)
        self.assertIn("a clone of 'front'", self.parnas_json("clone", "front", "copy", "--trials", "all")["reason"])
        self.parnas("db", "backup", "copy.db")
        self.assertEqual(self.log("copy"), self.log("front"))
        self.assertLess(self.parnas_json("status", "copy")["trials"]["complete"], 60)
        self.parnas("resume", "front", "--quiet")
        self.parnas("resume", "copy", "--store", "copy.db", "--quiet")
        self.assertEqual(self.log("copy", "--store", "copy.db"), self.log("front"))
        fronts = [self.parnas_json("front", *where) for where in (["front"], ["copy", "--store", "copy.db"])]
        self.assertEqual(*([member["number"] for member in front["members"]] for front in fronts))
        self.assertTrue(self.parnas_json("db", "check", "--store", "copy.db")["sound"])

    def test_a_clone_without_trials_is_another_run_of_the_job(self):
        self.parnas("run", "job.yaml", "--quiet")
        self.parnas("clone", "front", "again", "--set", "seed=9")
        self.parnas("resume", "again", "--quiet")
        self.parnas("run", "job.yaml", "--seed", "9", "--store", "other.db", "--quiet")
        self.assertEqual(self.log("again"), self.log("front", "--store", "other.db"))

    def test_a_clone_of_the_front_goes_on_behind_it(self):
        self.parnas("run", "job.yaml", "--quiet")
        front = self.parnas_json("front", "front")["members"]
        self.parnas("clone", "front", "best", "--trials", "front", "--set", "budget.trials=30")
        self.parnas("resume", "best", "--quiet")
        trials = self.log("best")
        self.assertEqual(len(trials), 30)
        self.assertEqual([trial["values"] for trial in trials[:len(front)]],
                         [member["values"] for member in sorted(front, key=lambda member: member["number"])])

    def test_what_cannot_be_cloned_is_refused(self):
        self.parnas("run", "job.yaml", "--quiet")
        for code, where, arguments in ((4, "there is a study", ["front"]), (2, "--trials", ["x", "--trials", "some"]),
                                       (2, "/lag", ["x", "--set", "lag=0"]),
                                       (2, "/evaluator", ["x", "--trials", "all", "--set", "evaluator.function=zdt2"])):
            with self.subTest(arguments=arguments):
                _, err = self.parnas("clone", "front", *arguments, code=code)
                self.assertTrue(err.startswith(f"error: {where}"), err)
        self.assertEqual(len(self.parnas_json("studies")), 1)


class Starts(ParnasCase):
    def test_a_search_begins_with_the_points_of_its_job(self):
        self.write("job.yaml", job_text(trials=8) + "initial: [{x1: 0.5, x2: 0.25, x3: 1}, {x2: 0.75}]\n")
        _, err = self.parnas("run", "job.yaml")
        self.assertIn("Trial 1 is set: initial point\n", err)
        trials = self.log("front")
        self.assertEqual(trials[0]["params"], {"x1": 0.5, "x2": 0.25, "x3": 1.0})
        self.assertEqual(trials[1]["params"]["x2"], 0.75)
        self.assertEqual(trials[1]["attributes"]["reason"], "initial point")
        self.parnas("run", "job.yaml", "--trials", "3", "--store", "short.db", "--quiet")
        self.parnas("resume", "front", "--trials", "8", "--store", "short.db", "--quiet")
        self.assertEqual(self.log("front", "--store", "short.db"), trials)

    def test_a_search_begins_with_the_best_of_another(self):
        self.write("job.yaml", job_text(trials=20))
        self.parnas("run", "job.yaml", "--quiet")
        text = job_text(name="next", trials=8).replace("x3: {real: [0.0, 1.0]}", "x4: {real: [0.0, 1.0]}")
        self.write("next.yaml", text + "warm_start: {study: front, count: 3}\n")
        _, err = self.parnas("run", "next.yaml")
        self.assertIn("Trial 0 is set: warm start: study 'front' trial", err)
        self.assertIn(", drawn: x4", err)
        front = [member["params"] for member in self.parnas_json("front", "front")["members"]]
        for trial in self.log("next")[:3]:
            self.assertIn({key: trial["params"][key] for key in ("x1", "x2")},
                          [{key: params[key] for key in ("x1", "x2")} for params in front])

    def test_points_that_make_no_sense_are_refused(self):
        self.write("job.yaml", job_text() + "initial: [{x1: 2}, {x9: 1}]\n")
        _, err = self.parnas("run", "job.yaml", code=2)
        self.assertIn("error: job.yaml:16 /initial/0/x1: ", err)
        self.assertIn("error: job.yaml:16 /initial/1/x9: ", err)
        self.write("job.yaml", job_text() + "warm_start: {study: none}\n")
        _, err = self.parnas("run", "job.yaml", code=2)
        self.assertIn("error: /warm_start/study: ", err)


if __name__ == "__main__":
    unittest.main()
