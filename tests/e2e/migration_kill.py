#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills `parnas db migrate` at any moment of its work, on stores of each version that was released, and checks that
the store is as it was or migrated, never between; that a second run ends the migration; and that every row of the
old tables is there afterwards."""
import os
import pathlib
import random
import shutil
import sqlite3
import subprocess
import tempfile
import time

from experiment import expect, run
from service import PARNAS, Server

GOLDEN = pathlib.Path(__file__).resolve().parents[1] / "golden"
ROWS = 3000  # events more than a golden file has, so that its backup and its tables take some time


def migrate(path, mutation=None):
    fault = {"PARNAS_MUTATION": mutation} if mutation else {}
    return subprocess.Popen([PARNAS, "db", "migrate", "--store", path], stdout=subprocess.DEVNULL,
                            stderr=subprocess.PIPE, text=True, env={**os.environ, **fault})


def content(path):
    """The version, and the rows of each table of the file."""
    with sqlite3.connect(path) as database:
        tables = [name for name, in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = {table: sorted(map(repr, database.execute(f'SELECT * FROM "{table}"'))) for table in tables}
        version = database.execute("SELECT schema_version FROM parnas_meta").fetchone()[0]
        sound = database.execute("PRAGMA quick_check").fetchone()[0]
    database.close()
    expect(sound == "ok", f"quick_check says {sound}")
    return version, rows


def grown(golden, folder):
    path = folder / golden.name
    shutil.copy(golden, path)
    with sqlite3.connect(path) as database:
        study, = database.execute("SELECT min(study_id) FROM studies").fetchone()
        database.executemany(
            "INSERT INTO parnas_events (study_id, time, kind, body) VALUES (?, '2026-01-01 00:00:00.000000', 'note', ?)",
            [(study, f'{{"row": {row}, "text": "{"x" * 1000}"}}') for row in range(ROWS)])
        database.execute("PRAGMA journal_mode = DELETE")
    database.close()
    return path


def kill_often(original, folder, kills, rng):
    """How often it was found at the old version and at the new one."""
    before = content(original)
    whole = folder / "whole.db"
    shutil.copy(original, whole)
    begin = time.monotonic()
    expect(migrate(whole, Server.mutation).wait(60) == 0, "it does not migrate undisturbed")
    seconds = time.monotonic() - begin
    after = content(whole)
    kept = {table: rows for table, rows in before[1].items() if table != "parnas_meta"}
    found = {before[0]: 0, after[0]: 0}
    for kill in range(kills):
        victim = folder / f"kill{kill}.db"
        shutil.copy(original, victim)
        process = migrate(victim, Server.mutation)
        time.sleep(rng.uniform(0, 1.1 * seconds))
        process.kill()
        process.communicate()
        version, _ = now = content(victim)
        expect(now in (before, after), f"kill {kill} left it between versions {before[0]} and {after[0]}")
        found[version] += 1
        again = migrate(victim)
        _, err = again.communicate(timeout=60)
        expect(again.returncode == 0, f"kill {kill}: the second run says {err}")
        expect(content(victim) == after, f"kill {kill}: the second run makes another store")
        expect(all(after[1].get(table) == rows for table, rows in kept.items() if table in after[1]),
               "rows of the old tables are gone")
        for left in folder.glob(f"kill{kill}.*"):
            left.unlink()
    return found, seconds


def experiment(options):
    rng = random.Random(options.seed)
    for golden in sorted(GOLDEN.glob("store_v*.db")):
        with tempfile.TemporaryDirectory(prefix="parnas-migrate-") as name:
            folder = pathlib.Path(name)
            original = grown(golden, folder)
            version = content(original)[0]
            (folder / "newest").mkdir()
            probe = folder / "newest" / "probe.db"
            shutil.copy(original, probe)
            expect(migrate(probe).wait(60) == 0, "it does not migrate")
            if content(probe)[0] == version:
                print(f"{golden.name} is of the newest version")
                continue
            found, seconds = kill_often(original, folder, options.kills, rng)
            said = ", ".join(f"{count} at version {version}" for version, count in found.items())
            print(f"{golden.name}: {options.kills} kills within {seconds * 1000:.0f} ms: {said}; 0 between, all rows there")


if __name__ == "__main__":
    run(experiment, __doc__, kills=100, seed=1)
