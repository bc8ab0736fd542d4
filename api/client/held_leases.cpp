// SPDX-License-Identifier: Apache-2.0
#include "api/client/held_leases.h"

#include <algorithm>

#include "api/client/service_error.h"

namespace parnas::client {
namespace {

constexpr Seconds kShortestPeriod{0.05};
constexpr Seconds kAgain{1.0};  // and up to as much more
constexpr Seconds kLongestTry{5.0};

}  // namespace

void HeldLease::lose(std::string why) {
    {
        const MutexLock lock(mutex_);
        if (why_lost_.empty())
            why_lost_ = std::move(why);
    }
    lost_.request_stop();
    stop_.request_stop();
}

std::string HeldLease::why_lost() const {
    const MutexLock lock(mutex_);
    return why_lost_;
}

HeldLeases::HeldLeases(ServiceClient& client, Seconds heartbeat)
    : client_(client),
      heartbeat_(heartbeat),
      thread_([this](const std::stop_token& stop) { keep(stop); }) {}

// Two more may fail before the lease expires.
Seconds HeldLeases::period(const LeaseGrant& grant) const {
    return std::max(kShortestPeriod, std::min(heartbeat_, grant.expires_in / 3));
}

std::shared_ptr<HeldLease> HeldLeases::hold(LeaseGrant grant) {
    const Seconds first = period(grant);
    const auto lease = std::make_shared<HeldLease>(std::move(grant));
    const MutexLock lock(mutex_);
    held_.push_back({lease, Clock::now() + std::chrono::ceil<Clock::duration>(first)});
    if (stopped_)
        lease->request_stop();
    changed_.notify_all();
    return lease;
}

void HeldLeases::release(const HeldLease& lease) {
    const MutexLock lock(mutex_);
    std::erase_if(held_, [&](const Entry& entry) { return entry.lease.get() == &lease; });
}

void HeldLeases::request_stop() {
    const MutexLock lock(mutex_);
    stopped_ = true;
    for (const Entry& entry : held_)
        entry.lease->request_stop();
}

void HeldLeases::keep(const std::stop_token& stop) {
    while (const std::shared_ptr<HeldLease> due = wait_for_due(stop))
        beat(*due, stop);
}

std::shared_ptr<HeldLease> HeldLeases::wait_for_due(const std::stop_token& stop) {
    const std::stop_callback wake(stop, [this] {
        const MutexLock lock(mutex_);
        changed_.notify_all();
    });
    const MutexLock lock(mutex_);
    while (!stop.stop_requested()) {
        const auto next = std::ranges::min_element(held_, {}, &Entry::due);
        if (next == held_.end()) {
            changed_.wait(mutex_);
        } else if (next->due > Clock::now()) {
            const Clock::time_point due = next->due;
            changed_.wait_until(mutex_, due);
        } else {
            next->due += std::chrono::ceil<Clock::duration>(period(next->lease->grant()));
            return next->lease;
        }
    }
    return nullptr;
}

void HeldLeases::beat(HeldLease& lease, const std::stop_token& stop) {
    const Seconds timeout = std::min(kLongestTry, std::max(kAgain, lease.grant().expires_in / 4));
    try {
        const HeartbeatAnswer answer = client_.heartbeat(lease.grant(), timeout, stop);
        if (answer.should_stop && !lease.evaluation_ended())
            lease.request_stop();
        if (answer.should_drain)
            should_drain_ = true;
    } catch (const ServiceError& error) {
        if (is_lost(error) && !lease.evaluation_ended())
            lease.lose(error.what());
        else
            put_off(lease, kAgain * (1.0 + client_.chance()));
    } catch (const Error&) {
        put_off(lease, kAgain * (1.0 + client_.chance()));
    }
}

// No later than it would be due anyway.
void HeldLeases::put_off(const HeldLease& lease, Seconds delay) {
    const Clock::time_point due = Clock::now() + std::chrono::ceil<Clock::duration>(delay);
    const MutexLock lock(mutex_);
    for (Entry& entry : held_)
        if (entry.lease.get() == &lease)
            entry.due = std::min(entry.due, due);
}

}  // namespace parnas::client
