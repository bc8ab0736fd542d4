#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs clang over the build's files, -fsyntax-only, with the thread-safety analysis as errors.

A second full build would cost more than it finds; LibTorch's folder is left out, its headers
take clang longer than everything else together.
"""
import concurrent.futures
import json
import pathlib
import shlex
import subprocess
import sys

build = pathlib.Path(sys.argv[1])
KEEP = ("-I", "-D", "-isystem", "-std")


def command(entry):
    words, kept = shlex.split(entry["command"]), []
    for i, word in enumerate(words):
        if word == "-isystem":
            kept += [word, words[i + 1]]
        elif word.startswith(KEEP):
            kept.append(word)
    return ["clang++", *kept, "-fsyntax-only", "-Wall", "-Wextra", "-Wthread-safety", "-Werror",
            "-Wno-missing-field-initializers", entry["file"]]


def check(entry):
    run = subprocess.run(command(entry), cwd=entry["directory"], capture_output=True, text=True)
    return "" if run.returncode == 0 else f"{entry['file']}\n{run.stderr}"


entries = [entry for entry in json.loads((build / "compile_commands.json").read_text())
           if not any(part in entry["file"] for part in ("/evaluators/torch/", "/tests/", "/build/"))]
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    failed = [text for text in pool.map(check, entries) if text]
print("\n".join(failed) or f"clang accepts {len(entries)} files")
sys.exit(bool(failed))
