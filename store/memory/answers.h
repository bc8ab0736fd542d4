// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "store/service_rules.h"

namespace parnas::store::memory {

// Answers by scope and key.
class Answers {
  public:
    // Throws Error(conflict).
    void check_free(const std::optional<Answer>& answer) const {
        if (answer && answers_.contains({answer->scope, answer->key}))
            throw taken_key(*answer);
    }

    // One that is there stays.
    void keep(const Answer& answer) {
        answers_.emplace(std::pair(answer.scope, answer.key), answer);
    }

    std::optional<Answer> find(std::string_view scope, std::string_view key) const {
        const auto found = answers_.find({std::string(scope), std::string(key)});
        return found == answers_.end() ? std::nullopt : std::optional(found->second);
    }

    std::int64_t forget(TimePoint before) {
        return static_cast<std::int64_t>(
            std::erase_if(answers_, [&](const auto& entry) { return entry.second.time < before; }));
    }

  private:
    std::map<std::pair<std::string, std::string>, Answer> answers_;
};

}  // namespace parnas::store::memory
