// SPDX-License-Identifier: Apache-2.0
#include "spaces/search_space.h"

#include <vector>

#include "core/error.h"
#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::spaces;
using Catch::Matchers::Contains;

namespace {

// The integers from 0 to 9, of which those below `bound` are feasible.
class BoundedSpace : public SearchSpace {
  public:
    explicit BoundedSpace(std::int64_t bound) : bound_(bound) {}

    std::string_view name() const override { return "bounded@1"; }
    std::string_view document() const override { return "{}"; }
    std::span<const Param> params() const override { return params_; }
    bool feasible(const Genotype& genotype) const override {
        return std::get<std::int64_t>(genotype.values.at(0)) < bound_;
    }
    Decoded decode(const Genotype& genotype) const override {
        return {.network = nullptr, .values = to_assignment(params_, genotype)};
    }

  private:
    std::int64_t bound_;
    std::vector<Param> params_{{.name = "x", .domain = Integer{.low = 0, .high = 9}}};
};

}  // namespace

TEST_CASE("only feasible genotypes are sampled", "[spaces][search_space]") {
    const BoundedSpace space(2);
    Rng rng(1);
    for (int i = 0; i < 50; ++i)
        CHECK(space.feasible(sample_feasible(space, rng)));
}

TEST_CASE("a space without feasible genotypes is refused", "[spaces][search_space]") {
    Rng rng(1);
    CHECK_THROWS_WITH(sample_feasible(BoundedSpace(0), rng), Contains("'bounded@1'"));
}
