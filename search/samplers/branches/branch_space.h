// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "spaces/search_space.h"

namespace parnas::search {

// The parameter that decides what is searched at all, such as the kind of model: an unordered
// categorical that is always active and alone in waking others, which are most of the rest, if
// there is just one such.
std::optional<spaces::ParamIndex> find_fork(std::span<const spaces::Param> params);

// What is left of a space when the fork has a given choice: a space of its own, without the fork
// and what other choices wake. Refers to the whole.
class BranchSpace final : public spaces::SearchSpace {
  public:
    BranchSpace(const spaces::SearchSpace& whole, spaces::ParamIndex fork, std::int64_t choice);

    std::string_view name() const override { return whole_.name(); }
    std::string_view document() const override { return whole_.document(); }
    std::span<const spaces::Param> params() const override { return params_; }
    bool feasible(const Genotype& part) const override { return whole_.feasible(whole(part)); }
    spaces::Decoded decode(const Genotype& part) const override {
        return whole_.decode(whole(part));
    }

    // A genotype of this space as one of the whole, and back.
    Genotype whole(const Genotype& part) const;
    Genotype part(const Genotype& whole) const;

  private:
    const spaces::SearchSpace& whole_;
    Genotype base_;                           // of the whole: the choice, and first values
    std::vector<spaces::ParamIndex> places_;  // in the whole, of each parameter
    std::vector<spaces::Param> params_;
};

}  // namespace parnas::search
