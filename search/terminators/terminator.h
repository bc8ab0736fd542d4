// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/object_reader.h"
#include "search/goals.h"
#include "search/sampler.h"

namespace parnas::search {

// Ends a search that is not worth going on with. Driven by one study's driver, like a Strategy,
// and as it is a function of the trials that it was told, in order.
class Terminator {
  public:
    virtual ~Terminator() = default;
    // At most 10 microseconds.
    virtual void tell(const Trial& trial) = 0;
    // Why the search ends now, with its number; nullopt: it goes on.
    virtual std::optional<std::string> verdict() = 0;
};

struct TerminatorSetup {
    const spaces::SearchSpace& space;
    std::vector<Objective> objectives;
    std::optional<std::vector<double>> hypervolume_reference;  // in the metrics' own directions
    std::uint64_t seed = 0;
};

// Reads its options from the job's `stop_when` object; null after faults.
using TerminatorFactory =
    std::function<std::unique_ptr<Terminator>(ObjectReader& options, const TerminatorSetup& setup)>;

}  // namespace parnas::search
