// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>

#include "search/sampler.h"

namespace parnas::search {

struct BananasOptions {
    std::size_t startup = 10;         // random trials before the first model
    std::size_t candidates = 300;     // that a proposal is chosen from
    std::size_t exhaustive = 20'000;  // in a space of at most so many genotypes: from all
    std::size_t most = 400;           // trials that the model has at most
    bool predict = true;              // ask the target's model about candidates
};

// Throws nothing; faults go to the reader. Keys: startup (2..100000), candidates (8..100000),
// exhaustive (0..1000000), most (20..2000), predict.
BananasOptions read_bananas(ObjectReader& options);

// Architecture search with a Gaussian process over what cells compute (search/architecture/),
// which took BANANAS's place for its path encoding (White, Neiswanger and Savani, AAAI 2021).
//
// One objective: the proposal has the greatest expected improvement. Several: the greatest
// expected hypervolume improvement, for which an objective that the target's model predicts
// (latency_ms, ...) or that is counted (parameters, ...) is taken as known exactly, and the others
// have a process each. Candidates that are predicted to break a limit are not proposed; where
// trials broke limits, the probability to meet them is a factor.
//
// Of a space of at most `exhaustive` genotypes all are candidates, random trials are of any
// architecture with the same probability, whatever number of genotypes it has, and with one
// objective every fourth proposal is the best neighbour of the best trial. Otherwise candidates are
// variations of the best trials, and random ones. Nothing is proposed twice. An ask is O(n q) for
// n trials and q candidates, and O(n^3 + n^2 q) after every ten trials.
std::unique_ptr<Sampler> make_bananas_sampler(const BananasOptions& options,
                                              const SamplerSetup& setup);

}  // namespace parnas::search
