# SPDX-License-Identifier: Apache-2.0
"""Optuna's own contract tests, over the storage that contract.py names in the environment."""
import os
import pickle

import pytest
from optuna.storages import BaseStorage, GrpcStorageProxy, RDBStorage
from optuna.study import StudyDirection
from optuna.testing.pytest_storages import StorageTestCase

MODE = os.environ["PARNAS_CONTRACT_MODE"]


def grpc():
    return GrpcStorageProxy(host="127.0.0.1", port=int(os.environ["PARNAS_CONTRACT_PORT"]))


def http():
    from parnas_optuna import ParnasStorage
    return ParnasStorage(os.environ["PARNAS_CONTRACT_HTTP"])


def file(**settings):
    return RDBStorage(os.environ["PARNAS_CONTRACT_URL"], **settings)


def delegate(name):
    def call(self, *arguments, **more):
        reads = name.startswith(("get_", "check_"))
        result = getattr(self.reader if reads else self.writer, name)(*arguments, **more)
        if name == "delete_study":
            # Optuna's storages give the ids of deleted studies again, of which the memory of a
            # GrpcStorageProxy cannot know: a client that comes later has none.
            self.reader = pickle.loads(pickle.dumps(self.reader))
        return result
    return call


class Split(BaseStorage):
    """Changes things through the one and looks at them through the other."""

    def __init__(self, writer, reader):
        self.writer = writer
        self.reader = reader

    for _name, _member in vars(BaseStorage).items():
        if callable(_member) and not _name.startswith("_"):
            locals()[_name] = delegate(_name)


def connect():
    if MODE == "grpc":
        return grpc()
    if MODE == "written":
        return Split(grpc(), file())
    if MODE == "read":
        return Split(file(), grpc())
    if MODE == "read_http":
        return Split(file(), http())
    return file(skip_table_creation=True)


@pytest.fixture
def storage():
    storage = connect()
    # They count what there is.
    for study in storage.get_all_studies():
        storage.delete_study(study._study_id)
    yield storage


class TestStorage(StorageTestCase):
    if MODE in ("grpc", "read"):
        @pytest.mark.parametrize("param_names", [["a", "b"], ["b", "a"]])
        def test_get_all_trials_params_order(self, storage, param_names):
            pytest.skip("the protocol keeps no order of parameters, as Optuna's own tests say")

    if MODE in ("read", "read_http", "empty"):
        # Here Optuna's storage makes the studies, of which its own tests ask no more than this: it
        # gives ids of deleted studies again.
        def test_create_new_study_unique_id(self, storage):
            ids = [storage.create_new_study(directions=[StudyDirection.MINIMIZE]) for _ in range(2)]
            storage.delete_study(ids.pop())
            ids.append(storage.create_new_study(directions=[StudyDirection.MINIMIZE]))
            assert sorted(study._study_id for study in storage.get_all_studies()) == sorted(set(ids))


@pytest.mark.skipif(MODE != "empty", reason="of an empty file only")
def test_an_empty_file_of_parnas_has_the_newest_version():
    storage = file(skip_table_creation=True)
    assert storage.get_current_version() == storage.get_head_version() == "v3.2.0.a"
