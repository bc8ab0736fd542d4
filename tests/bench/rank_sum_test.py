# SPDX-License-Identifier: Apache-2.0
"""The rank-sum test of bench/quality."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "bench" / "quality"))
from rank_sum import rank_sum, ranks, verdict  # noqa: E402


class RankSum(unittest.TestCase):
    def test_equal_values_share_the_mean_rank(self):
        self.assertEqual(ranks([3.0, 1.0, 3.0, 2.0]), [3.5, 1.0, 3.5, 2.0])

    def test_values_apart_differ_and_equal_ones_do_not(self):
        p, above = rank_sum(range(10), range(10, 20))
        self.assertAlmostEqual(p, 0.0001826718, places=9)  # u = 0 of 100: z = 49.5 / sqrt(175)
        self.assertEqual(above, -1.0)
        self.assertEqual(rank_sum([1.0] * 10, [1.0] * 10), (1.0, 0.0))
        self.assertEqual(rank_sum([1, 4, 5, 8], [2, 3, 6, 7]), (1.0, 0.0))

    def test_sides_may_be_exchanged(self):
        a, b = [1.0, 2.0, 2.0, 5.0], [2.0, 6.0, 7.0]
        self.assertAlmostEqual(rank_sum(a, b)[0], rank_sum(b, a)[0])
        self.assertAlmostEqual(rank_sum(a, b)[1], -rank_sum(b, a)[1])

    def test_a_verdict_follows_the_goal(self):
        self.assertEqual(verdict(0.2, -0.3, "minimize"), "equal")
        self.assertEqual(verdict(0.01, -0.3, "minimize"), "better")
        self.assertEqual(verdict(0.01, -0.3, "maximize"), "worse")


if __name__ == "__main__":
    unittest.main()
