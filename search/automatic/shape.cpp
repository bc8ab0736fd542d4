// SPDX-License-Identifier: Apache-2.0
#include "search/automatic/shape.h"

#include "search/architecture/architecture_features.h"

namespace parnas::search {

Shape shape_of(const SamplerSetup& setup) {
    Rng rng = Rng(setup.seed).fork("shape");
    const Genotype sample = spaces::sample_feasible(setup.space, rng);
    Shape shape{.objectives = setup.objectives,
                .networks = setup.space.decode(sample).network != nullptr,
                .cells = ArchitectureFeatures(setup.space).has_cells()};
    for (const spaces::Param& param : setup.space.params()) {
        if (spaces::cardinality(param.domain) == 1U)
            continue;
        const bool choice = std::holds_alternative<spaces::Categorical>(param.domain);
        (choice ? shape.choices : shape.numbers) += 1;
        shape.conditional += param.condition ? 1 : 0;
    }
    return shape;
}

}  // namespace parnas::search
