# SPDX-License-Identifier: Apache-2.0
"""Runs a lint over invented files."""
import pathlib
import subprocess
import sys
import tempfile


def run_lint(script, files):
    """The exit status and the output of `script`, beside this file, for texts by their paths."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        lint = pathlib.Path(__file__).parent / script
        run = subprocess.run([sys.executable, lint, folder], capture_output=True, text=True)
        return run.returncode, run.stdout
