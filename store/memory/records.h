// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/service_rules.h"

namespace parnas::store::memory {

// Records by id, with their revisions.
template <typename Record>
class Records {
  public:
    // The revision that a put would give. Throws Error(conflict) if that is not expected.
    std::int64_t next_revision(std::string_view id, std::optional<std::int64_t> expected) const {
        const auto found = records_.find(id);
        return store::next_revision(
            id, found == records_.end() ? 0 : found->second.revision, expected);
    }

    void put(const Record& record, std::int64_t revision) {
        Record& kept = records_[record.id];
        kept = record;
        kept.revision = revision;
    }

    template <typename Unwanted>
    void erase_if(const Unwanted& unwanted) {
        std::erase_if(records_, [&](const auto& entry) { return unwanted(entry.second); });
    }

    // Throws Error(not_found).
    const Record& find(std::string_view id) const {
        const auto found = records_.find(id);
        if (found == records_.end())
            throw unknown_record(id);
        return found->second;
    }

    template <typename Wanted>
    std::vector<Record> list(std::string_view after,
                             std::int64_t limit,
                             const Wanted& wanted) const {
        std::vector<Record> found;
        for (auto at = records_.upper_bound(after);
             at != records_.end() && static_cast<std::int64_t>(found.size()) < limit;
             ++at)
            if (wanted(at->second))
                found.push_back(at->second);
        return found;
    }

    std::vector<Record> list(std::string_view after, std::int64_t limit) const {
        return list(after, limit, [](const Record&) { return true; });
    }

  private:
    std::map<std::string, Record, std::less<>> records_;
};

}  // namespace parnas::store::memory
