#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Loads an exported network in PyTorch, checks that it computes what parnas computed, and predicts.

Usage: predict.py NETWORK.pt DIGITS.csv.gz
"""
import json
import sys

import numpy
import torch

extra = {"parnas_check.json": "", "parnas.json": ""}
network = torch.jit.load(sys.argv[1], _extra_files=extra).eval()

check = json.loads(extra["parnas_check.json"])
inputs = [torch.tensor(each["values"]).reshape(each["shape"]) for each in check["inputs"]]
expected = torch.tensor(check["outputs"][-1]["values"]).reshape(check["outputs"][-1]["shape"])
with torch.no_grad():
    difference = (network(*inputs) - expected).abs().max().item()
print(f"largest difference between PyTorch {torch.__version__} and parnas: {difference:.1e}")
if difference > 1e-4:
    sys.exit("the network does not compute the same")

table = numpy.loadtxt(sys.argv[2], delimiter=",", dtype=numpy.float32)
images = torch.from_numpy(table[:, :-1]).reshape(-1, 1, 8, 8)
with torch.no_grad():
    classes = network(images).argmax(1)
right = (classes == torch.from_numpy(table[:, -1])).float().mean().item()
print(f"first ten images: {classes[:10].tolist()}")
print(f"right on all {len(table)} images, those it was trained on among them: {100 * right:.1f} %")
