#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Workers behind a proxy that loses, doubles and delays half of all answers: who asks again gets the same answer, byte by
byte, and every trial is settled once."""
import http.client
import http.server
import json
import random
import tempfile
import threading
import time

import service_kill
from experiment import expect, run
from service import Client, Server, new_key, remote_job

# Lines of an answer that say when it was given, or again, and not what.
OF_THE_MOMENT = {"date", "x-request-id", "idempotency-replayed", "connection", "keep-alive"}


class Proxy(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port, seed):
        super().__init__(("127.0.0.1", 0), Handler)
        self.to = port
        self.rng = random.Random(seed)
        self.lock = threading.Lock()
        self.lost = self.doubled = self.delayed = 0
        self.differences = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def fate(self):
        with self.lock:
            drawn = self.rng.random()
            self.lost += drawn < 0.2
            self.doubled += 0.2 <= drawn < 0.4
            self.delayed += 0.4 <= drawn < 0.5
        return "lose" if drawn < 0.2 else "double" if drawn < 0.4 else "delay" if drawn < 0.5 else "pass"

    def handle_error(self, request, client_address):
        """Clients may go away."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.upstream = None

    def log_message(self, *_):
        pass

    def ask(self, body):
        """Status, lines and body of the server's answer."""
        if self.upstream is None:
            self.upstream = http.client.HTTPConnection("127.0.0.1", self.server.to, timeout=30)
        headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
        self.upstream.request(self.command, self.path, body, headers)
        answer = self.upstream.getresponse()
        return answer.status, answer.getheaders(), answer.read()

    def forward(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))) or None
        fate = self.server.fate()
        status, lines, text = self.ask(body)
        if fate == "double":
            again = self.ask(body)
            if self.is_promised(status, text) and self.comparable((status, lines, text)) != self.comparable(again):
                self.server.differences.append(f"{self.command} {self.path} {body!r}: {(status, text)!r}, then {again!r}")
        elif fate == "delay":
            time.sleep(0.05)
        elif fate == "lose":
            self.close_connection = True
            return
        self.send_response_only(status)
        for name, value in lines:
            if name.lower() != "connection":
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = forward

    @staticmethod
    def is_promised(status, text):
        """Where nothing was done nothing is kept."""
        return status < 300 and json.loads(text).get("leases") != []

    @staticmethod
    def comparable(answer):
        status, lines, text = answer
        return status, sorted((name.lower(), value) for name, value in lines if name.lower() not in OF_THE_MOMENT), text

    def finish(self):
        if self.upstream is not None:
            self.upstream.close()
        super().finish()


def experiment(options):
    with tempfile.TemporaryDirectory() as folder, Server(folder) as server:
        Client(server.port).ask("POST", "/v1/jobs", {"study": remote_job("killed", options.results)}, new_key())
        proxy = Proxy(server.port, seed=1)
        stop = threading.Event()
        workers = [service_kill.Worker(proxy.server_address[1], stop, options.patience) for _ in range(options.workers)]
        begin = time.monotonic()
        for worker in workers:
            worker.start()
        end = begin + options.patience
        while any(worker.is_alive() for worker in workers) and time.monotonic() < end and not proxy.differences:
            time.sleep(0.05)
        seconds = time.monotonic() - begin
        expect(not proxy.differences, f"the same request, another answer: {proxy.differences[:1]}")
        for worker in workers:
            if worker.error is not None:
                raise worker.error
        expect(not any(worker.is_alive() for worker in workers), "the study has not ended")
        proxy.shutdown()
        server.stop()
        acknowledged, _ = service_kill.check(server.store, workers, options.results)
        superseded = sum(worker.superseded for worker in workers)
        expect(acknowledged == options.results and superseded == 0,
               f"{acknowledged} of {options.results} results acknowledged, {superseded} refused")
        print(f"{options.results} results of {options.workers} workers in {seconds:.0f} s, none lost, none twice; "
              f"{proxy.lost} answers lost, {proxy.doubled} requests doubled and answered alike, {proxy.delayed} delayed")


if __name__ == "__main__":
    run(experiment, __doc__, results=300, workers=8, patience=60.0)
