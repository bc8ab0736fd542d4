# SPDX-License-Identifier: Apache-2.0
"""A server that speaks TLS itself: everything works over it, only with whom it is meant for, and its limits hold."""
import contextlib
import hashlib
import http.client
import json
import os
import pathlib
import shutil
import ssl
import stat
import subprocess
import sys
import time
import unittest
import warnings

import raw
from service import Server, remote_job
from support import ParnasCase

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "python"))
import parnas_client  # noqa: E402

BUILT_IN = os.environ.get("BUILT_WITH_TLS", "1") == "1"
EVALUATE = """echo '{"metrics": {"loss": 0.5}}'\n"""
CLOSED_WITHIN = 16.0  # seconds: a head has 10, what moves too little 14


def make_certificate(folder, name, *, host="IP:127.0.0.1,DNS:localhost"):
    """Signed by itself, for `host`; the paths of it and of its key."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=parnas",
                    "-addext", f"subjectAltName={host}"], check=True, capture_output=True, timeout=60)
    key.chmod(0o600)
    return certificate, key


@unittest.skipUnless(BUILT_IN, "built without TLS")
@unittest.skipUnless(shutil.which("openssl"), "makes no certificate without openssl")
class Tls(ParnasCase):
    def setUp(self):
        super().setUp()
        self.certificate, self.key = make_certificate(self.folder, "server")
        self.server = Server(self.folder, "--tls-certificate", self.certificate, "--tls-key", self.key).start()
        self.addCleanup(lambda: self.server.__exit__())
        self.url = f"https://127.0.0.1:{self.server.port}"
        self.at = ("--server", self.url, "--ca-file", self.certificate)
        self.context = ssl.create_default_context(cafile=self.certificate)

    def connect(self, context=None, timeout=10):
        plain = raw.connect(self.server.port, timeout)
        return (context or self.context).wrap_socket(plain, server_hostname="localhost")

    def connection(self):
        return contextlib.closing(http.client.HTTPSConnection("127.0.0.1", self.server.port, timeout=20,
                                                              context=self.context))

    def health_seconds(self):
        """Of one request, with its own connection and handshake."""
        begin = time.monotonic()
        with self.connection() as connection:
            connection.request("GET", "/healthz")
            self.assertEqual(connection.getresponse().status, 200)
        return time.monotonic() - begin

    def python_client(self, **settings):
        # http.client takes the certificates that OpenSSL's own variable names.
        os.environ["SSL_CERT_FILE"] = str(self.certificate)
        self.addCleanup(os.environ.pop, "SSL_CERT_FILE", None)
        return parnas_client.Client(self.url, **settings)

    def test_a_search_is_submitted_worked_on_and_watched(self):
        out, _ = self.parnas("serve", "--help")
        self.assertIn("--tls-certificate", out)
        client = self.python_client()
        client.submit(remote_job("digits", 12))
        self.write("evaluate.sh", EVALUATE)
        self.write("own.yaml", json.dumps({"type": "command", "command": ["sh", "evaluate.sh"], "metrics": ["loss"]}))
        with self.start("logs", "-f", "digits", *self.at) as watcher:
            told = [client.tell(lease, metrics={"loss": 0.25}) for lease in client.ask("digits", 2)]
            worked = client.work(lambda trial: {"loss": 0.25}, study="digits", max_trials=4,
                                 log=lambda line: None)
            self.assertEqual(worked.completed, 4)
            self.parnas("worker", "--study", "digits", "--evaluator", "own.yaml", "--quiet", *self.at)
            log, err = watcher.communicate(timeout=30)
        self.assertEqual(watcher.returncode, 0, err)
        self.assertEqual(log.count("trial_finished"), 12)
        trials = self.parnas_json("trials", "digits", *self.at)
        early = 4 + len(told)
        self.assertEqual(sorted(trial["values"]["loss"] for trial in trials), [0.25] * early + [0.5] * (12 - early))
        variables = {**self.environment(), "PARNAS_SERVER": self.url, "SSL_CERT_FILE": str(self.certificate)}
        for command in (["studies"], ["jobs"], ["workers", "list"], ["top", "--once"]):
            shown = subprocess.run([os.environ["PARNAS"], *command], env=variables, cwd=self.folder, text=True,
                                   capture_output=True, timeout=60, check=False)
            self.assertEqual(shown.returncode, 0, shown.stderr)

    def test_who_cannot_be_trusted_is_not_talked_to(self):
        begin = time.monotonic()
        for command in (["studies"], ["worker", "--study", "digits"]):
            err = self.parnas(*command, "--server", self.url, code=5)[1]
            self.assertIn("not trusted", err)
            self.assertIn("--ca-file", err)
        with self.assertRaisesRegex(parnas_client.ParnasError, "CERTIFICATE_VERIFY_FAILED"):
            parnas_client.Client(self.url).study("digits")
        self.assertLess(time.monotonic() - begin, 5)  # it is not tried again
        self.parnas("studies", "--server", self.url, "--ca-file", "none.pem", code=3)
        self.parnas("studies", "--server", f"http://127.0.0.1:{self.server.port}", "--ca-file", self.certificate, code=2)
        self.write("empty.pem", "")
        self.assertIn("PEM", self.parnas("studies", "--server", self.url, "--ca-file", "empty.pem", code=2)[1])
        elsewhere, key = make_certificate(self.folder, "elsewhere", host="DNS:elsewhere.example")
        (self.folder / "b").mkdir()
        with Server(self.folder / "b", "--tls-certificate", elsewhere, "--tls-key", key) as server:
            err = self.parnas("studies", "--server", f"https://127.0.0.1:{server.port}", "--ca-file", elsewhere, code=5)[1]
            self.assertIn("another host", err)

    def test_who_speaks_http_to_it_is_told_so_at_once(self):
        begin = time.monotonic()
        with contextlib.closing(raw.connect(self.server.port)) as connection:
            connection.sendall(raw.head("GET", "/healthz"))
            answer = raw.receive(connection, 5)
        self.assertEqual(raw.status_of(answer), 400)
        self.assertIn(b"https://", answer)
        err = self.parnas("studies", "--server", f"http://127.0.0.1:{self.server.port}", code=2)[1]
        self.assertIn("this port speaks TLS", err)
        with contextlib.closing(raw.connect(self.server.port)) as connection:
            connection.sendall(b"\x00\x01\x02garbage" * 100)
            raw.receive(connection, 5)
        self.assertLess(time.monotonic() - begin, 5)
        (self.folder / "plain").mkdir()
        with Server(self.folder / "plain") as server:  # and the other way round
            self.parnas("studies", "--server", f"https://127.0.0.1:{server.port}", "--ca-file", self.certificate, code=6)

    def test_only_tls_1_2_and_newer_is_spoken(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = ssl.create_default_context(cafile=self.certificate)
            context.minimum_version = context.maximum_version = version
            with self.connect(context) as connection:
                connection.sendall(raw.head("GET", "/healthz", "Connection: close"))
                self.assertEqual(raw.status_of(raw.receive(connection, 5)), 200)
        old = ssl.create_default_context(cafile=self.certificate)
        old.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            self.connect(old)

    def test_requests_that_come_together_are_answered_in_turn(self):
        with self.connect() as connection:
            connection.sendall(raw.head("GET", "/healthz") * 20 + raw.head("GET", "/healthz", "Connection: close"))
            answer = raw.receive(connection, 10)  # which ends as TLS ends, not broken off
        self.assertEqual(raw.count_answers(answer), 21)
        with self.connect() as connection:
            for byte in raw.head("GET", "/healthz", "Connection: close"):
                connection.sendall(bytes([byte]))  # a record each
            self.assertEqual(raw.status_of(raw.receive(connection, 5)), 200)

    def test_large_bodies_come_and_go_whole(self):
        body = os.urandom(20 << 20)
        path = "/v1/artifacts/" + hashlib.sha256(body).hexdigest()
        with self.connection() as connection:
            connection.request("PUT", path, body, {"Content-Type": "application/octet-stream"})
            answer = connection.getresponse()
            stored = json.loads(answer.read())
            self.assertEqual(answer.status, 201, stored)
            connection.request("GET", f"/v1/artifacts/{stored['id']}")
            answer = connection.getresponse()
            self.assertTrue(answer.read() == body and answer.status == 200)

    def test_slow_clients_are_closed_and_hold_up_nobody(self):
        client_hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"  # its first bytes
        slow = [raw.connect(self.server.port) for _ in range(100)]
        for connection in slow[:50]:
            connection.sendall(client_hello)
        within = [self.connect() for _ in range(30)]  # slow at their heads
        for connection in within:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nX-Slow: ")
        streams = [self.connect() for _ in range(16)]  # as many as one may have
        for connection in streams:
            connection.sendall(raw.head("GET", "/v1/events", "Accept: text/event-stream"))
        begin = time.monotonic()
        answers = []
        waiting = {connection.fileno(): connection for connection in [*slow, *within]}
        for connection in waiting.values():
            connection.setblocking(False)
        while waiting and time.monotonic() < begin + CLOSED_WITHIN:
            answers.append(self.health_seconds())
            for number, connection in list(waiting.items()):
                with contextlib.suppress(BlockingIOError, ssl.SSLWantReadError):
                    try:
                        if not connection.recv(65536):
                            del waiting[number]
                    except ConnectionError:
                        del waiting[number]
            time.sleep(0.05)
        self.assertEqual(len(waiting), 0, f"open after {CLOSED_WITHIN:.0f} s")
        self.assertLess(sorted(answers)[len(answers) // 2], 0.1)
        for connection in streams:
            connection.settimeout(5)
            self.assertEqual(raw.status_of(connection.recv(4096)), 200)
        for connection in [*slow, *within, *streams]:
            connection.close()

    def test_a_server_that_stops_ends_its_connections_properly(self):
        with self.connect() as stream, self.connect() as idle:
            stream.sendall(raw.head("GET", "/v1/events", "Accept: text/event-stream"))
            self.assertEqual(raw.status_of(stream.recv(4096)), 200)
            idle.sendall(raw.head("GET", "/healthz"))
            self.assertEqual(raw.status_of(idle.recv(4096)), 200)
            code, seconds = self.server.stop()
            self.assertEqual(code, 0)
            self.assertLess(seconds, 5)
            for connection in (stream, idle):  # an end that TLS did not announce would raise here
                while connection.recv(4096):
                    pass

    def test_cookies_of_browsers_are_secure(self):
        secret = self.server.make_token("me", "read")
        with self.connection() as connection:
            connection.request("POST", "/v1/sessions", json.dumps({"token": secret}), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            self.assertEqual(answer.status, 201, answer.read())
            self.assertIn("Secure", answer.headers["Set-Cookie"])

    def test_files_that_will_not_do_are_refused_before_it_serves(self):
        def serve(certificate, key, code):
            return self.parnas("serve", "--open", "--store", "b.db", "--port", "0", "--tls-certificate", certificate,
                               "--tls-key", key, code=code)[1]
        other, other_key = make_certificate(self.folder, "other")
        serve("none.pem", self.key, 3)
        serve(self.certificate, "none.key", 3)
        self.assertIn("certificate's key", serve(self.certificate, other_key, 2))
        self.assertIn("certificate as PEM", serve(self.key, self.key, 2))
        locked = self.folder / "locked.key"
        subprocess.run(["openssl", "ec", "-in", other_key, "-aes128", "-passout", "pass:secret", "-out", locked],
                       check=True, capture_output=True, timeout=60)
        locked.chmod(0o600)
        self.assertIn("passphrase", serve(other, locked, 2))
        other_key.chmod(other_key.stat().st_mode | stat.S_IROTH)
        self.assertIn("can read the key", serve(other, other_key, 5))
        self.parnas("serve", "--tls-key", self.key, code=2)
        self.parnas("serve", "--tls-certificate", self.certificate, code=2)


@unittest.skipIf(BUILT_IN, "built with TLS")
class WithoutTls(ParnasCase):
    def test_a_program_without_it_says_so(self):
        err = self.parnas("serve", "--open", "--tls-certificate", "a.pem", "--tls-key", "a.key", code=2)[1]
        self.assertIn("built without TLS", err)


if __name__ == "__main__":
    unittest.main()
