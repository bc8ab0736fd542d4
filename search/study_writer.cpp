// SPDX-License-Identifier: Apache-2.0
#include "search/study_writer.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "store/storage_fault.h"

namespace parnas::search {
namespace {

using Clock = std::chrono::steady_clock;

constexpr Seconds kTimeToLive{10.0};
constexpr Seconds kRenewEvery{3.0};
constexpr Seconds kFirstPause{0.02};
constexpr Seconds kLongestPause{5.0};

// A disk that failed is not tried again by the store.
bool may_pass(const Error& error) {
    const auto* const fault = dynamic_cast<const store::StorageError*>(&error);
    return error.kind() == ErrorKind::unavailable &&
           (fault == nullptr || fault->trouble() == store::StorageTrouble::full);
}

// Sleeps; true if stop was requested.
bool pause(Seconds time, const std::stop_token& stop) {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any never;
    never.wait_for(lock, stop, time, [] { return false; });
    return stop.stop_requested();
}

}  // namespace

StudyWriter::StudyWriter(store::Store& store, StudyId study)
    : store_(store),
      driver_(store.acquire_study(study, store::this_process(), kTimeToLive)),
      renewal_([this](const std::stop_token& stop) {
          while (!pause(kRenewEvery, stop)) {
              try {
                  store_.renew(driver_);
              } catch (const Error&) {
                  // The next commit meets the same trouble, where it can be dealt with.
              }
          }
      }) {}

StudyWriter::~StudyWriter() {
    renewal_.request_stop();
    renewal_.join();
    try {
        store_.release(driver_);
    } catch (const Error&) {
        // It runs out by itself.
    }
}

void StudyWriter::commit(store::Batch& batch,
                         Seconds patience,
                         const std::stop_token& stop,
                         const std::function<void(const Error&)>& on_wait) {
    batch.driver = driver_;
    const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(patience);
    for (Seconds wait = kFirstPause;; wait = std::min(2.0 * wait, kLongestPause)) {
        try {
            store_.commit(batch);
            return;
        } catch (const Error& error) {
            const bool hopeless = !may_pass(error) || Clock::now() >= end;
            if (hopeless || stop.stop_requested())
                throw;
            if (wait == kFirstPause)
                on_wait(error);
        }
        pause(wait, stop);
    }
}

}  // namespace parnas::search
