# SPDX-License-Identifier: Apache-2.0
"""Studies that are run to their end in pieces: each call goes on where the last one was stopped."""
import dataclasses
import fcntl
import json
import pathlib
import signal
import subprocess
import sys
import time


class OutOfTime(Exception):
    """What is left is for the next call."""


@dataclasses.dataclass(eq=False)
class Run:
    name: str
    job: pathlib.Path
    seed: int
    set: dict = dataclasses.field(default_factory=dict)  # "strategy.epochs": 2
    audit: tuple = ()  # arguments of `parnas audit`; empty: none is made


class Runner:
    """Runs studies, each in a store of its own in `folder`, until `minutes` are over.

    Several may work on one folder: what another one is busy with is passed over.
    """

    def __init__(self, parnas, folder, minutes):
        self.parnas = str(parnas)
        self.folder = pathlib.Path(folder)
        self.end = time.monotonic() + 60 * minutes

    def command(self, run, *arguments):
        return [self.parnas, *map(str, arguments), "--store", str(self.folder / f"{run.name}.db")]

    def read(self, run, *arguments):
        """What a command prints as JSON; None where the study is not there."""
        if not (self.folder / f"{run.name}.db").exists():
            return None
        result = subprocess.run(self.command(run, *arguments, "--output", "json"), capture_output=True, text=True,
                                check=False)
        if result.returncode == 3:
            return None
        if result.returncode != 0:
            sys.exit(f"{' '.join(result.args)}\n{result.stderr}")
        return json.loads(result.stdout)

    def status(self, run):
        return self.read(run, "status", run.name)

    def spend(self, run, *arguments):
        """A command that may take long: stopped as Ctrl-C does it when the time is over."""
        if time.monotonic() >= self.end:
            raise OutOfTime
        print("$ parnas", *arguments, flush=True)
        with subprocess.Popen(self.command(run, *arguments, "--quiet"), stdout=subprocess.DEVNULL) as process:
            try:
                code = process.wait(timeout=max(1.0, self.end - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGINT)
                process.wait()
                raise OutOfTime from None
            except KeyboardInterrupt:
                process.wait()
                raise
        if code != 0:
            sys.exit(f"parnas {' '.join(map(str, arguments))} ended with {code}")

    def finish(self, run):
        """Brings the study, and its audit if there is to be one, to its end."""
        with open(self.folder / f"{run.name}.lock", "w", encoding="ascii") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            status = self.status(run)
            if status is None:
                changes = [part for key, value in run.set.items() for part in ("--set", f"{key}={value}")]
                self.spend(run, "run", run.job, "--name", run.name, "--seed", run.seed, "--no-audit", *changes)
            elif status["state"] != "complete":
                self.spend(run, "resume", run.name, "--no-audit")
            if run.audit and self.status(run)["audit"] is None:
                self.spend(run, "audit", run.name, *run.audit)
