# SPDX-License-Identifier: Apache-2.0
"""What `parnas targets` shows of hardware, and how a user's own comes among it."""
import json
import unittest

from support import ParnasCase

BOARD = """\
name: my-board
source: measured with a stop watch
date: "2026-01-31"
assumed: [kernel_overhead_us]
hardware: a board
runtime: roofline
threads: 2
dtype: fp32
peak_gflops: 2
memory_gb_per_s: 1
kernel_overhead_us: 3
"""
JOB = """\
name: on-my-board
space: mlp
objectives: {latency_ms: minimize, parameters: maximize}
evaluator: {type: command, command: [echo, '{"metrics": {"loss": 1}}'], metrics: [loss]}
target: {profile: my-board}
budget: {trials: 3}
"""


class Targets(ParnasCase):
    def environment(self):
        return {**super().environment(), "PARNAS_TARGETS": str(self.folder / "mine")}

    def test_those_that_come_along_are_listed_and_shown(self):
        targets = {each["name"]: each for each in self.parnas_json("targets", "list")}
        self.assertEqual(targets["raspberry-pi-5"]["origin"], "shipped")
        self.assertEqual(targets["cortex-m7"]["dtype"], "int8")
        for name in targets:
            shown = self.parnas_json("targets", "show", name)
            self.assertEqual(shown["document"]["name"], name)
            self.assertTrue(shown["source"] and shown["date"])
            text, _ = self.parnas("targets", "show", name)
            self.assertIn(shown["date"], text)

    def test_a_target_of_ones_own_can_be_added_and_used(self):
        self.write("board.yaml", BOARD)
        self.parnas("targets", "add", "board.yaml")
        listed = {each["name"]: each["origin"] for each in self.parnas_json("targets", "list")}
        self.assertEqual(listed["my-board"], "own")
        figures = {each["key"]: each["from"] for each in self.parnas_json("targets", "show", "my-board")["figures"]}
        self.assertEqual(figures["kernel_overhead_us"], "assumed")
        self.assertEqual(figures["peak_gflops"], "sheet")
        self.assertEqual(self.parnas("targets", "show", "my-board", "--document")[0], BOARD)

        self.write("job.yaml", JOB)
        self.parnas("run", "job.yaml", "--quiet")
        for trial in self.log("on-my-board"):
            self.assertGreater(trial["metrics"]["latency_ms"], 0.003)

    def test_a_name_that_is_taken_stays_without_force(self):
        self.write("board.yaml", BOARD)
        self.parnas("targets", "add", "board.yaml")
        self.write("board.yaml", BOARD.replace("a board", "another board"))
        self.parnas("targets", "add", "board.yaml", code=4)
        self.assertIn("a board", self.parnas("targets", "list")[0])
        self.parnas("targets", "add", "board.yaml", "--force")
        self.assertIn("another board", self.parnas("targets", "list")[0])

    def test_a_bad_document_is_refused_with_all_its_faults(self):
        self.write("board.yaml", BOARD.replace("threads: 2", "threads: 0").replace("fp32", "fp31"))
        _, err = self.parnas("targets", "add", "board.yaml", code=2)
        self.assertIn("board.yaml:7 /threads", err)
        self.assertIn("board.yaml:8 /dtype", err)
        self.assertFalse((self.folder / "mine").exists())

    def test_a_price_and_a_memory_decide_what_is_searched(self):
        self.write("board.yaml", BOARD + "price_per_hour: 3.6\nstatic_power_w: 5\n")
        self.parnas("targets", "add", "board.yaml")
        self.write("job.yaml", JOB.replace("latency_ms: minimize", "cost_per_million: minimize"))
        self.parnas("run", "job.yaml", "--quiet")
        trials = self.log("on-my-board")
        for trial in trials:
            metrics = trial["metrics"]
            # 3.6 an hour is 0.001 a second, of which 60 % is used.
            self.assertAlmostEqual(metrics["cost_per_million"], metrics["latency_ms"] / 0.6, delta=1e-6)
            self.assertAlmostEqual(metrics["energy_mj"], 5 * metrics["latency_ms"], delta=1e-6)
            self.assertEqual(metrics["peak_memory_bytes"], metrics["model_bytes"] + metrics["peak_activation_bytes"])

        most = int(sorted(trial["metrics"]["peak_memory_bytes"] for trial in trials)[-1]) - 1
        self.parnas("run", "job.yaml", "--quiet", "--name", "small", "--set", f"target.memory_capacity_bytes={most}")
        failed = [trial["failure"] for trial in self.log("small") if trial["state"] == "fail"]
        self.assertTrue(failed)
        for failure in failed:
            self.assertEqual(failure["kind"], "infeasible")
            self.assertIn(f"the target has {most} bytes of memory", failure["reason"])

        _, err = self.parnas("run", "job.yaml", "--name", "none", "--set", "target.memory_capacity_bytes=10", code=2)
        self.assertIn("none of 100 drawn candidates can run", err)

    def test_a_bad_file_in_the_folder_does_not_hide_the_others(self):
        (self.folder / "mine").mkdir()
        self.write("mine/broken.yaml", "name: [")
        self.write("mine/old.yaml", BOARD.replace("my-board", "old"))
        targets = {each["name"]: each for each in self.parnas_json("targets", "list")}
        self.assertTrue(targets["broken"]["fault"])
        self.assertEqual(targets["old"]["hardware"], "a board")


if __name__ == "__main__":
    unittest.main()
