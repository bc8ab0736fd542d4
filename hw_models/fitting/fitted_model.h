// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "core/object_reader.h"
#include "core/rng.h"
#include "hw_models/fitting/known_targets.h"
#include "hw_models/fitting/predictor_document.h"
#include "hw_models/hardware_model.h"
#include "hw_models/learns.h"
#include "hw_models/target_library.h"

namespace parnas::hw_models {

// A hardware model that was fitted to measurements of a target: estimates have source `fitted`, the
// predictor's interval, and are `extrapolated` where measurements say little about the network.
// It Learns. Memory, energy and price are with_costs()'s.
//
// Options: `predictor`, a file of the format of predictor_document.h relative to `base`, or
// `profile`, a target that is such a document.
std::unique_ptr<HardwareModel> make_fitted_model(ObjectReader& options,
                                                 const std::filesystem::path& base,
                                                 const TargetLibrary& library = TargetLibrary());
std::unique_ptr<HardwareModel> make_fitted_model(PredictorDocument document);

// Of a new target from measurements of at least two networks. `reference`: networks of the space
// that is searched, some hundred, which need not be measured. Throws as Learns::refitted().
PredictorDocument fit_networks(Target target,
                               std::span<const Measured> measured,
                               std::span<const spaces::Network* const> reference,
                               std::vector<KnownTarget> known = {});

// What a predictor knows that helps with another target.
KnownTarget known_target(const PredictorDocument& document);

// Which of the candidates to measure on a target that nothing is known of: the one with the
// fewest multiply-adds and the one with the most, then those that design_probes() takes. Or, where
// those in `taken` are measured already, `count` further ones. Fewer if there are no more.
std::vector<std::size_t> choose_networks(std::span<const spaces::Network* const> candidates,
                                         std::size_t count,
                                         Rng& rng,
                                         std::span<const std::size_t> taken = {});

}  // namespace parnas::hw_models
