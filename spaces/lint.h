// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/error.h"
#include "spaces/count.h"
#include "spaces/search_space.h"

namespace parnas::spaces {

struct LintOptions {
    std::size_t samples = 200;
    std::uint64_t seed = 0;
    // Upper bounds on counts: parameters, multiply_adds, weight_bytes, peak_memory_bytes.
    std::map<std::string, double> limits = {};
};

template <typename T>
struct Span {
    T low{};
    T high{};
};

// What one should know of a space before spending compute on it. All figures but the
// cardinality are of the sample.
struct LintReport {
    std::vector<Fault> faults;  // genotypes that cannot be decoded, choices of unequal shape
    double cardinality = 0.0;   // genotypes, without the space's requirements
    std::size_t samples = 0;
    double feasible = 0.0;  // share that meets the requirements
    double distinct = 0.0;  // share of different architectures among the feasible
    // Share of networks whose output does not depend on their input (cells without a way through),
    // and of nodes that no output needs or that change nothing, on average.
    double dead = 0.0;
    double idle = 0.0;
    std::optional<double> within;  // share of networks that meet all limits; none: no limits
    // "op=none": values that no feasible candidate was found with, in so many tries each.
    std::vector<std::string> unreachable;
    std::optional<Span<std::int64_t>> parameters;  // none: a pure HPO space
    std::optional<Span<std::int64_t>> multiply_adds;
    // Whether a supernet can hold all its networks: there is a template without faults.
    bool shares_weights = false;
    // The names of parameters of the architecture that differentiable search cannot keep open,
    // since they are neither choices nor inputs of cells' nodes; empty if weights are not shared.
    std::vector<std::string> closed;
};

// Decodes, counts and hashes a random sample, and tries every option of every choice on
// the way. Deterministic. Throws Error(invalid_input) for a limit on what is no count.
LintReport lint(const SearchSpace& space, const LintOptions& options);

}  // namespace parnas::spaces
