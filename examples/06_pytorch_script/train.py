# SPDX-License-Identifier: Apache-2.0
"""Trains a perceptron on the handwritten digits of ../01_digits; parnas says how."""
import pathlib

import numpy
import torch

import parnas_trial as trial

EPOCHS, FINAL_EPOCHS = 12, 40
DATA = pathlib.Path(__file__).parent / "../01_digits/digits.csv.gz"


def load():
    """Training, validation and test part: images and labels, split the same way in every trial."""
    table = numpy.random.default_rng(1).permutation(numpy.loadtxt(DATA, delimiter=",", dtype="float32"))
    images, labels = torch.tensor(table[:, :-1]) / 16, torch.tensor(table[:, -1]).long()
    return [(images[part], labels[part]) for part in (slice(720, None), slice(360, 720), slice(360))]


def build(width, depth):
    layers, size = [], 64
    for _ in range(depth):
        layers += [torch.nn.Linear(size, width), torch.nn.ReLU()]
        size = width
    return torch.nn.Sequential(*layers, torch.nn.Linear(size, 10))


def optimizer_of(weights, optimizer, lr, momentum=0.0, **_):
    if optimizer == "sgd":
        return torch.optim.SGD(weights, lr=lr, momentum=momentum)
    return torch.optim.Adam(weights, lr=lr)


def train_epoch(network, optimizer, images, labels, batch):
    for rows in torch.randperm(len(images)).split(batch):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(network(images[rows]), labels[rows]).backward()
        optimizer.step()


def accuracy_of(network, images, labels):
    with torch.no_grad():
        return (network(images).argmax(1) == labels).float().mean()


def main(chosen):
    torch.manual_seed(trial.seed)
    torch.set_num_threads(trial.threads)
    training, validation, test = load()
    network = build(chosen["width"], chosen["depth"])
    optimizer = optimizer_of(network.parameters(), **chosen)
    epochs = FINAL_EPOCHS if trial.stage == "finalist" else EPOCHS
    for epoch in range(max(1, round(epochs * trial.fidelity))):
        train_epoch(network, optimizer, *training, chosen["batch"])
        if trial.report(epoch, accuracy=accuracy_of(network, *validation)):
            break  # pruned
    metrics = {"accuracy": accuracy_of(network, *validation),
               "weights": sum(weight.numel() for weight in network.parameters())}
    if trial.stage == "finalist":
        metrics["test_accuracy"] = accuracy_of(network, *test)
    trial.finish(**metrics)


if __name__ == "__main__":
    main(trial.parameters)
