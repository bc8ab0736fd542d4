# SPDX-License-Identifier: Apache-2.0
"""A parnas server that Optuna's GrpcStorageProxy talks to."""
import json
import os
import pathlib
import signal
import subprocess

PARNAS = os.environ.get("PARNAS", "parnas")


class GrpcServer:
    """Serves the file `path` on ports that the system picks; use it with `with`."""

    def __init__(self, path, *options):
        self.path = pathlib.Path(path)
        self.options = options

    def __enter__(self):
        self.process = subprocess.Popen(
            [PARNAS, "serve", "--store", str(self.path), "--port", "0", "--grpc", "0", "--log-level", "error",
             "--output", "json", *map(str, self.options)], stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the server ended with {self.process.wait()}")
        served = json.loads(line)
        self.port = served["grpc"]["port"]
        self.http = served["url"]
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(60)
        self.process.stdout.close()

    @property
    def url(self):
        return f"sqlite:///{self.path}"
