# SPDX-License-Identifier: Apache-2.0
"""One trial of the worker in C++, which starts this program for each."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "python"))
import parnas_trial as trial
from curve import fit

trial.finish(**fit(trial.parameters))
