# SPDX-License-Identifier: Apache-2.0
"""How `parnas targets onboard` makes a target known by a few measurements."""
import json
import os
import pathlib
import unittest

from support import PARNAS, ParnasCase

JOB = """\
name: on-{profile}
space: {space}
objectives: {{latency_ms: minimize, multiply_adds: maximize}}
evaluator: {{type: command, command: [echo, '{{"metrics": {{"loss": 1}}}}'], metrics: [loss]}}
target: {{profile: {profile}}}
strategy: {{type: random}}
budget: {{trials: 30}}
"""


def latency(multiply_adds):
    """Of the device that most of these tests have in mind, ms."""
    return 0.05 + 2e-5 * multiply_adds


def cell_latency(genotype):
    """Of one that is slow at what hardly needs arithmetic, as cells of NAS-Bench-201 are counted, ms."""
    costs = {"conv3x3": 1.0, "conv1x1": 0.4, "avgpool3x3": 1.6, "skip": 0.1, "none": 0.05}
    return 0.5 + sum(costs[op] for op in genotype.values() if op in costs)


@unittest.skipUnless(os.environ["BUILT_WITH_ONNX"] == "1", "built without ONNX")
class Elsewhere(ParnasCase):
    """A device that is not here."""

    def environment(self):
        return {**super().environment(), "PARNAS_TARGETS": str(self.folder / "mine")}

    def design(self, folder="board", name="my-board", **options):
        words = [word for key, value in options.items() for word in (f"--{key}", value)]
        return self.parnas_json("targets", "onboard", "--space", "mlp", "--name", name,
                                "--probes", folder, *words)

    def measure(self, folder="board", only=None):
        """Fills in what the device would have taken."""
        probes = json.loads((self.folder / folder / "probes.json").read_text())["probes"]
        self.fill(folder, {probe["name"]: latency(probe["multiply_adds"]) for probe in probes[:only]})
        return probes

    def fill(self, folder, latencies):
        lines = ["probe,latency_ms", *[f"{name},{value}" for name, value in latencies.items()]]
        self.write(f"{folder}/measurements.csv", "\n".join(lines))

    def search(self, profile, space):
        """The trials of a search for a target."""
        self.write("job.yaml", JOB.format(profile=profile, space=space))
        self.parnas("run", "job.yaml", "--quiet")
        return self.log(f"on-{profile}")

    def test_a_device_is_known_after_ten_measurements(self):
        designed = self.design(hardware="a board", threads="4", batch="2", dtype="int8")
        self.assertEqual((designed["probes"], designed["new"]), (10, 10))
        folder = self.folder / "board"
        self.assertEqual(sorted(each.name for each in folder.iterdir()),
                         ["measurements.csv", *[f"probe_{i:02}.onnx" for i in range(10)], "probes.json"])
        _, err = self.parnas("targets", "onboard", "--probes", "board", code=2)
        self.assertIn("0 of 10 probes are measured", err)

        self.measure()
        out, _ = self.parnas("targets", "onboard", "--probes", "board", "-o", "board.json")
        self.assertIn("A mean error of ", out)
        fitted = self.parnas_json("targets", "onboard", "--probes", "board", "-o", "board.json", "--force")
        self.assertEqual((fitted["samples"], fitted["missing"], fitted["known_targets"]), (10, [], []))
        self.assertTrue(fitted["enough"])
        self.assertEqual(fitted["more"], 0)
        self.assertEqual(fitted["expected_error"], max(fitted["mean_error"], fitted["interval_error"]))
        self.parnas("targets", "onboard", "--probes", "board", "-o", "board.json", code=4)

        self.parnas("targets", "add", "board.json")
        listed = {each["name"]: each for each in self.parnas_json("targets", "list")}["my-board"]
        self.assertEqual((listed["kind"], listed["dtype"], listed["threads"], listed["batch"]),
                         ("predictor", "int8", 4, 2))
        shown = self.parnas_json("targets", "show", "my-board")
        figures = {each["key"]: each["value"] for each in shown["figures"]}
        self.assertEqual((figures["samples"], figures["space"], figures["hardware"]), ("10", "mlp@1", "a board"))
        self.assertNotIn("members", figures)
        self.assertEqual(shown["model"], "fitted")
        for metrics in (trial["metrics"] for trial in self.search("my-board", "mlp")):
            self.assertAlmostEqual(metrics["latency_ms"] / latency(metrics["multiply_adds"]), 1, delta=0.25)

    def test_a_predictor_of_a_stranger_gets_no_name_outside_the_folder(self):
        self.design(samples="2")
        self.measure()
        self.parnas("targets", "onboard", "--probes", "board", "-o", "board.json")
        document = json.loads((self.folder / "board.json").read_text())
        for key, value in (("name", "..\\..\\evil"), ("name", ".hidden"), ("threads", 0)):
            document["target"][key] = value
            self.write("bad.json", json.dumps(document))
            _, err = self.parnas("targets", "add", "bad.json", code=2)
            self.assertIn(f"/target/{key}", err)
        self.assertFalse((self.folder / "mine").exists())

    def test_a_known_device_makes_few_measurements_worth_more(self):
        for folder, samples, slowness in (("known", 20, 1), ("new", 4, 4)):
            self.parnas("targets", "onboard", "--space", "cell201", "--name", f"{folder}-board", "--probes", folder,
                        "--samples", samples)
            probes = json.loads((self.folder / folder / "probes.json").read_text())["probes"]
            self.fill(folder, {each["name"]: slowness * cell_latency(each["genotype"]) for each in probes})
        self.parnas("targets", "onboard", "--probes", "known", "-o", "known.json")
        self.parnas("targets", "add", "known.json")
        errors = {}
        for name, options in (("alone", ["--no-known"]), ("named", ["--known", "known.json"]), ("found", [])):
            fitted = self.parnas_json("targets", "onboard", "--probes", "new", *options, "-o", f"{name}.json")
            self.assertEqual(fitted["known_targets"], [] if name == "alone" else ["known-board"])
            trials = self.search(f"{name}.json", "cell201")
            errors[name] = sum(abs(trial["metrics"]["latency_ms"] / (4 * cell_latency(trial["params"])) - 1)
                               for trial in trials) / len(trials)
        self.assertLess(errors["named"], 0.5 * errors["alone"])
        self.assertEqual(errors["found"], errors["named"])

    def test_further_probes_are_added_to_what_is_measured(self):
        self.design(samples="4")
        first = self.measure(only=3)
        fitted = self.parnas_json("targets", "onboard", "--probes", "board", "-o", "a.json")
        self.assertEqual((fitted["samples"], fitted["missing"]), (3, ["probe_03"]))
        added = self.parnas_json("targets", "onboard", "--probes", "board", "--more", 3)
        self.assertEqual((added["probes"], added["new"]), (7, 3))
        probes = json.loads((self.folder / "board/probes.json").read_text())["probes"]
        self.assertEqual(probes[:4], first)
        self.assertEqual(len({each["architecture"] for each in probes}), 7)
        self.assertTrue((self.folder / "board/probe_06.onnx").exists())
        lines = (self.folder / "board/measurements.csv").read_text().split("\n")
        self.assertTrue(lines[1].startswith("probe_00,0."))
        self.assertEqual(lines[4:], ["probe_04,,", "probe_05,,", "probe_06,,", ""])
        again = self.parnas_json("targets", "onboard", "--probes", "board", "-o", "b.json")
        self.assertEqual((again["samples"], again["mean_error"]), (3, fitted["mean_error"]))
        self.measure()
        self.assertEqual(self.parnas_json("targets", "onboard", "--probes", "board", "-o", "c.json")["samples"], 7)

    def test_measurements_that_are_none_are_refused_by_line(self):
        self.design(samples="3")
        self.write("board/measurements.csv", "probe,latency_ms\r\nprobe_00,1\r\nprobe_09,2\r\nprobe_01,soon\r\n")
        for arguments in (["--probes", "board"], ["--probes", "board", "--more", "2"]):
            _, err = self.parnas("targets", "onboard", *arguments, code=2)
            self.assertIn("board/measurements.csv:3: there is no probe 'probe_09'", err)
            self.assertIn("board/measurements.csv:4: expected a latency in milliseconds", err)
        self.assertFalse((self.folder / "board/probe_03.onnx").exists())

    def test_probes_that_were_tampered_with_are_refused(self):
        self.design(samples="3")
        self.measure()
        document = json.loads((self.folder / "board/probes.json").read_text())
        document["target"]["threads"] = -1
        document["probes"][1]["genotype"] = document["probes"][0]["genotype"]
        self.write("board/probes.json", json.dumps(document))
        _, err = self.parnas("targets", "onboard", "--probes", "board", code=2)
        self.assertIn("/target/threads", err)
        self.assertIn("/probes/1/architecture", err)
        self.write("board/probes.json", "[" * 1000)
        self.parnas("targets", "onboard", "--probes", "board", code=2)
        self.parnas("targets", "onboard", "--probes", "nowhere", code=3)

    def test_probes_that_are_there_stay_without_force(self):
        self.design(samples="3")
        self.measure()
        self.parnas("targets", "onboard", "--space", "mlp", "--name", "b", "--probes", "board", code=4)
        self.assertEqual(self.parnas_json("targets", "onboard", "--probes", "board")["samples"], 3)


