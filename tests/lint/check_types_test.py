#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The lint of names finds planted clashes and nothing where names may be equal."""
import unittest

from run_lint import run_lint

LIBRARY = {
    "search/CMakeLists.txt": "parnas_library(search\n    SOURCES a.cpp b.cpp  # two\n    PUBLIC parnas::core)\n"
}


def lint(files):
    return run_lint("check_types.py", files)


def inside(text, namespace="parnas::search"):
    return f"namespace {namespace} {{\n{text}\n}}  // namespace {namespace}\n"


def hidden(text):
    return inside(f"namespace {{\n\n{text}\n\n}}  // namespace")


class Types(unittest.TestCase):
    def test_finds_two_types_of_one_name(self):
        other = inside("// A class.\nclass Prediction final : public Base<int> {\n    int b;\n};")
        for text in [
            "struct Prediction {\n    int a;\n};",
            "enum class Prediction : int { a };",
            "template <typename T>\nstruct Prediction {};",
        ]:
            with self.subTest(text=text):
                code, found = lint({"search/a.h": inside(text), "bench/b.cpp": other})
                self.assertEqual(code, 1)
                self.assertRegex(found, r"search/a\.h:[23]: parnas::search::Prediction .* bench/b\.cpp:3,")

    def test_accepts_what_is_no_second_type(self):
        for text in [
            "struct Prediction;",
            "struct Outer {\n    struct Prediction {};\n};",
            "template <>\nstruct Prediction<int> {};",
            "namespace {\nstruct Prediction {};\n}  // namespace",
            "namespace other {\nstruct Prediction {};\n}  // namespace other",
            "void f() {\n    struct Prediction {};\n}",
            'const char* kText = R"(\nstruct Prediction {};\n)";',
            "/*\nstruct Prediction {};\n*/\n// struct Prediction {};",
        ]:
            with self.subTest(text=text):
                found = lint({"search/a.h": inside("struct Prediction {};"), "search/b.cpp": inside(text)})
                self.assertEqual(found, (0, "names ok\n"))


class HiddenNames(unittest.TestCase):
    def test_finds_the_name_of_a_type_that_others_see(self):
        files = {"search/a.h": inside("struct fit {};"), "search/b.cpp": hidden("struct fit {};"), **LIBRARY}
        code, found = lint(files)
        self.assertEqual(code, 1)
        self.assertIn("search/b.cpp:4: 'fit' is also a type of search/a.h:2", found)

    def test_finds_equal_names_of_one_target(self):
        for one, two in [
            ("double fit(double x) {\n    return x;\n}", "int fit(const double y = 2.0);"),
            ("std::function<void(int)> fit(std::pair<int, int> a) {}", "void fit(std::pair<int, int>) {}"),
            ("struct fit {};", "class fit {};"),
            ("constexpr double fit = 1.0;", "const std::map<int, int> fit{{1, 2}};"),
            ("using fit = int;", "using fit = double;"),
            ("void fit() {}", "struct fit {};"),
        ]:
            with self.subTest(one=one, two=two):
                code, found = lint({**LIBRARY, "search/a.cpp": hidden(one), "search/b.cpp": hidden(two)})
                self.assertEqual(code, 1)
                self.assertRegex(found, r"search/b\.cpp:4: 'fit' .* search/a\.cpp:4, .* target search ")

    def test_finds_static_names_and_constants_outside_of_anonymous_namespaces(self):
        for text in ["static int fit() {\n    return 1;\n}", "constexpr int fit = 3;"]:
            with self.subTest(text=text):
                files = {"search/a.cpp": inside(text), "search/b.cpp": inside(text)}
                self.assertEqual(lint({**LIBRARY, **files})[0], 1)

    def test_accepts_equal_names_that_do_not_meet(self):
        for one, two in [
            ("void fit(int a) {}", "void fit(double a) {}"),
            ("using fit = int;", "using fit = int;"),
            ("namespace fs = std::filesystem;", "namespace fs = std::filesystem;"),
            ("struct A {\n    void fit();\n};", "struct B {\n    void fit();\n};"),
            ("void A::fit() {}", "void fit() {}"),
        ]:
            with self.subTest(one=one, two=two):
                found = lint({**LIBRARY, "search/a.cpp": hidden(one), "search/b.cpp": hidden(two)})
                self.assertEqual(found, (0, "names ok\n"))

    def test_accepts_files_that_are_compiled_apart(self):
        files = {"tests/search/a.cpp": hidden("struct A {};"), "tests/search/b.cpp": hidden("struct A {};")}
        one = "parnas_test(search SOURCES a.cpp b.cpp LIBRARIES x)"
        self.assertEqual(lint({**files, "tests/search/CMakeLists.txt": one})[0], 1)
        two = one.replace(" b.cpp", "") + "\n" + one.replace("a.cpp ", "")
        self.assertEqual(lint({**files, "tests/search/CMakeLists.txt": two})[0], 0)


if __name__ == "__main__":
    unittest.main()
