# SPDX-License-Identifier: Apache-2.0
"""A search from its job file to a front, an export and a larger budget."""
import csv
import io
import json
import signal
import unittest

from support import ParnasCase, job_text


def dominates(a, b):
    return all(a[key] <= b[key] for key in a) and a != b


class Search(ParnasCase):
    def setUp(self):
        super().setUp()
        self.write("job.yaml", job_text())

    def test_a_job_leads_to_its_front(self):
        out, err = self.parnas("run", "job.yaml")
        self.assertIn("complete (budget: 60 trials)", out)
        self.assertIn("60 of 60 trials (100 %)", err)
        trials = self.parnas_json("trials", "front")
        self.assertEqual([trial["number"] for trial in trials], list(range(60)))
        values = {trial["number"]: trial["values"] for trial in trials}
        members = {trial["number"] for trial in self.parnas_json("front", "front")["members"]}
        for number, value in values.items():
            beaten = any(dominates(other, value) for other in values.values())
            self.assertEqual(number in members, not beaten, f"trial {number}")

    def test_json_lines_are_the_trials_in_the_store(self):
        out, _ = self.parnas("run", "job.yaml", "--output", "json", "--quiet")
        lines = [json.loads(line) for line in out.splitlines()]
        told = sorted((line["trial"] for line in lines[:-1]), key=lambda trial: trial["number"])
        self.assertEqual(told, self.parnas_json("trials", "front"))
        self.assertEqual(lines[-1]["summary"], self.parnas_json("status"))
        self.assertEqual(lines[-1]["summary"]["trials"]["complete"], 60)

    def test_a_taken_name_is_a_conflict_that_names_the_way_on(self):
        self.parnas("run", "job.yaml", "--quiet")
        _, err = self.parnas("run", "job.yaml", code=4)
        self.assertIn("error: front: ", err)
        self.assertIn("parnas resume front", err)
        self.parnas("run", "job.yaml", "--name", "other", "--quiet")
        self.assertEqual([study["name"] for study in self.parnas_json("studies")], ["front", "other"])

    def test_a_larger_budget_goes_on_where_a_long_run_would_be(self):
        self.parnas("run", "job.yaml", "--trials", "25", "--quiet")
        self.parnas("resume", "front", "--trials", "60", "--quiet")
        self.parnas("run", "job.yaml", "--store", "long.db", "--quiet")
        self.assertEqual(self.log("front"), self.log("front", "--store", "long.db"))

    def test_a_job_without_a_strategy_has_one_chosen_and_says_why(self):
        job = "".join(line for line in job_text(trials=30).splitlines(True) if not line.startswith("strategy"))
        self.write("job.yaml", job)
        self.parnas("run", "job.yaml", "--trials", "20", "--quiet")
        chosen = self.parnas_json("status")["strategy"]
        self.assertIn("2 objectives", chosen["reason"])
        self.assertIn(f"{chosen['type']} (auto: ", self.parnas("status")[0])
        for trial in self.parnas_json("trials", "front"):
            self.assertEqual(trial["attributes"]["strategy"], chosen)
        self.parnas("resume", "front", "--trials", "30", "--quiet")
        self.parnas("run", "job.yaml", "--store", "long.db", "--quiet")
        self.assertEqual(self.log("front"), self.log("front", "--store", "long.db"))

    def test_a_search_ends_when_it_stagnates_and_says_so(self):
        reference = "hypervolume_reference={f1: 0.1, f2: 0.1}"  # nothing is better than this
        self.parnas("run", "job.yaml", "--set", "stop_when={type: stagnation, trials: 30}", "--set", reference, "--quiet")
        summary = self.parnas_json("status")
        self.assertEqual(summary["state"], "complete")
        self.assertEqual(summary["reason"], "stagnation: the hypervolume was not improved in the last 30 trials")
        self.assertEqual(summary["expected_gain"], {"trials": 50, "gain": 0, "low": 0, "high": 0})
        self.assertIn("of hypervolume by 50 more trials", self.parnas("status")[0])
        _, err = self.parnas("run", "job.yaml", "--name", "b", "--set", "stop_when={type: stagnation, trails: 3}", code=2)
        self.assertIn("/stop_when/trails", err)

    def test_promotions_end_on_a_front_of_full_fidelity(self):
        self.parnas("run", "job.yaml", "--set", "strategy={type: hyperband}", "--trials", "40", "--quiet")
        trials = self.parnas_json("trials", "front")
        self.assertEqual({trial["state"] for trial in trials if trial["fidelity"] < 1}, {"pruned"})
        self.assertEqual({trial["state"] for trial in trials if trial["fidelity"] == 1}, {"complete"})
        for member in self.parnas_json("front", "front")["members"]:
            self.assertEqual(trials[member["number"]]["fidelity"], 1)
        promoted = [trial for trial in trials if "parents" in trial.get("attributes", {})]
        self.assertGreater(len(promoted), 5)
        for trial in promoted:
            parent = trials[trial["attributes"]["parents"][0]]
            self.assertEqual(parent["params"], trial["params"])
            self.assertLess(parent["fidelity"], trial["fidelity"])
        self.parnas("run", "job.yaml", "--set", "strategy={type: hyperband}", "--trials", "15", "--store", "two.db", "--quiet")
        self.parnas("resume", "front", "--trials", "40", "--store", "two.db", "--workers", "2", "--quiet")
        self.assertEqual(self.log("front"), self.log("front", "--store", "two.db"))

    def test_a_larger_budget_goes_on_behind_the_finalists(self):
        self.parnas("run", "job.yaml", "--trials", "25", "--set", "finalists=2", "--quiet")
        self.parnas("resume", "front", "--trials", "40", "--quiet")
        stages = [trial["stage"] for trial in self.log("front")]
        self.assertEqual(stages[:42], ["search"] * 25 + ["finalist"] * 2 + ["search"] * 15)
        self.assertEqual(set(stages[42:]), {"finalist"})

    def test_status_says_who_drives(self):
        self.write("job.yaml", job_text(trials=100000, delay_ms=5))
        with self.start("run", "job.yaml", "--output", "json") as process:
            process.stdout.readline()
            self.assertEqual(self.parnas_json("status")["driver"]["pid"], process.pid)
            self.assertIn(f":{process.pid}", self.parnas("status")[0])
            process.kill()
            process.communicate(timeout=30)
        self.assertIsNone(self.parnas_json("status")["driver"])
        self.assertIn("parnas resume front", self.parnas("status")[0])

    def test_a_stopped_session_names_its_own_budget(self):
        self.write("job.yaml", job_text(trials=5, delay_ms=5))
        self.parnas("run", "job.yaml", "--quiet")
        with self.start("resume", "front", "--trials", "5000", "--output", "json") as process:
            process.stdout.readline()
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=30)
        self.assertIn("parnas resume front --trials 5000\n", err)

    def test_the_number_of_workers_does_not_show(self):
        self.parnas("run", "job.yaml", "--workers", "1", "--quiet")
        self.parnas("run", "job.yaml", "--workers", "2", "--store", "two.db", "--quiet")
        self.assertEqual(self.log("front"), self.log("front", "--store", "two.db"))

    def test_changes_on_the_command_line_count(self):
        self.parnas("run", "job.yaml", "--set", "strategy.type=random", "--set", "name=rnd",
                    "--set", "strategy={type: random}", "--trials", "5", "--seed", "9", "--quiet")
        self.assertEqual(len(self.log("rnd")), 5)

    def test_an_interrupted_search_can_be_resumed(self):
        self.write("job.yaml", job_text(trials=200, delay_ms=5))
        with self.start("run", "job.yaml", "--output", "json") as process:
            process.stdout.readline()
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 130, err)
        self.assertIn("parnas resume front", err)
        self.assertLess(len(out.splitlines()), 200)
        self.assertEqual(self.parnas_json("status")["state"], "stopped")
        status = self.parnas("status")[0]
        self.assertIn("stopped (on request)", status)
        self.assertNotIn(" running", status)
        self.parnas("resume", "front", "--quiet")
        self.parnas("run", "job.yaml", "--store", "whole.db", "--quiet")
        self.assertEqual(self.log("front"), self.log("front", "--store", "whole.db"))

    def test_finalists_are_trained_last_and_exported_first(self):
        self.parnas("run", "job.yaml", "--set", "finalists.count=2", "--quiet")
        stages = [trial["stage"] for trial in self.log("front")]
        self.assertEqual(stages, ["search"] * 60 + ["finalist"] * 2)
        self.parnas("export", "front", "--out", "best.json")
        best = json.loads((self.folder / "best.json").read_text())
        self.assertEqual(best["trial"]["stage"], "finalist")

    def test_a_finalist_over_a_limit_of_the_job_is_not_exported(self):
        """Noise puts some finalists over a limit that their search trials met."""
        limit = 3.0
        best_was_over = 0
        for seed in range(4):
            self.parnas("run", "job.yaml", "--name", f"noisy{seed}", "--seed", seed, "--quiet",
                        "--set", "finalists=3", "--set", "evaluator.noise=1", "--set", f"limits.f2={limit}")
            finalists = [trial for trial in self.log(f"noisy{seed}") if trial["stage"] == "finalist"]
            best = min(finalists, key=lambda trial: trial["values"]["f1"])
            best_was_over += best["values"]["f2"] > limit
            self.parnas("export", f"noisy{seed}", "--out", f"{seed}.json")
            exported = json.loads((self.folder / f"{seed}.json").read_text())
            self.assertLessEqual(exported["trial"]["values"]["f2"], limit)
        self.assertGreater(best_was_over, 0)

    def test_a_second_driver_is_refused(self):
        self.write("job.yaml", job_text(trials=100000, delay_ms=5))
        with self.start("run", "job.yaml", "--output", "json") as process:
            process.stdout.readline()
            _, err = self.parnas("resume", "front", code=4)
            self.assertIn(str(process.pid), err)
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=30)
        self.assertEqual(process.returncode, 130)

    def test_every_listing_is_json_and_csv(self):
        self.parnas("run", "job.yaml", "--quiet")
        for command in (["studies"], ["trials", "front"], ["front", "front"], ["status"], ["doctor"],
                        ["spaces", "list"], ["spaces", "blocks"], ["spaces", "show", "cell201"],
                        ["spaces", "sample", "mlp"], ["spaces", "lint", "cell201"]):
            with self.subTest(command=command):
                self.parnas_json(*command)
                out, _ = self.parnas(*command, "--output", "csv")
                rows = list(csv.reader(io.StringIO(out)))
                self.assertGreater(len(rows), 1)
                self.assertEqual({len(row) for row in rows}, {len(rows[0])})

    def test_candidates_are_whole_in_every_format(self):
        candidates = self.parnas_json("spaces", "sample", "mlp", "-n", "8")
        for candidate in candidates:
            count = candidate["parameters"]
            self.assertEqual(candidate["weight_bytes"],
                             {"fp32": 4 * count, "fp16": 2 * count, "bf16": 2 * count, "int8": count})
        out, _ = self.parnas("spaces", "sample", "mlp", "-n", "8", "--output", "csv")
        for candidate, row in zip(candidates, csv.DictReader(io.StringIO(out)), strict=True):
            values = {name.removeprefix("params."): value for name, value in row.items()
                      if name.startswith("params.") and value}
            self.assertEqual(set(values), set(candidate["params"]))
            self.assertEqual(float(values["lr"]), candidate["params"]["lr"])

    def test_the_front_has_a_history(self):
        self.parnas("run", "job.yaml", "--quiet")
        last = self.parnas_json("front", "front")
        self.assertGreater(last["version"], 1)
        self.assertEqual(self.parnas_json("front", "front", "--at", last["version"]), last)
        first = self.parnas_json("front", "front", "--at", "1")
        self.assertLess(first["hypervolume"], last["hypervolume"])
        _, err = self.parnas("front", "front", "--at", "999", code=3)
        self.assertIn("--at", err)

    def test_trials_are_sorted_cut_and_filtered(self):
        self.parnas("run", "job.yaml", "--quiet")
        trials = self.parnas_json("trials", "front", "--sort", "f2", "--limit", "4")
        values = [trial["values"]["f2"] for trial in self.parnas_json("trials", "front")]
        self.assertEqual([trial["values"]["f2"] for trial in trials], sorted(values)[:4])
        self.assertEqual(self.parnas_json("trials", "front", "--state", "fail"), [])


