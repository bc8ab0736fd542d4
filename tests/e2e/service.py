# SPDX-License-Identifier: Apache-2.0
"""A server of the built program, and a plain client of it, for tests."""
import http.client
import json
import os
import pathlib
import signal
import subprocess
import time
import uuid

PARNAS = os.environ["PARNAS"]

SPACE = {
    "name": "ten@1",
    "params": {f"x{i}": {"real": [0.0, 1.0]} for i in range(10)},
}


def remote_job(name, trials, **more):
    """A job of ten parameters that workers elsewhere evaluate."""
    return {
        "name": name,
        "space": {"document": SPACE},
        "objectives": {"loss": "minimize"},
        "evaluator": {"type": "remote", "metrics": ["loss"]},
        "strategy": {"type": "random"},
        "reuse": "none",
        "budget": {"trials": trials},
        **more,
    }


class Refused(Exception):
    """An answer that is a problem."""

    def __init__(self, status, problem):
        super().__init__(f"{status} {problem}")
        self.status = status
        self.slug = str(problem.get("type", "")).rsplit("/", 1)[-1]


class Client:
    """One connection, kept; reconnects once if it was lost between two requests."""

    def __init__(self, port, timeout=30, token=None):
        self.port = port
        self.timeout = timeout
        self.token = token
        self.connection = None

    def ask(self, method, path, body=None, key=None, **more):
        """`more`: further headers, with _ for -; those that are None are left out."""
        headers = {name.replace("_", "-"): value for name, value in more.items() if value is not None}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        if key is not None:
            headers["Idempotency-Key"] = key
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
        try:
            self.connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = self.connection.getresponse()
            text = answer.read()
            self.etag = answer.headers.get("ETag")  # of the last answer
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        value = json.loads(text) if text else None
        if answer.status >= 400:
            raise Refused(answer.status, value or {})
        return value

    def patiently(self, method, path, body=None, key=None, patience=30):
        """Goes on while the server is away or says that it cannot now."""
        end = time.monotonic() + patience
        while True:
            try:
                return self.ask(method, path, body, key)
            except Refused as error:
                if error.status not in (503, 507) or time.monotonic() > end:
                    raise
            except (OSError, http.client.HTTPException):
                if time.monotonic() > end:
                    raise
            time.sleep(0.02)

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None


def new_key():
    return uuid.uuid4().hex


class Server:
    """`parnas serve` on a port that the system picks; with `--open`, unless `tokens` are to be shown."""

    mutation = None  # of core/mutation.h, that all servers are to have

    def __init__(self, folder, *options, port=0, tokens=False, **settings):
        self.store = pathlib.Path(folder) / "service.db"
        self.options = options if tokens else ("--open", *options)
        self.settings = settings  # of the process
        self.port = port
        self.process = None
        self.log = pathlib.Path(folder) / "service.log"

    def start(self):
        command = [PARNAS, "serve", "--store", str(self.store), "--port", str(self.port),
                   "--output", "json", *self.options]
        environment = {**os.environ, **({"PARNAS_MUTATION": self.mutation} if self.mutation else {})}
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True,
                                            env=environment, **self.settings)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the server ended with {self.process.wait()}")
        self.port = int(json.loads(line)["url"].rsplit(":", 1)[1])
        return self

    def make_token(self, name, *scopes):
        """The secret of a new token, made beside the server."""
        command = [PARNAS, "tokens", "create", name, "--store", str(self.store)]
        for scope in scopes:
            command += ["--scope", scope]
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                              check=True, timeout=60).stdout.strip()

    def memory_kib(self):
        """Resident now."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(status.split("VmRSS:")[1].split()[0])

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    def stop(self, timeout=20):
        """SIGTERM; returns the exit code and how long it took."""
        begin = time.monotonic()
        self.process.terminate()
        code = self.process.wait(timeout)
        self.process.stdout.close()
        return code, time.monotonic() - begin

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.kill()
