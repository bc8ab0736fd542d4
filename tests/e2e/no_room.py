#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Lets a server run out of room for its files under load, and checks that it refuses what it cannot write, goes on
answering what it can read, goes on by itself when there is room again, and has everything that it acknowledged."""
import resource
import sqlite3
import tempfile
import threading
import time

import service_kill
from experiment import Violation, expect, run
from service import Client, Refused, Server, new_key, remote_job

MOST_RESUME_S = 10.0
ROOM = 32 << 10


def limit_files(server, most):
    """Nothing can be written beyond `most` bytes of a file: to the server the disk is full then."""
    _, hard = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (most, hard))


class Prober:
    """Writes and reads, and remembers what was acknowledged."""

    def __init__(self, port):
        self.client = Client(port)
        self.acknowledged = []

    def write(self):
        """Whether it was taken."""
        try:
            answer = self.client.ask("POST", "/v1/workers", {"name": "x" * 100, "host": "h" * 255, "pid": 1, "version": "1"},
                                     new_key())
        except Refused as error:
            expect(error.status in (503, 507), f"what could not be written was answered with {error}")
            return False
        self.acknowledged.append(answer["id"])
        return True

    def read(self):
        try:
            self.client.ask("GET", "/v1/studies/killed")
            self.client.ask("GET", "/v1/studies/killed/trials?page_size=10")
        except Refused as error:
            raise Violation(f"nothing can be read while nothing can be written: {error}") from error


def fill_up(server, prober, seconds):
    """How many writes were refused while the disk was full."""
    limit_files(server, ROOM)
    refused, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        refused += not prober.write()
        prober.read()
    limit_files(server, resource.RLIM_INFINITY)
    return refused


def resume(prober):
    """Seconds until something was written again."""
    begin = time.monotonic()
    while not prober.write():
        expect(time.monotonic() - begin < MOST_RESUME_S, f"nothing was written for {MOST_RESUME_S:.0f} s with room again")
        time.sleep(0.05)
    return time.monotonic() - begin


def experiment(options):
    # Python ignores the signal that a too large file raises, and so does what it starts, if it is left so.
    with tempfile.TemporaryDirectory() as folder, Server(folder, restore_signals=False) as server:
        prober = Prober(server.port)
        prober.client.ask("POST", "/v1/jobs", {"study": remote_job("killed", service_kill.ENDLESS)}, new_key())
        stop = threading.Event()
        workers = [service_kill.Worker(server.port, stop) for _ in range(options.workers)]
        for worker in workers:
            worker.start()
        refused, longest = 0, 0.0
        for _ in range(options.times):
            time.sleep(0.5)
            refused += fill_up(server, prober, options.seconds)
            longest = max(longest, resume(prober))
        stop.set()
        for worker in workers:
            worker.join(60)
            if worker.error is not None:
                raise Violation(f"a worker met {worker.error!r}") from worker.error
        code, _ = server.stop()
        expect(code == 0, f"the server ended with {code}")
        acknowledged, _ = service_kill.check(server.store, workers, 0)
        kept = {row[0] for row in sqlite3.connect(server.store).execute("SELECT id FROM parnas_workers")}
        lost = [each for each in prober.acknowledged if each not in kept]
        expect(not lost, f"acknowledged, and lost: {lost}")
        expect(refused > 0, "the disk was never full")
        print(f"{options.times} times no room for {options.seconds:.0f} s, {options.workers} workers: {refused} writes refused, all "
              f"reads answered, written again after {longest:.1f} s at most; {acknowledged} results acknowledged, none lost")


if __name__ == "__main__":
    run(experiment, __doc__, times=2, seconds=2.0, workers=4)
