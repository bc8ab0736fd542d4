#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Asks a server for many times more than it can do, and checks that it refuses the rest with 503 and Retry-After, goes on
doing what it can, hears heartbeats in time, and is as before a few seconds after."""
import collections
import multiprocessing
import select
import tempfile
import time

import raw
from experiment import expect, percentile, run
from service import Client, Refused, Server, new_key, remote_job

MOST_HEARTBEAT_S = 1.0
MOST_RECOVERY_S = 10.0
LEAST_GOODPUT = 0.8
# Takes a while: some trials, with what they have.
REQUEST = raw.head("GET", "/v1/studies/digits/trials?page_size=20")


# Less patient than Retry-After asks for.
PAUSE_S = 0.25


class Crowd:
    """Connections that ask again as soon as they are answered, or a little after they are refused."""

    def __init__(self, port, connections):
        self.port = port
        self.sockets = {}
        self.poll = select.epoll()
        self.counts = {}
        self.without_retry = 0
        self.refused = collections.deque()  # when to ask again, with the connection's number
        for _ in range(connections):
            self.open()

    def open(self):
        connection = raw.connect(self.port)
        connection.sendall(REQUEST)
        self.sockets[connection.fileno()] = [connection, b""]
        self.poll.register(connection.fileno(), select.EPOLLIN)

    def reopen(self, number):
        self.poll.unregister(number)
        self.sockets.pop(number)[0].close()
        try:
            self.open()
        except OSError:
            self.counts["refused"] = self.counts.get("refused", 0) + 1

    def read(self, number):
        entry = self.sockets[number]
        try:
            part = entry[0].recv(1 << 18)
        except OSError:
            part = b""
        if not part:
            self.counts["closed"] = self.counts.get("closed", 0) + 1
            self.reopen(number)
            return
        entry[1] += part
        head_end = entry[1].find(b"\r\n\r\n")
        if head_end < 0:
            return
        head = entry[1][:head_end].lower()
        length = int(head.split(b"content-length: ")[1].split(b"\r\n")[0])
        if len(entry[1]) < head_end + 4 + length:
            return
        status = raw.status_of(entry[1])
        self.counts[status] = self.counts.get(status, 0) + 1
        self.without_retry += status == 503 and b"retry-after:" not in head
        entry[1] = b""
        if status == 503:
            self.refused.append((time.monotonic() + PAUSE_S, number))
        else:
            self.ask(number, entry[0])

    def ask(self, number, connection):
        try:
            connection.sendall(REQUEST)
        except OSError:
            self.reopen(number)

    def go_on(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for number, _ in self.poll.poll(0.05):
                self.read(number)
            while self.refused and self.refused[0][0] <= time.monotonic():
                number = self.refused.popleft()[1]
                if number in self.sockets:
                    self.ask(number, self.sockets[number][0])


def crowd(port, connections, seconds, told):
    member = Crowd(port, connections)
    member.go_on(seconds)
    told.put((member.counts, member.without_retry))


def ask_many(port, connections, seconds, programs=2):
    """Begins to ask, from several programs; sum_up() waits for what they were told."""
    told = multiprocessing.Queue()
    asking = [multiprocessing.Process(target=crowd, args=(port, connections // programs, seconds, told), daemon=True)
              for _ in range(programs)]
    for process in asking:
        process.start()
    return asking, told


def sum_up(asking, told):
    """Answers by status, and how many 503 had no Retry-After."""
    counts, without_retry = {}, 0
    for _ in asking:
        some, bare = told.get(timeout=600)
        without_retry += bare
        for status, number in some.items():
            counts[status] = counts.get(status, 0) + number
    for process in asking:
        process.join()
    return counts, without_retry


def beat(client, lease, seconds):
    """How long heartbeats take."""
    times, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        begin = time.monotonic()
        try:
            client.ask("PUT", f"/v1/leases/{lease['lease']}/heartbeat", {"fence": lease["fence"]})
        except Refused as error:
            expect(False, f"a heartbeat was refused: {error}")
        times.append(time.monotonic() - begin)
        time.sleep(0.02)
    return times


def experiment(options):
    with tempfile.TemporaryDirectory() as folder, Server(folder) as server:
        client = Client(server.port)
        for study in ("digits", "beats"):
            client.ask("POST", "/v1/jobs", {"study": remote_job(study, 1_000_000)}, new_key())
        fill_study(client, 64)
        lease = client.ask("POST", "/v1/studies/beats/ask", {"n": 1}, new_key())["trials"][0]
        calm, _ = sum_up(*ask_many(server.port, 16, options.seconds / 2))
        peak = calm.get(200, 0) / (options.seconds / 2)
        asking = ask_many(server.port, options.connections, options.seconds)
        beats = beat(Client(server.port), lease, options.seconds)  # the other one was idle for long
        counts, without_retry = sum_up(*asking)
        recovery = time.monotonic()
        Client(server.port).patiently("GET", "/v1/studies/digits", patience=MOST_RECOVERY_S)
        recovery = time.monotonic() - recovery
        p99 = percentile(beats, 0.99)
        goodput = counts.get(200, 0) / options.seconds
        print(f"{options.connections} connections: {counts}; {goodput:.0f} answers/s where {peak:.0f}/s with 16 connections; "
              f"heartbeats p99 {p99 * 1e3:.0f} ms; answers again after {recovery:.2f} s")
        expect(set(counts) <= {200, 503, "closed", "refused"}, f"answers: {counts}")
        expect(without_retry == 0, f"{without_retry} of 503 have no Retry-After")
        expect(p99 <= MOST_HEARTBEAT_S, f"heartbeats took {p99:.2f} s at p99")
        expect(goodput >= LEAST_GOODPUT * peak, f"{goodput:.0f} answers/s of {peak:.0f}")
        expect(recovery <= MOST_RECOVERY_S, f"{recovery:.1f} s until it answered again")


def fill_study(client, trials):
    done = 0
    while done < trials:
        asked = client.ask("POST", "/v1/studies/digits/ask", {"n": 64}, new_key())["trials"]
        for trial in asked:
            client.ask("POST", "/v1/studies/digits/tell", {"trial": trial["trial"], "values": [1.0]}, new_key())
        done += len(asked)


if __name__ == "__main__":
    run(experiment, __doc__, connections=900, seconds=6.0)
