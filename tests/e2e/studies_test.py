# SPDX-License-Identifier: Apache-2.0
"""What is done with studies besides searching: annotating and cloning them, and starting from them."""
import sqlite3
import unittest

from support import ParnasCase, job_text


class Annotations(ParnasCase):
    def setUp(self):
        super().setUp()
        self.write("job.yaml", job_text(trials=8))
        self.parnas("run", "job.yaml", "--quiet")

    def test_a_study_is_annotated_and_found_by_its_tag(self):
        written = self.parnas_json("annotate", "front", "--note", "why", "--tag", "b", "--tag", "a",
                                   "--set", 'owner={"name": "x"}')
        self.assertEqual(written, {"study": "front", "note": "why", "tags": ["a", "b"],
                                   "attributes": {"owner": {"name": "x"}}})
        self.assertEqual(self.parnas_json("annotate", "front"), written)
        status = self.parnas_json("status")
        self.assertEqual((status["note"], status["tags"]), ("why", ["a", "b"]))
        self.assertEqual(len(self.parnas_json("studies", "--tag", "a")), 1)
        self.assertEqual(self.parnas_json("studies", "--tag", "c"), [])
        self.assertIn("a, b", self.parnas("studies")[0])
        self.assertEqual(self.parnas_json("annotate", "front", "--untag", "a")["tags"], ["b"])

    def test_finished_trials_have_notes_and_tags_but_no_new_attributes(self):
        before = self.log("front")
        self.parnas("annotate", "front", "--trial", "3", "--tag", "keep", "--note", "line\nline")
        tagged = self.parnas_json("trials", "front", "--tag", "keep")
        self.assertEqual([(trial["number"], trial["tags"], trial["note"]) for trial in tagged],
                         [(3, ["keep"], "line\nline")])
        self.assertIn("keep", self.parnas("trials", "front")[0])
        self.assertEqual(self.log("front"), before)
        _, err = self.parnas("annotate", "front", "--trial", "3", "--set", "a=1", code=4)
        self.assertIn("trial 3 is finished", err)

    def test_the_notes_are_where_the_dashboard_looks(self):
        self.parnas("annotate", "front", "--trial", "3", "--note", "x" * 3000)
        with sqlite3.connect(self.folder / "parnas.db") as database:
            trial_id, = database.execute("SELECT trial_id FROM trials WHERE number = 3").fetchone()
            rows = dict(database.execute("SELECT key, value_json FROM study_system_attributes"))
        self.assertEqual(rows[f"dashboard:{trial_id}:note_ver"], "1")
        self.assertEqual(rows[f"dashboard:{trial_id}:note_str:0"], '"' + "x" * 2045 + '"')
        self.assertEqual(rows[f"dashboard:{trial_id}:note_str:1"], '"' + "x" * 955 + '"')

    def test_what_makes_no_sense_is_refused(self):
        for code, where, arguments in ((2, "--set", ["--set", "key"]), (2, "key", ["--set", "key=text"]),
                                       (2, "tag", ["--tag", "t" * 65]), (3, "", ["--trial", "99", "--tag", "a"])):
            with self.subTest(arguments=arguments):
                _, err = self.parnas("annotate", "front", *arguments, code=code)
                self.assertTrue(err.startswith(f"error: {where}"), err)


if __name__ == "__main__":
    unittest.main()
