// SPDX-License-Identifier: Apache-2.0
#include "search/tell_order.h"

#include <algorithm>
#include <utility>

#include "core/error.h"

namespace parnas::search {

void TellOrder::add(const Candidate& candidate) {
    check(pending_.empty() || pending_.back().number < candidate.number,
          "TellOrder: trials are added by number");
    ++count_;
    pending_.push_back(candidate);
}

void TellOrder::end(Ended ended) {
    if (lag_)
        ended_.emplace(ended.trial.number, std::move(ended));
    else
        in_order_.push_back(std::move(ended));
}

void TellOrder::end(FinishedPhase phase, std::int64_t told) {
    phase_runs_ = false;
    phases_.push_back({.phase = std::move(phase), .told = told});
}

bool TellOrder::told(TrialNumber number) const {
    return std::ranges::find(pending_, number, &Candidate::number) == pending_.end();
}

TellOrder::Due TellOrder::due() {
    if (phase_runs_)
        return {};
    Due due = lag_ ? due_with_lag(static_cast<std::size_t>(*lag_)) : due_without_lag();
    if (!due.tell.empty())
        waiting_ = false;
    return due;
}

TellOrder::Due TellOrder::due_with_lag(std::size_t lag) {
    const std::size_t too_many = pending_.size() >= lag ? pending_.size() - lag + 1 : 0;
    const std::size_t wanted =
        std::max<std::size_t>(too_many, waiting_ && !pending_.empty() ? 1 : 0);
    // All of them or none: a strategy that is told less may propose something else.
    const auto end = pending_.begin() + static_cast<std::ptrdiff_t>(wanted);
    if (!std::all_of(pending_.begin(), end, [&](const Candidate& candidate) {
            return ended_.contains(candidate.number);
        }))
        return {};
    Due due{.may_propose = true};
    for (auto candidate = pending_.begin(); candidate != end; ++candidate) {
        tell(std::move(ended_.at(candidate->number)), due);
        ended_.erase(candidate->number);
    }
    pending_.erase(pending_.begin(), end);
    tell_phases(due);
    return due;
}

TellOrder::Due TellOrder::due_without_lag() {
    Due due;
    for (Ended& ended : std::exchange(in_order_, {})) {
        std::erase_if(pending_,
                      [&](const Candidate& each) { return each.number == ended.trial.number; });
        tell(std::move(ended), due);
    }
    tell_phases(due);
    due.may_propose = pending_.size() < in_flight_ && !(waiting_ && due.tell.empty());
    return due;
}

void TellOrder::tell(Ended ended, Due& due) {
    tell_phases(due);
    due.tell.emplace_back(std::move(ended));
    ++trials_told_;
}

// Those whose place is before the next trial.
void TellOrder::tell_phases(Due& due) {
    for (; !phases_.empty() && phases_.front().told <= trials_told_; phases_.pop_front()) {
        due.tell.emplace_back(std::move(phases_.front().phase));
        ++phases_told_;
    }
}

}  // namespace parnas::search
