# SPDX-License-Identifier: Apache-2.0
"""Reports as a browser shows them: the data of the store, and nothing that a stranger wrote runs."""
import json
import pathlib
import sqlite3
import tempfile
import unittest

from browser import CHROMIUM, Browser
from support import ParnasCase, job_text

HOSTILE = """</script><img src=x onerror="document.title='owned'"><!--<script>"""

CELL_JOB = """\
name: cells
space: cell201
evaluator: {type: synthetic, function: noop}
objectives: {parameters: minimize, multiply_adds: minimize}
target: {model: roofline, profile: raspberry-pi-5}
limits: {latency_ms: 3}
strategy: {type: random}
budget: {trials: 30}
"""

# Whatever the choices are called, the synthetic function has its two numbers.
HOSTILE_JOB = """\
name: %s
space:
  document:
    name: unit@1
    about: %s
    params:
      x1: {real: [0.0, 1.0]}
      x2: {real: [0.0, 1.0]}
      kind: {one_of: [%s, "<b>bold</b>"]}
evaluator: {type: synthetic, function: zdt1}
objectives: {f1: minimize, f2: minimize}
strategy: {type: random}
budget: {trials: 10}
""" % ((json.dumps(HOSTILE),) * 3)


class Command(ParnasCase):
    def setUp(self):
        super().setUp()
        self.write("job.yaml", job_text(trials=5))
        self.parnas("run", "job.yaml", "--quiet")

    def test_a_report_is_one_file_that_is_not_overwritten_unasked(self):
        self.assertEqual(self.parnas_json("report", "front")["file"], "front.html")
        first = (self.folder / "front.html").read_text()
        _, err = self.parnas("report", "front", code=4)
        self.assertIn("error: front.html: ", err)
        self.parnas("report", "front", "--force")
        self.parnas("report", "front", "-o", "other.html")
        self.assertTrue(first.startswith("<!doctype html>"))
        self.assertEqual({path.name for path in self.folder.glob("*.html")}, {"front.html", "other.html"})

    def test_an_unknown_study_is_refused_with_the_nearest_name(self):
        _, err = self.parnas("report", "fornt", code=3)
        self.assertIn("error: fornt: no study has this name; did you mean 'front'?", err)

    def test_what_cannot_be_written_leaves_nothing(self):
        _, err = self.parnas("report", "front", "-o", "none/report.html", code=6)
        self.assertIn("none/report.html", err)
        self.assertEqual(list(self.folder.glob("**/*.html")), [])


