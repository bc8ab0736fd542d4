// SPDX-License-Identifier: Apache-2.0
#include "search/tell_order.h"

#include <algorithm>
#include <utility>

#include "core/error.h"

namespace parnas::search {

void TellOrder::add(const Candidate& candidate) {
    check(candidate.number == added_, "TellOrder: trials are added by number");
    ++added_;
    pending_.push_back(candidate);
}

void TellOrder::end(Ended ended) {
    if (lag_)
        ended_.emplace(ended.trial.number, std::move(ended));
    else
        in_order_.push_back(std::move(ended));
}

TellOrder::Due TellOrder::due() {
    Due due = lag_ ? due_with_lag(*lag_) : due_without_lag();
    if (!due.tell.empty())
        waiting_ = false;
    return due;
}

TellOrder::Due TellOrder::due_with_lag(TrialNumber lag) {
    const TrialNumber wanted = std::max(added_ - lag + 1, waiting_ ? told_ + 1 : told_);
    if (wanted > added_)
        return {};
    // All of them or none: a strategy that is told less may propose something else.
    for (TrialNumber number = told_; number < wanted; ++number)
        if (!ended_.contains(number))
            return {};
    Due due{.may_propose = true};
    for (; told_ < wanted; ++told_)
        due.tell.push_back(std::move(ended_.extract(told_).mapped()));
    pending_.erase(pending_.begin(),
                   pending_.begin() + static_cast<std::ptrdiff_t>(due.tell.size()));
    return due;
}

TellOrder::Due TellOrder::due_without_lag() {
    Due due{.tell = std::exchange(in_order_, {})};
    for (const Ended& ended : due.tell)
        std::erase_if(pending_,
                      [&](const Candidate& each) { return each.number == ended.trial.number; });
    due.may_propose = pending_.size() < in_flight_ && !(waiting_ && due.tell.empty());
    return due;
}

}  // namespace parnas::search
