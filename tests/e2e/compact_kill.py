#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills `parnas db compact` at any moment of its work, and checks that the store has every row that it had, is sound,
and is compacted by a second run."""
import pathlib
import random
import shutil
import sqlite3
import subprocess
import tempfile
import time

from experiment import expect, run
from service import PARNAS
from support import job_text

BLOBS = 3000  # events of a kilobyte that stay, and three times as many that go


def compact(path):
    return subprocess.Popen([PARNAS, "db", "compact", path], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def compact_whole(path):
    process = compact(path)
    _, err = process.communicate(timeout=60)
    expect(process.returncode == 0, f"it ends with {process.returncode}: {err}")


def content(path):
    """The rows of each table of the file."""
    with sqlite3.connect(path) as database:
        tables = [name for name, in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = {table: sorted(map(repr, database.execute(f'SELECT * FROM "{table}"'))) for table in tables}
        sound = database.execute("PRAGMA integrity_check").fetchone()[0]
    database.close()
    expect(sound == "ok", f"integrity_check says {sound}")
    return rows


def with_holes(path):
    """A store of which three quarters are free."""
    job = path.with_suffix(".yaml")
    job.write_text(job_text(trials=50), encoding="utf-8")
    subprocess.run([PARNAS, "run", job, "--store", path, "--quiet"], check=True, capture_output=True, timeout=60)
    with sqlite3.connect(path) as database:
        study, = database.execute("SELECT min(study_id) FROM studies").fetchone()
        database.executemany(
            "INSERT INTO parnas_events (study_id, time, kind, body) VALUES (?, '2026-01-01 00:00:00.000000', ?, ?)",
            [(study, "keep" if row % 4 == 0 else "drop", f'{{"row": {row}, "text": "{"x" * 1000}"}}')
             for row in range(4 * BLOBS)])
        database.execute("DELETE FROM parnas_events WHERE kind = 'drop'")
    database.close()


def experiment(options):
    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="parnas-compact-") as name:
        folder = pathlib.Path(name)
        original = folder / "original.db"
        with_holes(original)
        rows = content(original)
        whole = folder / "whole.db"
        shutil.copy(original, whole)
        begin = time.monotonic()
        compact_whole(whole)
        seconds = time.monotonic() - begin
        size = whole.stat().st_size
        expect(content(whole) == rows, "it does not keep what is there")
        expect(size < original.stat().st_size / 2, f"{size} of {original.stat().st_size} bytes are left")
        old = 0
        for kill in range(options.kills):
            victim = folder / "victim.db"
            shutil.copy(original, victim)
            process = compact(victim)
            time.sleep(rng.uniform(0, 1.1 * seconds))
            process.kill()
            process.communicate()
            copy = folder / "copy.db"  # to look without recovering what the next run is to recover
            for suffix in ("", "-wal", "-shm"):
                with_suffix = pathlib.Path(f"{victim}{suffix}")
                if with_suffix.exists():
                    shutil.copy(with_suffix, f"{copy}{suffix}")
            expect(content(copy) == rows, f"kill {kill}: rows are gone or new")
            old += copy.stat().st_size > size
            compact_whole(victim)
            expect(content(victim) == rows, f"kill {kill}: the second run loses rows")
            expect(victim.stat().st_size == size, f"kill {kill}: the second run does not compact")
            for left in [*folder.glob("victim*"), *folder.glob("copy*")]:
                left.unlink()
        print(f"{options.kills} kills within {seconds * 1000:.0f} ms: {old} found the old file, {options.kills - old} the new one; "
              f"every row in all of them; {original.stat().st_size} bytes became {size}")


if __name__ == "__main__":
    run(experiment, __doc__, kills=100, seed=1)
