# SPDX-License-Identifier: Apache-2.0
"""The file of a store: checked, copied while a search runs, restored, measured."""
import os
import resource
import signal
import sqlite3
import unittest

from support import ParnasCase, job_text


class StoreFile(ParnasCase):
    def setUp(self):
        super().setUp()
        self.write("job.yaml", job_text(trials=20))
        self.parnas("run", "job.yaml", "--quiet")

    def damage(self, sql):
        with sqlite3.connect(self.folder / "parnas.db") as database:
            database.execute(sql)
        database.close()

    def test_a_sound_store(self):
        self.assertIn("is sound", self.parnas("db", "check")[0])
        self.assertEqual(self.parnas_json("db", "check"), {"sound": True, "faults": []})

    def test_a_front_that_is_not_that_of_the_trials_is_found(self):
        version = self.parnas_json("front", "front")["version"]
        self.damage(f"UPDATE parnas_fronts SET members = '[0]' WHERE version = {version}")
        out, _ = self.parnas("db", "check", "--output", "json", code=7)
        self.assertIn('"where":"study \'front\'","message":"its front is said to be [0], and is [', out)

    def test_damage_ends_with_7_and_names_places(self):
        self.damage("UPDATE trials SET number = 99 WHERE number = 3")
        out, _ = self.parnas("db", "check", code=7)
        self.assertIn("study 'front'", out)
        self.parnas("db", "backup", "b.db", code=7)
        self.assertFalse((self.folder / "b.db").exists())
        (self.folder / "parnas.db").write_bytes(b"x" * 5000)
        self.parnas("db", "check", code=7)
        os.remove(self.folder / "parnas.db")
        self.parnas("db", "check", code=3)

    def test_a_search_that_runs_is_checked_and_copied(self):
        self.write("job.yaml", job_text(name="long", trials=100000, delay_ms=2))
        with self.start("run", "job.yaml", "--output", "json") as process:
            for _ in range(50):
                process.stdout.readline()
            self.assertTrue(self.parnas_json("db", "check")["sound"])
            copy = self.parnas_json("db", "backup", "b.db")["backup"]
            _, err = self.parnas("db", "restore", "b.db", code=4)
            self.assertIn(str(process.pid), err)
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=30)
        self.assertEqual(copy["studies"], 2)
        self.assertGreaterEqual(copy["trials"], 70)
        self.assertTrue(self.parnas_json("db", "check", "--store", "b.db")["sound"])
        self.assertEqual(self.log("front", "--store", "b.db"), self.log("front"))
        numbers = [trial["number"] for trial in self.log("long", "--store", "b.db")]
        self.assertEqual(numbers, list(range(len(numbers))))
        self.parnas("resume", "long", "--store", "b.db", "--trials", str(len(numbers)), "--quiet")

    def test_a_backup_is_restored_and_what_was_there_is_kept(self):
        log = self.log("front")
        self.parnas("db", "backup", "b.db")
        _, err = self.parnas("db", "backup", "b.db", code=4)
        self.assertIn("b.db", err)
        self.parnas("db", "backup", "b.db", "--force")
        self.parnas("resume", "front", "--trials", "30", "--quiet")
        later = self.log("front")
        restored = self.parnas_json("db", "restore", "b.db")
        self.assertEqual(self.log("front"), log)
        self.assertEqual(self.log("front", "--store", restored["previous"]), later)
        self.parnas("resume", "front", "--trials", "30", "--quiet")
        self.assertEqual(self.log("front"), later)

    def test_what_is_no_backup_is_not_restored(self):
        self.write("b.db", "no backup")
        self.parnas("db", "restore", "b.db", code=7)
        self.parnas("db", "restore", "none.db", code=3)
        self.assertEqual(len(self.log("front")), 20)

    def test_a_store_is_compacted(self):
        log = self.log("front")
        self.damage("CREATE TABLE ballast AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 500)"
                    " SELECT randomblob(1000) AS blob FROM n")
        self.damage("DROP TABLE ballast")
        before = (self.folder / "parnas.db").stat().st_size
        compacted = self.parnas_json("db", "compact")
        after = (self.folder / "parnas.db").stat().st_size
        self.assertEqual((compacted["before"], compacted["after"]), (before, after))
        self.assertLess(after, before - 400_000)
        self.assertEqual((compacted["compacted"]["studies"], compacted["compacted"]["trials"]), (1, 20))
        self.assertEqual(self.log("front"), log)
        self.assertEqual(self.parnas_json("db", "stats")["free_pages"], 0)
        self.assertIn(f"{after} bytes before, {after} bytes", self.parnas("db", "compact", "parnas.db")[0])
        self.parnas("resume", "front", "--trials", "30", "--quiet")
        self.parnas("db", "compact", "none.db", code=3)

    def test_a_store_that_others_use_or_that_has_no_room_is_not_compacted(self):
        log = self.log("front")
        self.write("job.yaml", job_text(name="long", trials=100000, delay_ms=2))
        with self.start("run", "job.yaml", "--output", "json") as process:
            process.stdout.readline()
            self.assertIn(str(process.pid), self.parnas("db", "compact", code=4)[1])
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=30)
        with self.start("serve", "--open", "--port", "0", "--store", "parnas.db") as server:  # it drives nothing
            server.stdout.readline()
            self.assertIn("another program has the store open", self.parnas("db", "compact", code=6)[1])
            server.terminate()
            server.communicate(timeout=30)
        full = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))}
        self.assertIn("the disk is full", self.parnas("db", "compact", code=6, **full)[1])
        self.assertEqual(self.log("front"), log)
        self.assertTrue(self.parnas_json("db", "check")["sound"])
        self.parnas("db", "compact")

    def test_statistics_and_versions(self):
        found = self.parnas_json("db", "stats")
        self.assertEqual(found["bytes"], (self.folder / "parnas.db").stat().st_size)
        self.assertEqual(found["studies"], [{"name": "front", "trials": {"complete": 20}, "reused": 0, "phases": 0}])
        self.assertIn("parnas_trials", self.parnas("db", "stats")[0])
        self.assertEqual(self.parnas_json("db", "migrate")["backup"], None)
        self.assertIn("at version 3 already", self.parnas("db", "migrate")[0])
        self.damage("UPDATE parnas_meta SET schema_version = 99")
        _, err = self.parnas("db", "migrate", code=4)
        self.assertIn("newer parnas", err)


if __name__ == "__main__":
    unittest.main()
