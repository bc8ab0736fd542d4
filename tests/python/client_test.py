# SPDX-License-Identifier: Apache-2.0
"""What the client does with answers, and without."""
import json
import math
import os
import pathlib
import socket
import tempfile
import threading
import time
import unittest

import parnas_client
from fake_server import Server, ok, problem
from parnas_client import Client, ParnasError

parnas_client._FIRST_DELAY_S = 0.005


class Scripted:
    """A service that answers by a function of method, path, query and headers."""

    def __init__(self, function):
        self.function = function
        self.bodies = []

    def answer(self, method, path, query, headers, body):
        if body:
            self.bodies.append(json.loads(body))
        return self.function(method, path, query, headers, body)


class ClientCase(unittest.TestCase):
    def serve(self, function, trouble=None):
        self.scripted = Scripted(function)
        self.server = Server(self.scripted, trouble)
        self.addCleanup(self.server.stop)
        return self.client()

    def client(self, **settings):
        client = Client(self.server.url, **{"patience": 10.0, **settings})
        self.addCleanup(client.close)
        return client

    def methods(self):
        return [method for method, _, _ in self.server.seen]


class Refusals(ClientCase):
    def test_a_problem_becomes_an_error_with_all_its_faults(self):
        faults = [{"pointer": "/space/params/3", "message": "low must be below high"}]
        client = self.serve(lambda *_: problem(422, "invalid-job", "the job has faults", faults))
        with self.assertRaises(ParnasError) as refused:
            client.submit({"name": "x"})
        error = refused.exception
        self.assertEqual((error.status, error.slug, error.errors), (422, "invalid-job", faults))
        self.assertIn("/space/params/3: low must be below high", str(error))

    def test_what_was_refused_is_not_asked_again(self):
        for status in (400, 401, 403, 404, 409, 410, 412, 413, 422, 500):
            with self.subTest(status):
                client = self.serve(lambda *_, status=status: problem(status, "no"))
                with self.assertRaises(ParnasError) as refused:
                    client.submit("digits")
                self.assertEqual(refused.exception.status, status)
                self.assertEqual(self.methods(), ["POST"])

    def test_an_answer_that_is_no_json_is_told_as_such(self):
        client = self.serve(lambda *_: ok(b"<html>"))
        with self.assertRaises(ParnasError) as refused:
            client.study("digits")
        self.assertEqual(refused.exception.slug, "bad-reply")


class Outages(ClientCase):
    def test_a_busy_server_is_asked_again_after_the_time_that_it_names(self):
        for status in (429, 503):
            with self.subTest(status):
                busy = lambda number, *_, status=status: (
                    problem(status, "busy", Retry_After="0.2") if number == 0 else None)
                client = self.serve(lambda *_: ok({"id": "job_1", "study": "digits", "state": "queued"}, 202), busy)
                began = time.monotonic()
                self.assertEqual(client.submit("digits").id, "job_1")
                self.assertGreaterEqual(time.monotonic() - began, 0.2)

    def test_a_post_is_sent_again_under_its_key_and_the_next_under_another(self):
        keys = []

        def create(_method, _path, _query, headers, _body):
            keys.append(headers["Idempotency-Key"])
            return ok({"id": "job_1", "study": "digits", "state": "queued"}, 202)

        client = self.serve(create, lambda number, *_: "lose" if number in (0, 1) else None)
        client.submit("digits")
        self.assertEqual(len(keys), 3)
        self.assertEqual(len(set(keys)), 1)
        client.submit("digits")
        self.assertEqual(len(set(keys)), 2)

    def test_a_patch_whose_answer_was_lost_is_not_sent_again(self):
        client = self.serve(lambda *_: ok({"state": "paused"}, ETag='"7"'),
                            lambda _number, method, _path: "lose" if method == "PATCH" else None)
        with self.assertRaises(ParnasError):
            client.pause("digits")
        self.assertEqual(self.methods(), ["GET", "PATCH"])
        self.assertEqual(self.server.seen[1][2]["If-Match"], '"7"')

    def test_a_budget_names_what_it_limits_alone(self):
        client = self.serve(lambda *_: ok({"job": {}}, ETag='"7"'))
        client.set_budget("digits", trials=50, wall_time="2h")
        self.assertEqual(self.scripted.bodies[-1], {"budget": {"trials": 50, "wall_time": "2h"}})
        self.assertEqual(self.server.seen[-1][2]["If-Match"], '"7"')

    def test_trials_are_added_by_what_is_known_of_them(self):
        client = self.serve(lambda _method, path, *_: ok({"trial": 9, "trials": [7, 8]}))
        self.assertEqual(client.enqueue("digits", {"lr": 0.1}, {"lr": 0.2}), [7, 8])
        self.assertEqual(self.scripted.bodies[-1], {"trials": [{"params": {"lr": 0.1}}, {"params": {"lr": 0.2}}]})
        self.assertEqual(client.observe("digits", {"lr": 0.3}, {"loss": math.inf}), 7)
        self.assertEqual(self.scripted.bodies[-1], {"trials": [{"params": {"lr": 0.3}, "metrics": {"loss": "Infinity"}}]})
        self.assertEqual(client.retry("digits", 3), 9)
        self.assertEqual(self.server.seen[-1][1], "/v1/studies/digits/trials/3/retries")

    def test_patience_has_an_end(self):
        with socket.create_server(("127.0.0.1", 0)) as unused:
            port = unused.getsockname()[1]
        client = Client(f"http://127.0.0.1:{port}", patience=0.1)
        began = time.monotonic()
        with self.assertRaises(ParnasError) as lost:
            client.study("digits")
        self.assertEqual((lost.exception.status, lost.exception.slug), (0, "unreachable"))
        self.assertLess(time.monotonic() - began, 5)

    def test_a_server_that_restarts_is_waited_for(self):
        client = self.serve(lambda *_: ok({"id": 1, "name": "digits"}))
        client.study("digits")
        self.server.stop()
        threading.Timer(0.2, self.server.start).start()
        self.assertEqual(client.study("digits")["name"], "digits")

    def test_the_wait_between_two_tries_doubles_up_to_a_bound_and_is_never_shorter_than_asked(self):
        for attempt in range(30):
            backoff = min(10.0, parnas_client._FIRST_DELAY_S * 2 ** min(attempt, 16))
            for _ in range(20):
                self.assertTrue(backoff / 2 <= parnas_client._delay(attempt, None) <= backoff)
                self.assertGreaterEqual(parnas_client._delay(attempt, 3.0), 3.0)
                self.assertLessEqual(parnas_client._delay(attempt, 1e9), 60.0)


