# SPDX-License-Identifier: Apache-2.0
"""Bytes to and from a server, for requests that no HTTP library would send."""
import contextlib
import re
import select
import socket
import time

PIECE = 1 << 20  # bytes that are sent at a time


def connect(port, timeout=5):
    return socket.create_connection(("127.0.0.1", port), timeout=timeout)


def head(method, path, *lines):
    return "\r\n".join((f"{method} {path} HTTP/1.1", "Host: localhost", *lines, "", "")).encode("latin-1")


def receive(connection, seconds, whole=True):
    """All that comes until the server closes, or `seconds` are over; if not `whole`, until something comes."""
    end, received = time.monotonic() + seconds, b""
    while time.monotonic() < end:
        connection.settimeout(max(0.01, end - time.monotonic()))
        try:
            part = connection.recv(65536)
        except socket.timeout:
            break
        except ConnectionError:
            return received
        if not part:
            return received
        received += part
        if not whole:
            break
    return received


def pieces(chunks):
    for chunk in chunks:
        yield from (chunk[i:i + PIECE] for i in range(0, len(chunk), PIECE))


def exchange(port, chunks, seconds=2.0, whole=True):
    """Sends `chunks` until the server answers, and returns what it says, as receive() does."""
    with contextlib.closing(connect(port)) as connection:
        for piece in pieces(chunks):
            if select.select([connection], [], [], 0)[0]:
                break
            try:
                connection.sendall(piece)
            except (ConnectionError, socket.timeout):
                break
        return receive(connection, seconds, whole)


def status_of(answer):
    """Of the first answer; 0: there is none."""
    parts = answer.split(b" ", 2)
    return int(parts[1]) if answer.startswith(b"HTTP/1.") and len(parts) > 1 else 0


def count_answers(answer):
    return len(re.findall(rb"HTTP/1\.[01] [0-9]{3} ", answer))
