# SPDX-License-Identifier: Apache-2.0
"""What is searched: a polynomial through noisy points, by gradient descent."""
import math
import random

STEPS = 150


def _points(count, seed):
    """The first Chebyshev polynomials of x, and what is to be predicted."""
    rng = random.Random(seed)
    for _ in range(count):
        x = rng.uniform(-1.0, 1.0)
        yield [math.cos(k * math.acos(x)) for k in range(17)], math.sin(5.0 * x) / (1.0 + x * x) + rng.gauss(0.0, 0.05)


TRAINING, VALIDATION = list(_points(60, 1)), list(_points(200, 2))


def _predict(weights, features):
    return sum(weight * feature for weight, feature in zip(weights, features))


def fit(params):
    """The error on points that were not seen, and the polynomial's degree."""
    weights = [0.0] * (params["degree"] + 1)
    speed = [0.0] * len(weights)
    for _ in range(STEPS):
        slope = [params["penalty"] * weight for weight in weights]
        for features, wanted in TRAINING:
            miss = _predict(weights, features) - wanted
            for k in range(len(weights)):
                slope[k] += miss * features[k] / len(TRAINING)
        for k, each in enumerate(slope):
            speed[k] = params["momentum"] * speed[k] - params["rate"] * each
            weights[k] += speed[k]
    squares = sum((_predict(weights, features) - wanted) ** 2 for features, wanted in VALIDATION)
    return {"error": math.sqrt(squares / len(VALIDATION)), "degree": params["degree"]}
