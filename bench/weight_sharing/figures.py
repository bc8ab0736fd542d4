# SPDX-License-Identifier: Apache-2.0
"""Means, spreads and tables."""
import statistics

# Two-sided 95 % quantiles of Student's t, by degrees of freedom.
T95 = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262}


def mean_and_spread(values):
    """"0.812 (sd 0.013)", or a dash without values."""
    if not values:
        return "-"
    spread = statistics.stdev(values) if len(values) > 1 else 0.0
    return f"{statistics.mean(values):.4f} (sd {spread:.4f})"


def paired(values, others):
    """How much larger `values` are, by pairs: mean, and the half width of its 95 % interval."""
    differences = [a - b for a, b in zip(values, others)]
    if len(differences) < 2:
        return (differences or [0.0])[0], float("inf")
    spread = statistics.stdev(differences) / len(differences) ** 0.5
    return statistics.mean(differences), T95.get(len(differences) - 1, 2.0) * spread


def percentile(values, share):
    """The value below which `share` of them lie, between neighbours by distance."""
    values = sorted(values)
    place = share * (len(values) - 1)
    below = int(place)
    above = min(below + 1, len(values) - 1)
    return values[below] + (place - below) * (values[above] - values[below])


def table(rows):
    """Rows of texts, the first one the head, as Markdown."""
    widths = [max(len(str(row[i])) for row in rows) for i in range(len(rows[0]))]
    lines = ["| " + " | ".join(str(cell).ljust(width) for cell, width in zip(row, widths)) + " |" for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)
