# SPDX-License-Identifier: Apache-2.0
"""A server whose disk is full: it refuses changes, goes on with reading, loses nothing and recovers by itself."""
import resource
import tempfile
import time
import unittest

from service import Client, Refused, Server, new_key, remote_job

LIMIT = 2_000_000  # bytes of a file
TRIALS = 100_000  # more than fit


class FullDiskTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="parnas-full-")
        self.addCleanup(folder.cleanup)
        self.server = Server(folder.name).start()
        self.addCleanup(lambda: self.server.__exit__())
        self.client = Client(self.server.port)
        self.addCleanup(self.client.close)

    def limit(self, size):
        """What a file of the server may have; a write beyond fails as on a full disk."""
        pid = self.server.process.pid
        _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, most))

    def fill(self):
        """Works until something is refused, or a server that is not ready has no trial to give; the trials whose results were
        acknowledged, and a lease beside them."""
        worker = self.client.ask("POST", "/v1/workers", {"name": "w", "host": "h", "pid": 1, "version": "1"}, new_key())
        path = f"/v1/workers/{worker['id']}/leases"
        acknowledged = set()
        held, = self.take(path)
        self.limit(LIMIT)
        while True:
            try:
                leases = self.take(path)
                for lease in leases:
                    self.settle(lease)
                    acknowledged.add(lease["trial"])
                if not leases and not self.is_ready():
                    return acknowledged, held
            except Refused as refused:
                self.assertIn(refused.status, (503, 507))
                return acknowledged, held

    def take(self, path):
        return self.client.ask("POST", path, {"study": "full", "wait_s": 5}, new_key())["leases"]

    def settle(self, lease):
        result = {"fence": lease["fence"], "outcome": "completed", "metrics": {"loss": 0.5}, "cost_s": 0}
        return self.client.ask("PUT", f"/v1/leases/{lease['lease']}/result", result)

    def is_ready(self):
        try:
            return self.client.ask("GET", "/readyz")["ready"]
        except Refused as refused:
            self.assertEqual((refused.status, refused.slug), (503, "not-ready"))
            return False

    def wait_until(self, holds, seconds):
        begin = time.monotonic()
        while not holds():
            self.assertLess(time.monotonic() - begin, seconds)
            time.sleep(0.05)
        return time.monotonic() - begin

    def test_a_full_disk_stops_changes_alone_and_only_while_it_is_full(self):
        self.client.ask("POST", "/v1/jobs", {"study": remote_job("full", TRIALS)}, new_key())
        self.assertTrue(self.is_ready())
        acknowledged, lease = self.fill()
        self.wait_until(lambda: not self.is_ready(), 1)
        # Reading and leases go on.
        counts = self.client.ask("GET", "/v1/studies/full")["counts"]
        self.assertEqual(counts["complete"], len(acknowledged))
        beat = self.client.ask("PUT", f"/v1/leases/{lease['lease']}/heartbeat", {"fence": lease["fence"]})
        self.assertFalse(beat["should_stop"])
        begin = time.monotonic()
        with self.assertRaises(Refused) as refused:
            self.client.ask("POST", "/v1/jobs", {"study": remote_job("other", 1)}, new_key())
        self.assertEqual((refused.exception.status, refused.exception.slug), (507, "insufficient-storage"))
        self.assertLess(time.monotonic() - begin, 1)
        self.assertIn("parnas_store_read_only 1", self.text("/metrics"))

        self.limit(resource.RLIM_INFINITY)
        seconds = self.wait_until(self.is_ready, 10)
        print(f"{len(acknowledged)} results until the disk was full, ready again {seconds:.1f} s after it was not")
        end = time.monotonic() + 10
        while True:
            try:
                self.assertEqual(self.settle(lease)["state"], "complete")
                break
            except Refused as error:
                self.assertEqual(error.status, 503)
                self.assertLess(time.monotonic(), end)
        done = self.client.ask("GET", "/v1/studies/full/trials?state=complete&page_size=1000")["items"]
        numbers = {trial["number"] for trial in done}
        self.assertEqual(numbers, acknowledged | {lease["trial"]})
        self.client.ask("POST", "/v1/jobs", {"study": remote_job("other", 1)}, new_key())

    def test_a_server_whose_disk_is_full_stops_and_the_next_one_goes_on(self):
        self.client.ask("POST", "/v1/jobs", {"study": remote_job("full", TRIALS)}, new_key())
        acknowledged, _ = self.fill()
        code, seconds = self.server.stop()
        self.assertEqual(code, 0)
        self.assertLess(seconds, 10)
        self.server.start()
        self.client.close()
        self.assertEqual(self.client.ask("GET", "/v1/studies/full")["counts"]["complete"], len(acknowledged))

    def text(self, path):
        self.client.connection.request("GET", path)
        return self.client.connection.getresponse().read().decode()


if __name__ == "__main__":
    unittest.main()
