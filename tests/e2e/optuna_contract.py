#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs Optuna's own tests of storages and samplers (optuna.testing, Optuna 4.7 and later) against a server, over HTTP.

    PARNAS=build/dev/bin/parnas /usr/bin/python3 tests/e2e/optuna_contract.py --optuna PATH [--batch] [pytest options]

PATH is a folder with Optuna's source. Nothing of it is changed; for the samplers, studies that name no storage are on the
server."""
import argparse
import os
import pathlib
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve()

TESTS = """
import os
import sys

import optuna
import optuna.storages
import pytest
from optuna.testing.pytest_samplers import BasicSamplerTestCase, MultiObjectiveSamplerTestCase, RelativeSamplerTestCase
from optuna.testing.pytest_storages import StorageTestCase

from parnas_optuna import ParnasSampler, ParnasStorage

URL, BATCH = os.environ["PARNAS_TEST_URL"], os.environ["PARNAS_TEST_BATCH"] == "1"


def emptied():
    storage = ParnasStorage(URL, batch=BATCH)
    for study in storage.get_all_studies():
        storage.delete_study(study._study_id)
    return storage


class TestParnasStorage(StorageTestCase):
    @pytest.fixture
    def storage(self):
        return emptied()


class SamplerCase:
    type = None

    @pytest.fixture(autouse=True)
    def on_the_server(self, monkeypatch):
        real, mine = optuna.storages.get_storage, emptied()
        monkeypatch.setattr(optuna.storages, "get_storage", lambda storage: real(mine if storage is None else storage))

    @pytest.fixture
    def sampler(self):
        return lambda: ParnasSampler(self.type, seed=1)


SAMPLERS = ["random", "tpe", "gp", "nsga2", "regularized_evolution", "qmc"]
for name in SAMPLERS:
    bases = [SamplerCase, BasicSamplerTestCase, RelativeSamplerTestCase]
    if name in ("random", "tpe", "gp", "nsga2"):
        bases.append(MultiObjectiveSamplerTestCase)
    globals()["Test_" + name] = type("Test_" + name, tuple(bases), {"type": name})
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--optuna", required=True, help="a folder with Optuna's source")
    parser.add_argument("--batch", action="store_true", help="ParnasStorage(batch=True)")
    options, others = parser.parse_known_args()
    sys.path[:0] = [options.optuna, str(HERE.parents[2] / "python"), str(HERE.parent)]
    os.environ["PYTHONPATH"] = os.pathsep.join(sys.path[:3])
    import pytest
    from service import Server
    with tempfile.TemporaryDirectory(prefix="parnas-e2e-") as folder, Server(folder) as server:
        os.environ["PARNAS_TEST_URL"] = f"http://127.0.0.1:{server.port}"
        os.environ["PARNAS_TEST_BATCH"] = str(int(options.batch))
        tests = pathlib.Path(folder) / "test_contract.py"
        tests.write_text(TESTS, encoding="utf-8")
        code = pytest.main([str(tests), "-p", "no:cacheprovider", "-q", "-W", "ignore", *others])
        del tests
    sys.exit(code)


if __name__ == "__main__":
    main()
