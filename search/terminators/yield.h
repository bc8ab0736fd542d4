// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "search/job_spec.h"
#include "search/sampler.h"
#include "store/store.h"

namespace parnas::search {

// What a search brought: of its trials of fidelity 1 those that count, and how many did not.
class Yield {
  public:
    explicit Yield(std::size_t objectives) : objectives_(objectives) {}

    // Those that are in a store; trials without as many values as the job has objectives, which
    // another program wrote, are left out.
    Yield(const JobSpec& job, std::span<const store::TrialRecord> trials);

    void add(const Trial& trial);

    std::size_t objectives() const { return objectives_; }
    // Finished search trials of fidelity 1, complete or not.
    std::size_t trials() const { return trials_; }
    // Rows of minimised objectives of those that are complete within all limits.
    const std::vector<double>& values() const { return values_; }
    std::size_t measured() const { return values_.size() / objectives_; }

  private:
    std::size_t objectives_;
    std::size_t trials_ = 0;
    std::vector<double> values_;
};

// By how much so many further trials are expected to lower the best value, or to add to the
// hypervolume.
struct ExpectedGain {
    double gain = 0.0;
    double low = 0.0;  // the middle 90 % of it over resampled trials
    double high = 0.0;
    std::size_t trials = 0;
    std::size_t more = 0;
};

// What the best of a random quarter and a random half of the trials so far would be worth, on
// average over all choices, beside that of all, extrapolated to more trials by the power law
// through the three (a logarithm where the gains of the two doublings are equal). It takes the
// trials for exchangeable: a search that still learns gains more, one that is stuck in a corner
// says nothing of the others. The interval is a bootstrap over trials. Nullopt below
// kLeastForGain trials of which some were measured.
//
// Exact for one objective, O(n) for each of 200 resamples; by random orders for several,
// whose hypervolume is that below `reference` (minimised).
inline constexpr std::size_t kLeastForGain = 20;
std::optional<ExpectedGain> expected_gain(const Yield& yield,
                                          std::span<const double> reference,
                                          std::size_t more,
                                          std::uint64_t seed);

// The gain of `more` trials after `trials`, where a random quarter, half and all of them are
// worth so much; the less, the better.
double extrapolated_gain(double quarter,
                         double half,
                         double all,
                         std::size_t trials,
                         std::size_t more);

// The mean of the least of `count` values drawn without replacement; 1 <= count <= n. `sorted`:
// n values, ascending.
double mean_best(std::span<const double> sorted, std::size_t count);

}  // namespace parnas::search
