// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "spaces/search_space.h"
#include "store/optuna_store.h"

namespace parnas::service {

// A space of parameters alone, by their names and Optuna's distributions. Choices are their
// indices: what they are is the client's business, and may be more than a Scalar has.
// Throws Error(invalid_input) for what is no distribution.
std::unique_ptr<spaces::SearchSpace> make_optuna_space(std::span<const store::ParamRecord> params);

// The trial's values of these parameters; nullopt if it lacks one, or one is outside of its domain.
std::optional<Genotype> genotype_of(const spaces::SearchSpace& space,
                                    std::span<const store::ParamRecord> values);

// Whether there is but one value, which nobody has to suggest.
bool is_single(const std::string& distribution);

}  // namespace parnas::service
