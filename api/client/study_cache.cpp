// SPDX-License-Identifier: Apache-2.0
#include "api/client/study_cache.h"

namespace parnas::client {
namespace {

constexpr std::chrono::minutes kFresh{1};

}  // namespace

StudyCache::StudyCache(ServiceClient& client, MakeStudyParts make)
    : client_(client), make_(std::move(make)) {}

// Slots that need the same study wait for the one that makes its parts: data is read once.
StudyParts StudyCache::find(const std::string& study, const Patience& patience) {
    const MutexLock lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    const auto found = entries_.find(study);
    if (found != entries_.end() && now - found->second.seen < kFresh)
        return found->second.parts;
    const StudyView view = client_.study(study, patience);
    if (found != entries_.end() && found->second.id == view.id) {
        found->second.seen = now;
        return found->second.parts;
    }
    return entries_.insert_or_assign(study, Entry{view.id, make_(view), now}).first->second.parts;
}

}  // namespace parnas::client
