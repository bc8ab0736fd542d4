#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The include lint accepts what is allowed and finds each kind of bad edge."""
import unittest

from run_lint import run_lint


def lint(files):
    return run_lint("check_includes.py", files)


class CheckIncludes(unittest.TestCase):
    def test_accepts_the_right_direction(self):
        code, text = lint({"spaces/a.cpp": '#include "core/error.h"\n#include <vector>\n'})
        self.assertEqual((code, text), (0, "include directions ok\n"))

    def test_finds_bad_edges(self):
        for name, include in [
            ("core/a.h", '"spaces/param.h"'),
            ("store/a.cpp", '"spaces/param.h"'),
            ("search/a.cpp", '"store/sqlite_store.h"'),
            ("cli/a.cpp", '"evaluators/torch/weights.h"'),
            ("search/a.cpp", "<torch/script.h>"),
            ("cli/a.cpp", "<sqlite3.h>"),
            ("api/http/a.cpp", '"store/store.h"'),
            ("api/a.cpp", "<httplib.h>"),
            ("cli/a.cpp", "<grpcpp/grpcpp.h>"),
            ("cli/a.cpp", '"api/optuna/storage.pb.h"'),
            ("core/a.h", "<nlohmann/json.hpp>"),
        ]:
            with self.subTest(file=name, include=include):
                code, text = lint({name: f"#include {include}\n"})
                self.assertEqual(code, 1)
                self.assertIn(name, text)


if __name__ == "__main__":
    unittest.main()
