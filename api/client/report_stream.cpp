// SPDX-License-Identifier: Apache-2.0
#include "api/client/report_stream.h"

#include <algorithm>
#include <iterator>

#include "api/client/service_error.h"

namespace parnas::client {
namespace {

constexpr std::size_t kAtOnce = 1000;
constexpr std::chrono::seconds kBetween{1};

}  // namespace

evaluators::Verdict ReportStream::add(std::int64_t step, const Metrics& metrics) {
    waiting_.push_back({step, metrics});
    const auto now = std::chrono::steady_clock::now();
    if (lease_.grant().judged || waiting_.size() >= kAtOnce)
        send({.stop = lease_.stop()});
    else if (!last_ || now - *last_ >= kBetween)
        send({.longest = Seconds(0.0), .stop = lease_.stop()});
    return pruned_ || lease_.stop().stop_requested() ? evaluators::Verdict::stop
                                                     : evaluators::Verdict::go_on;
}

void ReportStream::flush() {
    send({.stop = lease_.lost()});
}

void ReportStream::send(const Patience& patience) {
    while ((sent_ || !waiting_.empty()) && !patience.stop.stop_requested()) {
        if (!sent_) {
            const auto end =
                waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(kAtOnce, waiting_.size()));
            sent_ = Batch{.reports = {std::make_move_iterator(waiting_.begin()),
                                      std::make_move_iterator(end)},
                          .key = client_.new_key()};
            waiting_.erase(waiting_.begin(), end);
        }
        last_ = std::chrono::steady_clock::now();
        if (!try_send(*sent_, patience))
            return;
        sent_.reset();
    }
}

// False if it has to come again, or need not.
bool ReportStream::try_send(const Batch& batch, const Patience& patience) {
    try {
        const ReportAnswer answer =
            client_.report(lease_.grant(), batch.reports, batch.key, patience);
        pruned_ = pruned_ || answer.should_stop;
        return true;
    } catch (const ServiceError& error) {
        if (is_lost(error))
            lease_.lose(error.what());
        else if (error.kind() != ErrorKind::unavailable)
            throw;
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::unavailable)
            throw;
    }
    return false;
}

}  // namespace parnas::client
