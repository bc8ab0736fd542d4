# SPDX-License-Identifier: Apache-2.0
"""`parnas worker` against a small service, and the scripts that it prints."""
import json
import os
import pathlib
import signal
import stat
import subprocess
import sys
import time
import unittest

from support import ParnasCase

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "python"))
from fake_server import Server, Service, problem  # noqa: E402

SPACE = {"document": {"name": "unit@1", "params": {"x": {"real": [0.0, 1.0]}}}}
SCRIPT = """\
read line
echo "$line" >> seen
echo '{"step": 0, "metrics": {"loss": 1}}'
read verdict
echo '{"metrics": {"loss": 0.5}}'
"""
STUBBORN = "touch begun; while :; do sleep 0.1; done\n"


def job(evaluator):
    return {"name": "digits", "space": SPACE, "evaluator": evaluator, "base": "/nonexistent"}


def command(*words):
    return {"type": "command", "command": list(words), "metrics": ["loss"]}


REMOTE = job({"type": "remote", "metrics": ["loss"]})


class Worker(ParnasCase):
    def serve(self, job_, trouble=None, **settings):
        self.service = Service(job=job_, **settings)
        self.server = Server(self.service, trouble)
        self.addCleanup(self.server.stop)

    def arguments(self, *more):
        return ("worker", "--server", self.server.url, "--study", "digits", *more)

    def worker(self, *more, code=0):
        return self.parnas(*self.arguments(*more), code=code)

    def own_evaluator(self, script, name="own.yaml"):
        self.write("evaluate.sh", script)
        self.write(name, json.dumps(command("sh", "evaluate.sh")))

    def outcomes(self):
        return [each["outcome"] for each in self.service.results]

    def test_it_evaluates_a_study_and_ends_with_it(self):
        self.serve(job({"type": "synthetic", "function": "sphere"}), trials=5)
        out, _ = self.worker("--output", "json")
        lines = [json.loads(line) for line in out.splitlines()]
        self.assertEqual(sorted(line["trial"]["number"] for line in lines[:-1]), list(range(5)))
        self.assertEqual(lines[-1]["summary"]["trials"], {"completed": 5})
        self.assertEqual(lines[-1]["summary"]["end"], "study_ended")
        self.assertEqual({trial: each["metrics"]["value"] >= 0 for trial, each in self.service.finished.items()},
                         {trial: True for trial in range(5)})

    def test_programs_of_the_server_are_run_only_if_trusted(self):
        self.serve(job(command("touch", str(self.folder / "harm"))), trials=1)
        _, err = self.worker(code=5)
        self.assertIn("--trust-job", err)
        self.assertFalse((self.folder / "harm").exists())
        self.assertEqual(self.service.attempts, {})
        self.service.job["base"] = str(self.folder)
        self.worker("--trust-job")
        self.assertTrue((self.folder / "harm").exists())

    def test_it_has_an_evaluator_of_its_own(self):
        self.serve(REMOTE, trials=2, reporting="judged", verdict=lambda trial, report: trial == 1)
        self.own_evaluator(SCRIPT)
        self.worker("--evaluator", "own.yaml")
        self.assertEqual({trial: (each["outcome"], each["metrics"]) for trial, each in self.service.finished.items()},
                         {0: ("completed", {"loss": 0.5}), 1: ("pruned", {"loss": 0.5})})
        seen = [json.loads(line) for line in (self.folder / "seen").read_text().splitlines()]
        self.assertEqual([each["parameters"] for each in seen], [{"x": 0.0}, {"x": 0.1}])
        self.assertEqual(seen[0]["seed"], 2 ** 63)

    def test_a_signal_gives_its_trials_back(self):
        self.serve(REMOTE, trials=4)
        self.own_evaluator(STUBBORN)
        with self.start(*self.arguments("--evaluator", "own.yaml", "--slots", "2")) as process:
            self.wait_until(lambda: len(self.service.leases) == 2 and (self.folder / "begun").exists())
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=30)
        self.assertEqual(process.returncode, 130)
        self.assertLess(time.monotonic() - began, 10)
        self.assertEqual(self.outcomes(), ["preempted", "preempted"])

    def test_it_survives_a_server_that_restarts(self):
        self.serve(job({"type": "synthetic", "function": "sphere", "delay_ms": 20}), trials=30)
        with self.start(*self.arguments("--slots", "2")) as process:
            for _ in range(3):
                time.sleep(0.1)
                self.server.stop()
                time.sleep(0.1)
                self.server.start()
            _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, err)
        self.assertEqual(self.service.effects, {trial: 1 for trial in range(30)})

    def test_what_the_server_refuses_has_an_exit_code(self):
        self.serve(REMOTE, trials=1)
        self.parnas("worker", "--server", "nowhere", code=2)
        self.parnas("worker", "--server", self.server.url, "--study", "nonesuch", code=3)
        self.worker(code=2)  # a remote evaluator, and none here
        self.write("token", "pn_1_secret")
        (self.folder / "token").chmod(0o644)
        self.worker("--token-file", "token", code=5)
        self.server.trouble = lambda *_: problem(401, "unauthorized", "the token has expired")
        (self.folder / "token").chmod(0o600)
        _, err = self.worker("--token-file", "token", code=5)
        self.assertIn("the token has expired", err)
        self.assertEqual(self.server.seen[-1][2]["Authorization"], "Bearer pn_1_secret")

    def wait_until(self, condition):
        end = time.monotonic() + 30
        while not condition() and time.monotonic() < end:
            time.sleep(0.02)
        self.assertTrue(condition())


class Slurm(ParnasCase):
    """The script, with a worker and a scontrol that say what they were told."""

    def run_script(self, worker, stop):
        script, _ = self.parnas("worker", "--server", "http://lab:8080", "--study", "two words", "--token-file",
                                "my token", "--print-slurm")
        self.write("script.sh", script)
        for name, text in {"parnas": worker, "scontrol": 'echo "$@" > requeued\n'}.items():
            self.write(name, "#!/bin/bash\n" + text)
            path = self.folder / name
            path.chmod(path.stat().st_mode | stat.S_IXUSR)
        environment = {**os.environ, "PATH": f"{self.folder}:{os.environ['PATH']}", "SLURM_JOB_ID": "77"}
        with subprocess.Popen(["bash", "script.sh"], cwd=self.folder, env=environment) as process:
            if stop:
                end = time.monotonic() + 30
                while not (self.folder / "ready").exists() and time.monotonic() < end:
                    time.sleep(0.02)
                process.send_signal(signal.SIGTERM)
            code = process.wait(timeout=30)
        requeued = self.folder / "requeued"
        return code, requeued.read_text() if requeued.exists() else None

    def test_a_worker_that_is_stopped_is_queued_again(self):
        worker = "trap 'sleep 0.3; touch given_back; exit 130' TERM\ntouch ready\nwhile :; do sleep 0.05; done\n"
        self.assertEqual(self.run_script(worker, stop=True), (130, "requeue 77\n"))
        self.assertTrue((self.folder / "given_back").exists())

    def test_a_worker_whose_study_has_ended_is_not(self):
        worker = 'printf "%s\\n" "$@" > arguments\nexit 0\n'
        self.assertEqual(self.run_script(worker, stop=False), (0, None))
        self.assertEqual((self.folder / "arguments").read_text().splitlines(),
                         ["worker", "--server", "http://lab:8080", "--study", "two words", "--token-file", "my token",
                          "--name", "slurm-77-0"])


if __name__ == "__main__":
    unittest.main()
