#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Ends a server with SIGTERM under load, again and again, and checks that it ends in time, that every request that it had
was answered, that leases go on afterwards, and that nothing is lost."""
import http.client
import json
import tempfile
import threading
import time

import service_kill
from experiment import Violation, expect, run
from service import Client, Server, new_key, remote_job

MOST_SECONDS = 10.0


class Waiter(threading.Thread):
    """A request that is under way when the server is told to stop."""

    def __init__(self, port, since):
        super().__init__(daemon=True)
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.connection.request("GET", f"/v1/studies/idle/events?since={since}&wait=25")
        self.outcome = None

    def run(self):
        try:
            answer = self.connection.getresponse()
            json.loads(answer.read())
            self.outcome = answer.status
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.outcome = repr(error)


def stop_under_load(server, waiters):
    events = Client(server.port).ask("GET", "/v1/studies/idle/events")
    waiting = [Waiter(server.port, events["next"]) for _ in range(waiters)]
    for waiter in waiting:
        waiter.start()
    time.sleep(0.3)
    code, seconds = server.stop(timeout=30)
    expect(code == 0, f"the server ended with {code}")
    expect(seconds <= MOST_SECONDS, f"the server took {seconds:.1f} s to end")
    for waiter in waiting:
        waiter.join(30)
        expect(waiter.outcome in (200, 503), f"a request that was under way got {waiter.outcome}")
    return seconds


def experiment(options):
    with tempfile.TemporaryDirectory() as folder, Server(folder) as server:
        client = Client(server.port)
        for name in ("idle", "killed"):
            client.ask("POST", "/v1/jobs", {"study": remote_job(name, service_kill.ENDLESS)}, new_key())
        client.close()
        stop = threading.Event()
        workers = [service_kill.Worker(server.port, stop) for _ in range(options.workers)]
        for worker in workers:
            worker.start()
        longest = 0.0
        for _ in range(options.stops):
            longest = max(longest, stop_under_load(server, options.waiters))
            server.start()
            Client(server.port).patiently("GET", "/readyz")
        stop.set()
        for worker in workers:
            worker.join(60)
            if worker.error is not None:
                raise Violation(f"a worker met {worker.error!r}") from worker.error
        server.stop()
        acknowledged, _ = service_kill.check(server.store, workers, 0)
        superseded = sum(worker.superseded for worker in workers)
        expect(superseded == 0, f"{superseded} leases were taken away")
        print(f"{options.stops} times SIGTERM under load of {options.workers} workers, with {options.waiters} requests that wait: "
              f"all answered, {acknowledged} results acknowledged, none lost; ended after {longest:.1f} s at most")


if __name__ == "__main__":
    run(experiment, __doc__, stops=3, workers=8, waiters=8)
