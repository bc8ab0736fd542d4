# SPDX-License-Identifier: Apache-2.0
"""What studies can be asked: which parameters matter."""
import csv
import io
import unittest

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


if __name__ == "__main__":
    unittest.main()
