# SPDX-License-Identifier: Apache-2.0
"""Searches whose evaluator is a script, some of them bad ones."""
import json
import pathlib
import shutil
import signal
import time
import unittest

from support import ParnasCase

HELPER = pathlib.Path(__file__).parents[2] / "python/parnas_trial.py"
JOB = """\
name: script
space:
  document:
    name: script@1
    params:
      x: {{real: [0.0, 1.0]}}
      how: {{one_of: [left, right]}}
evaluator:
  type: command
  command: {command}
  metrics: [loss]
  environment: {{PARNAS_TEST_MARK: {mark}}}
objectives: {{loss: minimize}}
budget: {{trials: 4}}
workers: 2
"""
# Neither signals nor its parent's death end it; one child left its session, one its group.
STUBBORN = """\
trap '' TERM INT HUP
setsid sh -c 'setsid sleep 1000 & sleep 1000' &
sleep 1000 &
echo '{"step": 0, "metrics": {"loss": 1}}'
while :; do sleep 0.1; done
"""
SCRIPT = """\
import os
import parnas_trial as trial
print("not for parnas")
os.system("echo neither is this")
x = trial.parameters["x"]
for step in range(1, 100):
    if trial.report(step, loss=x + 1 / step):
        break
if trial.parameters["how"] == "left":
    trial.fail("no way", "diverged")
else:
    trial.finish(loss=x, steps=step)
"""


class Command(ParnasCase):
    def write_job(self, *command):
        self.write("job.yaml", JOB.format(command=json.dumps(command), mark=self.folder))

    def processes(self):
        """The scripts of this test and what they have started."""
        mark = f"PARNAS_TEST_MARK={self.folder}\0".encode()
        found = []
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if mark in (process / "environ").read_bytes():
                    found.append(process.name)
            except OSError:
                pass  # it ended meanwhile, or belongs to another user
        return found

    def wait_until(self, condition):
        end = time.monotonic() + 60
        while not condition() and time.monotonic() < end:
            time.sleep(0.02)
        self.assertTrue(condition())

    def end_stubborn(self, how):
        """Ends parnas during two evaluations; returns its process."""
        self.write("stubborn.sh", STUBBORN)
        self.write_job("sh", "stubborn.sh")
        with self.start("run", "job.yaml") as process:
            self.wait_until(lambda: len(self.processes()) >= 10)
            process.send_signal(how)
            process.communicate(timeout=30)
        self.wait_until(lambda: not self.processes())
        return process

    def test_a_killed_search_leaves_no_script(self):
        self.assertEqual(self.end_stubborn(signal.SIGKILL).returncode, -signal.SIGKILL)

    def test_an_interrupted_search_leaves_no_script(self):
        self.assertEqual(self.end_stubborn(signal.SIGINT).returncode, 130)
        states = {trial["state"] for trial in self.log("script")}
        self.assertNotIn("complete", states)

    def test_a_python_script_needs_little(self):
        shutil.copy(HELPER, self.folder)
        self.write("train.py", SCRIPT)
        self.write_job("/usr/bin/python3", "train.py")
        self.parnas("run", "job.yaml", "--set", "budget.trials=12", "--quiet")
        ways = set()
        for trial in self.parnas_json("trials", "script"):
            ways.add(trial["params"]["how"])
            if trial["params"]["how"] == "right":
                self.assertEqual(trial["metrics"], {"loss": trial["params"]["x"], "steps": 99})
            else:
                self.assertEqual(trial["state"], "fail")
                self.assertEqual(trial["failure"], {"kind": "diverged", "reason": "no way"})
        self.assertEqual(ways, {"left", "right"})

    def test_a_pruned_script_ends(self):
        shutil.copy(HELPER, self.folder)
        self.write("train.py", SCRIPT.replace('"left"', "None"))
        self.write_job("/usr/bin/python3", "train.py")
        self.parnas("run", "job.yaml", "--set", "budget.trials=12", "--set", "pruner={type: median}", "--quiet")
        pruned = [trial for trial in self.parnas_json("trials", "script") if trial["state"] == "pruned"]
        self.assertTrue(pruned)
        for trial in pruned:
            self.assertLess(trial["metrics"]["steps"], 99)

    def test_a_search_that_only_fails_says_why(self):
        self.write_job("sh", "-c", "echo no data.csv here >&2; exit 3")
        out, _ = self.parnas("run", "job.yaml", "--quiet")
        self.assertIn("No trial is complete. Trial 3 failed last, crashed:\n", out)
        self.assertIn("\n  no data.csv here\n", out)
        self.assertIn("no data.csv here", self.parnas("status")[0])
        failure = self.parnas_json("status")["last_failure"]
        self.assertEqual((failure["trial"], failure["kind"]), (3, "crashed"))

    def test_an_edited_script_is_run_again(self):
        """Four trials, all with results of an earlier study unless the script is another."""
        for value, name in ((1, "first"), (1, "same"), (2, "edited")):
            self.write("trial.sh", f"""echo >> runs; echo '{{"metrics": {{"loss": {value}}}}}'""")
            self.write_job("sh", "trial.sh")
            self.parnas("run", "job.yaml", "--name", name, "--quiet")
        self.assertEqual(len((self.folder / "runs").read_text()), 8)

    def test_a_missing_program_is_a_fault_of_the_job(self):
        self.write_job("no-such-program")
        _, err = self.parnas("run", "job.yaml", code=2)
        self.assertIn("/evaluator", err)
        self.assertIn("no program 'no-such-program' in PATH", err)


if __name__ == "__main__":
    unittest.main()
