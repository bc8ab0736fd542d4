// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/trial.h"

namespace parnas::bench {

// What somebody wrote down of a sampler: no single seeds.
struct Recorded {
    std::string problem;
    std::string sampler;
    std::int64_t trials = 0;
    std::int64_t seeds = 0;
    double median = 0.0;
    double q25 = 0.0;
    double q75 = 0.0;
};

// A CSV file with the columns problem, sampler, n, seeds, median, q25 and q75. Throws
// Error(not_found) or Error(invalid_input).
std::vector<Recorded> read_recorded(const std::filesystem::path& file);

// The sampler with the best median after so many trials.
std::optional<Recorded> best_recorded(std::span<const Recorded> recorded,
                                      std::string_view problem,
                                      std::int64_t trials,
                                      Direction direction);

// How the seeds of a search compare with a median that is given without its own seeds, taken as
// exact.
struct SignTest {
    std::size_t better = 0;
    std::size_t worse = 0;
    double p = 1.0;  // two-sided, that better and worse are as likely; equal ones do not count
};
SignTest sign_test(std::span<const double> values, double median, Direction direction);

}  // namespace parnas::bench