class Calls(ClientCase):
    def test_connections_are_kept(self):
        ports = set()
        client = self.serve(lambda *_: ok({"id": 1}))
        handler = self.server._server.RequestHandlerClass
        before = handler.setup

        def setup(self):
            ports.add(self.client_address[1])
            before(self)

        handler.setup = setup
        for _ in range(5):
            client.study("digits")
        self.assertEqual(len(ports), 1)

    def test_all_pages_are_read(self):
        def page(_method, _path, query, _headers, _body):
            first = int(query.get("page_token", 0))
            items = [{"number": number, "values": ["NaN"] if number == 4 else [0.5], "params": {"mode": "NaN"}}
                     for number in range(first, min(first + 2, 5))]
            return ok({"items": items, "next_page_token": str(first + 2) if first + 2 < 5 else None})

        trials = list(self.serve(page).trials("digits", state="complete"))
        self.assertEqual([each["number"] for each in trials], [0, 1, 2, 3, 4])
        self.assertTrue(math.isnan(trials[4]["values"][0]))
        self.assertEqual(trials[4]["params"], {"mode": "NaN"})
        self.assertIn("state=complete", self.server.seen[2][1])

    def test_events_go_on_where_they_were_without_gap_or_double(self):
        def events(_method, _path, query, _headers, _body):
            since = int(query["since"])
            found = [{"seq": seq, "kind": "trial_finished"} for seq in range(since + 1, min(since + 4, 101))]
            return ok({"events": found, "next": found[-1]["seq"] if found else since})

        client = self.serve(events, lambda number, *_: ("lose", "drop", None)[number % 3])
        seen = []
        for event in client.events(since=10, wait_s=0):
            seen.append(event["seq"])
            if event["seq"] == 100:
                break
        self.assertEqual(seen, list(range(11, 101)))

    def test_numbers_that_are_not_finite_are_sent_as_texts(self):
        sent = []

        def tell(_method, _path, _query, _headers, body):
            sent.append(body)
            return ok({"trial": 3, "state": "complete"})

        self.serve(tell).tell(3, study="digits", metrics={"a": math.nan, "b": -math.inf, "c": math.inf, "d": 1})
        self.assertIn(b'{"a":"NaN","b":"-Infinity","c":"Infinity","d":1.0}', sent[0])

    def test_a_job_is_waited_for(self):
        states = iter(["queued", "running", "completed"])
        client = self.serve(lambda method, *_: ok({"id": "job_1", "study": "digits", "state": next(states),
                                                   "progress": {"done": 1}}))
        job = client.submit({"name": "digits"})
        self.assertFalse(job.ended)
        self.assertEqual(job.wait(poll_s=0.01).state, "completed")
        self.assertEqual(job.details, {"progress": {"done": 1}})

    def test_asked_trials_are_told_with_their_fence(self):
        bodies = []

        def answer(_method, path, _query, _headers, body):
            bodies.append(body)
            if path.endswith("/ask"):
                return ok({"trials": [{"trial": 7, "attempt": 2, "fence": 2, "lease": "lse_7", "params": {"x": 1}}]})
            return ok({"trial": 7, "state": "complete"})

        client = self.serve(answer)
        lease, = client.ask("my study")
        self.assertEqual((lease.trial, lease.study, lease.params), (7, "my study", {"x": 1}))
        client.tell(lease, values=[0.5])
        self.assertEqual(bodies[1], b'{"trial":7,"state":"complete","fence":2,"values":[0.5]}')
        self.assertEqual(self.server.seen[1][1], "/v1/studies/my%20study/tell")


class Tokens(ClientCase):
    def write(self, text, mode):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = pathlib.Path(folder.name, "token")
        path.write_text(text, encoding="ascii")
        path.chmod(mode)
        return path

    def test_a_token_is_sent_with_each_request(self):
        self.serve(lambda *_: ok({"id": 1}))
        self.client(token_file=self.write("pn_1_secret\n", 0o600)).study("digits")
        self.client(token="pn_2_other").study("digits")
        self.client().study("digits")
        self.assertEqual([headers.get("Authorization") for _, _, headers in self.server.seen],
                         ["Bearer pn_1_secret", "Bearer pn_2_other", None])

    def test_a_token_that_others_can_read_is_refused(self):
        for mode in (0o644, 0o640, 0o620, 0o604):
            with self.subTest(oct(mode)), self.assertRaises(PermissionError):
                Client("http://127.0.0.1:1", token_file=self.write("pn_1_secret", mode))

    def test_what_is_no_url_is_refused(self):
        for url in ("server:8080", "ftp://server", "http://", "http://server?x=1"):
            with self.subTest(url), self.assertRaises(ValueError):
                Client(url)


if __name__ == "__main__":
    os.environ.pop("PARNAS_TOKEN", None)
    unittest.main()
