# SPDX-License-Identifier: Apache-2.0
"""Plugins as their authors use them: new ones, the examples, and every snippet of the documentation."""
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import time
import unittest

from support import PARNAS, ParnasCase

ROOT = pathlib.Path(__file__).parents[2]
BUILD = pathlib.Path(PARNAS).parents[1]
# A sanitizer's runtime would have to come before somebody else's library.
SANITIZED = os.environ.get("SANITIZED") == "1"
HAS_TORCH = (BUILD / "lib/parnas/libparnas_torch.so").exists()
BLOCK = re.compile(r"^```(\S+)(?: (\S+))?\n(.*?)^```$", re.M | re.S)


class PluginCase(ParnasCase):
    def environment(self):
        return {**super().environment(), "XDG_CONFIG_HOME": str(self.folder / "config"),
                "PYTHONPATH": str(ROOT / "python"), "CMAKE_PREFIX_PATH": str(BUILD),
                "PATH": f"{pathlib.Path(PARNAS).parent}:{os.environ['PATH']}"}

    def follow(self, page):
        """Blocks with a file's name are written, and those of commands run, in their order."""
        for language, name, text in BLOCK.findall((ROOT / "docs/adding-parts" / page).read_text()):
            if name:
                self.write(name, text)
            elif language == "sh" or language == "shell" and not SANITIZED:
                result = subprocess.run(["sh", "-ec", text], cwd=self.folder, env=self.environment(), timeout=200,
                                        capture_output=True, text=True, check=False)
                self.assertEqual(result.returncode, 0, f"{text}\n{result.stdout}\n{result.stderr}")


class NewPlugins(PluginCase):
    def test_each_role_is_written_checked_and_searched_with(self):
        for role in ("space", "evaluator", "sampler", "target"):
            with self.subTest(role):
                name = f"my_{role}"
                self.parnas("plugin", "new", role, name)
                self.assertNotIn("FAILED", self.parnas("plugin", "check", name)[0])
                self.parnas("--plugins", name, "run", f"{name}/job.yaml", "--quiet")
                self.assertTrue(self.parnas_json("front", name)["members"])

    def test_a_new_folder_overwrites_nothing(self):
        self.parnas("plugin", "new", "space", "mine")
        self.assertIn("there already", self.parnas("plugin", "new", "space", "mine", code=4)[1])
        self.assertIn("a-z", self.parnas("plugin", "new", "space", "My-Space", code=2)[1])
        self.assertIn("in C++", self.parnas("plugin", "new", "operator", "layer", code=2)[1])

    def test_a_space_is_shown_stored_and_exported_like_a_built_in(self):
        self.parnas("plugin", "new", "space", "mine")
        flags = ("--plugins", "mine")
        listed = {each["name"]: each for each in self.parnas_json(*flags, "spaces", "list")}
        self.assertEqual(listed["mine@1"]["cardinality"], 64)
        self.assertEqual(len(self.parnas_json(*flags, "spaces", "show", "mine")["params"]), 2)
        linted = self.parnas_json(*flags, "spaces", "lint", "mine", "--max", "parameters=1000")
        self.assertTrue(0 < linted["within"] < 1 and linted["dead"] == 0 and linted["unreachable"] == [], linted)
        self.parnas(*flags, "run", "mine/job.yaml", "--quiet")
        best = self.parnas_json("front", "mine")["members"][0]["number"]
        self.parnas(*flags, "export", "mine", "--trial", best, "--format", "dot", "--out", "best.dot")
        self.assertIn("digraph", (self.folder / "best.dot").read_text())
        self.parnas(*flags, "resume", "mine", "--trials", "30", "--quiet")
        self.assertEqual(len(self.parnas_json("trials", "mine")), 30)
        self.assertIn("mine", self.parnas("resume", "mine", "--trials", "40", "--quiet", code=2)[1])