class Export(ParnasCase):
    def setUp(self):
        super().setUp()
        self.write("job.yaml", NETWORK_JOB)
        self.parnas("run", "job.yaml", "--quiet")

    def test_the_best_within_the_limits_is_exported(self):
        trials = self.parnas_json("trials", "nets")
        limit = sorted(trial["values"]["multiply_adds"] for trial in trials)[10]
        within = [trial for trial in trials if trial["values"]["multiply_adds"] <= limit]
        best = min(trial["values"]["parameters"] for trial in within)
        self.parnas("export", "nets", "--max", f"multiply_adds={limit}", "--out", "net.json")
        document = json.loads((self.folder / "net.json").read_text())
        self.assertEqual(document["trial"]["values"]["parameters"], best)
        self.assertTrue(document["network"]["nodes"])
        self.assertEqual(document["study"], "nets")

    def test_a_study_is_searched_for_another_target(self):
        fastest = self.parnas_json("export", "nets", "--target", "raspberry-pi-5")
        self.assertEqual(fastest["target"], "raspberry-pi-5")
        self.assertGreater(fastest["latency_ms"], 0)
        exported = json.loads((self.folder / fastest["file"]).read_text())
        self.assertEqual(exported["target"], "raspberry-pi-5")
        self.assertEqual(exported["trial"]["metrics"]["latency_ms"], fastest["latency_ms"])
        _, err = self.parnas("export", "nets", "--target", "raspberry-pi-5", "--max", "latency_ms=1e-6", code=8)
        self.assertIn("latency_ms", err)
        _, err = self.parnas("export", "nets", "--target", "raspberry-pi-6", "--out", "other.json", code=3)
        self.assertIn("raspberry-pi-5", err)
        self.parnas("export", "nets", "--max", "latency_ms=1", "--out", "other.json", code=2)

    def test_layer_tables_and_graphs(self):
        self.parnas("export", "nets", "--format", "csv", "--out", "net.csv")
        rows = list(csv.DictReader((self.folder / "net.csv").read_text().splitlines()))
        best = self.parnas_json("trials", "nets", "--sort", "parameters", "--limit", "1")[0]
        self.assertEqual(sum(int(row["parameters"]) for row in rows), best["values"]["parameters"])
        self.parnas("export", "nets", "--format", "dot", "--out", "net.dot")
        self.assertTrue((self.folder / "net.dot").read_text().startswith("digraph"))

    def test_a_preset_limits_searches_and_exports(self):
        _, err = self.parnas("run", "job.yaml", "--name", "tiny", "--preset", "microcontroller",
                             "--set", "limits.peak_memory_bytes=1000000", "--trials", "30")
        self.assertIn("The job's own limit of peak_memory_bytes 1000000 stands; microcontroller has 524288\n",
                      err)
        for trial in self.log("tiny"):
            within = (trial["metrics"]["weight_bytes"] <= 256 * 1024
                      and trial["metrics"]["peak_memory_bytes"] <= 1e6)
            self.assertEqual(trial["state"] == "complete", within)
        self.parnas("export", "nets", "--preset", "microcontroller", "--out", "net.json")
        exported = json.loads((self.folder / "net.json").read_text())["trial"]["metrics"]
        self.assertLessEqual(exported["weight_bytes"], 256 * 1024)
        self.parnas("export", "nets", "--preset", "microcontroller", "--max", "weight_bytes=1", code=8)

    def test_limits_that_nothing_meets_end_with_8(self):
        _, err = self.parnas("export", "nets", "--max", "parameters=3", code=8)
        self.assertIn("parameters", err)
        self.assertIn("--trial", err)
        _, err = self.parnas("export", "nets", "--max", "parameters=3", "--output", "json", code=8)
        self.assertEqual(json.loads(err)["error"]["kind"], "limits_unmet")
        self.assertEqual([path.name for path in self.folder.glob("nets-*")], [])

    def test_files_are_not_overwritten_unasked(self):
        self.write("net.json", "mine")
        _, err = self.parnas("export", "nets", "--out", "net.json", code=4)
        self.assertIn("error: net.json: ", err)
        self.assertEqual((self.folder / "net.json").read_text(), "mine")
        self.parnas("export", "nets", "--out", "net.json", "--force")
        self.assertNotEqual((self.folder / "net.json").read_text(), "mine")

    def test_what_cannot_be_written_leaves_nothing(self):
        (self.folder / "closed").mkdir()
        _, err = self.parnas("export", "nets", "--out", "closed/none/net.json", code=6)
        self.assertIn("closed/none/net.json", err)
        self.assertEqual(list((self.folder / "closed").iterdir()), [])


# Counts of networks as objectives: nothing is trained.
NETWORK_JOB = """\
name: nets
space: {name: mlp, with: {layers: 2}}
evaluator: {type: synthetic, function: noop}
objectives: {parameters: minimize, multiply_adds: minimize}
strategy: {type: random}
budget: {trials: 40}
"""

if __name__ == "__main__":
    unittest.main()
