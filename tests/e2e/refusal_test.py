# SPDX-License-Identifier: Apache-2.0
"""Every kind of bad input: its exit code, and a message that names the place."""
import json
import os
import resource
import subprocess
import unittest

from support import PARNAS, ParnasCase, job_text


class Refusals(ParnasCase):
    def refused(self, code, *arguments, where, says="", **settings):
        """`where` begins the first message."""
        out, err = self.parnas(*arguments, code=code, **settings)
        self.assertEqual(out, "")
        self.assertTrue(err.startswith(f"error: {where}"), err)
        self.assertIn(says, err)
        return err

    def refused_job(self, text, where, says=""):
        self.write("job.yaml", text)
        err = self.refused(2, "run", "job.yaml", where=where, says=says)
        self.assertFalse((self.folder / "parnas.db").exists())
        return err

    def test_unknown_key(self):
        self.refused_job(job_text() + "stratgy: {}\n", "job.yaml:16 /stratgy", "did you mean 'strategy'")

    def test_wrong_type(self):
        self.refused_job(job_text(trials="many"), "job.yaml:13 /budget/trials", "many")

    def test_impossible_range(self):
        self.refused_job(job_text().replace("x2: {real: [0.0, 1.0]}", "x2: {real: [3, 1]}"),
                         "job.yaml:", "x2")

    def test_unknown_parts(self):
        self.refused_job(job_text().replace("nsga2", "nsga9"), "job.yaml:12 /strategy", "nsga2")
        self.refused_job(job_text().replace("synthetic", "sinthetic"), "job.yaml:9 /evaluator",
                         "synthetic")
        self.refused_job(job_text().replace("f2: minimize", "f7: minimize").replace("f2: 6", "f7: 6"),
                         "job.yaml:", "f2")

    def test_all_faults_at_once(self):
        err = self.refused_job(job_text(trials=0, seed="x") + "typo: 1\n", "job.yaml:")
        for place in ("/budget/trials", "/seed", "/typo"):
            self.assertIn(place, err)
        self.assertEqual(len(err.splitlines()), 3)

    def test_no_yaml(self):
        self.refused_job("name: [", "job.yaml:")
        self.refused_job("- 1\n", "job.yaml:")

    def test_missing_files(self):
        self.refused(3, "run", "none.yaml", where="none.yaml: ")
        self.refused(3, "studies", where="parnas.db: ")
        self.refused_job(job_text().replace("space:\n  document:", "space: {file: none.yaml}\nstore: x #"),
                         "job.yaml")

    def test_changes_that_do_not_fit(self):
        self.write("job.yaml", job_text())
        self.refused(2, "run", "job.yaml", "--set", "budget", where="--set: ")
        self.refused(2, "run", "job.yaml", "--set", "name.first=x", where="--set name.first=x: ")
        self.refused(2, "run", "job.yaml", "--trials", "-1", where="job.yaml:13 /budget/trials")

    def test_budgets_that_make_no_sense(self):
        self.write("job.yaml", job_text(trials=4))
        self.parnas("run", "job.yaml", "--quiet")
        self.refused(2, "resume", "front", "--trials", "0", where="/budget/trials: ")
        self.refused(2, "resume", "front", "--wall-time", "soon", where="/budget/wall_time: ")
        self.refused(2, "resume", "front", "--workers", "4000", where="/workers: ")
        self.refused(2, "trials", "front", "--limit", "-1", where="--limit: ")

    def test_unknown_commands_and_options(self):
        self.refused(2, "rnu", where="rnu: ", says="did you mean 'run'")
        self.refused(2, "run", "job.yaml", "--trails", "3", where="--trails: ", says="'--trials'")

    def test_errors_are_json_if_asked_for(self):
        self.write("job.yaml", job_text(trials=0))
        for code, kind, arguments in ((2, "invalid_input", ["run", "job.yaml"]),
                                      (2, "invalid_input", ["bogus"]),
                                      (3, "not_found", ["status"])):
            _, err = self.parnas(*arguments, "--output", "json", code=code)
            error = json.loads(err)["error"]
            self.assertEqual(error["kind"], kind)
            self.assertTrue(error["faults"][0]["message"])

    def test_the_torch_module_is_missed_only_where_it_is_needed(self):
        self.write("job.yaml", job_text().replace("synthetic, function: zdt1, delay_ms: 0", "training"))
        self.refused(3, "run", "job.yaml", where=str(self.folder / "no-module.so"), says="PARNAS_TORCH")
        self.write("job.yaml", job_text(trials=4))
        self.parnas("run", "job.yaml", "--quiet")
        for format in ("torchscript", "onnx"):
            self.refused(3, "export", "front", "--format", format,
                         where=str(self.folder / "no-module.so"))

    def test_presets_that_do_not_fit(self):
        self.write("job.yaml", job_text(trials=4))
        self.refused(2, "run", "job.yaml", "--preset", "realtme", where="job.yaml",
                     says="/preset: no preset is named 'realtme'; did you mean 'realtime'?")
        self.refused(2, "run", "job.yaml", "--preset", "realtime", where="job.yaml",
                     says="/preset: nobody gives latency_ms: add a target that predicts it")
        self.parnas("run", "job.yaml", "--quiet")
        self.refused(2, "export", "front", "--preset", "moble", where="--preset: ", says="'mobile'")
        self.refused(2, "export", "front", "--preset", "mobile", where="--preset: ",
                     says="no trial has the metric 'peak_memory_bytes'")

    def test_limits_of_an_export(self):
        self.write("job.yaml", job_text(trials=12))
        self.parnas("run", "job.yaml", "--quiet")
        self.refused(2, "export", "front", "--max", "f1", where="--max: ")
        self.refused(2, "export", "front", "--max", "f1=small", where="--max: ")
        self.refused(2, "export", "front", "--max", "latency_ms=8", where="--max: ", says="f1, f2")
        self.refused(2, "export", "front", "--format", "pickle", where="--format: ", says="json")
        self.refused(2, "export", "front", "--opset", "13", where="--opset: ", says="--format onnx")
        self.refused(2, "export", "front", "--format", "dot", where="--format: ", says="no network")
        self.refused(3, "export", "front", "--trial", "99", where="", says="99")
        self.refused(3, "export", "fornt", where="fornt: ", says="did you mean 'front'")

    def test_a_damaged_store(self):
        self.write("job.yaml", job_text())
        self.write("parnas.db", "this is no store" * 1000)
        for command in (["studies"], ["run", "job.yaml"], ["resume", "front"]):
            self.refused(7, *command, where=f"{self.folder}/parnas.db: ")
        os.remove(self.folder / "parnas.db")
        self.parnas("run", "job.yaml", "--quiet")
        whole = (self.folder / "parnas.db").read_bytes()
        (self.folder / "parnas.db").write_bytes(whole[:len(whole) // 2])
        self.refused(7, "trials", "front", where=f"{self.folder}/parnas.db: ")

    def test_a_full_disk(self):
        self.write("job.yaml", job_text())
        limit = 8192

        def no_large_files():
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        self.refused(6, "run", "job.yaml", where=f"{self.folder}/parnas.db: ", preexec_fn=no_large_files)
        os.remove(self.folder / "parnas.db")
        self.parnas("run", "job.yaml", "--quiet")

    def test_output_that_cannot_be_written(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            result = subprocess.run([PARNAS, "spaces", "list"], stdout=full, stderr=subprocess.PIPE,
                                    text=True, check=False, env=self.environment())
        self.assertEqual(result.returncode, 6)
        self.assertEqual(result.stderr, "error: standard output: cannot be written\n")


class Start(ParnasCase):
    def test_version_and_help_are_quick_and_small(self):
        out, _ = self.parnas("--version")
        self.assertRegex(out, r"^parnas \d+\.\d+\.\d+\n$")
        for command in ([], ["run"], ["export"], ["spaces", "show"]):
            out, _ = self.parnas(*command, "--help")
            self.assertIn("Example:\n  parnas " + " ".join(command), out)

    def test_the_program_does_not_link_libtorch(self):
        libraries = subprocess.run(["ldd", PARNAS], capture_output=True, text=True, check=True).stdout
        self.assertNotIn("torch", libraries)


if __name__ == "__main__":
    unittest.main()
