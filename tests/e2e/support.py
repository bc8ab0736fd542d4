# SPDX-License-Identifier: Apache-2.0
"""What the end-to-end tests share: a folder of their own and the program."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

PARNAS = os.environ["PARNAS"]

# Two objectives that conflict, with a known front; {name}, {strategy}, {trials}, {seed},
# {delay_ms}.
JOB = """\
name: {name}
space:
  document:
    name: unit@1
    params:
      x1: {{real: [0.0, 1.0]}}
      x2: {{real: [0.0, 1.0]}}
      x3: {{real: [0.0, 1.0]}}
evaluator: {{type: synthetic, function: zdt1, delay_ms: {delay_ms}}}
objectives: {{f1: minimize, f2: minimize}}
hypervolume_reference: {{f1: 1.1, f2: 6}}
strategy: {strategy}
budget: {{trials: {trials}}}
lag: 4
seed: {seed}
"""


def job_text(name="front", strategy="{type: nsga2, population: 10}", trials=60, seed=3, delay_ms=0):
    return JOB.format(name=name, strategy=strategy, trials=trials, seed=seed, delay_ms=delay_ms)


class ParnasCase(unittest.TestCase):
    """Runs the program in an empty folder."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="parnas-e2e-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def environment(self):
        kept = {key: value for key, value in os.environ.items() if not key.startswith("PARNAS_")}
        return {**kept, "LC_ALL": "C.UTF-8", "PARNAS_TORCH_MODULE": str(self.folder / "no-module.so")}

    def start(self, *arguments, **settings):
        return subprocess.Popen([PARNAS, *map(str, arguments)], cwd=self.folder, env=self.environment(),
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **settings)

    def parnas(self, *arguments, code=0, **settings):
        """Standard output and error of a command that must end with `code`."""
        with self.start(*arguments, **settings) as process:
            out, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, code, f"parnas {arguments}\n{out}\n{err}")
        return out, err

    def parnas_json(self, *arguments):
        return json.loads(self.parnas(*arguments, "--output", "json")[0])

    def write(self, name, text):
        (self.folder / name).write_text(text, encoding="utf-8")

    def log(self, study, *arguments):
        """A study's trials without what differs between two runs."""
        return self.parnas_json("trials", study, "--comparable", *arguments)
