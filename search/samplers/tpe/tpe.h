// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>

#include "search/sampler.h"
#include "search/samplers/tpe/parzen_axis.h"

namespace parnas::search {

struct TpeOptions {
    std::size_t startup = 10;          // random trials before the first estimate
    std::size_t candidates = 24;       // drawn for each proposal
    double gamma = 0.1;                // share of the trials that count as good, in (0, 1)
    std::optional<bool> multivariate;  // by default true for one objective, false for several
    ParzenShape shape;
};

// Throws nothing; faults go to the reader. Keys: startup (1..100000), candidates (1..10000),
// gamma (0.001..0.999), multivariate, prior_weight (1e-6..1e6), magic_clip, endpoints.
TpeOptions read_tpe(ObjectReader& options);

// The tree-structured Parzen estimator (Bergstra et al., NeurIPS 2011; Watanabe, arXiv
// 2304.11127), as Optuna 5 has it: of `candidates` draws from the density l of the good trials
// the one with the greatest log l - log g, where g is the density of all others, pending and
// failed ones among them. The good ones are gamma n, at most 25 with one objective.
//
// Multivariate: one density for all parameters that are active together. Where a parameter
// wakes others, theirs is the conditional one of the mixture, given what was chosen before, and
// has its own good trials among those in which they were active.
//
// Nothing is proposed twice. One ask after n trials with d parameters is O(n d).
std::unique_ptr<Sampler> make_tpe_sampler(const TpeOptions& options, const SamplerSetup& setup);

}  // namespace parnas::search
