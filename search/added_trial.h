// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "core/trial.h"
#include "store/store.h"

namespace parnas::search {

// A trial that somebody adds to a study that is driven; its strategy did not propose it.
struct AddedTrial {
    Genotype genotype;
    double fidelity = 1.0;
    store::Attributes attributes;     // of its user
    std::optional<Metrics> observed;  // its result is known; none: it is to be evaluated
};

// Some that are added together. `answer`, from their numbers, is written in the same commit; may
// be empty.
struct AddedTrials {
    std::vector<AddedTrial> trials;
    std::function<std::optional<store::Answer>(std::span<const TrialNumber>)> answer;
};

}  // namespace parnas::search
