# SPDX-License-Identifier: Apache-2.0
"""Installs parnas into a folder and builds, checks and runs plugins of `plugin new` against it."""
import argparse
import os
import pathlib
import subprocess
import tempfile

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--build", required=True)
parser.add_argument("--cmake", required=True)
parser.add_argument("--cxx", required=True)
parser.add_argument("--roles", nargs="*", default=["space"])
options = parser.parse_args()


def run(*command, **settings):
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, timeout=250,
                            **settings)
    if result.returncode != 0:
        raise SystemExit(f"{command} ended with {result.returncode}\n{result.stdout}\n{result.stderr}")
    return result.stdout


with tempfile.TemporaryDirectory(prefix="parnas-install-") as name:
    root = pathlib.Path(name)
    prefix = root / "prefix"
    run(options.cmake, "--install", options.build, "--prefix", prefix, "--strip")
    parnas = prefix / "bin/parnas"
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PARNAS_")}
    environment["XDG_CONFIG_HOME"] = str(root)
    for role in options.roles:
        part = f"my_{role}"
        run(parnas, "plugin", "new", role, part, "--language", "cpp", cwd=root, env=environment)
        folder = root / part
        run(options.cmake, "-S", folder, "-B", folder / "build", f"-DCMAKE_PREFIX_PATH={prefix}",
            f"-DCMAKE_CXX_COMPILER={options.cxx}", "-DCMAKE_BUILD_TYPE=Debug")
        run(options.cmake, "--build", folder / "build")
        checked = run(parnas, "plugin", "check", folder, cwd=root, env=environment)
        assert "FAILED" not in checked and checked.count("ok") >= 5, checked
        run(parnas, "--plugins", folder, "--store", root / "store.db", "run", folder / "job.yaml", "--quiet",
            cwd=root, env=environment)
        front = run(parnas, "--store", root / "store.db", "front", part, "--output", "json", cwd=root, env=environment)
        assert '"members"' in front, front
        print(f"{part}: built, checked and searched with")
