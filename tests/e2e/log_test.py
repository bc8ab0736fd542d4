# SPDX-License-Identifier: Apache-2.0
"""What a server's log says, and what it never does."""
import http.client
import json
import tempfile
import time
import unittest

from service import Client, Refused, Server, new_key, remote_job

SECRET = "pn_01JD8ZQ4Q8W6R3T5Y7V9X1C2B4_" + "s3cret" * 7


class LogTest(unittest.TestCase):
    def serve(self, *options):
        folder = tempfile.TemporaryDirectory(prefix="parnas-log-")
        self.addCleanup(folder.cleanup)
        server = Server(folder.name, *options).start()
        self.addCleanup(lambda: server.__exit__())
        client = Client(server.port)
        self.addCleanup(client.close)
        return server, client

    def lines(self, server):
        return [json.loads(line) for line in server.log.read_text(encoding="ascii").splitlines()]

    def wait_for(self, server, event):
        end = time.monotonic() + 10
        while True:
            found = [line for line in self.lines(server) if line["event"] == event]
            if found:
                return found
            self.assertLess(time.monotonic(), end, event)
            time.sleep(0.05)

    def test_a_request_is_one_line_with_its_route_and_without_what_is_secret(self):
        server, client = self.serve("--log-level", "debug")
        client.ask("POST", "/v1/jobs", {"study": remote_job("private", 2)}, new_key())
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        connection.request("GET", "/v1/studies/private?x=" + SECRET,
                           headers={"X-Request-Id": "mine-1", "Authorization": "Bearer " + SECRET})
        status = connection.getresponse().status
        self.assertIn(status, (400, 401))
        connection.close()
        with self.assertRaises(Refused):
            client.ask("POST", "/v1/sessions", {"token": SECRET})
        server.stop()
        requests = [line for line in self.lines(server) if line["event"] == "request"]
        mine = [line for line in requests if line["id"] == "mine-1"]
        self.assertEqual(len(mine), 1)
        self.assertEqual((mine[0]["method"], mine[0]["route"], mine[0]["status"], mine[0]["level"]),
                         ("GET", "/v1/studies/{study}", status, "debug"))
        self.assertGreater(mine[0]["ms"], 0)
        text = server.log.read_text(encoding="ascii")
        self.assertNotIn("s3cret", text)
        self.assertNotIn("/v1/studies/private", text)

    def test_what_happens_to_studies_and_leases_is_there_without_the_requests(self):
        server, client = self.serve("--lease", "0.2")
        client.ask("POST", "/v1/jobs", {"study": remote_job("line\n\x1b[2Jbreak", 2)}, new_key())
        worker = client.ask("POST", "/v1/workers", {"name": "w", "host": "h", "pid": 1, "version": "1"}, new_key())
        path = f"/v1/workers/{worker['id']}/leases"
        lost = client.ask("POST", path, {"wait_s": 5}, new_key())["leases"][0]
        end = time.monotonic() + 10
        while "lease_expired" not in server.log.read_text():
            client.ask("POST", path, {"wait_s": 1}, new_key())
            self.assertLess(time.monotonic(), end)
        expired = self.wait_for(server, "lease_expired")[0]
        self.assertEqual((expired["lease"], expired["worker"], expired["level"]), (lost["lease"], worker["id"], "warning"))
        self.assertEqual(self.wait_for(server, "study_started")[0]["study"], "line\n\x1b[2Jbreak")
        server.stop()
        events = [line["event"] for line in self.lines(server)]
        self.assertEqual(events[0], "server_started")
        self.assertLess(events.index("server_stopping"), events.index("study_ended"))
        self.assertNotIn("request", events)

    def test_a_log_for_people_is_text(self):
        server, _ = self.serve("--log-format", "text")
        server.stop()
        first = server.log.read_text().splitlines()[0]
        self.assertRegex(first, r"^\d{4}-\d\d-\d\dT[0-9:.]+Z info    server_started url=http://127\.0\.0\.1:\d+ version=")


if __name__ == "__main__":
    unittest.main()