@unittest.skipUnless(CHROMIUM, "needs Chromium: scripts/setup --for-tests installs it")
class Page(ParnasCase):
    @classmethod
    def setUpClass(cls):
        cls.browser = Browser()

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()

    def open(self, study, *arguments):
        self.parnas("report", study, "-o", "report.html", "--force", *arguments)
        self.browser.open(self.folder / "report.html")
        self.assertEqual(self.browser.complaints(), [])
        self.assertEqual(self.browser.run("document.documentElement.dataset.ready"), "yes")
        self.assertEqual(self.browser.requests(), [(self.folder / "report.html").resolve().as_uri()])

    def show(self, job, study):
        self.write("job.yaml", job)
        self.parnas("run", "job.yaml", "--quiet")
        self.open(study)

    def test_the_front_is_the_stores(self):
        self.show(job_text() + "finalists: 1\n", "front")
        members = {member["number"]: member["values"] for member in self.parnas_json("front", "front")["members"]}
        points = self.browser.run("[...document.querySelectorAll('#front .point[data-trial]')]"
                                  ".map((point) => [point.dataset.trial, point.dataset.x, point.dataset.y])")
        shown = {int(trial): {"f2": float(x), "f1": float(y)} for trial, x, y in points}
        self.assertEqual(shown, members)
        cells = self.browser.run("[...document.querySelectorAll('#front-table [data-metric=f1]')]"
                                 ".map((cell) => [cell.parentElement.dataset.trial, cell.dataset.value])")
        self.assertEqual({int(trial): float(value) for trial, value in cells},
                         {number: values["f1"] for number, values in members.items()})
        self.assertIn("hypervolume", self.browser.run("document.querySelector('#history select').value"))
        last = self.browser.run("document.querySelector('#history .steps').dataset.last")
        self.assertEqual(float(last), self.parnas_json("front", "front")["hypervolume"])

    def test_importance_has_bars_for_each_objective_by_both_methods(self):
        self.show(job_text(strategy="{type: random}"), "front")
        first = self.parnas_json("importance", "front")[0]["params"]
        bars = "[...document.querySelectorAll('#importance-bars .bars:first-of-type tr')].map((row) => " \
               "[row.cells[0].textContent, Number(row.cells[1].dataset.share)])"
        self.assertEqual(self.browser.run(bars), [[param["name"], param["share"]] for param in first])
        self.browser.run("(() => { const method = document.querySelectorAll('#importance select')[1]; "
                         "method.value = 'ped_anova'; method.dispatchEvent(new Event('change')); })()")
        best = self.parnas_json("importance", "front", "--method", "ped_anova")[0]["params"]
        self.assertEqual(self.browser.run(bars), [[param["name"], param["share"]] for param in best])
        self.assertEqual(self.browser.complaints(), [])

    def test_a_point_tells_of_its_trial(self):
        self.show(job_text(), "front")
        trial, x, y = self.browser.run("""(() => {
            const point = document.querySelector('#front .point[data-trial]');
            point.scrollIntoView({block: 'center', behavior: 'instant'});
            const frame = point.getBoundingClientRect();
            return [point.dataset.trial, frame.x + frame.width / 2, frame.y + frame.height / 2];
        })()""")
        self.browser.point_at(x, y)
        self.assertFalse(self.browser.run("document.getElementById('tip').hidden"))
        self.assertIn(f"Trial {trial}", self.browser.run("document.getElementById('tip').textContent"))
        self.browser.run("document.querySelector('#front .point[data-trial]').focus()")
        self.browser.press("Enter")
        self.assertEqual(self.browser.run("document.querySelector('dialog[open] h2').textContent"), f"Trial {trial}")
        f1 = self.browser.run("document.querySelector('dialog[open] dd').textContent")
        self.assertEqual(float(f1), self.parnas_json("trials", "front")[int(trial)]["values"]["f1"])
        self.browser.press("Escape")
        self.assertIsNone(self.browser.run("document.querySelector('dialog[open]')"))
        self.assertEqual(self.browser.complaints(), [])

    def test_an_audit_is_shown_with_its_baselines(self):
        self.write("job.yaml", job_text())
        self.parnas("run", "job.yaml", "--quiet")
        self.open("front")
        self.assertTrue(self.browser.run("document.getElementById('audit').hidden"))
        audit = {"version": 1, "options": {"networks": 2, "baselines": "all", "ceiling": False}, "metric": "f1",
                 "cost_seconds": 90, "networks": [{"trial": 0, "inherited": 0.1, "alone": 0.2, "again": None},
                                                  {"trial": 1, "inherited": 0.3, "alone": 0.4, "again": None}],
                 "ranking": {"tau": 1.0, "low": 0.5, "high": 1.0, "networks": 2}, "no_ranking": "", "ceiling": None,
                 "reference": [1.1, 6], "contenders": [
                     {"study": name, "strategy": "random", "networks": 3, "cost_seconds": 90, "hypervolume": 0.5,
                      "best": None} for name in ("front", "<b>front.audit-random</b>")]}
        self.parnas("annotate", "front", "--set", f"parnas:audit={json.dumps(audit)}")
        self.open("front")
        self.assertIn("tau 1.00, 95 % interval 0.50 to 1.00, 2 networks",
                      self.browser.run("document.getElementById('audit').textContent"))
        cells = self.browser.run("[...document.querySelectorAll('#audit-table tbody tr')]"
                                 ".map((row) => [...row.children].map((cell) => cell.textContent))")
        self.assertEqual(cells[1], ["<b>front.audit-random</b>", "random", "1 min 30 s", "3", "–", "0.5"])
        self.assertEqual(self.parnas_json("status", "front")["audit"], audit)
        self.assertIn("tau 1.00 (95 % interval 0.50 to 1.00, 2 networks)", self.parnas("status", "front")[0])

    def test_one_objective_has_one_best_trial(self):
        self.show(job_text().replace("f1: minimize, f2: minimize", "f1: minimize")
                  .replace("f1: 1.1, f2: 6", "f1: 1.1").replace("{type: nsga2, population: 10}", "{type: random}"), "front")
        best = self.parnas_json("trials", "front", "--sort", "f1", "--limit", "1")[0]
        points = self.browser.run("[...document.querySelectorAll('#front .point[data-trial]')]"
                                  ".map((point) => [point.dataset.trial, point.dataset.y])")
        self.assertEqual([(int(trial), float(y)) for trial, y in points], [(best["number"], best["values"]["f1"])])

    def test_every_control_draws_again(self):
        self.show(job_text() + "finalists: 1\n", "front")
        self.browser.run("""(() => {
            for (const select of document.querySelectorAll('select'))
                for (const option of [...select.options]) {
                    select.value = option.value;
                    select.dispatchEvent(new Event('change'));
                }
            for (const box of document.querySelectorAll('input[type=checkbox]')) box.click();
        })()""")
        self.assertEqual(self.browser.complaints(), [])

    def test_trials_are_sorted_and_filtered(self):
        self.show(job_text(), "front")
        rows = "[...document.querySelectorAll('#trials-table tbody tr')].map((row) => Number(row.dataset.trial))"
        self.assertEqual(self.browser.run(rows), list(range(50)))
        self.browser.run("[...document.querySelectorAll('#trials-table th button')]"
                         ".find((button) => button.textContent.startsWith('f1')).click()")
        values = {trial["number"]: trial["values"]["f1"] for trial in self.parnas_json("trials", "front")}
        self.assertEqual(self.browser.run(rows), sorted(values, key=values.get)[:50])
        self.browser.run("""(() => {
            const search = document.querySelector('#trials input');
            search.value = 'x1=0.0';
            search.dispatchEvent(new Event('input'));
        })()""")
        found = self.browser.run(rows)
        self.assertTrue(found)
        self.assertTrue(all(values[number] < 0.1 for number in found))

    def test_notes_and_tags_are_shown_as_text(self):
        self.write("job.yaml", job_text())
        self.parnas("run", "job.yaml", "--quiet")
        self.parnas("annotate", "front", "--note", HOSTILE, "--tag", "first")
        self.parnas("annotate", "front", "--trial", "3", "--note", "look here", "--tag", "keep")
        self.open("front")
        self.assertEqual(self.browser.run("document.getElementById('note').textContent"), HOSTILE)
        self.assertIn("first", self.browser.run("document.getElementById('chips').textContent"))
        row = self.browser.run("document.querySelector('#trials-table tr[data-trial=\"3\"]').textContent")
        self.assertIn("keep", row)
        self.assertIn("look here", row)

    def test_the_network_is_drawn_with_its_repeats_folded(self):
        self.show(CELL_JOB, "cells")
        self.parnas("export", "cells", "--out", "net.json")
        exported = json.loads((self.folder / "net.json").read_text())
        nodes = len(exported["network"]["nodes"]) + 1  # with the input
        self.assertIn(f"trial {exported['trial']['number']}, ",
                      self.browser.run("document.querySelector('#network .about').textContent"))
        boxes = "document.querySelectorAll('#network .box').length"
        self.assertLess(self.browser.run(boxes), nodes / 2)
        self.assertEqual(self.browser.run("[...document.querySelectorAll('#network .times')].map((x) => x.textContent)"),
                         ["×5", "×5", "×5"])
        self.browser.run("""(() => {
            document.querySelector('#network input[type=checkbox]').click();
            const depth = document.querySelector('#network select');
            depth.value = depth.options[depth.options.length - 1].value;
            depth.dispatchEvent(new Event('change'));
        })()""")
        self.assertEqual(self.browser.run(boxes), nodes)
        reasons = self.browser.run("document.getElementById('trials').textContent")
        self.assertIn("is over the limit of 3", reasons)

    def test_a_study_of_failures_only(self):
        self.show(CELL_JOB.replace("latency_ms: 3", "parameters: 1"), "cells")
        self.assertIn("The front is empty", self.browser.run("document.getElementById('front').textContent"))
        self.assertIn("30 fail", self.browser.run("document.getElementById('overview').textContent"))
        self.assertTrue(self.browser.run("document.getElementById('network').hidden"))

    def test_an_empty_study_of_another_program(self):
        self.write("job.yaml", job_text(trials=2))
        self.parnas("run", "job.yaml", "--quiet")
        with sqlite3.connect(self.folder / "parnas.db") as store:
            study = store.execute("INSERT INTO studies (study_name) VALUES ('bare')").lastrowid
            store.execute("INSERT INTO study_directions (direction, study_id, objective) VALUES ('MINIMIZE', ?, 0)",
                          (study,))
        store.close()
        self.open("bare")
        self.assertIn("There are no trials yet", self.browser.run("document.getElementById('trials').textContent"))
        self.assertIn("Another program made this study", self.browser.run("document.getElementById('notes').textContent"))

    def test_what_strangers_wrote_stays_text(self):
        self.write("job.yaml", HOSTILE_JOB)
        self.parnas("run", "job.yaml", "--quiet")
        with sqlite3.connect(self.folder / "parnas.db") as store:
            store.execute("INSERT INTO trial_user_attributes (trial_id, key, value_json) "
                          "SELECT trial_id, ?, ? FROM trials", (HOSTILE, json.dumps(HOSTILE)))
            store.execute("UPDATE trial_params SET param_name = ? WHERE param_name = 'x2'", (HOSTILE,))
        store.close()
        self.open(HOSTILE)
        self.assertEqual(self.browser.run("document.getElementById('name').textContent"), HOSTILE)
        self.assertIn(HOSTILE, self.browser.run("document.getElementById('trials').textContent"))
        self.browser.run("document.querySelector('#trials .link').click()")
        self.assertIn(HOSTILE, self.browser.run("document.querySelector('dialog[open]').textContent"))
        self.assertEqual(self.browser.run("document.querySelectorAll('img, b:not(.chip b), iframe').length"), 0)
        self.assertNotEqual(self.browser.run("document.title"), "owned")
        self.assertEqual(self.browser.run("document.scripts.length"), 2)
        self.assertEqual(self.browser.complaints(), [])

    def test_ten_thousand_trials_open_soon(self):
        memory = pathlib.Path("/dev/shm")  # ten thousand commits without a disk
        with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
            store = pathlib.Path(folder) / "big.db"
            self.write("job.yaml", job_text(trials=10000).replace("{type: nsga2, population: 10}", "{type: random}"))
            self.parnas("run", "job.yaml", "--quiet", "--store", store)
            # Takes about 2 s; a page that is quadratic takes minutes, for which the browser is not waited for.
            self.open("front", "--store", str(store))
        self.assertLess(self.browser.run("document.querySelectorAll('*').length"), 5000)
        self.assertIn("of 10000 trials", self.browser.run("document.querySelector('#trials .pages').textContent"))


if __name__ == "__main__":
    unittest.main()
