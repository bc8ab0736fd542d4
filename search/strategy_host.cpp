// SPDX-License-Identifier: Apache-2.0
#include "search/strategy_host.h"

#include <exception>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.h"

namespace parnas::search {
namespace {

constexpr int kMaxExceptions = 3;

void check_proposal(const spaces::SearchSpace& space, const Proposal& proposal) {
    spaces::validate(space.params(), proposal.genotype);
    if (!space.feasible(proposal.genotype))
        throw Error(ErrorKind::internal, "a proposal does not meet the space's requirements");
}

void check_phase(const Phase& phase) {
    check(!phase.name.empty(), "a phase has no name");
    check(Json::accept(phase.settings),
          fmt::format("the settings of phase '{}' are not JSON: {}", phase.name, phase.settings));
}

}  // namespace

StrategyHost::StrategyHost(Make make, History history)
    : make_(std::move(make)), history_(std::move(history)), strategy_(make_()) {}

void StrategyHost::tell(std::span<const Finished> finished) {
    guarded([&] { strategy_->tell(finished); });
}

std::optional<Step> StrategyHost::next(const AskContext& context) {
    std::optional<Step> step;
    guarded([&] {
        Step answer = strategy_->next(context);
        if (const auto* proposal = std::get_if<Proposal>(&answer))
            check_proposal(context.space, *proposal);
        if (const auto* phase = std::get_if<Phase>(&answer))
            check_phase(*phase);
        step = std::move(answer);
    });
    return step;
}

template <typename Use>
void StrategyHost::guarded(const Use& use) {
    try {
        use();
    } catch (const std::exception& error) {
        rebuild(error.what());
    }
}

void StrategyHost::rebuild(std::string reason) {
    const std::vector<Finished> history = history_();
    while (++exceptions_ < kMaxExceptions) {
        try {
            std::unique_ptr<Strategy> fresh = make_();
            fresh->tell(history);
            strategy_ = std::move(fresh);
            return;
        } catch (const std::exception& error) {
            reason = error.what();
        }
    }
    failure_ = "the strategy failed: " + reason;
}

}  // namespace parnas::search
