#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Opens many sockets that send their headers slowly and many streams of events, and checks that the server goes on
answering, closes the slow ones, keeps the streams and has not taken much memory."""
import select
import tempfile
import threading
import time

import raw
from experiment import expect, percentile, run
from service import Client, Server

STREAMS_OF_TOKEN = 16
MOST_ANSWER_S = 0.1
MOST_SLOW_S = 15.0
MOST_MEMORY_KIB = 100 << 10


class SlowSockets(threading.Thread):
    """Each sends a byte of its header now and then, until the server has had enough."""

    def __init__(self, port, count):
        super().__init__(daemon=True)
        self.begun = {}
        for _ in range(count):
            connection = raw.connect(port)
            connection.sendall(b"GET /v1/studies HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
            self.begun[connection] = time.monotonic()
        self.closed_after = []
        self.stop = threading.Event()

    def run(self):
        while self.begun and not self.stop.is_set():
            readable, _, _ = select.select(list(self.begun), [], [], 0.25)
            now = time.monotonic()
            for connection in readable:  # an answer, or the end: it is given up either way
                self.closed_after.append(now - self.begun.pop(connection))
                connection.close()
            for connection in list(self.begun):
                try:
                    connection.send(b"a")
                except OSError:
                    self.closed_after.append(now - self.begun.pop(connection))
            self.stop.wait(0.25)


def open_streams(port, secrets, count):
    streams = []
    for i in range(count):
        connection = raw.connect(port)
        connection.sendall(raw.head("GET", "/v1/events", "Accept: text/event-stream",
                                    f"Authorization: Bearer {secrets[i // STREAMS_OF_TOKEN]}"))
        streams.append(connection)
    for connection in streams:
        answer = connection.recv(4096)
        expect(raw.status_of(answer) == 200, f"a stream was answered with {answer[:200]}")
    return streams


def is_open(connection):
    connection.setblocking(False)
    try:
        while True:
            if not connection.recv(65536):
                return False
    except BlockingIOError:
        return True
    except ConnectionError:
        return False


def experiment(options):
    with tempfile.TemporaryDirectory() as folder, Server(folder, tokens=True) as server:
        admin = Client(server.port, token=server.make_token("admin", "admin"))
        secrets = [admin.ask("POST", "/v1/tokens", {"name": f"t{i}", "scopes": ["read"]})["secret"]
                   for i in range((options.streams - 1) // STREAMS_OF_TOKEN + 1)]
        before = server.memory_kib()
        streams = open_streams(server.port, secrets, options.streams)
        slow = SlowSockets(server.port, options.slow)
        slow.start()
        answers = []
        end = time.monotonic() + MOST_SLOW_S + 1
        while slow.is_alive() and time.monotonic() < end:
            begin = time.monotonic()
            with raw.connect(server.port) as connection:
                connection.sendall(raw.head("GET", "/healthz", "Connection: close"))
                answer = raw.receive(connection, 5)
            expect(raw.status_of(answer) == 200, f"/healthz answered {answer[:200]}")
            answers.append(time.monotonic() - begin)
            time.sleep(0.01)
        memory = server.memory_kib() - before
        slow.stop.set()
        slow.join()
        p99 = percentile(answers, 0.99)
        expect(p99 <= MOST_ANSWER_S, f"/healthz took {p99 * 1e3:.0f} ms at p99")
        expect(not slow.begun, f"{len(slow.begun)} slow sockets were not closed within {MOST_SLOW_S:.0f} s")
        lost = sum(not is_open(connection) for connection in streams)
        expect(lost == 0, f"{lost} streams were closed")
        expect(memory <= MOST_MEMORY_KIB, f"{memory >> 10} MiB more memory")
        print(f"{options.slow} slow sockets, {options.streams} streams: /healthz {len(answers)} times, median "
              f"{percentile(answers, 0.5) * 1e3:.1f} ms, p99 {p99 * 1e3:.1f} ms; slow ones closed after "
              f"{max(slow.closed_after):.1f} s at most; {memory / 1024:.0f} MiB more memory")


if __name__ == "__main__":
    run(experiment, __doc__, slow=200, streams=200)
