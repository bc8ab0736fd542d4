// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "core/mutex.h"
#include "core/rng.h"
#include "store/service_store.h"

namespace parnas::service {

// Whether an id is a worker's: a lease that was asked for without one is a token's.
bool is_worker(std::string_view id);

// "active", "draining", or "lost" after two minutes of silence: the leases that it had are over by
// then.
std::string_view state_of(const store::WorkerRecord& worker, TimePoint time);

// The workers that have come to a server, and when each was heard of last. What the store has of
// that is up to a minute old, since a worker is heard of all the time. Thread-safe.
class Workers {
  public:
    // `seed` names workers: another one for each process.
    Workers(store::ServiceStore& kept, std::uint64_t seed) : kept_(kept), rng_(seed) {}

    // A new id, for a record that is put.
    std::string make_id();
    // Takes the record with its id, and keeps `with`'s answer in the same commit.
    void add(const store::WorkerRecord& worker, const store::PutOptions& with);
    // The worker was heard of now. Throws Error(not_found).
    store::WorkerRecord hear(std::string_view id);
    // As it is known now.
    store::WorkerRecord find(std::string_view id);
    // Throws Error(conflict) if its revision is another.
    store::WorkerRecord set_draining(std::string_view id, bool draining, std::int64_t revision);
    // Brings what is known now over what the store has.
    store::WorkerRecord as_heard(store::WorkerRecord kept) const;
    // Writes when workers were heard of, where that is new.
    void keep_times();

  private:
    struct Heard {
        store::WorkerRecord record;
        TimePoint kept;  // the time that the store has
    };
    Heard& load(std::string_view id) PARNAS_REQUIRES(mutex_);

    store::ServiceStore& kept_;
    mutable Mutex mutex_;
    Rng rng_ PARNAS_GUARDED_BY(mutex_);
    std::map<std::string, Heard, std::less<>> workers_ PARNAS_GUARDED_BY(mutex_);
};

}  // namespace parnas::service