class BadPlugins(PluginCase):
    def write_plugin(self, program, timeout="30s"):
        (self.folder / "bad").mkdir(exist_ok=True)
        self.write("bad/bad.plugin.yaml", f"plugin: bad\ncommand: [python3, bad.py]\ntimeout: {timeout}\n")
        self.write("bad/bad.py", program)

    def test_check_says_in_words_what_is_wrong(self):
        self.write_plugin("import random\nfrom parnas_plugin import *\n"
                          "class Bad(Space):\n"
                          "    def document(self): return {'name': 'bad@1', 'params': {'x': {'integer': [1, 9]}}}\n"
                          "    def decode(self, x): return {'y': random.random()}\n"
                          "serve(Bad())\n")
        out, err = self.parnas("plugin", "check", "bad", code=2)
        self.assertIn("FAILED  space bad@1: decodes a candidate alone as among others", out)
        self.assertIn("it gives something else for x=", err)

    def test_a_candidate_that_does_not_decode_fails_its_trial_alone(self):
        self.write_plugin("import os\nfrom parnas_plugin import *\n"
                          "class Bad(Space):\n"
                          "    def document(self): return {'name': 'bad@1', 'params': {'x': {'integer': [1, 9]}}}\n"
                          "    def decode(self, x):\n"
                          "        if x == 2: raise ValueError('two is too many')\n"
                          "        if x == 3: os._exit(7)\n"
                          "        return {'y': x}\n"
                          "serve(Bad())\n")
        self.write("job.yaml", "name: bad\nspace: bad\nobjectives: {score: maximize}\nbudget: {trials: 9}\nstrategy: {type: grid}\n"
                   "evaluator: {type: command, command: [sh, -c, 'echo {\\\"metrics\\\":{\\\"score\\\":1}}'], metrics: [score]}\n")
        self.parnas("--plugins", "bad", "run", "job.yaml", "--quiet")
        trials = {each["params"]["x"]: each for each in self.parnas_json("trials", "bad")}
        self.assertIn("two is too many", trials[2]["failure"]["reason"])
        self.assertIn("exit code 7", trials[3]["failure"]["reason"])
        self.assertEqual([trials[x]["state"] for x in (1, 2, 3, 4)], ["complete", "fail", "fail", "complete"])

    def test_a_plugin_that_does_not_start_is_left_out(self):
        self.write_plugin("raise SystemExit('no licence')\n")
        self.assertIn("no licence", self.parnas("--plugins", "bad", "plugin", "list")[0])
        out, err = self.parnas("--plugins", "bad", "spaces", "list")
        self.assertIn("cell201@1", out)
        self.assertIn("warning: a plugin is left out", err)
        self.assertIn("not_here", self.parnas("--plugins", "not_here", "plugin", "list", code=3)[1])


class Servers(PluginCase):
    def test_a_server_is_a_plugin_too(self):
        self.write("server.py", "import sys\nfrom parnas_plugin import *\n"
                   "class Line(Space):\n"
                   "    def document(self): return {'name': 'line@1', 'params': {'x': {'integer': [1, 9]}}}\n"
                   "    def decode(self, x): return {'y': 2 * x}\n"
                   "serve_http(Line(), port=int(sys.argv[1]))\n")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.write("line.plugin.yaml", f"plugin: line\nurl: http://127.0.0.1:{port}\ntimeout: 20s\n")
        self.assertIn("cannot be reached", self.parnas("plugin", "check", "line.plugin.yaml", code=2)[1])
        with subprocess.Popen(["/usr/bin/python3", "server.py", str(port)], cwd=self.folder, env=self.environment()) as server:
            self.addCleanup(server.kill)
            for _ in range(100):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            self.assertNotIn("FAILED", self.parnas("plugin", "check", "line.plugin.yaml")[0])
            server.kill()


