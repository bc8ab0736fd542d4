// SPDX-License-Identifier: Apache-2.0
#include "api/http/serving/stream_seats.h"

namespace parnas::http {

std::shared_ptr<StreamSeats::Seat> StreamSeats::take(const std::string& principal) {
    MutexLock lock(mutex_);
    std::size_t& own = by_principal_[principal];
    if (taken_ >= most_ || own >= most_per_principal_) {
        if (own == 0)
            by_principal_.erase(principal);
        return nullptr;
    }
    auto seat = std::make_shared<Seat>(*this, principal);
    ++own;
    ++taken_;
    return seat;
}

std::size_t StreamSeats::taken() const {
    MutexLock lock(mutex_);
    return taken_;
}

void StreamSeats::leave(const std::string& principal) {
    MutexLock lock(mutex_);
    --taken_;
    const auto own = by_principal_.find(principal);
    if (--own->second == 0)
        by_principal_.erase(own);
}

}  // namespace parnas::http
