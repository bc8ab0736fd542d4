# SPDX-License-Identifier: Apache-2.0
"""The Mann-Whitney rank-sum test and what it says of two searches' seeds."""
import math


def ranks(values):
    """From 1; equal values share the mean of theirs."""
    order = sorted(range(len(values)), key=values.__getitem__)
    result = [0.0] * len(values)
    begin = 0
    while begin < len(order):
        end = begin
        while end < len(order) and values[order[end]] == values[order[begin]]:
            end += 1
        for i in order[begin:end]:
            result[i] = (begin + 1 + end) / 2
        begin = end
    return result


def rank_sum(a, b):
    """The two-sided p that `a` and `b` come from one distribution, by the normal approximation
    with corrections for ties and continuity (good from eight values a side on), and by how much
    more often a value of `a` is above one of `b` than below, from -1 to 1."""
    n, m = len(a), len(b)
    values = list(a) + list(b)
    above = sum(ranks(values)[:n]) - n * (n + 1) / 2 - n * m / 2
    ties = sum(count**3 - count for count in map(values.count, set(values)))
    variance = n * m / 12 * (n + m + 1 - ties / ((n + m) * (n + m - 1)))
    if variance <= 0:
        return 1.0, 0.0
    z = max(0.0, abs(above) - 0.5) / math.sqrt(variance)
    return math.erfc(z / math.sqrt(2)), 2 * above / (n * m)


def verdict(p, above, direction):
    """What lies `above` something, or below if that is negative, is beside it, at 5 %."""
    if p >= 0.05:
        return "equal"
    return "better" if (above > 0) == (direction == "maximize") else "worse"
