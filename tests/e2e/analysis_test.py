# SPDX-License-Identifier: Apache-2.0
"""What studies can be asked: which parameters matter, and which of two groups is better."""
import csv
import io
import unittest

from browser import CHROMIUM, Browser
from support import ParnasCase, job_text

# Kinds of models with parameters of their own.
CONDITIONAL_JOB = """\
name: models
space:
  document:
    name: models@1
    params:
      kind: {one_of: [cnn, mlp, tree]}
      opt: {one_of: [adamw, adam, lamb, sgd]}
      depth: {integer: [1, 2], when: {kind: cnn}}
      width: {integer: [8, 512], log: true, when: {kind: cnn}}
      cnn_lr: {real: [0.00001, 0.1], log: true, when: {kind: cnn}}
      dropout: {real: [0, 0.6], when: {kind: cnn}}
      op_0: {one_of: [conv3, conv5, dw3, skip], when: {kind: cnn}}
      op_1: {one_of: [conv3, conv5, dw3, skip], when: {kind: cnn}}
      units: {integer: [16, 1024], log: true, when: {kind: mlp}}
      act: {one_of: [gelu, relu, tanh], when: {kind: mlp}}
      mlp_lr: {real: [0.00001, 0.1], log: true, when: {kind: mlp}}
      trees: {integer: [10, 500], when: {kind: tree}}
      leaf: {integer: [2, 64], when: {kind: tree}}
      eta: {real: [0.01, 0.5], log: true, when: {kind: tree}}
evaluator: {type: synthetic, function: mixed_cond}
objectives: {value: minimize}
strategy: {type: random}
budget: {trials: 150}
"""


class Importance(ParnasCase):
    def run_job(self, text):
        self.write("job.yaml", text)
        self.parnas("run", "job.yaml", "--quiet")

    def test_the_parameter_that_is_the_objective_explains_it(self):
        self.run_job(job_text(strategy="{type: random}", trials=100))
        for method in ("fanova", "ped_anova"):
            first, second = self.parnas_json("importance", "front", "--method", method)
            self.assertEqual((first["metric"], second["metric"], first["trials"]), ("f1", "f2", 100))
            self.assertEqual(first["params"][0]["name"], "x1")
            self.assertGreater(first["params"][0]["share"], 0.9)
            self.assertEqual({param["name"] for param in second["params"]}, {"x1", "x2", "x3"})
        only, = self.parnas_json("importance", "front", "--target", "f2", "--seed", "4")
        self.assertEqual(only["metric"], "f2")
        self.assertEqual(len(only["pairs"]), 3)

    def test_people_see_bars_and_programs_rows(self):
        self.run_job(job_text(strategy="{type: random}", trials=50))
        out, _ = self.parnas("importance", "front", "--ascii")
        self.assertIn("f1: share of the variance that each parameter explains (fANOVA, 50 trials)\nx1  ", out)
        self.assertIn("#" * 40 + "\n", out)
        rows = list(csv.DictReader(io.StringIO(self.parnas("importance", "front", "--output", "csv")[0])))
        self.assertEqual(len(rows), 2 * (3 + 3))
        self.assertEqual({row["metric"] for row in rows}, {"f1", "f2"})

    def test_parameters_that_some_trials_lack_have_a_share(self):
        self.run_job(CONDITIONAL_JOB)
        for method in ("fanova", "ped_anova"):
            found, = self.parnas_json("importance", "models", "--method", method)
            params = {param["name"]: param for param in found["params"]}
            self.assertEqual(len(params), 14)
            self.assertEqual(params["kind"]["trials"], 150)
            self.assertTrue(0 < params["eta"]["trials"] < 150)
            self.assertGreater(params["kind"]["share"], params["leaf"]["share"])

    def test_what_cannot_be_answered_is_refused(self):
        self.run_job(job_text(trials=1))
        for arguments, code, message in (
                (["front"], 2, "front: f1: importance needs at least 2 complete trials with a value: got 1"),
                (["front", "--target", "f3"], 2, "--target: no trial has the metric 'f3'; known are: f1, f2"),
                (["fornt"], 3, "fornt: no study has this name; did you mean 'front'?"),
                (["front", "--method", "shap"], 2, "--method: ")):
            with self.subTest(arguments=arguments):
                _, err = self.parnas("importance", *arguments, code=code)
                self.assertIn("error: " + message, err)


