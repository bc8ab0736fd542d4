#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Weight-sharing training as one writes it in PyTorch: what parnas' own steps are timed against.

The supernets of the spaces cell201 and darts (spaces/library/), each either mixed (softmax of
architecture parameters on every edge; a step is Adam on them with one batch and SGD on the
weights with another: DARTS, first order) or of sampled paths (a step draws one sub-network and
trains its weights by SGD). In mixed options batch norms do not learn, and pools have one.

Takes its options as a JSON object: "space", "method" ("mixed", "path"), "channels", "cells" (per
stage), "image", "batch", "threads" and "channels_last" (PyTorch's other order of values). Reads lines from standard input: the number of steps to make. Answers each with a line of
JSON: seconds and CPU seconds per step and the last loss. At the end of the input it says how
much memory it had.

    echo 5 | bench/peers/supernet.py '{"space": "cell201", "method": "mixed", "channels": 16}'
"""

import json
import random
import resource
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F


def relu_conv_norm(inputs, outputs, kernel=1, stride=1, affine=True):
    return nn.Sequential(
        nn.ReLU(),
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(outputs, affine=affine),
    )


def pool(kind, channels, stride, mixed):
    if kind == "max":
        layer = nn.MaxPool2d(3, stride, 1)
    else:
        layer = nn.AvgPool2d(3, stride, 1, count_include_pad=False)
    return nn.Sequential(layer, nn.BatchNorm2d(channels, affine=False)) if mixed else layer


def depthwise(channels, kernel, stride, dilation, affine):
    padding = dilation * (kernel // 2)
    return [
        nn.ReLU(),
        nn.Conv2d(channels, channels, kernel, stride, padding, dilation, channels, bias=False),
        nn.Conv2d(channels, channels, 1, bias=False),
        nn.BatchNorm2d(channels, affine=affine),
    ]


def separable(channels, kernel, stride, affine):
    return nn.Sequential(
        *depthwise(channels, kernel, stride, 1, affine), *depthwise(channels, kernel, 1, 1, affine)
    )


def dilated(channels, kernel, stride, affine):
    return nn.Sequential(*depthwise(channels, kernel, stride, 2, affine))


class Zero(nn.Module):
    def forward(self, x):
        return x * 0.0


class FactorizedReduce(nn.Module):
    """Halves the image without losing every second pixel."""

    def __init__(self, inputs, outputs, affine=True):
        super().__init__()
        self.even = nn.Conv2d(inputs, outputs // 2, 1, 2, bias=False)
        self.odd = nn.Conv2d(inputs, outputs - outputs // 2, 1, 2, bias=False)
        self.norm = nn.BatchNorm2d(outputs, affine=affine)

    def forward(self, x):
        x = F.relu(x)
        return self.norm(torch.cat([self.even(x), self.odd(x[:, :, 1:, 1:])], 1))


class MixedOp(nn.Module):
    def __init__(self, options):
        super().__init__()
        self.options = nn.ModuleList(options)

    def forward(self, x, choice):
        """`choice`: a weight for each option, or the index of the only one."""
        if isinstance(choice, int):
            return self.options[choice](x)
        return sum(w * option(x) for w, option in zip(choice, self.options))


def cell201_options(channels, mixed):
    return [
        Zero(),
        nn.Identity(),
        relu_conv_norm(channels, channels, 1, affine=not mixed),
        relu_conv_norm(channels, channels, 3, affine=not mixed),
        pool("average", channels, 1, mixed),
    ]


def darts_options(channels, stride, mixed):
    return [
        pool("max", channels, stride, mixed),
        pool("average", channels, stride, mixed),
        nn.Identity() if stride == 1 else FactorizedReduce(channels, channels, not mixed),
        separable(channels, 3, stride, not mixed),
        separable(channels, 5, stride, not mixed),
        dilated(channels, 3, stride, not mixed),
        dilated(channels, 5, stride, not mixed),
    ]


class Cell201(nn.Module):
    edges = [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)]

    def __init__(self, channels, mixed):
        super().__init__()
        self.mixed = nn.ModuleList(MixedOp(cell201_options(channels, mixed)) for _ in self.edges)

    def forward(self, x, choices):
        nodes = [x]
        for target in range(1, 4):
            nodes.append(
                sum(
                    mixed(nodes[source], choices[edge])
                    for edge, (mixed, (source, to)) in enumerate(zip(self.mixed, self.edges))
                    if to == target
                )
            )
        return nodes[3]


class Reduce(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.body = nn.Sequential(
            relu_conv_norm(inputs, outputs, 3, 2), relu_conv_norm(outputs, outputs, 3)
        )
        self.shortcut = nn.Sequential(nn.AvgPool2d(2), nn.Conv2d(inputs, outputs, 1, bias=False))

    def forward(self, x):
        return self.body(x) + self.shortcut(x)


class Supernet201(nn.Module):
    options = 5
    edges = [6]  # of each kind of cell

    def __init__(self, image, classes, channels, cells, mixed):
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(image[0], channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels)
        )
        self.stages = nn.ModuleList(
            nn.ModuleList(Cell201(channels * factor, mixed) for _ in range(cells))
            for factor in (1, 2, 4)
        )
        self.reduces = nn.ModuleList(
            Reduce(channels * factor, channels * factor * 2) for factor in (1, 2)
        )
        self.last = nn.Sequential(nn.BatchNorm2d(channels * 4), nn.ReLU())
        self.head = nn.Linear(channels * 4, classes)

    def forward(self, x, choices):
        x = self.stem(x)
        for i, stage in enumerate(self.stages):
            if i > 0:
                x = self.reduces[i - 1](x)
            for cell in stage:
                x = cell(x, choices[0])
        return self.head(self.last(x).mean([2, 3]))

    def sample(self, rng):
        return [[rng.randrange(self.options) for _ in range(6)]]


class DartsCell(nn.Module):
    edges = [(source, target) for target in range(2, 6) for source in range(target)]

    def __init__(self, before, inputs, channels, reduction, reduced_before, mixed):
        super().__init__()
        if reduced_before:
            self.prepare0 = FactorizedReduce(before, channels)
        else:
            self.prepare0 = relu_conv_norm(before, channels)
        self.prepare1 = relu_conv_norm(inputs, channels)
        self.mixed = nn.ModuleList(
            MixedOp(darts_options(channels, 2 if reduction and source < 2 else 1, mixed))
            for source, _ in self.edges
        )

    def forward(self, before, x, choices):
        nodes = [self.prepare0(before), self.prepare1(x)]
        for target in range(2, 6):
            nodes.append(
                sum(
                    mixed(nodes[source], choices[edge])
                    for edge, (mixed, (source, to)) in enumerate(zip(self.mixed, self.edges))
                    if to == target and choices[edge] is not None
                )
            )
        return torch.cat(nodes[2:], 1)


class DartsSupernet(nn.Module):
    options = 7
    edges = [14, 14]

    def __init__(self, image, classes, channels, cells, mixed):
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(image[0], 3 * channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(3 * channels),
        )
        self.cells = nn.ModuleList()
        self.kinds = []  # of each cell: normal or reduction
        before = inputs = 3 * channels
        reduced_before = False
        for stage in range(3):
            width = channels * 2**stage
            for reduction in ([True] if stage else []) + [False] * cells:
                self.cells.append(
                    DartsCell(before, inputs, width, reduction, reduced_before, mixed)
                )
                self.kinds.append(int(reduction))
                before, inputs, reduced_before = inputs, 4 * width, reduction
        self.head = nn.Linear(inputs, classes)

    def forward(self, x, choices):
        before = x = self.stem(x)
        for cell, kind in zip(self.cells, self.kinds):
            before, x = x, cell(before, x, choices[kind])
        return self.head(x.mean([2, 3]))

    def sample(self, rng):
        return [self.sample_cell(rng), self.sample_cell(rng)]

    def sample_cell(self, rng):
        choices = []
        for target in range(2, 6):
            taken = rng.sample(range(target), 2)
            choices += [
                rng.randrange(self.options) if source in taken else None
                for source in range(target)
            ]
        return choices


class MixedTraining:
    def __init__(self, network, lr):
        self.network = network
        self.alphas = [
            nn.Parameter(torch.zeros(edges, network.options)) for edges in network.edges
        ]
        self.weights_optimizer = torch.optim.SGD(
            network.parameters(), lr, momentum=0.9, weight_decay=3e-4
        )
        self.alphas_optimizer = torch.optim.Adam(
            self.alphas, 3e-4, betas=(0.5, 0.999), weight_decay=1e-3
        )

    def loss(self, images, labels):
        choices = [F.softmax(alpha, 1) for alpha in self.alphas]
        return F.cross_entropy(self.network(images, choices), labels)

    def step(self, train, validation):
        self.alphas_optimizer.zero_grad()
        self.loss(*validation).backward()
        self.alphas_optimizer.step()
        self.weights_optimizer.zero_grad()
        loss = self.loss(*train)
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self.weights_optimizer.step()
        return loss.item()


class PathTraining:
    def __init__(self, network, lr):
        self.network = network
        self.rng = random.Random(1)
        self.optimizer = torch.optim.SGD(network.parameters(), lr, momentum=0.9, weight_decay=3e-4)

    def step(self, train, _):
        self.optimizer.zero_grad()
        loss = F.cross_entropy(self.network(train[0], self.network.sample(self.rng)), train[1])
        if loss.requires_grad:
            loss.backward()
            nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
            self.optimizer.step()
        return loss.item()


def main():
    options = {"channels": 16, "cells": 1, "image": [3, 32, 32], "batch": 64, "threads": 1}
    options |= json.loads(sys.argv[1])
    torch.set_num_threads(options["threads"])
    torch.manual_seed(1)
    mixed = options["method"] == "mixed"
    kind = {"cell201": Supernet201, "darts": DartsSupernet}[options["space"]]
    network = kind(options["image"], 10, options["channels"], options["cells"], mixed)
    order = torch.contiguous_format
    if options.get("channels_last"):
        order = torch.channels_last
    network = network.to(memory_format=order).train()
    training = (MixedTraining if mixed else PathTraining)(network, 0.025)
    batches = []
    for _ in range(2):
        images = torch.randn(options["batch"], *options["image"]).contiguous(memory_format=order)
        batches.append((images, torch.randint(10, (options["batch"],))))

    for line in sys.stdin:
        steps = {"seconds": [], "cpu_seconds": []}
        for _ in range(int(line)):
            wall, cpu = time.perf_counter(), time.process_time()
            steps["loss"] = training.step(*batches)
            steps["seconds"].append(time.perf_counter() - wall)
            steps["cpu_seconds"].append(time.process_time() - cpu)
        print(json.dumps(steps), flush=True)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    parameters = sum(p.numel() for p in network.parameters())
    print(json.dumps({"peak_memory_bytes": usage.ru_maxrss * 1024, "parameters": parameters}))


if __name__ == "__main__":
    main()
