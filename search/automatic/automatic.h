// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/registry.h"
#include "search/strategy.h"
#include "store/store.h"

namespace parnas::search {

// The strategy `auto`: goes on with the one that suits the problem's shape (rules.h), and with
// another one where a study grows long. All are told everything, so that each could go on at any
// time, and which one does follows from the trial's number alone. Proposals carry it as the
// attribute "strategy": {type, reason}. Takes no options.
std::unique_ptr<Strategy> make_automatic(const SamplerSetup& setup,
                                         const Registry<StrategyFactory>& strategies);

struct ChosenStrategy {
    std::string type;
    std::string reason;
};

// What auto chose for a trial; nullopt if it is not one of auto's.
std::optional<ChosenStrategy> chosen_strategy(const store::TrialRecord& trial);

}  // namespace parnas::search
