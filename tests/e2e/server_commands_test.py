# SPDX-License-Identifier: Apache-2.0
"""The commands against a server show what they show of its store, and end with the same codes."""
import json
import os
import signal
import subprocess
import time
import unittest

from service import Client, Server, remote_job
from support import ParnasCase

SPACE = """\
name: unit@1
params:
  x1: {real: [0.0, 1.0]}
  x2: {real: [0.0, 1.0]}
  x3: {real: [0.0, 1.0]}
"""
JOB = """\
name: front
space: space.yaml
store: here.db
evaluator: {type: synthetic, function: zdt1}
objectives: {f1: minimize, f2: minimize}
hypervolume_reference: {f1: 1.1, f2: 6}
strategy: {type: nsga2, population: 10}
budget: {trials: 40}
seed: 3
"""


def without_fractions(value):
    """Times to the millisecond, as the interface has them, and what of a study only its store knows."""
    if isinstance(value, dict):
        return {key: without_fractions(each) for key, each in value.items()
                if key not in ("driver", "strategy", "last", "span_seconds")}
    if isinstance(value, list):
        return [without_fractions(each) for each in value]
    if isinstance(value, str) and len(value) == 26 and value[10] == " " and value[19] == ".":
        return value[:23] + "000"
    return value


class ServerCommands(ParnasCase):
    def setUp(self):
        super().setUp()
        self.write("space.yaml", SPACE)
        self.write("job.yaml", JOB)
        self.server = Server(self.folder).start()
        self.addCleanup(lambda: self.server.__exit__())
        self.url = f"http://127.0.0.1:{self.server.port}"

    def asked(self, *arguments, **settings):
        return self.parnas(*arguments, "--server", self.url, **settings)

    def asked_json(self, *arguments):
        return json.loads(self.asked(*arguments, "--output", "json")[0])

    def search(self, *arguments):
        return self.asked("submit", "job.yaml", "--workers", "1", "--wait", "--quiet", *arguments)

    def local(self, command, *arguments):
        return self.parnas_json(command, *arguments, "--store", "service.db")

    def test_a_submitted_job_is_searched_to_its_end(self):
        out, _ = self.asked("submit", "job.yaml", "--workers", "1", "--wait")
        self.assertRegex(out, r"^front is searched as job_\w{26}\nfront: completed, 40 trials\n$")
        [job] = self.asked_json("jobs")
        self.assertEqual((job["study"], job["state"], job["progress"]), ("front", "completed", {"done": 40, "total": 40}))
        self.assertIn("completed", self.asked("jobs", "--study", "front")[0])
        self.assertEqual(self.asked_json("jobs", "--state", "running"), [])

    def test_a_server_s_studies_are_shown_as_its_store_s(self):
        self.search()
        self.parnas("annotate", "front", "--tag", "paper", "--note", "why", "--store", "service.db")
        self.parnas("annotate", "front", "--trial", "7", "--tag", "keep", "--store", "service.db")
        for command in (["studies"], ["studies", "--tag", "paper"], ["trials", "front"],
                        ["trials", "front", "--tag", "keep"], ["trials", "front", "--sort", "f1", "--limit", "5"],
                        ["trials", "front", "--state", "complete", "--comparable"],
                        ["front", "front"], ["front", "front", "--at", "2"]):
            self.assertEqual(without_fractions(self.asked_json(*command)),
                             without_fractions(self.local(*command)), command)
        for output in ("table", "csv"):
            self.assertEqual(self.asked("trials", "front", "--comparable", "--output", output)[0],
                             self.parnas("trials", "front", "--comparable", "--output", output, "--store", "service.db")[0])
        self.assertEqual(self.asked("front", "front")[0], self.parnas("front", "front", "--store", "service.db")[0])

    def test_the_best_is_exported_from_a_server_as_from_its_store(self):
        self.search()
        for choice in (["--max", "f2=3"], ["--trial", "7"]):
            self.asked("export", "front", *choice, "--out", "asked.json", "--force")
            self.parnas("export", "front", *choice, "--out", "local.json", "--store", "service.db", "--force")
            asked, local = (json.loads((self.folder / name).read_text()) for name in ("asked.json", "local.json"))
            self.assertEqual(without_fractions(asked), without_fractions(local))
        self.asked("export", "front", "--max", "f2=-1", code=8)

    def test_a_study_is_cloned_at_the_server(self):
        self.search()
        self.asked("clone", "front", "all", "--trials", "all", code=2)
        self.asked("clone", "front", "longer", "--set", "budget.trials=50", "--set", "seed=4", "--warm-start")
        self.asked("clone", "front", "longer", code=4)
        self.assertEqual([each["name"] for each in self.asked_json("studies")], ["front", "longer"])
        [job] = self.asked_json("jobs", "--study", "longer")
        self.assertEqual((job["state"], job["progress"]["total"]), ("running", 50))

    def test_a_dry_run_begins_nothing(self):
        out, err = self.asked("submit", "job.yaml", "--dry-run", "--trials", "12")
        self.assertIn("12", out)
        self.assertIn("nothing was begun", err)
        self.assertEqual(self.asked_json("studies"), [])

    def test_events_are_followed_to_the_end_and_resumed(self):
        with self.start("logs", "-f", "front", "--server", self.url, "--output", "json") as early:
            self.assertEqual(early.wait(20), 3)  # there is no such study yet
            early.communicate()
        self.asked("submit", "job.yaml", "--workers", "1")
        with self.start("logs", "-f", "front", "--server", self.url, "--output", "json") as follower:
            out, err = follower.communicate(timeout=60)
        self.assertEqual(follower.returncode, 0, err)
        events = [json.loads(line) for line in out.splitlines()]
        self.assertEqual([each["seq"] for each in events], sorted({each["seq"] for each in events}))
        self.assertEqual(sum(each["kind"] == "trial_finished" for each in events), 40)
        middle = events[17]["seq"]
        rest = self.asked("logs", "front", "--since", str(middle), "--output", "json")[0].splitlines()
        self.assertEqual([json.loads(line) for line in rest], events[18:])
        begin = time.monotonic()
        self.asked("submit", "job.yaml", "--workers", "1", "--name", "again")
        self.asked("logs", "-f", "again", "--kind", "front_changed")
        self.assertLess(time.monotonic() - begin, 20)  # it is told the end, though that is another kind
        lines = self.asked("logs", "front", "--kind", "front_changed")[0].splitlines()
        self.assertEqual(len(lines), sum(each["kind"] == "front_changed" for each in events))
        self.assertIn("  front_changed  ", lines[0])

    def test_top_shows_what_is_searched_now(self):
        self.asked("submit", "job.yaml", "--workers", "1", "--trials", "100000", "--name", "long")
        out, _ = self.asked("top", "--once")
        self.assertRegex(out.splitlines()[-1], r"^long +running +\d+ +100000 +f1 ")
        [shown] = self.asked_json("top", "--once")
        self.assertGreater(shown["trials_per_second"], 0)
        self.assertGreater(shown["done"], 0)
        with self.start("top", "--every", "0.1", "--server", self.url, "--output", "csv") as top:
            for _ in range(3):
                self.assertIn("study,state", top.stdout.readline())
                self.assertIn("long,running", top.stdout.readline())
            top.send_signal(signal.SIGINT)
            _, err = top.communicate(timeout=20)
        self.assertEqual(top.returncode, 0, err)

    def test_waiting_may_be_interrupted_and_the_search_goes_on(self):
        with self.start("submit", "job.yaml", "--workers", "1", "--trials", "100000", "--wait", "--server",
                        self.url) as waiting:
            self.assertIn("front is searched as", waiting.stdout.readline())
            time.sleep(0.5)
            waiting.send_signal(signal.SIGINT)
            _, err = waiting.communicate(timeout=20)
        self.assertEqual(waiting.returncode, 130, err)
        [job] = self.asked_json("jobs")
        self.assertEqual(job["state"], "running")

    def test_codes_say_what_is_wrong(self):
        self.search()
        self.assertIn("which server", self.parnas("jobs", code=2)[1])
        self.assertIn("one of both", self.asked("studies", "--store", "x.db", code=2)[1])
        self.assertIn("did you mean 'front'", self.asked("trials", "fronts", code=3)[1])
        self.assertIn("name already", self.asked("submit", "job.yaml", code=4)[1])
        err = self.asked("submit", "job.yaml", "--name", "b", "--set", "evaluator.type=command", code=2)[1]
        self.assertRegex(err, r"job\.yaml:4 /evaluator/type: ")
        self.assertIn("cannot be reached", self.parnas("studies", "--server", "http://127.0.0.1:1", code=6)[1])
        error = json.loads(self.parnas("jobs", "--server", "http://127.0.0.1:1", "--output", "json", code=6)[1])
        self.assertEqual(error["error"]["kind"], "unavailable")


