#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills a server again and again while workers take and report trials, and checks that nothing that
it acknowledged is lost, nothing is there twice and nothing is half there. With --trials the study has
that many, and is worked off to its end after the last kill."""
import random
import sqlite3
import tempfile
import threading
import time

from experiment import Violation, expect, run
from service import Client, Refused, Server, new_key, remote_job

ENDLESS = 10_000_000


class Worker(threading.Thread):
    """Keeps a ledger of what the server acknowledged."""

    def __init__(self, port, stop, patience=30.0):
        super().__init__(daemon=True)
        self.client = Client(port)
        self.stop = stop
        self.patience = patience
        self.acknowledged = {}  # trial: (attempt, loss)
        self.superseded = 0
        self.error = None

    def run(self):
        try:
            self.work()
        except Exception as error:  # seen by the main thread
            self.error = error

    def ask(self, *arguments):
        return self.client.patiently(*arguments, patience=self.patience)

    def work(self):
        worker = self.ask("POST", "/v1/workers", {
            "name": self.name, "host": "here", "pid": 1, "version": "test"}, new_key())["id"]
        while not self.stop.is_set():
            answer = self.ask(
                "POST", f"/v1/workers/{worker}/leases", {"study": "killed", "wait_s": 1}, new_key())
            for lease in answer["leases"]:
                self.report(lease)
            if answer.get("reason") == "study_ended":
                return

    def report(self, lease):
        loss = sum(lease["params"].values())
        try:
            told = self.ask("PUT", f"/v1/leases/{lease['lease']}/result", {
                "fence": lease["fence"], "outcome": "completed", "metrics": {"loss": loss}, "cost_s": 0})
        except Refused as error:
            if error.slug != "lease-superseded":
                raise
            self.superseded += 1
            return
        expect(told["state"] == "complete", f"a result was answered with {told}")
        expect(lease["trial"] not in self.acknowledged, f"trial {lease['trial']} was taken twice by one worker")
        self.acknowledged[lease["trial"]] = (lease["attempt"], loss)


def check(store, workers, trials):
    ledger = {}
    for worker in workers:
        for trial, (attempt, loss) in worker.acknowledged.items():
            expect(trial not in ledger, f"trial {trial} was acknowledged to two workers")
            ledger[trial] = (attempt, loss)
    database = sqlite3.connect(store)
    database.execute("CREATE TEMP VIEW mine AS SELECT * FROM trials WHERE study_id ="
                     " (SELECT study_id FROM studies WHERE study_name = 'killed')")
    expect(database.execute("PRAGMA quick_check").fetchall() == [("ok",)], "the store is damaged")
    rows = database.execute(
        "SELECT number, state, value, attempt FROM mine JOIN parnas_trials USING (trial_id)"
        " LEFT JOIN trial_values USING (trial_id) ORDER BY number").fetchall()
    expect([row[0] for row in rows] == list(range(len(rows))), "numbers are not dense")
    complete = {row[0]: row for row in rows if row[1] == "COMPLETE"}
    lost = [trial for trial in ledger if trial not in complete]
    expect(not lost, f"acknowledged, and lost: {lost}")
    for trial, (attempt, loss) in ledger.items():
        expect(abs(complete[trial][2] - loss) < 1e-12, f"trial {trial} has another result")
        expect(complete[trial][3] == attempt, f"trial {trial} was settled by another attempt")
    half = [row[0] for row in rows if row[1] == "COMPLETE" and row[2] is None]
    expect(not half, f"half there: {half}")
    params = database.execute(
        "SELECT number, count(*) FROM mine JOIN trial_params USING (trial_id) GROUP BY number").fetchall()
    expect(all(count == 10 for _, count in params) and len(params) == len(rows), "parameters are missing")
    twice = database.execute(
        "SELECT trial_id FROM parnas_attempts WHERE state IN ('ok', 'error')"
        " GROUP BY trial_id HAVING count(*) > 1").fetchall()
    expect(not twice, f"settled twice: {twice}")
    events = [row[0] for row in database.execute("SELECT seq FROM parnas_events ORDER BY seq")]
    expect(events == list(range(1, len(events) + 1)), "the numbers of events have gaps")
    if trials:
        expect(len(complete) == trials, f"{len(complete)} of {trials} trials are complete")
    return len(ledger), len(rows)


def experiment(options):
    rng = random.Random(1)
    with tempfile.TemporaryDirectory() as folder, Server(folder) as server:
        Client(server.port).ask(
            "POST", "/v1/jobs", {"study": remote_job("killed", options.trials or ENDLESS)}, new_key())
        stop = threading.Event()
        workers = [Worker(server.port, stop, options.patience) for _ in range(options.workers)]
        begin = time.monotonic()
        for worker in workers:
            worker.start()
        restarts = [0]
        for _ in range(options.kills):
            time.sleep(rng.uniform(options.shortest, options.longest))
            server.kill()
            killed = time.monotonic()
            server.start()
            Client(server.port).patiently("GET", "/readyz")
            restarts.append(time.monotonic() - killed)
        if not options.trials:
            stop.set()
        for worker in workers:
            worker.join(options.patience)
            if worker.error is not None:
                raise worker.error
            if worker.is_alive():
                raise Violation("a worker had nothing more to do, and the study did not end")
        seconds = time.monotonic() - begin
        code, stopping = server.stop()
        expect(code == 0 and stopping < 10, f"stopped with {code} after {stopping:.1f} s")
        acknowledged, trials = check(server.store, workers, options.trials)
        restarts.sort()
        print(f"{options.kills} kills, {options.workers} workers, {seconds:.0f} s: {acknowledged} results "
              f"acknowledged, 0 lost, 0 twice; "
              f"{trials} trials, {sum(worker.superseded for worker in workers)} results superseded; "
              f"restart: median {restarts[len(restarts) // 2] * 1e3:.0f} ms, longest {restarts[-1] * 1e3:.0f} ms")


if __name__ == "__main__":
    run(experiment, __doc__, kills=20, workers=16, shortest=0.05, longest=0.5, trials=0, patience=60.0)
