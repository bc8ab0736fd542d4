// SPDX-License-Identifier: Apache-2.0
#include "search/phase_ledger.h"

#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/rng.h"
#include "search/json_text.h"

namespace parnas::search {

void PhaseLedger::restore(const store::PhaseRecord& record) {
    next_ = record.index + 1;
    if (record.kept)
        kept_.push_back(record.index);
}

PhaseLease PhaseLedger::start(const Phase& phase, std::int64_t told) {
    last_ = {.index = next_,
             .name = phase.name,
             .settings = phase.settings,
             .warm_start = phase.warm_start,
             .told = told,
             .started = now()};
    return {.index = next_,
            .phase = phase,
            .seed = Rng(seed_).fork("phase").fork(static_cast<std::uint64_t>(next_)).next()};
}

std::optional<Failure> PhaseLedger::finish(LeaseDesk::PhaseEnd end, store::Batch& batch) {
    if (auto* failure = std::get_if<Failure>(&end.outcome))
        return std::move(*failure);
    auto& result = std::get<evaluators::PhaseResult>(end.outcome);
    if (!result.attachment.empty() && !Json::accept(result.attachment))
        return Failure{FailureKind::crashed, "its attachment is not JSON: " + result.attachment};
    last_.metrics = std::move(result.metrics);
    last_.attachment = std::move(result.attachment);
    last_.cost = result.cost;
    last_.finished = now();
    if (end.checkpoint) {
        last_.checkpoint = hash_bytes(*end.checkpoint);
        last_.kept = true;
        batch.artifacts.push_back(
            {.id = *last_.checkpoint, .kind = "checkpoint", .bytes = *std::move(end.checkpoint)});
        batch.dropped_checkpoints = std::exchange(kept_, {last_.index});
    }
    batch.events.push_back(
        {.time = last_.finished,
         .kind = "phase_finished",
         .body = fmt::format(R"({{"index":{},"name":{}}})", last_.index, json_text(last_.name))});
    batch.phases.push_back(last_);
    ++next_;
    return std::nullopt;
}

FinishedPhase to_finished(const store::PhaseRecord& record) {
    return {
        .index = record.index,
        .phase = {.name = record.name,
                  .settings = record.settings,
                  .warm_start = record.warm_start},
        .result = {.metrics = record.metrics, .attachment = record.attachment, .cost = record.cost},
        .checkpoint = record.checkpoint};
}

std::vector<Finished> in_order_told(std::vector<Trial> trials,
                                    std::span<const store::PhaseRecord> phases) {
    std::vector<Finished> told;
    auto phase = phases.begin();
    const auto add_phases = [&](std::size_t trials_before) {
        for (; phase != phases.end() && phase->told <= static_cast<std::int64_t>(trials_before);
             ++phase)
            told.emplace_back(to_finished(*phase));
    };
    for (std::size_t i = 0; i < trials.size(); ++i) {
        add_phases(i);
        told.emplace_back(std::move(trials[i]));
    }
    add_phases(trials.size());
    return told;
}

}  // namespace parnas::search
