// SPDX-License-Identifier: Apache-2.0
#include "api/service/workers.h"

#include <chrono>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/ulid.h"

namespace parnas::service {
namespace {

constexpr std::string_view kPrefix = "wrk_";
constexpr std::chrono::minutes kLostAfter{2};

}  // namespace

bool is_worker(std::string_view id) {
    return id.starts_with(kPrefix);
}

std::string_view state_of(const store::WorkerRecord& worker, TimePoint time) {
    if (time - worker.last_seen > kLostAfter)
        return "lost";
    return worker.draining ? "draining" : "active";
}

std::string Workers::make_id() {
    const MutexLock lock(mutex_);
    return std::string(kPrefix) + make_ulid(now(), rng_);
}

void Workers::add(const store::WorkerRecord& worker, const store::PutOptions& with) {
    store::WorkerRecord record = worker;
    record.revision = kept_.put(worker, with);
    const MutexLock lock(mutex_);
    workers_[record.id] = {.record = record, .kept = record.last_seen};
}

store::WorkerRecord Workers::hear(std::string_view id) {
    const MutexLock lock(mutex_);
    Heard& heard = load(id);
    heard.record.last_seen = now();
    return heard.record;
}

store::WorkerRecord Workers::find(std::string_view id) {
    const MutexLock lock(mutex_);
    return load(id).record;
}

store::WorkerRecord Workers::set_draining(std::string_view id,
                                          bool draining,
                                          std::int64_t revision) {
    const MutexLock lock(mutex_);
    Heard& heard = load(id);
    store::WorkerRecord changed = heard.record;
    changed.draining = draining;
    changed.revision = kept_.put(changed, {.expected = revision});
    heard = {.record = changed, .kept = changed.last_seen};
    return changed;
}

store::WorkerRecord Workers::as_heard(store::WorkerRecord kept) const {
    const MutexLock lock(mutex_);
    const auto found = workers_.find(kept.id);
    return found == workers_.end() ? std::move(kept) : found->second.record;
}

void Workers::keep_times() {
    const MutexLock lock(mutex_);
    for (auto& [id, heard] : workers_) {
        if (heard.record.last_seen == heard.kept)
            continue;
        heard.record.revision = kept_.put(heard.record, {.expected = heard.record.revision});
        heard.kept = heard.record.last_seen;
    }
}

Workers::Heard& Workers::load(std::string_view id) {
    auto found = workers_.find(id);
    if (found == workers_.end()) {
        store::WorkerRecord record = kept_.find_worker(id);
        const TimePoint seen = record.last_seen;
        found = workers_.emplace(std::string(id), Heard{std::move(record), seen}).first;
    }
    return found->second;
}

}  // namespace parnas::service
