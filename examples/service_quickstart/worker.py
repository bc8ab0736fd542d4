# SPDX-License-Identifier: Apache-2.0
"""The worker in Python: worker.py URL TOKEN_FILE"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "python"))
import parnas_client
from curve import fit

client = parnas_client.Client(sys.argv[1], token_file=sys.argv[2])
print(client.work(lambda trial: fit(trial.params), study="curve").completed, "completed")
