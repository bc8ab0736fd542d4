// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.h"
#include "spaces/search_space.h"

namespace parnas::tests {

// Another space of whose genotypes only the share `feasible` (from 0 to 1) is feasible;
// which ones their hash decides.
class InfeasibleSpace final : public spaces::SearchSpace {
  public:
    InfeasibleSpace(const spaces::SearchSpace& inner, double feasible)
        : inner_(inner), feasible_(feasible) {}

    std::string_view name() const override { return inner_.name(); }
    std::string_view document() const override { return inner_.document(); }
    std::span<const spaces::Param> params() const override { return inner_.params(); }
    bool feasible(const Genotype& genotype) const override {
        const Digest digest = spaces::hash(spaces::normalised(params(), genotype));
        return Rng(digest.low).chance(feasible_) && inner_.feasible(genotype);
    }
    spaces::Decoded decode(const Genotype& genotype) const override {
        spaces::validate(params(), genotype);
        if (!feasible(genotype))
            throw Error(ErrorKind::invalid_input, "the genotype is not feasible");
        return inner_.decode(genotype);
    }

  private:
    const spaces::SearchSpace& inner_;
    double feasible_;
};

}  // namespace parnas::tests
