// SPDX-License-Identifier: Apache-2.0
#include "search/lease_desk.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "core/error.h"
#include "core/mutation.h"

namespace parnas::search {
namespace {

constexpr std::int64_t kMostDoublings = 6;

LeaseDesk::Clock::duration to_duration(Seconds seconds) {
    return std::chrono::duration_cast<LeaseDesk::Clock::duration>(seconds);
}

}  // namespace

// When the next who asks may have the trial.
LeaseDesk::Clock::time_point LeaseDesk::due(const Out& out) const {
    if (!out.remote() || out.wanted)
        return Clock::time_point::max();
    const auto doublings = std::min(out.lease.attempt - 1, kMostDoublings);
    const Clock::duration pause = to_duration(options_.pause * static_cast<double>(1 << doublings));
    return std::min(out.lapses + pause, out.stalls);
}

void LeaseDesk::Out::renew() {
    if (!remote())
        return;
    lapses = Clock::now() + to_duration(times.ttl);
    wanted = wanted && stalled();
}

void LeaseDesk::Out::progress() {
    if (remote() && times.progress)
        stalls = Clock::now() + to_duration(*times.progress);
}

// Waiting releases and takes the mutex behind the analysis's back, but it is held again
// when the predicate runs and when the wait returns; hence the loops instead of predicates.

std::optional<Lease> LeaseDesk::lease(const std::stop_token& stop, Clock::time_point until) {
    std::vector<Lease> leases = lease_some(1, stop, until);
    return leases.empty() ? std::nullopt : std::optional(std::move(leases.front()));
}

std::vector<Lease> LeaseDesk::lease_some(std::size_t most,
                                         const std::stop_token& stop,
                                         Clock::time_point until) {
    const std::stop_callback wake(stop, [this] {
        const MutexLock lock(mutex_);
        trial_ready_.notify_all();
    });
    const MutexLock lock(mutex_);
    Clock::time_point next_lapse = tell_of_lapsed();
    while ((ready_.empty() || paused_) && !closed_ && !stop.stop_requested() &&
           Clock::now() < until) {
        waiting_ += most;
        if (!paused_)
            ask_for_more();
        const Clock::time_point end = std::min(until, next_lapse);
        if (end == Clock::time_point::max())
            trial_ready_.wait(mutex_);
        else
            trial_ready_.wait_until(mutex_, end);
        waiting_ -= most;
        next_lapse = tell_of_lapsed();
    }
    if (ready_.empty() || paused_ || closed_ || stop.stop_requested())
        return {};
    std::vector<Lease> leases;
    for (; leases.size() < most && !ready_.empty(); ready_.pop_front()) {
        leases.push_back(std::move(ready_.front()));
        open_.emplace(leases.back().key(), Out{.lease = leases.back()});
    }
    if (options_.ahead && ready_.empty())
        ask_for_more();
    return leases;
}

void LeaseDesk::ask_for_more() {
    if (!std::exchange(mail_.asked, true))
        mail_came_.notify_one();
}

// Tells the driver of the first lapsed lease whose pause is over; returns when that will be so
// of another one.
LeaseDesk::Clock::time_point LeaseDesk::tell_of_lapsed() {
    const auto first =
        std::ranges::min_element(open_, {}, [this](const auto& each) { return due(each.second); });
    if (first == open_.end() || paused_ || closed_ || mutated("no_lapse"))
        return Clock::time_point::max();
    const Clock::time_point next = due(first->second);
    if (next > Clock::now())
        return next;
    want(first->first, first->second);
    return Clock::time_point::max();
}

void LeaseDesk::want(const LeaseKey& key, Out& out) {
    out.wanted = true;
    mail_.wanted.push_back(key);
    mail_came_.notify_one();
}

LeaseDesk::Outs::iterator LeaseDesk::find_heard(const LeaseKey& key) {
    const auto found = open_.find(key);
    if (found != open_.end())
        found->second.renew();
    return found;
}

Heard LeaseDesk::unknown() const {
    return options_.restores && !restored_ ? Heard::closed : Heard::lost;
}

std::future<TrialState> already_recorded() {
    std::promise<TrialState> recorded;
    recorded.set_value(TrialState::complete);
    return recorded.get_future();
}

// Nobody will record what came for this lease.
std::future<TrialState> LeaseDesk::not_recorded(bool known) const {
    std::promise<TrialState> recorded;
    std::future<TrialState> future = recorded.get_future();
    if (!known && unknown() == Heard::lost)
        recorded.set_exception(std::make_exception_ptr(
            Error(ErrorKind::conflict, "the lease is not this worker's any more")));
    return future;
}

Heard LeaseDesk::report(const LeaseKey& key, std::int64_t step, const Metrics& metrics) {
    const MutexLock lock(mutex_);
    if (const auto out = open_.find(key); out != open_.end())
        out->second.progress();
    const auto found = find_heard(key);
    if (found == open_.end())
        return unknown();
    const Lease& lease = found->second.lease;
    const bool judged = lease.reporting == Reporting::judged;
    if (closed_ && found->second.remote())
        return Heard::closed;
    mail_.reports.push_back({.lease = lease, .step = step, .metrics = metrics});
    mail_came_.notify_one();
    if (!judged)
        return Heard::go_on;
    if (closed_) {
        open_.erase(found);
        return Heard::lost;
    }
    std::shared_ptr<std::optional<Heard>>& waits = verdicts_[key];
    if (!waits)
        waits = std::make_shared<std::optional<Heard>>();
    const std::shared_ptr<const std::optional<Heard>> verdict = waits;
    while (!*verdict)
        verdict_came_.wait(mutex_);
    return **verdict;
}

void LeaseDesk::answer(const LeaseKey& key, evaluators::Verdict verdict) {
    const MutexLock lock(mutex_);
    const auto waiting = verdicts_.find(key);
    if (waiting == verdicts_.end())
        return;
    *waiting->second = verdict == evaluators::Verdict::stop ? Heard::stop : Heard::go_on;
    verdicts_.erase(waiting);
    verdict_came_.notify_all();
}

std::future<TrialState> LeaseDesk::finish(const LeaseKey& key,
                                          Outcome outcome,
                                          std::optional<std::string> weights) {
    const MutexLock lock(mutex_);
    const auto found = open_.find(key);
    if (found == open_.end() || abandoned_)
        return not_recorded(found != open_.end());
    LeaseDesk::Result& result =
        mail_.results.emplace_back(Result{.lease = std::move(found->second.lease),
                                          .remote = found->second.remote(),
                                          .outcome = std::move(outcome),
                                          .weights = std::move(weights),
                                          .recorded = {}});
    open_.erase(found);
    mail_came_.notify_one();
    if (mutated("acknowledge_before_commit"))
        return already_recorded();
    return result.recorded.get_future();
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

void LeaseDesk::make_remote(const LeaseKey& key, const LeaseTimes& times) {
    const MutexLock lock(mutex_);
    const auto found = open_.find(key);
    if (found == open_.end())
        return;
    found->second.times = times;
    found->second.progress();
    found->second.renew();
    if (closed_)
        ask_for_more();  // nobody needs to wait for it
}

Heard LeaseDesk::renew(const LeaseKey& key, std::optional<double> share) {
    const MutexLock lock(mutex_);
    if (const auto found = open_.find(key); found != open_.end() && share > found->second.share) {
        found->second.share = *share;
        found->second.progress();
    }
    const auto found = find_heard(key);
    if (found == open_.end())
        return unknown();
    Out& out = found->second;
    if (out.stalled() && !out.wanted && !closed_)
        want(key, out);
    return Heard::go_on;
}

std::future<TrialState> LeaseDesk::give_back(const LeaseKey& key) {
    const MutexLock lock(mutex_);
    const auto found = open_.find(key);
    if (found == open_.end() || abandoned_)
        return not_recorded(found != open_.end());
    open_.erase(found);
    Return& back = mail_.returns.emplace_back(Return{.key = key, .recorded = {}});
    mail_came_.notify_one();
    return back.recorded.get_future();
}

void LeaseDesk::put_back(const LeaseKey& key) {
    {
        const MutexLock lock(mutex_);
        const auto found = open_.find(key);
        if (found == open_.end())
            return;
        if (closed_)
            ask_for_more();
        else
            ready_.push_front(std::move(found->second.lease));
        open_.erase(found);
    }
    trial_ready_.notify_one();
    if (options_.on_ready)
        options_.on_ready();
}

void LeaseDesk::pause(bool paused) {
    {
        const MutexLock lock(mutex_);
        paused_ = paused;
    }
    trial_ready_.notify_all();
    if (options_.on_ready)
        options_.on_ready();
}

std::future<std::vector<TrialNumber>> LeaseDesk::add(AddedTrials trials) {
    const MutexLock lock(mutex_);
    std::promise<std::vector<TrialNumber>> recorded;
    std::future<std::vector<TrialNumber>> future = recorded.get_future();
    if (closed_)
        return future;
    mail_.additions.push_back({.added = std::move(trials), .recorded = std::move(recorded)});
    mail_came_.notify_one();
    return future;
}

void LeaseDesk::allow(const Budget& budget) {
    const MutexLock lock(mutex_);
    mail_.budget = budget;
    mail_came_.notify_one();
}

void LeaseDesk::offer(Lease lease, bool again) {
    {
        const MutexLock lock(mutex_);
        if (again)
            ready_.push_front(std::move(lease));
        else
            ready_.push_back(std::move(lease));
    }
    trial_ready_.notify_one();
    if (options_.on_ready)
        options_.on_ready();
}

void LeaseDesk::offer(PhaseLease phase) {
    const MutexLock lock(mutex_);
    ready_phase_ = std::move(phase);
    phase_ready_.notify_one();
}

void LeaseDesk::restore(Lease lease, const LeaseTimes& times) {
    const MutexLock lock(mutex_);
    Out out{.lease = std::move(lease), .times = times};
    out.progress();
    out.renew();
    open_.emplace(out.lease.key(), std::move(out));
}

void LeaseDesk::restored() {
    const MutexLock lock(mutex_);
    restored_ = true;
}

std::optional<LeaseLoss> LeaseDesk::revoke(const LeaseKey& key) {
    const MutexLock lock(mutex_);
    const auto found = open_.find(key);
    if (found == open_.end() || !found->second.wanted)
        return std::nullopt;
    const LeaseLoss loss = found->second.stalled() ? LeaseLoss::stalled : LeaseLoss::silent;
    open_.erase(found);
    return loss;
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

std::size_t LeaseDesk::demand() const {
    const MutexLock lock(mutex_);
    return open_.size() + waiting_;
}

void LeaseDesk::close() {
    const MutexLock lock(mutex_);
    closed_ = true;
    ready_.clear();
    ready_phase_.reset();
    for (const auto& [key, verdict] : verdicts_) {
        const auto waiting = open_.find(key);
        const bool remote = waiting != open_.end() && waiting->second.remote();
        *verdict = remote ? Heard::closed : Heard::lost;
        if (!remote)
            open_.erase(key);
    }
    verdicts_.clear();
    trial_ready_.notify_all();
    phase_ready_.notify_all();
    verdict_came_.notify_all();
}

void LeaseDesk::abandon() {
    close();
    Mail unread;
    const MutexLock lock(mutex_);
    abandoned_ = true;
    unread = std::exchange(mail_, {});
}

bool LeaseDesk::closed() const {
    const MutexLock lock(mutex_);
    return closed_;
}

std::size_t LeaseDesk::open() const {
    const MutexLock lock(mutex_);
    const auto local =
        std::ranges::count_if(open_, [](const auto& each) { return !each.second.remote(); });
    return static_cast<std::size_t>(local) + (phase_open_ ? 1 : 0);
}

}  // namespace parnas::search
