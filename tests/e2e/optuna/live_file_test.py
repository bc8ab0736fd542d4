# SPDX-License-Identifier: Apache-2.0
"""One store, written over gRPC and read by the system's Optuna from the same file, and the reverse."""
import math
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
import warnings

try:
    import grpc
    import optuna
except ImportError as error:
    grpc = optuna = None
    MISSING = str(error)
if os.environ.get("BUILT_WITH_GRPC") == "0":
    grpc, MISSING = None, "parnas was built without gRPC"
if grpc:
    from grpc_server import GrpcServer

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
UNIT = '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}'


def stubs(folder):
    """The protocol's Python modules, made from its file."""
    subprocess.run(["protoc", f"--proto_path={REPOSITORY}", f"--python_out={folder}", f"--grpc_python_out={folder}",
                    f"--plugin=protoc-gen-grpc_python={shutil.which('grpc_python_plugin')}",
                    "api/optuna/storage.proto"], check=True)
    sys.path.insert(0, str(folder))
    from api.optuna import storage_pb2, storage_pb2_grpc
    return storage_pb2, storage_pb2_grpc


@unittest.skipUnless(grpc and optuna, globals().get("MISSING"))
class LiveFile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        warnings.simplefilter("ignore")
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        folder = tempfile.TemporaryDirectory(prefix="parnas-optuna-")
        cls.addClassCleanup(folder.cleanup)
        cls.messages, service = stubs(folder.name)
        cls.server = GrpcServer(pathlib.Path(folder.name) / "store.db")
        cls.server.__enter__()
        cls.addClassCleanup(cls.server.__exit__)
        channel = grpc.insecure_channel(f"127.0.0.1:{cls.server.port}")
        cls.addClassCleanup(channel.close)
        cls.stub = service.StorageServiceStub(channel)

    def ask(self, call, **fields):
        return getattr(self.stub, call)(getattr(self.messages, call + "Request")(**fields), timeout=30)

    def file(self):
        # Optuna 3.1 wants an older revision by name and reads this one as well.
        storage = optuna.storages.RDBStorage(self.server.url, skip_compatibility_check=True)
        self.addCleanup(storage.remove_session)
        return storage

    def create(self, name):
        return self.ask("CreateNewStudy", study_name=name, directions=[self.messages.MAXIMIZE]).study_id

    def test_what_goes_in_over_grpc_is_read_from_the_file(self):
        study = self.create("from grpc")
        self.ask("SetStudyUserAttribute", study_id=study, key="k", value='["caf\\u00e9", NaN]')
        trial = self.ask("CreateNewTrial", study_id=study, template_trial_is_none=True).trial_id
        self.ask("SetTrialParameter", trial_id=trial, param_name="x", param_value_internal=0.25, distribution=UNIT)
        self.ask("SetTrialIntermediateValue", trial_id=trial, step=1, intermediate_value=math.inf)
        storage = self.file()
        self.assertEqual(storage.get_trial(trial).state, optuna.trial.TrialState.RUNNING)
        self.ask("SetTrialStateValues", trial_id=trial, state=self.messages.COMPLETE, values=[0.5])

        loaded = optuna.load_study(study_name="from grpc", storage=self.file())
        self.assertEqual(loaded.direction, optuna.study.StudyDirection.MAXIMIZE)
        self.assertEqual(loaded.user_attrs["k"][0], "café")
        self.assertEqual(loaded.best_params, {"x": 0.25})
        self.assertEqual(loaded.best_value, 0.5)
        self.assertEqual(loaded.trials[0].intermediate_values, {1: math.inf})

    def test_what_optuna_writes_into_the_file_is_read_over_grpc(self):
        study = optuna.create_study(study_name="from the file", storage=self.file())
        study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=5)
        number = self.ask("GetStudyIdFromName", study_name="from the file").study_id
        trials = self.ask("GetTrials", study_id=number, trial_id_greater_than=-1).trials
        self.assertEqual([trial.values[0] for trial in trials], [trial.value for trial in study.trials])
        study.enqueue_trial({"x": 0.5})
        added = self.ask("GetTrials", study_id=number, trial_id_greater_than=trials[-1].trial_id).trials
        self.assertEqual([trial.state for trial in added], [self.messages.WAITING])
        taken = dict(trial_id=added[0].trial_id, state=self.messages.RUNNING)
        self.assertTrue(self.ask("SetTrialStateValues", **taken).trial_updated)
        self.assertFalse(self.ask("SetTrialStateValues", **taken).trial_updated)
        self.assertEqual(study.trials[-1].state, optuna.trial.TrialState.RUNNING)

    def test_ids_of_deleted_studies_are_not_given_again(self):
        first = self.create("goes")
        self.ask("DeleteStudy", study_id=first)
        self.assertGreater(self.create("goes"), first)
        with self.assertRaises(grpc.RpcError) as refused:
            self.ask("GetTrials", study_id=first, trial_id_greater_than=-1)
        self.assertEqual(refused.exception.code(), grpc.StatusCode.NOT_FOUND)


if __name__ == "__main__":
    unittest.main()