class Examples(PluginCase):
    def example(self, name):
        shutil.copytree(ROOT / "examples" / name, self.folder / "examples" / name)
        shutil.copytree(ROOT / "python", self.folder / "python")
        return f"examples/{name}"

    def search(self, folder, study):
        self.assertNotIn("FAILED", self.parnas("plugin", "check", folder)[0])
        self.parnas("--plugins", folder, "run", f"{folder}/job.yaml", "--quiet")
        members = self.parnas_json("front", study)["members"]
        self.assertTrue(members)
        return members

    def test_python_space(self):
        folder = self.example("11_python_space")
        self.assertLessEqual(len((self.folder / folder / "pyramid.py").read_text().splitlines()), 12)
        best = self.search(folder, "pyramid")[0]["number"]
        self.parnas("--plugins", folder, "export", "pyramid", "--trial", best, "--format", "json", "--out", "best.json")
        self.assertIn("nodes", json.dumps(json.loads((self.folder / "best.json").read_text())))

    def test_shell_evaluator(self):
        folder = self.example("12_shell_evaluator")
        self.assertLessEqual(len((self.folder / folder / "bowl.sh").read_text().splitlines()), 20)
        self.parnas("--plugins", folder, "run", f"{folder}/job.yaml", "--quiet")
        self.assertLess(self.parnas_json("front", "bowl")["members"][0]["values"]["loss"], 0.2)

    def test_torch_operator_is_that_of_the_documentation(self):
        page = (ROOT / "docs/adding-parts/operator.md").read_text()
        for name in ("learned_swish.cpp", "CMakeLists.txt", "space.yaml"):
            text = (ROOT / "examples/13_torch_operator" / name).read_text()
            self.assertIn(text.split("\n", 1)[1], page)

    def test_cpp_space_is_that_of_the_documentation(self):
        text = (ROOT / "examples/10_cpp_space/convnet.cpp").read_text()
        self.assertLessEqual(len(text.splitlines()), 20)
        self.assertIn(text.split("\n", 1)[1], (ROOT / "docs/adding-parts/space.md").read_text())


class Documentation(PluginCase):
    def test_readme(self):
        self.follow("README.md")

    def test_space(self):
        self.follow("space.md")
        if SANITIZED:
            return
        for name in ("job.yaml", "score.sh"):
            shutil.copy(ROOT / "examples/10_cpp_space" / name, self.folder)
        flags = ("--plugins", "convnet.plugin.yaml")
        self.parnas(*flags, "run", "job.yaml", "--quiet")
        best = self.parnas_json("front", "convnet")["members"][0]["number"]
        self.parnas(*flags, "export", "convnet", "--trial", best, "--format", "dot", "--out", "convnet.dot")

    def test_evaluator(self):
        self.follow("evaluator.md")

    def test_sampler(self):
        self.follow("sampler.md")

    def test_target(self):
        self.follow("target.md")

    def test_protocol(self):
        self.follow("protocol.md")


@unittest.skipUnless(HAS_TORCH, "built without LibTorch")
class Operators(PluginCase):
    def environment(self):
        return {key: value for key, value in super().environment().items() if key != "PARNAS_TORCH_MODULE"}

    def test_the_operator_of_the_documentation_is_trained_and_exported(self):
        self.follow("operator.md")
        flags = ("--plugins", "learned_swish.plugin.yaml")
        self.assertIn("learned_swish@1", self.parnas(*flags, "spaces", "blocks")[0])
        shutil.copy(ROOT / "examples/13_torch_operator/job.yaml", self.folder)
        space = (self.folder / "space.yaml").read_text().replace("act: relu, ", "")  # so that all have it
        self.write("space.yaml", space)
        self.parnas(*flags, "run", "job.yaml", "--quiet", "--trials", "6", "--set", "evaluator.epochs=1", "--set",
                    "strategy.population=4", "--set", f"evaluator.data.csv={ROOT}/examples/01_digits/digits.csv.gz")
        self.assertEqual({each["state"] for each in self.parnas_json("trials", "slopes")}, {"complete"})

        def export(form, *before, **settings):
            return self.parnas(*before, "export", "slopes", "--format", form, "--out", "best", "--force", **settings)
        export("torchscript", *flags)
        if os.environ.get("BUILT_WITH_ONNX") == "1":
            self.assertIn("no custom op 'learned_swish@1'", export("onnx", *flags, code=2)[1])
        self.assertIn("no plugin here offers the operator 'learned_swish@1'", export("torchscript", code=2)[1])


if __name__ == "__main__":
    unittest.main()
