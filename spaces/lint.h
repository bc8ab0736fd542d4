// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
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
    std::optional<Span<std::int64_t>> parameters;  // none: a pure HPO space
    std::optional<Span<std::int64_t>> multiply_adds;
    // Whether a supernet can hold all its networks: there is a template without faults.
    bool shares_weights = false;
    // The names of parameters of the architecture that differentiable search cannot keep open,
    // since they are neither choices nor inputs of cells' nodes; empty if weights are not shared.
    std::vector<std::string> closed;
};

// Decodes, counts and hashes a random sample, and tries every option of every choice on
// the way. Deterministic.
LintReport lint(const SearchSpace& space, const LintOptions& options);

}  // namespace parnas::spaces