class Choices(ParnasCase):
    def test_what_does_not_go_together_is_refused(self):
        for arguments in ([], ["--space", "mlp"], ["--space", "mlp", "--probes", "p"], ["--name", "x"],
                          ["--more", "2"], ["--probes", "p", "--more", "2", "--space", "mlp"],
                          ["--probes", "p", "--mark-disturbed"], ["--probes", "p", "--samples", "1"],
                          ["--space", "mlp", "--probes", "p", "--name", "../x"],
                          ["--space", "mlp", "--probes", "p", "--name", "x", "-o", "y.json"],
                          ["--space", "mlp", "--probes", "p", "--name", "x", "--dtype", "int9"]):
            self.parnas("targets", "onboard", *arguments, code=2)
        self.assertEqual(list(self.folder.iterdir()), [])


MODULE = pathlib.Path(PARNAS).parent.parent / "lib/parnas/libparnas_opencv.so"


@unittest.skipUnless(os.environ["BUILT_WITH_OPENCV"] == "1" and MODULE.exists(), "no OpenCV")
class Here(ParnasCase):
    """This machine, which may be busy: so disturbed measurements are taken."""
    ONBOARD = ["targets", "onboard", "--space", "mlp", "--runtime", "opencv", "--mark-disturbed", "--probes", "probes",
               "--name", "here"]

    def environment(self):
        return {**super().environment(), "PARNAS_TARGETS": str(self.folder / "mine")}

    def test_this_machine_is_measured_and_no_measurement_is_lost(self):
        fitted = self.parnas_json(*self.ONBOARD, "--samples", "3")
        self.assertEqual((fitted["samples"], fitted["target"]), (3, "here"))
        measured = (self.folder / "probes/measurements.csv").read_text()
        self.assertEqual(measured.count("\n"), 4)
        # As if it had been killed before the last one.
        cut = measured[:measured.rindex("probe_02")]
        self.write("probes/measurements.csv", cut)
        more = self.parnas_json(*self.ONBOARD, "--samples", "4", "--force")
        self.assertEqual(more["samples"], 4)
        after = (self.folder / "probes/measurements.csv").read_text()
        self.assertTrue(after.startswith(cut))
        self.assertEqual(after.count("\n"), 5)

    def test_more_are_measured_until_the_error_is_met(self):
        fitted = self.parnas_json(*self.ONBOARD, "--samples", "2", "--most", "5", "--error", "0.001")
        self.assertEqual((fitted["samples"], fitted["enough"]), (5, False))
        self.parnas(*self.ONBOARD, "--force", "--error", "10")
        _, err = self.parnas(*self.ONBOARD, "--force", "--seed", "7", code=4)
        self.assertIn("choose another folder by --probes", err)


if __name__ == "__main__":
    unittest.main()
