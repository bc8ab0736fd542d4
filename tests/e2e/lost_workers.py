#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills workers with -9 again and again and starts others, and checks that every trial ends once, and that what a killed
one had is given to another within the lease's time and five seconds."""
import datetime
import random
import signal
import sqlite3
import subprocess
import tempfile
import time

from experiment import Violation, expect, run
from service import PARNAS, Client, Server, new_key, remote_job

GRACE_S = 5.0


class Fleet:
    """Programs `parnas worker`, some of which are killed."""

    def __init__(self, server, count, slots):
        self.server = server
        self.slots = slots
        self.started = 0
        self.killed = {}  # name: seconds since 1970
        self.processes = {}
        for _ in range(count):
            self.start()

    def start(self):
        name = f"w{self.started}"
        self.started += 1
        self.processes[name] = subprocess.Popen(
            [PARNAS, "worker", "--server", f"http://127.0.0.1:{self.server.port}", "--study", "lost", "--slots",
             str(self.slots), "--name", name, "--quiet"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill_one(self, rng):
        running = [name for name, process in self.processes.items() if process.poll() is None]
        if running:
            name = rng.choice(running)
            self.processes[name].send_signal(signal.SIGKILL)
            self.processes.pop(name).wait()
            self.killed[name] = time.time()

    def end(self):
        codes = []
        for process in self.processes.values():
            try:
                codes.append(process.wait(30))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                codes.append("never")
        return codes


def seconds_of(text):
    moment = datetime.datetime.fromisoformat(text.replace("Z", "").replace(" ", "T"))
    return moment.replace(tzinfo=datetime.timezone.utc).timestamp()


def check(store, killed, ttl):
    database = sqlite3.connect(store)
    names = dict(database.execute("SELECT id, name FROM parnas_workers"))
    open_ones = database.execute(
        "SELECT number, state FROM trials JOIN parnas_trials USING (trial_id) WHERE state NOT IN ('COMPLETE', 'FAIL')").fetchall()
    expect(not open_ones, f"not ended: {open_ones}")
    rows = database.execute("SELECT trial_id, attempt, state, worker, granted FROM parnas_attempts ORDER BY trial_id, attempt")
    attempts = {}
    for trial, attempt, state, worker, granted in rows:
        attempts.setdefault(trial, []).append((attempt, state, names[worker], seconds_of(granted)))
    longest, lost = 0.0, 0
    for trial, each in attempts.items():
        settled = [one for one in each if one[1] in ("ok", "error")]
        expect(len(settled) == 1 and settled[0] is each[-1], f"trial {trial} has the attempts {each}")
        for (_, state, worker, _), (_, _, _, again) in zip(each, each[1:]):
            expect(state == "expired" and worker in killed, f"trial {trial} was taken from {worker}, which lives: {each}")
            longest, lost = max(longest, again - killed[worker]), lost + 1
    expect(longest <= ttl + GRACE_S, f"a lost trial was given to another after {longest:.1f} s")
    return len(attempts), lost, longest


def experiment(options):
    rng = random.Random(1)
    job = {**remote_job("lost", options.trials), "objectives": {"value": "minimize"},
           "evaluator": {"type": "synthetic", "function": "sphere", "delay_ms": 100}}
    with tempfile.TemporaryDirectory() as folder, Server(folder, "--lease", str(options.lease)) as server:
        client = Client(server.port)
        job_id = client.ask("POST", "/v1/jobs", {"study": job}, new_key())["id"]
        fleet = Fleet(server, options.workers, options.slots)
        try:
            end = time.monotonic() + options.patience
            while client.ask("GET", f"/v1/jobs/{job_id}")["state"] == "running":
                if time.monotonic() > end:
                    raise Violation(f"the study has not ended: {client.ask('GET', '/v1/studies/lost')['counts']}")
                time.sleep(options.every)
                if len(fleet.killed) < options.kills:
                    fleet.kill_one(rng)
                    fleet.start()
            codes = fleet.end()
        finally:
            for process in fleet.processes.values():
                process.kill()
        expect(set(codes) == {0}, f"workers ended with {codes}")
        server.stop()
        trials, lost, longest = check(server.store, fleet.killed, options.lease)
        expect(lost > 0, "no worker had a trial when it was killed")
        print(f"{len(fleet.killed)} of {fleet.started} workers with {options.slots} slots killed: {trials} trials, each ended "
              f"once; {lost} given to another, after {longest:.1f} s at most with leases of {options.lease} s")


if __name__ == "__main__":
    run(experiment, __doc__, trials=300, workers=6, slots=2, kills=5, every=0.6, lease=1.0, patience=60.0)
