#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills a server again and again while workers take and report trials, and checks that nothing that
it acknowledged is lost, nothing is there twice and nothing is half there.

    service_kill.py KILLS [WORKERS]
"""
import random
import sqlite3
import sys
import tempfile
import threading
import time

from service import Client, Refused, Server, new_key, remote_job

KILLS = int(sys.argv[1]) if len(sys.argv) > 1 else 20
WORKERS = int(sys.argv[2]) if len(sys.argv) > 2 else 16


class Worker(threading.Thread):
    """Keeps a ledger of what the server acknowledged."""

    def __init__(self, port, stop):
        super().__init__(daemon=True)
        self.client = Client(port)
        self.stop = stop
        self.acknowledged = {}  # trial: (attempt, loss)
        self.superseded = 0
        self.error = None

    def run(self):
        try:
            self.work()
        except Exception as error:  # seen by the main thread
            self.error = error

    def work(self):
        worker = self.client.patiently("POST", "/v1/workers", {
            "name": self.name, "host": "here", "pid": 1, "version": "test"}, new_key())["id"]
        while not self.stop.is_set():
            leases = self.client.patiently(
                "POST", f"/v1/workers/{worker}/leases", {"study": "killed", "wait_s": 1}, new_key())["leases"]
            for lease in leases:
                self.report(lease)

    def report(self, lease):
        loss = sum(lease["params"].values())
        try:
            told = self.client.patiently("PUT", f"/v1/leases/{lease['lease']}/result", {
                "fence": lease["fence"], "outcome": "completed", "metrics": {"loss": loss}, "cost_s": 0})
        except Refused as error:
            if error.slug != "lease-superseded":
                raise
            self.superseded += 1
            return
        assert told["state"] == "complete", told
        assert lease["trial"] not in self.acknowledged, f"trial {lease['trial']} was taken twice by one worker"
        self.acknowledged[lease["trial"]] = (lease["attempt"], loss)


def check(store, workers):
    ledger = {}
    for worker in workers:
        for trial, (attempt, loss) in worker.acknowledged.items():
            assert trial not in ledger, f"trial {trial} was acknowledged to two workers"
            ledger[trial] = (attempt, loss)
    database = sqlite3.connect(store)
    assert database.execute("PRAGMA quick_check").fetchall() == [("ok",)]
    rows = database.execute(
        "SELECT number, state, value, attempt FROM trials JOIN parnas_trials USING (trial_id)"
        " LEFT JOIN trial_values USING (trial_id) ORDER BY number").fetchall()
    assert [row[0] for row in rows] == list(range(len(rows))), "numbers are not dense"
    complete = {row[0]: row for row in rows if row[1] == "COMPLETE"}
    lost = [trial for trial in ledger if trial not in complete]
    assert not lost, f"acknowledged, and lost: {lost}"
    for trial, (attempt, loss) in ledger.items():
        assert abs(complete[trial][2] - loss) < 1e-12, f"trial {trial} has another result"
        assert complete[trial][3] == attempt, f"trial {trial} was settled by another attempt"
    half = [row[0] for row in rows if row[1] == "COMPLETE" and row[2] is None]
    assert not half, f"half there: {half}"
    params = database.execute(
        "SELECT number, count(*) FROM trials JOIN trial_params USING (trial_id) GROUP BY number").fetchall()
    assert all(count == 10 for _, count in params) and len(params) == len(rows), "parameters are missing"
    twice = database.execute(
        "SELECT trial_id FROM parnas_attempts WHERE state IN ('ok', 'error')"
        " GROUP BY trial_id HAVING count(*) > 1").fetchall()
    assert not twice, f"settled twice: {twice}"
    return len(ledger), len(rows)


def main():
    rng = random.Random(1)
    with tempfile.TemporaryDirectory() as folder, Server(folder) as server:
        Client(server.port).ask("POST", "/v1/jobs", {"study": remote_job("killed", 10_000_000)}, new_key())
        stop = threading.Event()
        workers = [Worker(server.port, stop) for _ in range(WORKERS)]
        for worker in workers:
            worker.start()
        restarts = []
        for _ in range(KILLS):
            time.sleep(rng.uniform(0.05, 0.5))
            server.kill()
            begin = time.monotonic()
            server.start()
            Client(server.port).patiently("GET", "/readyz")
            restarts.append(time.monotonic() - begin)
        stop.set()
        for worker in workers:
            worker.join(60)
            if worker.error is not None:
                raise worker.error
        code, seconds = server.stop()
        assert code == 0 and seconds < 10, (code, seconds)
        acknowledged, trials = check(server.store, workers)
        restarts.sort()
        print(f"{KILLS} kills, {WORKERS} workers: {acknowledged} results acknowledged, 0 lost, 0 twice; "
              f"{trials} trials, {sum(worker.superseded for worker in workers)} results superseded; "
              f"restart: median {restarts[len(restarts) // 2] * 1e3:.0f} ms, longest {restarts[-1] * 1e3:.0f} ms")


main()
