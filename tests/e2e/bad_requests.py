#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sends a server requests that are too large, and others that two programs would read differently, and checks that each
is refused at once, with the right status, once, and without taking memory."""
import gzip
import os
import tempfile
import time

import raw
from experiment import expect, run
from service import Client, Server

JSON = "Content-Type: application/json"
HIDDEN = b"GET /version HTTP/1.1\r\nHost: localhost\r\n\r\n"
MOST_SECONDS = 1.0
# AddressSanitizer keeps what was freed.
MOST_MEMORY_KIB = (128 if os.environ.get("SANITIZED") == "1" else 32) << 10
MIB = 1 << 20


def post(*lines):
    return raw.head("POST", "/v1/jobs", JSON, *lines)


def with_body(body):
    return [post(f"Content-Length: {len(body)}", "Connection: close"), body]


def chunked(chunk, count):
    yield post("Transfer-Encoding: chunked")
    for _ in range(count):
        yield b"%x\r\n%s\r\n" % (len(chunk), chunk)


def job(text):
    return b'{"study": {"name": "x", "seed": %s}}' % text


# What is sent, and what may be answered.
OVERSIZE = {
    "a body of 1 GB, announced": ([post("Content-Length: 1000000000")], {413}),
    "a body of 1 GB, sent in chunks": (lambda: chunked(b"x" * MIB, 1000), {413}),
    "a chunk without end": ([post("Transfer-Encoding: chunked"), b"7fffffff\r\n", *[b"x" * MIB] * 20], {413}),
    "a number of bytes beyond 64 bits": ([post("Content-Length: 99999999999999999999999")], {413}),
    "a chunk of more than 64 bits can say": ([post("Transfer-Encoding: chunked"), b"10000000000000000\r\n"], {413}),
    "a header of 1 MB": ([raw.head("GET", "/version", "X-Large: " + "x" * 1_000_000)], {431}),
    "100,000 headers": ([raw.head("GET", "/version", *(f"X-{i}: y" for i in range(100_000)))], {431}),
    "a URI of 64 KB": ([raw.head("GET", "/version?" + "x" * 65_536)], {414}),
    "2,000 parameters": ([raw.head("GET", "/v1/studies?" + "&".join(["q=a"] * 2000))], {400}),
    "a body that unpacks to 1000 times as much": (
        [post("Content-Encoding: gzip", "Content-Length: 10000"), gzip.compress(b"[" * 10_000_000)[:10000]], {415}),
    "JSON, 1,000,000 deep": (with_body(b"[" * 1_000_000), {400, 422}),
    "JSON, 1,000,000 objects deep": (with_body(b'{"a":' * 1_000_000), {400, 422}),
    "an array of 4,000,000 elements": (with_body(b"[" + b"1," * 4_000_000 + b"1]"), {400, 422}),
    "an array of 10,000,000 elements": (with_body(b"[" + b"1," * 10_000_000 + b"1]"), {413}),
    "an object of 1,000,000 members": (
        with_body(b"{" + b",".join(b'"%d":1' % i for i in range(700_000)) + b"}"), {400, 422}),
    "a text of 7 MB": (with_body(b'{"study": "' + b"x" * (7 * MIB) + b'"}'), {400, 422}),
    "1e400": (with_body(job(b"1e400")), {400, 422}),
    "an integer of 100,000 digits": (with_body(job(b"9" * 100_000)), {400, 422}),
    "what is not UTF-8": (with_body(job(b'"\xff\xfe"')), {400}),
    "half of a surrogate pair": (with_body(job(b'"\\ud800"')), {400, 422}),
    "a member twice": (with_body(b'{"study": "a", "study": "b"}'), {400, 422}),
}


def smuggled(*lines, body=b"0\r\n\r\n"):
    return [post(*lines) + body + HIDDEN]


def line_by_line(text):
    return [text.replace("\n", "\r\n").encode("latin-1") + HIDDEN]


AMBIGUOUS = {
    "length and chunks": smuggled("Content-Length: 5", "Transfer-Encoding: chunked"),
    "chunks and length": smuggled("Transfer-Encoding: chunked", "Content-Length: 5"),
    "two lengths": smuggled("Content-Length: 5", "Content-Length: 6"),
    "the same length twice": smuggled("Content-Length: 5", "Content-Length: 5"),
    "two lengths in one": smuggled("Content-Length: 5, 6"),
    "the same length twice in one": smuggled("Content-Length: 5, 5"),
    "a length with a sign": smuggled("Content-Length: +5"),
    "a negative length": smuggled("Content-Length: -5"),
    "a hexadecimal length": smuggled("Content-Length: 0x5"),
    "a length with a space": smuggled("Content-Length: 5 5"),
    "no length": smuggled("Content-Length: "),
    "a coding that is none": smuggled("Transfer-Encoding: xchunked"),
    "a coding twice": smuggled("Transfer-Encoding: chunked, chunked"),
    "two codings": smuggled("Transfer-Encoding: gzip, chunked"),
    "a coding with a control character": smuggled("Transfer-Encoding: \x0bchunked"),
    "identity": smuggled("Transfer-Encoding: identity"),
    "two coding lines": smuggled("Transfer-Encoding: chunked", "Transfer-Encoding: identity"),
    "chunks in HTTP/1.0": line_by_line("POST /v1/jobs HTTP/1.0\nHost: a\nTransfer-Encoding: chunked\n\n0\n\n"),
    "a space before the colon": smuggled("Content-Length : 5"),
    "a folded header": smuggled("Content-Length:", " 5"),
    "a folded first header": line_by_line("POST /v1/jobs HTTP/1.1\n Host: a\nContent-Length: 5\n\n"),
    "a header that shadows another": smuggled("Content_Length: 5"),
    "a header without name": smuggled(": 5"),
    "a header without colon": smuggled("Content-Length"),
    "a NUL in a value": smuggled("X-A: a\0b"),
    "a carriage return in a value": smuggled("X-A: a\rContent-Length: 5"),
    "a line feed alone": [b"POST /v1/jobs HTTP/1.1\nHost: a\nContent-Length: 5\n\n" + HIDDEN],
    "two hosts": smuggled("Host: other"),
    "no host": line_by_line("GET /version HTTP/1.1\n\n"),
    "a chunk size with 0x": smuggled("Transfer-Encoding: chunked", body=b"0x5\r\nabcde\r\n0\r\n\r\n"),
    "a negative chunk size": smuggled("Transfer-Encoding: chunked", body=b"-5\r\nabcde\r\n0\r\n\r\n"),
    "a chunk size with a space": smuggled("Transfer-Encoding: chunked", body=b"5 \r\nabcde\r\n0\r\n\r\n"),
    "a chunk with a line feed alone": smuggled("Transfer-Encoding: chunked", body=b"5\nabcde\n0\n\n"),
    "a chunk that is longer than it says": smuggled("Transfer-Encoding: chunked", body=b"1\r\nabcde\r\n0\r\n\r\n"),
    "no chunk size": smuggled("Transfer-Encoding: chunked", body=b"\r\nabcde\r\n0\r\n\r\n"),
    "a tab in the request line": line_by_line("GET\t/version HTTP/1.1\nHost: a\n\n"),
    "a space in the target": line_by_line("GET /ver sion HTTP/1.1\nHost: a\n\n"),
    "a target without slash": line_by_line("GET version HTTP/1.1\nHost: a\n\n"),
    "a control character in the target": line_by_line("GET /ver\x01sion HTTP/1.1\nHost: a\n\n"),
    "a fragment": line_by_line("GET /version#a HTTP/1.1\nHost: a\n\n"),
    "no version": line_by_line("GET /version\nHost: a\n\n"),
    "a version that is none": line_by_line("GET /version HTTP/1.1x\nHost: a\n\n"),
    "a method that is none": line_by_line("G@T /version HTTP/1.1\nHost: a\n\n"),
}


def check_oversize(server):
    slowest, most = 0.0, 0
    for name, (chunks, allowed) in OVERSIZE.items():
        before = server.memory_kib()
        begin = time.monotonic()
        answer = raw.exchange(server.port, chunks() if callable(chunks) else chunks, seconds=5, whole=False)
        seconds = time.monotonic() - begin
        expect(raw.status_of(answer) in allowed, f"{name}: {answer[:300]!r}")
        expect(seconds <= MOST_SECONDS, f"{name}: answered after {seconds:.1f} s")
        memory = server.memory_kib() - before
        expect(memory <= MOST_MEMORY_KIB, f"{name}: {memory >> 10} MiB more memory")
        slowest, most = max(slowest, seconds), max(most, memory)
    return slowest, most


def check_ambiguous(server):
    for name, chunks in AMBIGUOUS.items():
        answer = raw.exchange(server.port, chunks)
        expect(raw.status_of(answer) in (400, 501, 505), f"{name}: {answer[:300]!r}")
        expect(raw.count_answers(answer) == 1, f"{name}: {raw.count_answers(answer)} answers")


def experiment(_options):
    with tempfile.TemporaryDirectory() as folder, Server(folder) as server:
        slowest, most = check_oversize(server)
        check_ambiguous(server)
        Client(server.port).ask("GET", "/version")
        print(f"{len(OVERSIZE)} requests too large, {len(AMBIGUOUS)} ambiguous, each refused once; the slowest after "
              f"{slowest:.1f} s, with {most / 1024:.0f} MiB more memory at most")


if __name__ == "__main__":
    run(experiment, __doc__)
