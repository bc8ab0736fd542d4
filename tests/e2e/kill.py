# SPDX-License-Identifier: Apache-2.0
"""kill.py N: kills searches N times with SIGKILL and resumes them; all strategies take turns.

Every trial that was acknowledged on standard output must be in the store with the same
values, and the log of each study must be that of an uninterrupted run with its seed.
"""
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import threading

from support import PARNAS, job_text

STRATEGIES = (
    "{type: nsga2, population: 10}",
    "{type: random}",
    "{type: regularized_evolution}",
    "{type: local_search}",
    "{type: grid, points: 5}",
    "{type: qmc}",
)
TRIALS = 120
DELAY_MS = 3


def comparable(trial):
    return {key: trial[key] for key in ("number", "state", "seed", "params", "values", "metrics")}


class Search:
    """One study in a folder of its own, started as often as need be."""

    def __init__(self, folder, strategy, seed):
        self.folder = folder
        self.acknowledged = {}
        (folder / "job.yaml").write_text(
            job_text(strategy=strategy, trials=TRIALS, seed=seed, delay_ms=DELAY_MS))

    def parnas(self, *arguments):
        result = subprocess.run([PARNAS, *arguments], cwd=self.folder, capture_output=True, text=True,
                                check=True)
        return result.stdout

    def exists(self):
        studies = subprocess.run([PARNAS, "studies", "--output", "json"], cwd=self.folder,
                                 capture_output=True, text=True, check=False)
        return studies.returncode == 0 and json.loads(studies.stdout) != []

    def run_for(self, seconds):
        """Whether it was killed, not finished."""
        command = ["resume", "front"] if self.exists() else ["run", "job.yaml"]
        process = subprocess.Popen([PARNAS, *command, "--output", "json", "--quiet"], cwd=self.folder,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        killer = threading.Timer(seconds, process.kill)
        killer.start()
        out, err = process.communicate()
        killer.cancel()
        for line in out.splitlines(keepends=True):
            if line.endswith("\n") and "trial" in json.loads(line):
                trial = comparable(json.loads(line)["trial"])
                self.acknowledged.setdefault(trial["number"], trial)
                assert self.acknowledged[trial["number"]] == trial, "a trial was told twice, differently"
        assert process.returncode in (0, -9), f"exit {process.returncode}: {err}"
        return process.returncode != 0

    def log(self, store="parnas.db"):
        return json.loads(self.parnas("trials", "front", "--comparable", "--output", "json",
                                      "--store", store))

    def check(self):
        stored = {trial["number"]: comparable(trial) for trial in self.log()}
        lost = [number for number, trial in self.acknowledged.items() if stored.get(number) != trial]
        assert not lost, f"acknowledged but not stored so: {lost}"
        self.parnas("run", "job.yaml", "--store", "whole.db", "--quiet")
        assert self.log() == self.log("whole.db"), f"the log differs: {self.folder}"


def main(kills):
    rng = random.Random(20261121)
    kills_of_one = max(1, kills // len(STRATEGIES))
    done = acknowledged = studies = 0
    with tempfile.TemporaryDirectory(prefix="parnas-kill-") as root:
        while done < kills:
            folder = pathlib.Path(root) / str(studies)
            folder.mkdir()
            search = Search(folder, STRATEGIES[studies % len(STRATEGIES)], seed=studies)
            last = min(kills, done + kills_of_one)
            while search.run_for(rng.uniform(0.005, 0.12) if done < last else 60):
                done += 1
            search.check()
            studies += 1
            acknowledged += len(search.acknowledged)
    print(f"{done} kills of {studies} studies, {acknowledged} acknowledged trials, none lost")


if __name__ == "__main__":
    main(int(sys.argv[1]))
