// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "search/terminators/terminator.h"
#include "search/terminators/yield.h"

namespace parnas::search {

// All look at search trials of fidelity 1, from the 20th on, after each of them up to the 200th
// and then with every hundredth part that is added.

// The best value, or the hypervolume, was raised by no more than `min_delta` (0) in the last
// `trials` (50). Null after faults.
std::unique_ptr<Terminator> make_stagnation(ObjectReader& options, const TerminatorSetup& setup);

// The next `trials` (50) are expected to gain less than `below` (needed), with the upper end of
// the interval (yield.h). Null after faults.
std::unique_ptr<Terminator> make_expected_gain(ObjectReader& options, const TerminatorSetup& setup);

// The simple regret is at most `below` (needed) with probability 1 - `delta` (0.1): the least
// upper bound of what was measured less the least lower bound anywhere, by a Gaussian process of
// the trials (Makarova et al., AutoML 2022; beta as Optuna has it). One
// objective. Null after faults.
std::unique_ptr<Terminator> make_regret_bound(ObjectReader& options, const TerminatorSetup& setup);

// Whether a terminator looks after so many trials: a function of their number alone, so that a
// resumed study stops where it would have.
inline bool looks_after(std::size_t trials) {
    return trials >= kLeastForGain && trials % (trials < 200 ? 1 : trials / 100) == 0;
}

}  // namespace parnas::search
