// SPDX-License-Identifier: Apache-2.0
#include "search/phase_turns.h"

#include <utility>

#include <fmt/format.h>

namespace parnas::search {

PhaseTurns::Done PhaseTurns::restore(const store::PhaseRecord& record) {
    ledger_.restore(record);
    return {.phase = to_finished(record), .told = record.told};
}

void PhaseTurns::start(const Phase& phase, std::int64_t told) {
    to_offer_ = ledger_.start(phase, told);
}

void PhaseTurns::offer() {
    if (to_offer_)
        desk_.offer(*std::exchange(to_offer_, std::nullopt));
}

void PhaseTurns::report(LeaseDesk::PhaseReport report) const {
    const PhaseProgress progress{.index = ledger_.last().index,
                                 .name = ledger_.last().name,
                                 .share = report.share,
                                 .metrics = std::move(report.metrics)};
    for (Observer* observer : observers_)
        observer->phase_progress(progress);
}

std::variant<PhaseTurns::Done, Failure> PhaseTurns::finish(LeaseDesk::PhaseEnd end,
                                                           store::Batch& batch) {
    const std::optional<Failure> failure = ledger_.finish(std::move(end), batch);
    const store::PhaseRecord& phase = ledger_.last();
    if (!failure)
        return Done{.phase = to_finished(phase), .told = phase.told};
    return Failure{failure->kind,
                   fmt::format("phase '{}' (index {}) failed: {}: {}",
                               phase.name,
                               phase.index,
                               to_string(failure->kind),
                               failure->reason)};
}

}  // namespace parnas::search
