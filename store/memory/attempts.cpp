// SPDX-License-Identifier: Apache-2.0
#include "store/memory/attempts.h"

#include "store/service_rules.h"

namespace parnas::store::memory {

void Attempts::check_grant(const AttemptStart& start) const {
    if (records_.contains({start.number, start.attempt}))
        throw granted_before(start);
    if (open_.contains(start.number))
        throw open_already(start);
}

void Attempts::grant(StudyId study, const AttemptStart& start) {
    records_.emplace(std::pair(start.number, start.attempt),
                     AttemptRecord{.lease = start.lease,
                                   .study = study,
                                   .number = start.number,
                                   .attempt = start.attempt,
                                   .worker = start.worker,
                                   .ttl = start.ttl,
                                   .granted = start.granted});
    open_.emplace(start.number, start.attempt);
}

void Attempts::check_ends(std::span<const AttemptEnd> ends) const {
    std::map<std::pair<TrialNumber, std::int64_t>, AttemptState> ended;
    for (const AttemptEnd& end : ends) {
        const std::pair key(end.number, end.attempt);
        const auto found = records_.find(key);
        if (found == records_.end())
            continue;
        check_open(end, found->second.state);
        if (const auto [before, first] = ended.emplace(key, end.state); !first)
            check_open(end, before->second);
    }
}

void Attempts::end(const AttemptEnd& end) {
    const auto found = records_.find({end.number, end.attempt});
    if (found == records_.end())
        return;
    found->second.state = end.state;
    found->second.reason = end.reason;
    found->second.ended = end.ended;
    open_.erase(end.number);
}

void Attempts::supersede(TrialNumber number, TimePoint time) {
    if (const auto found = open_.find(number); found != open_.end())
        end({.number = number,
             .attempt = found->second,
             .state = AttemptState::superseded,
             .ended = time});
}

const AttemptRecord& Attempts::at(TrialNumber number, std::int64_t attempt) const {
    return records_.at({number, attempt});
}

std::vector<AttemptRecord> Attempts::of(TrialNumber number) const {
    std::vector<AttemptRecord> found;
    const auto end = records_.lower_bound({number + 1, INT64_MIN});
    for (auto record = records_.lower_bound({number, INT64_MIN}); record != end; ++record)
        found.push_back(record->second);
    return found;
}

std::vector<AttemptRecord> Attempts::open() const {
    std::vector<AttemptRecord> found;
    for (const auto& [number, attempt] : open_)
        found.push_back(at(number, attempt));
    return found;
}

}  // namespace parnas::store::memory
