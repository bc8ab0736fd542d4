// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "store/memory/study.h"
#include "store/service_store.h"

namespace parnas::store::memory {

// All studies, and what they share: artifacts, results and ids. For one thread at a time; what
// throws changed nothing.
class Studies {
  public:
    const Study& create(const StudySpec& spec, const Batch& first);
    // As Store::adopt_study().
    void adopt(StudyId id, const StudySpec& spec);
    // Throw Error(not_found).
    const Study& find(StudyId id) const;
    Study& find(StudyId id);
    const Study& find(std::string_view name) const;
    const std::map<StudyId, Study>& all() const { return studies_; }

    // With all that is of it; the leases that there were.
    std::vector<std::string> erase(StudyId id);

    void extend(const Driver& driver);
    void commit(const Batch& batch);

    // Throws Error(conflict) as ServiceStore::grant().
    void check_grants(const Study& study, std::span<const AttemptStart> attempts) const;
    // After that check.
    void grant(Study& study, std::span<const AttemptStart> attempts);
    const AttemptRecord& lease(std::string_view id) const;

    std::optional<TrialRecord> result(const Digest& reuse_key) const;
    const std::string& artifact(const ArtifactId& id) const;
    std::vector<StudyEvent> events_after(std::int64_t seq, std::int64_t limit) const;
    std::int64_t last_seq() const { return last_seq_; }

  private:
    struct AttemptKey {
        StudyId study{};
        TrialNumber number = 0;
        std::int64_t attempt = 0;
    };

    const Study* find_by_name(std::string_view name) const;
    void apply(Study& study, const Batch& batch);
    void finish(Study& study, const TrialFinish& finish);
    bool has_artifact(const ArtifactId& id, const Batch& batch) const;
    void hold(const std::optional<ArtifactId>& id);
    void release(const std::optional<ArtifactId>& id);

    std::map<StudyId, Study> studies_;
    std::map<ArtifactId, Artifact> artifacts_;
    // How many trials have it as their weights or warm start, and phases keep it.
    std::map<ArtifactId, std::int64_t> holders_;
    // By key, the trials with such a result, the one that finished first in front.
    std::map<Digest, std::set<std::tuple<TimePoint, StudyId, TrialNumber>>> results_;
    std::map<std::string, AttemptKey, std::less<>> leases_;
    std::map<std::int64_t, StudyId> events_;  // whose an event is, by its seq
    std::int64_t last_seq_ = 0;
    std::int64_t last_study_id_ = 0;
    std::int64_t last_trial_id_ = 0;
};

}  // namespace parnas::store::memory
