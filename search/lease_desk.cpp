// SPDX-License-Identifier: Apache-2.0
#include "search/lease_desk.h"

#include <utility>

namespace parnas::search {

// Waiting releases and takes the mutex behind the analysis's back, but it is held again
// when the predicate runs and when the wait returns; hence the loops instead of predicates.

std::optional<Lease> LeaseDesk::lease(const std::stop_token& stop) {
    const std::stop_callback wake(stop, [this] {
        const MutexLock lock(mutex_);
        trial_ready_.notify_all();
    });
    const MutexLock lock(mutex_);
    while (ready_.empty() && !closed_ && !stop.stop_requested())
        trial_ready_.wait(mutex_);
    if (ready_.empty() || closed_ || stop.stop_requested())
        return std::nullopt;
    Lease lease = std::move(ready_.front());
    ready_.pop_front();
    open_.emplace(lease.fence, lease);
    return lease;
}

evaluators::Verdict LeaseDesk::report(std::int64_t fence,
                                      std::int64_t step,
                                      const Metrics& metrics) {
    const MutexLock lock(mutex_);
    const auto found = open_.find(fence);
    if (found == open_.end())
        return evaluators::Verdict::stop;
    const bool judged = found->second.reporting == Reporting::judged;
    mail_.reports.push_back({.lease = found->second, .step = step, .metrics = metrics});
    mail_came_.notify_one();
    if (!judged)
        return evaluators::Verdict::go_on;
    if (closed_) {
        open_.erase(found);
        return evaluators::Verdict::stop;
    }
    std::optional<evaluators::Verdict>& verdict = verdicts_[fence];
    while (!verdict)
        verdict_came_.wait(mutex_);
    const evaluators::Verdict answer = *verdict;
    verdicts_.erase(fence);
    return answer;
}

void LeaseDesk::answer(std::int64_t fence, evaluators::Verdict verdict) {
    const MutexLock lock(mutex_);
    const auto waiting = verdicts_.find(fence);
    if (waiting == verdicts_.end())
        return;
    waiting->second = verdict;
    verdict_came_.notify_all();
}

void LeaseDesk::finish(std::int64_t fence, Outcome outcome, std::optional<std::string> weights) {
    {
        const MutexLock lock(mutex_);
        const auto found = open_.find(fence);
        if (found == open_.end())
            return;
        mail_.results.push_back({.lease = std::move(found->second),
                                 .outcome = std::move(outcome),
                                 .weights = std::move(weights)});
        open_.erase(found);
    }
    mail_came_.notify_one();
}

std::optional<PhaseLease> LeaseDesk::lease_phase(const std::stop_token& stop) {
    const std::stop_callback wake(stop, [this] {
        const MutexLock lock(mutex_);
        phase_ready_.notify_all();
    });
    const MutexLock lock(mutex_);
    while (!ready_phase_ && !closed_ && !stop.stop_requested())
        phase_ready_.wait(mutex_);
    if (!ready_phase_ || closed_ || stop.stop_requested())
        return std::nullopt;
    phase_open_ = true;
    return std::exchange(ready_phase_, std::nullopt);
}

void LeaseDesk::report_phase(double share, const Metrics& metrics) {
    const MutexLock lock(mutex_);
    mail_.phase_report = {.share = share, .metrics = metrics};
    mail_came_.notify_one();
}

void LeaseDesk::finish_phase(evaluators::PhaseOutcome outcome,
                             std::optional<std::string> checkpoint) {
    const MutexLock lock(mutex_);
    mail_.phase_end = {.outcome = std::move(outcome), .checkpoint = std::move(checkpoint)};
    phase_open_ = false;
    mail_came_.notify_one();
}

void LeaseDesk::give_up(std::string reason) {
    const MutexLock lock(mutex_);
    mail_.broken = std::move(reason);
    mail_came_.notify_one();
}

void LeaseDesk::offer(const Candidate& candidate, Reporting reporting) {
    {
        const MutexLock lock(mutex_);
        ready_.push_back({.fence = ++last_fence_, .candidate = candidate, .reporting = reporting});
    }
    trial_ready_.notify_one();
}

void LeaseDesk::offer(PhaseLease phase) {
    const MutexLock lock(mutex_);
    ready_phase_ = std::move(phase);
    phase_ready_.notify_one();
}

LeaseDesk::Mail LeaseDesk::wait_for_mail(const std::stop_token& stop) {
    const std::stop_callback wake(stop, [this] {
        const MutexLock lock(mutex_);
        mail_came_.notify_all();
    });
    const MutexLock lock(mutex_);
    while (mail_.empty() && !stop.stop_requested())
        mail_came_.wait(mutex_);
    return std::exchange(mail_, {});
}

LeaseDesk::Mail LeaseDesk::take_mail() {
    const MutexLock lock(mutex_);
    return std::exchange(mail_, {});
}

void LeaseDesk::close() {
    const MutexLock lock(mutex_);
    closed_ = true;
    ready_.clear();
    ready_phase_.reset();
    for (auto& [fence, verdict] : verdicts_) {
        if (verdict)
            continue;  // answered, and about to be read
        verdict = evaluators::Verdict::stop;
        open_.erase(fence);
    }
    trial_ready_.notify_all();
    phase_ready_.notify_all();
    verdict_came_.notify_all();
}

std::size_t LeaseDesk::open() const {
    const MutexLock lock(mutex_);
    return open_.size() + (phase_open_ ? 1 : 0);
}

}  // namespace parnas::search
