# SPDX-License-Identifier: Apache-2.0
"""Every example runs, with a tiny budget, by the commands of its README."""
import gzip
import json
import os
import pathlib
import random
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import unittest

from support import PARNAS

EXAMPLES = pathlib.Path(__file__).parents[2] / "examples"
MODULE = pathlib.Path(PARNAS).parents[1] / "lib/parnas/libparnas_torch.so"
SHORT = ["--trials", "4", "--set", "evaluator.epochs=1"]
TINY = [*SHORT, "--set", "strategy.population=4"]


def write_idx(folder):
    """Random images in MNIST's format: what is checked is that they are read and searched on."""
    rng = random.Random(1)
    images = struct.pack(">IIII", 0x803, 200, 28, 28) + rng.randbytes(200 * 28 * 28)
    labels = struct.pack(">II", 0x801, 200) + bytes(i % 10 for i in range(200))
    for name, content in (("train-images-idx3-ubyte.gz", images), ("train-labels-idx1-ubyte.gz", labels)):
        (folder / name).write_bytes(gzip.compress(content, 1))


SHARED = pathlib.Path(__file__).parents[2] / "../shared/data"
NEEDS_TORCH = unittest.skipUnless(MODULE.exists(), "built without LibTorch")


class Examples(unittest.TestCase):
    def setUp(self):
        root = tempfile.TemporaryDirectory(prefix="parnas-examples-")
        self.addCleanup(root.cleanup)
        self.root = pathlib.Path(root.name) / "examples"
        shutil.copytree(EXAMPLES, self.root)

    def parnas(self, example, *arguments):
        result = subprocess.run([PARNAS, *arguments], cwd=self.root / example, capture_output=True,
                                text=True, check=False)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def need_pytorch(self):
        if subprocess.run(["/usr/bin/python3", "-c", "import torch, numpy"], capture_output=True,
                          check=False).returncode != 0:
            self.skipTest("Debian's python3-torch is not installed")

    def front(self, example, study):
        return json.loads(self.parnas(example, "front", study, "--output", "json"))

    @NEEDS_TORCH
    def test_digits(self):
        self.parnas("01_digits", "run", "job.yaml", *TINY, "--set", "evaluator.final_epochs=2")
        self.assertTrue(self.front("01_digits", "digits"))
        self.parnas("01_digits", "export", "digits", "--format", "torchscript", "--out", "digits.pt")
        if os.environ.get("BUILT_WITH_ONNX") == "1":
            written = json.loads(self.parnas("01_digits", "export", "digits", "--format", "onnx",
                                             "--fold-batch-norm", "--output", "json"))
            self.assertEqual(written["bytes"], (self.root / "01_digits" / written["file"]).stat().st_size)
            if os.environ.get("BUILT_WITH_OPENCV") == "1":
                self.assertLess(written["difference_opencv"], 0.01)
        self.need_pytorch()
        result = subprocess.run(["/usr/bin/python3", "predict.py", "digits.pt", "digits.csv.gz"],
                                cwd=self.root / "01_digits", capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("right on all 1797 images", result.stdout)

    @NEEDS_TORCH
    def test_mnist(self):
        write_idx(self.root / "02_mnist")
        self.parnas("02_mnist", "run", "job.yaml", *TINY, "--set", "finalists=0",
                    "--set", "limits.parameters=1000000")
        self.assertTrue(self.front("02_mnist", "mnist"))

    @NEEDS_TORCH
    def test_custom_space(self):
        self.assertLessEqual(len((self.root / "03_custom_space/space.yaml").read_text().splitlines()), 15)
        self.parnas("03_custom_space", "spaces", "lint", "space.yaml")
        self.parnas("03_custom_space", "run", "job.yaml", *TINY)
        self.parnas("03_custom_space", "export", "custom", "--format", "dot", "--out", "custom.dot")
        self.assertIn("digraph", (self.root / "03_custom_space/custom.dot").read_text())

    @NEEDS_TORCH
    def test_hyperparameters(self):
        self.parnas("04_hyperparameters", "run", "job.yaml", *TINY)
        self.parnas("04_hyperparameters", "trials", "tuning", "--sort", "accuracy", "--limit", "5")

    def run_with_shared_weights(self, example, study, *arguments):
        self.parnas(example, "run", "job.yaml", "--trials", "4", "--set", "evaluator.final_epochs=1",
                    "--set", "target.seconds=0.02", *arguments)
        self.assertTrue(json.loads(self.parnas(example, "phases", study, "--output", "json")))
        self.assertTrue(self.front(example, study)["members"])

    @NEEDS_TORCH
    def test_darts_digits(self):
        self.run_with_shared_weights("07_darts_digits", "darts-digits", "--no-audit", "--set", "evaluator.epochs=1",
                                     "--set", "strategy.epochs=2", "--set", "strategy.derive=3", "--set", "finalists=1")
        self.parnas("07_darts_digits", "report", "darts-digits")

    @NEEDS_TORCH
    def test_one_shot_mnist(self):
        write_idx(self.root / "08_one_shot_mnist")
        self.run_with_shared_weights("08_one_shot_mnist", "one-shot-mnist", "--no-audit", "--set", "strategy.epochs=1",
                                     "--set", "finalists.count=1")
        self.parnas("08_one_shot_mnist", "audit", "one-shot-mnist", "--networks", "2", "--ceiling")
        audit = json.loads(self.parnas("08_one_shot_mnist", "status", "one-shot-mnist", "--output", "json"))["audit"]
        self.assertEqual(len(audit["networks"]), 2)
        self.assertEqual([each["strategy"] for each in audit["contenders"]], ["one_shot", "random", "local_search"])
        for each in audit["contenders"][1:]:
            self.assertGreaterEqual(each["cost_seconds"], audit["cost_seconds"])

    @NEEDS_TORCH
    def test_progressive_shrinking_mnist(self):
        write_idx(self.root / "09_progressive_shrinking_mnist")
        self.run_with_shared_weights("09_progressive_shrinking_mnist", "shrinking-mnist", "--no-audit",
                                     "--set", "strategy.epochs=4", "--set", "finalists.count=1")

    def test_recorded_table(self):
        self.parnas("05_recorded_table", "run", "job.yaml")
        self.parnas("05_recorded_table", "trials", "recorded", "--sort", "accuracy", "--limit", "5")
        self.assertTrue(self.front("05_recorded_table", "recorded"))

    @NEEDS_TORCH
    def test_tabular(self):
        self.parnas("20_tabular", "run", "job.yaml", *SHORT)
        self.parnas("20_tabular", "trials", "tabular", "--sort", "accuracy", "--limit", "5")
        self.parnas("20_tabular", "run", "job.yaml", "--set", "name=tabular-default", "--set", "space=default.yaml", *SHORT)
        self.assertIn("test_accuracy", self.finalist("20_tabular", "tabular-default"))

    def finalist(self, example, study):
        """The metrics of the last trial, which was trained once more."""
        return json.loads(self.parnas(example, "trials", study, "--output", "json"))[-1]["metrics"]

    def shared(self, *names):
        if not all((SHARED / name).exists() for name in names):
            self.skipTest("no " + ", ".join(names))
        return [str((SHARED / name).resolve()) for name in names]

    def test_graph_by_its_table(self):
        [table] = self.shared("nasbench_graph_cora.csv.gz")
        self.parnas("21_graph", "run", "job.yaml", "--set", f"evaluator.table={table}")
        self.assertGreater(self.front("21_graph", "graph-recorded")["members"][0]["metrics"]["accuracy"], 0.8)

    @NEEDS_TORCH
    def test_graph_by_training(self):
        nodes, edges = self.shared("graph_cora_nodes.csv.gz", "graph_cora_edges.csv.gz")
        files = ["--set", f"evaluator.data.graph.nodes={nodes}", "--set", f"evaluator.data.graph.edges={edges}"]
        self.parnas("21_graph", "run", "train.yaml", *files, *SHORT)
        self.assertTrue(self.front("21_graph", "graph"))
        self.parnas("21_graph", "run", "train.yaml", *files, *SHORT, "--set", "name=default", "--set", "space=default.yaml")

    @NEEDS_TORCH
    def test_series(self):
        data = self.root / "22_series/ETTh1.csv"
        rng = random.Random(2)
        data.write_text("date,HUFL,HULL,MUFL,MULL,LUFL,LULL,OT\n" + "".join(
            f"2016-07-01 {i}," + ",".join(f"{rng.gauss(0, 1):.4f}" for _ in range(7)) + "\n" for i in range(1200)))
        self.parnas("22_series", "run", "job.yaml", "--set", "evaluator.data.series=ETTh1.csv", *SHORT)
        self.assertIn("test_mse", self.finalist("22_series", "series"))
        self.parnas("22_series", "run", "job.yaml", "--set", "evaluator.data.series=ETTh1.csv", *SHORT,
                    "--set", "name=default", "--set", "space=default.yaml")

    @NEEDS_TORCH
    def test_text(self):
        data = self.root / "23_text/words.txt"
        data.write_bytes(bytes(range(32, 97)) * 150)
        self.parnas("23_text", "run", "job.yaml", "--set", "evaluator.data.text=words.txt", *SHORT)
        self.assertIn("test_bits_per_token", self.finalist("23_text", "text"))
        self.parnas("23_text", "export", "text", "--format", "torchscript", "--out", "text.pt")
        self.parnas("23_text", "run", "job.yaml", "--set", "evaluator.data.text=words.txt", *SHORT,
                    "--set", "name=default", "--set", "space=default.yaml")

    def test_service_quickstart(self):
        shutil.copytree(EXAMPLES.parent / "python", self.root.parent / "python")
        temporary = self.root.parent / "tmp"
        temporary.mkdir()
        kept = {key: value for key, value in os.environ.items() if not key.startswith("PARNAS_")}
        result = subprocess.run(["./run.sh", "best.json"], cwd=self.root / "service_quickstart", capture_output=True, text=True,
                                check=False, timeout=120, env={**kept, "PARNAS": PARNAS, "TMPDIR": str(temporary)})
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertRegex(result.stdout, r"curve +completed +60 +60")
        self.assertRegex(result.stdout, r"C\+\+: [1-9]\d* completed\n")
        self.assertRegex(result.stdout, r"Python: [1-9]\d* completed\n")
        best = json.loads((self.root / "service_quickstart/best.json").read_text())
        self.assertLess(best["trial"]["values"]["error"], 0.2)
        self.assertEqual(list(temporary.glob("tmp.*")), [])
        port = re.search(r"^Listening on http://127\.0\.0\.1:(\d+)$", result.stdout, re.M).group(1)
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", int(port)), timeout=5)

    def test_pytorch_script(self):
        self.need_pytorch()
        self.parnas("06_pytorch_script", "run", "job.yaml", "--trials", "4", "--set", "strategy.population=4")
        trials = json.loads(self.parnas("06_pytorch_script", "trials", "script", "--output", "json"))
        self.assertEqual([trial["stage"] for trial in trials], ["search"] * 4 + ["finalist"])
        self.assertIn("test_accuracy", trials[-1]["metrics"])

    def test_readmes_name_the_commands_that_are_tested(self):
        for readme in EXAMPLES.glob("*/README.md"):
            self.assertRegex(readme.read_text(), re.compile(r"^    (parnas run job\.yaml|\./run\.sh)", re.M), readme)


if __name__ == "__main__":
    unittest.main()
