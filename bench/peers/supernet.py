#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Weight-sharing training as one writes it in PyTorch: what parnas' own epochs are timed against.

The supernets of the spaces cell201 and darts (spaces/library/), trained in one of two ways. Both
clip gradients and make one step of SGD with momentum on all weights.

mixed: softmax of architecture parameters on every edge. A step is Adam on those with a batch of
validation data (DARTS, first order: their gradient alone is asked for, with autograd.grad), and SGD
on the weights with one of training data. In mixed options batch norms do not learn, and pools have
one.
path: each step trains one sub-network, with Nesterov's momentum; weight decay is for what is no
bias and no weight of a norm. Batch norm keeps no running statistics.

Takes its options as a JSON object: "space", "method" ("mixed", "path"), "channels", "cells" (per
stage), "image", "batch", "threads" and "channels_last" (PyTorch's other order of values). The first
line of standard input is a JSON list of paths, {parameter: choice} each, which steps take in turns.
Each other line is the number of steps to make, and is answered with a line of JSON: seconds and CPU
seconds per step and the last loss. At the end of the input it says how much memory it had.

    (echo '[]'; echo 5) | bench/peers/supernet.py '{"space": "cell201", "method": "mixed"}'
"""

import itertools
import json
import resource
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

EPOCH_STEPS = 32  # what parnas' program has samples for


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
        self.options = nn.ModuleDict(options)

    def forward(self, x, choice):
        """`choice`: a weight for each option, or the name of the only one."""
        if isinstance(choice, str):
            return self.options[choice](x)
        return sum(w * option(x) for w, option in zip(choice, self.options.values()))


def cell201_options(channels, mixed):
    return {
        "none": Zero(),
        "skip": nn.Identity(),
        "conv1x1": relu_conv_norm(channels, channels, 1, affine=not mixed),
        "conv3x3": relu_conv_norm(channels, channels, 3, affine=not mixed),
        "avgpool3x3": pool("average", channels, 1, mixed),
    }


def darts_options(channels, stride, mixed):
    skip = nn.Identity() if stride == 1 else FactorizedReduce(channels, channels, not mixed)
    return {
        "max_pool_3x3": pool("max", channels, stride, mixed),
        "avg_pool_3x3": pool("average", channels, stride, mixed),
        "skip_connect": skip,
        "sep_conv_3x3": separable(channels, 3, stride, not mixed),
        "sep_conv_5x5": separable(channels, 5, stride, not mixed),
        "dil_conv_3x3": dilated(channels, 3, stride, not mixed),
        "dil_conv_5x5": dilated(channels, 5, stride, not mixed),
    }


class Cell201(nn.Module):
    inputs = 1
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
    cells_of_kinds = [("cell", Cell201)]

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


class DartsCell(nn.Module):
    inputs = 2
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
    cells_of_kinds = [("normal", DartsCell), ("reduction", DartsCell)]

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


def choices_of(network, path):
    """For each kind of cell and edge the name of its option, or None where it is left out."""
    return [
        [choice_of(kind, source, target - cell.inputs + 1, path) for source, target in cell.edges]
        for kind, cell in network.cells_of_kinds
    ]


def choice_of(kind, source, node, path):
    taken = path.get(f"{kind}.node{node}.inputs")
    if taken is not None and str(source) not in taken.split("+"):
        return None
    return path[f"{kind}.node{node}.from{source}"]


class Batches:
    """Batches of one order of the samples after the other."""

    def __init__(self, images, labels, size):
        self.images, self.labels, self.size = images, labels, size
        self.rest = ()

    def next(self):
        if not self.rest:
            self.rest = torch.randperm(len(self.labels)).split(self.size)
        indices, *self.rest = self.rest
        return self.images[indices], self.labels[indices]


class MixedTraining:
    def __init__(self, network, data):
        self.network = network
        self.train, self.validation = data
        self.alphas = [
            nn.Parameter(1e-3 * torch.randn(len(cell.edges), network.options))
            for _, cell in network.cells_of_kinds
        ]
        self.weights_optimizer = torch.optim.SGD(
            network.parameters(), 0.025, momentum=0.9, weight_decay=3e-4
        )
        self.alphas_optimizer = torch.optim.Adam(
            self.alphas, 3e-4, betas=(0.5, 0.999), weight_decay=1e-3
        )

    def loss(self, batch, alphas):
        images, labels = batch
        choices = [F.softmax(alpha, 1) for alpha in alphas]
        return F.cross_entropy(self.network(images, choices), labels)

    def step(self):
        loss = self.loss(self.validation.next(), self.alphas)
        for alpha, gradient in zip(self.alphas, torch.autograd.grad(loss, self.alphas)):
            alpha.grad = gradient
        self.alphas_optimizer.step()
        self.weights_optimizer.zero_grad()
        loss = self.loss(self.train.next(), [alpha.detach() for alpha in self.alphas])
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self.weights_optimizer.step()
        return loss.item()


class PathTraining:
    def __init__(self, network, data, paths):
        self.network = network
        self.train = data[0]
        self.paths = itertools.cycle(paths)
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.track_running_stats = False
                module.running_mean = module.running_var = module.num_batches_tracked = None
        # Weights that a step leaves alone go on with their momentum, from the first step on.
        for parameter in network.parameters():
            parameter.grad = torch.zeros_like(parameter)
        decayed = [p for p in network.parameters() if p.dim() > 1]
        others = [p for p in network.parameters() if p.dim() <= 1]
        self.optimizer = torch.optim.SGD(
            [{"params": decayed, "weight_decay": 4e-5}, {"params": others}],
            0.05,
            momentum=0.9,
            nesterov=True,
        )

    def step(self):
        images, labels = self.train.next()
        choices = choices_of(self.network, next(self.paths))
        self.optimizer.zero_grad()
        loss = F.cross_entropy(self.network(images, choices), labels)
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self.optimizer.step()
        return loss.item()


def draw_batches(options, order):
    count = EPOCH_STEPS * options["batch"]
    images = torch.randn(count, *options["image"]).contiguous(memory_format=order)
    return Batches(images, torch.randint(10, (count,)), options["batch"])


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
    data = [draw_batches(options, order) for _ in range(2)]
    paths = json.loads(sys.stdin.readline())
    training = MixedTraining(network, data) if mixed else PathTraining(network, data, paths)

    for line in sys.stdin:
        steps = {"seconds": [], "cpu_seconds": []}
        for _ in range(int(line)):
            wall, cpu = time.perf_counter(), time.process_time()
            steps["loss"] = training.step()
            steps["seconds"].append(time.perf_counter() - wall)
            steps["cpu_seconds"].append(time.process_time() - cpu)
        print(json.dumps(steps), flush=True)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    parameters = sum(p.numel() for p in network.parameters())
    print(json.dumps({"peak_memory_bytes": usage.ru_maxrss * 1024, "parameters": parameters}))


if __name__ == "__main__":
    main()
