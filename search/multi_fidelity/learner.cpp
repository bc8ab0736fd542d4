// SPDX-License-Identifier: Apache-2.0
#include "search/multi_fidelity/learner.h"

#include <utility>

#include <fmt/format.h>

namespace parnas::search {
namespace {

// Proposals in a row that were measured already, after which the strategy is shown all that were.
constexpr std::uint64_t kBlindTries = 16;

}  // namespace

Learner::Learner(Make make, const Levels& levels, std::size_t enough)
    : make_(std::move(make)),
      levels_(levels),
      enough_(enough),
      measured_(levels.count()),
      strategy_(make_()),
      has_phases_(strategy_->has_phases()) {}

void Learner::tell(const Finished& finished) {
    told_.push_back(finished);
    if (const auto* trial = std::get_if<Trial>(&finished)) {
        known_.insert(spaces::hash(trial->genotype));
        const auto level = levels_.of(trial->fidelity);
        if (level && !trial->objectives.empty() && ++measured_[*level] >= enough_ &&
            *level > level_) {
            level_ = *level;
            strategy_.reset();
        }
    }
    if (strategy_)
        teach(finished);
}

Step Learner::next(const AskContext& context) {
    if (!strategy_)
        make_again();
    std::vector<Candidate> pending = under_way(context);
    for (std::uint64_t tries = 0;; ++tries) {
        Rng rng = tries == 0 ? context.rng : context.rng.fork(tries);
        Step step = strategy_->next({.space = context.space,
                                     .number = context.number,
                                     .pending = pending,
                                     .rng = rng,
                                     .known = context.known,
                                     .predict = context.predict});
        if (std::holds_alternative<Wait>(step) && context.pending.empty())
            return Done{fmt::format("the space is exhausted after {} trials", context.number)};
        if (!is_known(step) || tries > kBlindTries)
            return step;
        if (tries < kBlindTries) {
            pending.push_back({.number = context.number,
                               .genotype = std::get<Proposal>(std::move(step)).genotype});
            continue;
        }
        pending = under_way(context);
        for (const Finished& each : told_)
            if (const auto* trial = std::get_if<Trial>(&each);
                trial && !taught_.contains(spaces::hash(trial->genotype)))
                pending.push_back({.number = trial->number, .genotype = trial->genotype});
    }
}

void Learner::make_again() {
    strategy_ = make_();
    taught_.clear();
    for (const Finished& each : told_)
        teach(each);
}

void Learner::teach(const Finished& finished) {
    const auto* trial = std::get_if<Trial>(&finished);
    if (trial == nullptr) {
        strategy_->tell({&finished, 1});
    } else if (std::optional<Trial> told = lesson(*trial)) {
        const Finished each = *std::move(told);
        strategy_->tell({&each, 1});
    }
}

// Nullopt for what it does not learn from. It is told of a configuration once.
std::optional<Trial> Learner::lesson(const Trial& trial) {
    const bool measured = !trial.objectives.empty();
    if ((measured && levels_.of(trial.fidelity) != level_) ||
        !taught_.insert(spaces::hash(trial.genotype)).second)
        return std::nullopt;
    Trial told = trial;
    told.fidelity = 1.0;
    if (measured)
        told.state = TrialState::complete;
    return told;
}

// Those of which it may be told yet.
std::vector<Candidate> Learner::under_way(const AskContext& context) const {
    std::vector<Candidate> pending;
    for (const Candidate& candidate : context.pending)
        if (!taught_.contains(spaces::hash(candidate.genotype)))
            pending.push_back(candidate);
    return pending;
}

bool Learner::is_known(const Step& step) const {
    const auto* proposal = std::get_if<Proposal>(&step);
    return proposal != nullptr && known_.contains(spaces::hash(proposal->genotype));
}

}  // namespace parnas::search