class Compare(ParnasCase):
    def search(self, name, seed, strategy="{type: random}", trials=40, *arguments, delay_ms=0):
        self.write("job.yaml", job_text(name=name, strategy=strategy, trials=trials, seed=seed, delay_ms=delay_ms))
        self.parnas("run", "job.yaml", "--quiet", *arguments)

    def search_groups(self, seeds=6):
        for seed in range(seeds):
            self.search(f"random-{seed}", seed)
            self.search(f"evolved-{seed}", seed, "{type: nsga2, population: 10}", 60)

    def test_groups_are_compared_in_pairs_of_seeds(self):
        self.search_groups()
        found = self.parnas_json("compare", "evolved-*", "random-*")
        self.assertEqual((found["measure"], found["direction"]), ("hypervolume", "maximize"))
        self.assertEqual(found["hypervolume_reference"], [1.1, 6])
        at_trials = found["comparisons"][0]
        self.assertEqual((at_trials["at"], at_trials["place"], at_trials["paired"]), ("trials", 40, True))
        self.assertEqual(at_trials["runs"], [6, 6])
        self.assertTrue(0 <= at_trials["p"] <= 1)
        fronts = [self.parnas_json("front", f"random-{seed}")["hypervolume"] for seed in range(6)]
        self.assertAlmostEqual(at_trials["medians"][1], sum(sorted(fronts)[2:4]) / 2)
        self.assertEqual(found["groups"][0]["convergence"]["trials"]["places"][-1], 60)
        self.assertEqual(set(found["groups"][0]["attainment"]), {"first_quarter", "half", "third_quarter"})
        self.assertEqual(self.parnas_json("compare", "evolved-*", "random-*"), found)

    def test_people_read_a_table_and_a_sentence(self):
        self.search_groups(2)
        out, _ = self.parnas("compare", "evolved-0,evolved-1", "random-*")
        self.assertIn("A: evolved-0,evolved-1, 2 studies\nB: random-*, 2 studies\nhypervolume, the more the better", out)
        self.assertIn("Too few seeds to conclude anything after 40 trials: the least p that 2 pairs", out)
        rows = list(csv.DictReader(io.StringIO(self.parnas(
            "compare", "evolved-*", "random-*", "--target", "f1", "--output", "csv")[0])))
        self.assertEqual(rows[0]["verdict"], "too_few_values")
        self.assertLess(float(rows[0]["second_median"]), 0.2)

    def test_studies_of_another_store_are_compared_at_equal_cost_too(self):
        self.search("same", 1, trials=5, delay_ms=2)
        self.search("same", 1, "{type: random}", 5, "--store", "other.db", delay_ms=4)
        found = self.parnas_json("compare", "same", "same", "--other-store", "other.db")
        self.assertEqual([each["at"] for each in found["comparisons"]], ["trials", "cost"])
        self.assertEqual(found["comparisons"][0]["difference"], 0)

    def test_what_cannot_be_compared_is_refused(self):
        self.search("a", 1, trials=3)
        self.search("b", 2, trials=3)
        self.write("other.yaml", CONDITIONAL_JOB)
        self.parnas("run", "other.yaml", "--quiet", "--trials", "3", "--name", "other")
        for arguments, code, message in (
                (["a", "a,b"], 2, "a: it is in both groups, which would compare it with itself"),
                (["a", "c-*"], 3, "c-*: no study's name matches this"),
                (["a", "bb"], 3, "bb: no study has this name"),
                (["a", "other"], 2, "other: its objectives are minimize value, but those of 'a' are"),
                (["a", "b", "--target", "f3"], 2, "a: no complete trial has a finite f3")):
            with self.subTest(arguments=arguments):
                _, err = self.parnas("compare", *arguments, code=code)
                self.assertIn("error: " + message, err)

    def test_the_page_is_one_file_that_is_not_overwritten_unasked(self):
        self.search_groups(2)
        arguments = ("compare", "evolved-*", "random-*", "--html", "page.html")
        self.parnas(*arguments)
        self.parnas(*arguments, code=4)
        self.parnas(*arguments, "--force")
        self.assertTrue((self.folder / "page.html").read_text().startswith("<!doctype html>"))

    @unittest.skipUnless(CHROMIUM, "needs Chromium: scripts/setup --for-tests installs it")
    def test_the_page_shows_what_was_found(self):
        self.search_groups(2)
        browser = Browser()
        self.addCleanup(browser.close)
        found = self.parnas_json("compare", "evolved-*", "random-*", "--html", "page.html")
        browser.open(self.folder / "page.html")
        self.assertEqual(browser.complaints(), [])
        self.assertEqual(browser.run("document.documentElement.dataset.ready"), "yes")
        self.assertEqual(browser.requests(), [(self.folder / "page.html").resolve().as_uri()])
        self.assertEqual(browser.run("document.querySelector('.sentence').textContent"),
                         found["comparisons"][0]["sentence"])
        last = browser.run("[...document.querySelectorAll('#convergence .plot path.line')].map((line) => Number(line.dataset.last))")
        self.assertEqual(last, [group["convergence"]["trials"]["middle"][-1] for group in found["groups"]])
        self.assertEqual(browser.run("document.querySelectorAll('#attainment .plot path.line').length"), 6)
        browser.run("(() => { const along = document.querySelector('#convergence select'); along.value = 'time'; "
                    "along.dispatchEvent(new Event('change')); })()")
        self.assertEqual(browser.complaints(), [])


if __name__ == "__main__":
    unittest.main()
