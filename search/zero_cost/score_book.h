// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "search/strategy.h"
#include "search/zero_cost/scoring_phase.h"
#include "search/zero_cost/vote.h"

namespace parnas::search {

// What a strategy knows of candidates by scoring them without training: it asks for a phase,
// hears of it, and can rank. For one thread.
class ScoreBook {
  public:
    ScoreBook(Vote vote, const spaces::SearchSpace& space);

    // Phases of other kinds, or with other options, are left alone.
    void hear(const FinishedPhase& finished);

    // What is to be run next so that all of `genotypes` have scores; nullopt: they have.
    std::optional<Phase> missing(std::span<const Genotype> genotypes) const;

    struct Ranked {
        std::size_t index = 0;  // in the genotypes
        double mean_rank = 0.0;
    };
    // Best first; equal ones in the order of `genotypes`, all of which have been scored.
    std::vector<Ranked> rank(std::span<const Genotype> genotypes, const Known& known) const;

  private:
    Vote vote_;
    std::string scoring_;  // as JSON text: whose phases are heard
    TrialCodec codec_;
    std::unordered_map<Digest, Metrics> scores_;  // by genotype; empty for one that has none
};

}  // namespace parnas::search
