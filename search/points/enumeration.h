// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "core/trial.h"
#include "spaces/param.h"

namespace parnas::search {

// Spaces of so many points are small enough to be listed.
inline constexpr double kSmallSpace = 1e6;

// The values that a parameter may take in an enumeration: at least one, all different.
using Axis = std::vector<Value>;

// All values of a finite domain, of at most 10^6. Throws Error(invalid_input) otherwise.
Axis all_values(const spaces::Domain& domain);

// The normalised genotypes of a space by index, feasible or not; each comes once, and the
// values of a parameter count only where it is active. The last parameters change first.
// at() takes time linear in the number of parameters.
class Enumeration {
  public:
    // `axes`: one per parameter. Keeps a reference to `params`. Throws Error(invalid_input)
    // beyond 2^63 genotypes.
    Enumeration(std::span<const spaces::Param> params, std::vector<Axis> axes);
    // All values of all parameters.
    explicit Enumeration(std::span<const spaces::Param> params);

    std::uint64_t size() const { return size_; }
    // index < size()
    Genotype at(std::uint64_t index) const;

  private:
    // A parameter with those that hang on it.
    struct Tree {
        Axis axis;
        std::vector<spaces::ParamIndex> children;
        std::vector<std::uint64_t> ends;  // how many genotypes have this value or an earlier one
    };

    std::uint64_t ways(const Tree& tree, const Value& value) const;
    // The value of `param` and what is left for its children, for the index of a tree.
    std::pair<Value, std::uint64_t> split(spaces::ParamIndex param, std::uint64_t index) const;

    std::span<const spaces::Param> params_;
    std::vector<Tree> trees_;  // one per parameter
    std::vector<spaces::ParamIndex> roots_;
    std::uint64_t size_ = 1;
};

}  // namespace parnas::search