class Tokens(ParnasCase):
    def test_a_server_is_asked_with_the_token_of_a_file(self):
        self.write("space.yaml", SPACE)
        self.write("job.yaml", JOB)
        for name, scopes in (("me", ["read", "submit"]), ("reader", ["read"])):
            self.parnas("tokens", "create", name, *(word for scope in scopes for word in ("--scope", scope)),
                        "--secret-file", name, "--store", "service.db")
        with Server(self.folder, tokens=True) as server:
            url = f"http://127.0.0.1:{server.port}"
            self.parnas("studies", "--server", url, code=5)
            self.parnas("submit", "job.yaml", "--server", url, "--token-file", "reader", code=5)
            self.parnas("submit", "job.yaml", "--server", url, "--token-file", "me")
            variables = {**self.environment(), "PARNAS_SERVER": url, "PARNAS_TOKEN_FILE": "reader"}
            shown = subprocess.run([os.environ["PARNAS"], "studies", "--output", "json"], cwd=self.folder,
                                   env=variables, capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual([each["name"] for each in json.loads(shown.stdout)], ["front"], shown.stderr)
            (self.folder / "me").chmod(0o644)
            self.parnas("jobs", "--server", url, "--token-file", "me", code=5)

    def test_a_server_s_tokens_are_made_listed_and_revoked_as_its_store_s(self):
        self.parnas("tokens", "create", "root", "--scope", "admin", "--scope", "read", "--secret-file", "root",
                    "--store", "service.db")
        with Server(self.folder, tokens=True) as server:
            at = ("--server", f"http://127.0.0.1:{server.port}", "--token-file", "root")
            out, err = self.parnas("tokens", "create", "farm", "--scope", "work", "--project", "vision",
                                   "--expires-in", "90d", *at)
            self.assertRegex(out, r"^pn_[0-9A-HJKMNP-TV-Z]{26}_[A-Za-z0-9_-]{43}\n$")
            self.assertIn("shown once", err)
            made = self.parnas_json("tokens", "create", "guest", "--scope", "read", "--study", "front",
                                    "--secret-file", "guest", *at)
            self.assertEqual((made["secret_file"], made["token"]["study"]), ("guest", "front"))
            self.assertEqual((self.folder / "guest").stat().st_mode & 0o777, 0o600)
            listed = self.parnas_json("tokens", "list", *at)
            self.assertEqual([token["name"] for token in listed], ["root", "farm", "guest"])
            self.assertEqual(without_fractions(listed),
                             without_fractions(self.parnas_json("tokens", "list", "--store", "service.db")))
            self.assertIn("vision", self.parnas("tokens", "list", *at)[0])
            self.parnas("tokens", "create", "farm", "--scope", "read", *at, code=4)
            self.parnas("tokens", "create", "x", "--scope", "read", "--expires-in", "0s", *at, code=2)
            self.parnas("tokens", "list", "--server", at[1], "--token-file", "guest", code=5)
            self.assertIn("did you mean 'farm'", self.parnas("tokens", "revoke", "frm", *at, code=3)[1])
            self.assertIn("is revoked", self.parnas("tokens", "revoke", "farm", *at)[0])
            self.assertEqual(self.parnas_json("tokens", "list", *at)[1]["state"], "revoked")
            # A token that cannot be kept is none, and one may revoke itself.
            self.parnas("tokens", "create", "lost", "--scope", "read", "--secret-file", "no/folder", *at, code=6)
            revoked = self.parnas_json("tokens", "revoke", "root", *at)
            self.assertEqual((revoked["name"], revoked["state"]), ("root", "revoked"))
            self.parnas("tokens", "list", *at, code=5)
            self.assertEqual([token["name"] for token in self.parnas_json("tokens", "list", "--store", "service.db")],
                             ["root", "farm", "guest"])


class Workers(ParnasCase):
    def setUp(self):
        super().setUp()
        self.server = Server(self.folder).start()
        self.addCleanup(lambda: self.server.__exit__())
        self.at = ("--server", f"http://127.0.0.1:{self.server.port}")
        self.client = Client(self.server.port)
        self.addCleanup(self.client.close)

    def enrol(self, name):
        card = {"name": name, "host": "node", "pid": 17, "version": "0.1.0"}
        return self.client.ask("POST", "/v1/workers", card, key=name + str(time.monotonic_ns()))["id"]

    def test_workers_are_listed_as_of_the_store(self):
        first, second = self.enrol("gpu-1"), self.enrol("gpu-2")
        listed = self.parnas_json("workers", "list", *self.at)
        self.assertEqual([(worker["id"], worker["name"], worker["state"]) for worker in listed],
                         [(first, "gpu-1", "active"), (second, "gpu-2", "active")])
        self.assertEqual(without_fractions(listed),
                         without_fractions(self.parnas_json("workers", "list", "--store", "service.db")))
        self.assertEqual(self.parnas("workers", "list", "--output", "csv", *self.at)[0].splitlines()[1].split(",")[:3],
                         [first, "gpu-1", "node"])
        self.assertEqual(self.parnas_json("workers", "list", "--state", "lost", *self.at), [])

    def test_one_is_drained_by_id_or_name_and_taken_back(self):
        first, second = self.enrol("gpu-1"), self.enrol("gpu-2")
        self.assertIn("takes no further trials; it has 0 trials now", self.parnas("workers", "drain", "gpu-2", *self.at)[0])
        self.assertEqual([worker["state"] for worker in self.parnas_json("workers", "list", *self.at)],
                         ["active", "draining"])
        asked = self.client.ask("POST", f"/v1/workers/{second}/leases", {"max": 1, "wait_s": 0}, key="a")
        self.assertEqual(asked["reason"], "draining")
        self.assertEqual(self.parnas_json("workers", "drain", second, *self.at)["draining"], True)  # again
        back = self.parnas_json("workers", "undrain", second, *self.at)
        self.assertEqual((back["id"], back["draining"], back["leases"]), (second, False, []))
        asked = self.client.ask("POST", f"/v1/workers/{second}/leases", {"max": 1, "wait_s": 0}, key="b")
        self.assertNotEqual(asked["reason"], "draining")
        self.enrol("gpu-1")
        self.assertIn(first, self.parnas("workers", "drain", "gpu-1", *self.at, code=4)[1])
        self.assertIn("did you mean 'gpu-2'", self.parnas("workers", "drain", "gpu2", *self.at, code=3)[1])
        self.assertIn("which server", self.parnas("workers", "drain", "gpu-2", code=2)[1])

    def test_a_drained_worker_ends_its_trial_and_then_itself(self):
        self.client.ask("POST", "/v1/jobs", {"study": remote_job("digits", 100)}, key="job")
        self.write("evaluate.sh", 'touch begun; while ! [ -e go ]; do sleep 0.02; done; echo \'{"metrics": {"loss": 1}}\'\n')
        self.write("own.yaml", json.dumps({"type": "command", "command": ["sh", "evaluate.sh"], "metrics": ["loss"]}))
        with self.start("worker", "--study", "digits", "--name", "gpu", "--evaluator", "own.yaml", "--output", "json",
                        *self.at) as worker:
            while not (self.folder / "begun").exists():
                time.sleep(0.02)
            self.assertIn("it has 1 trial now", self.parnas("workers", "drain", "gpu", *self.at)[0])
            (self.folder / "go").touch()
            out, err = worker.communicate(timeout=30)
        self.assertEqual(worker.returncode, 0, err)
        summary = json.loads(out.splitlines()[-1])["summary"]
        self.assertEqual((summary["end"], summary["trials"]), ("drained", {"completed": 1}))


if __name__ == "__main__":
    unittest.main()
