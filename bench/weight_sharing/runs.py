# SPDX-License-Identifier: Apache-2.0
"""Studies that are run to their end in pieces: each call goes on where the last one was stopped."""
import dataclasses
import json
import pathlib
import signal
import subprocess
import sys
import time


class OutOfTime(Exception):
    """What is left is for the next call."""


@dataclasses.dataclass
class Run:
    name: str
    job: pathlib.Path
    seed: int
    set: dict = dataclasses.field(default_factory=dict)  # "strategy.epochs": 2
    audit: tuple = ()  # arguments of `parnas audit`; empty: none is made


class Runner:
    """Runs studies in one store, until `minutes` are over."""

    def __init__(self, parnas, store, minutes):
        self.parnas = str(parnas)
        self.store = pathlib.Path(store)
        self.end = time.monotonic() + 60 * minutes

    def command(self, *arguments):
        return [self.parnas, *map(str, arguments), "--store", str(self.store)]

    def read(self, *arguments):
        """What a command prints as JSON; None where the study is not there."""
        result = subprocess.run(self.command(*arguments, "--output", "json"), capture_output=True, text=True,
                                check=False)
        if result.returncode == 3:
            return None
        if result.returncode != 0:
            sys.exit(f"{' '.join(result.args)}\n{result.stderr}")
        return json.loads(result.stdout)

    def status(self, name):
        return self.read("status", name) if self.store.exists() else None

    def spend(self, *arguments):
        """A command that may take long: stopped as Ctrl-C does it when the time is over."""
        if time.monotonic() >= self.end:
            raise OutOfTime
        print("$ parnas", *arguments, flush=True)
        with subprocess.Popen(self.command(*arguments, "--quiet"), stdout=subprocess.DEVNULL) as process:
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
        """Brings the study, and its audit if there is to be one, to its end; returns its status."""
        status = self.status(run.name)
        if status is None:
            changes = [part for key, value in run.set.items() for part in ("--set", f"{key}={value}")]
            self.spend("run", run.job, "--name", run.name, "--seed", run.seed, "--no-audit", *changes)
        elif status["state"] != "complete":
            self.spend("resume", run.name, "--no-audit")
        if run.audit and self.status(run.name)["audit"] is None:
            self.spend("audit", run.name, *run.audit)
        return self.status(run.name)
