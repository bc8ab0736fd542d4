// SPDX-License-Identifier: Apache-2.0
#include "api/rest/study_access.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/http/problem.h"
#include "search/trial_json.h"

namespace parnas::rest {
namespace {

// "17" as the id of a study.
std::optional<StudyId> id_of(const std::string& text) {
    std::int64_t id = 0;
    const char* const last = text.data() + text.size();
    const auto [end, fault] = std::from_chars(text.data(), last, id);
    return fault == std::errc() && end == last ? std::optional(StudyId(id)) : std::nullopt;
}

std::optional<store::StudyRecord> look_up(const store::Store& store, const std::string& name) {
    const auto found = [](auto&& look) -> std::optional<store::StudyRecord> {
        try {
            return look();
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::not_found)
                throw;
            return std::nullopt;
        }
    };
    if (auto study = found([&] { return store.find_study(name); }))
        return study;
    const std::optional<StudyId> id = id_of(name);
    return id ? found([&] { return store.study(*id); }) : std::nullopt;
}

}  // namespace

std::string project_of(const store::StudyAttributes& attributes) {
    const auto found = attributes.system.find(kProjectAttribute);
    if (found == attributes.system.end())
        return std::string(kDefaultProject);
    const Json json = search::attribute_json(found->second);
    return json.is_string() ? json.get<std::string>() : std::string(kDefaultProject);
}

SeenStudy find_study(const Caller& caller, const store::Store& store, const std::string& name) {
    if (std::optional<store::StudyRecord> study = look_up(store, name)) {
        store::StudyAttributes attributes = store.attributes(study->id);
        if (caller.may_see(study->spec.name, project_of(attributes)))
            return {std::move(*study), std::move(attributes)};
    }
    throw http::HttpError(404, fmt::format("there is no study '{}'", name));
}

SeenStudy find_study(const Call& call, const store::Store& store) {
    return find_study(call.caller(), store, call.text("study"));
}

bool may_see(const Caller& caller,
             const store::Store& store,
             StudyId study,
             std::string_view name) {
    return !caller.is_bound() || caller.may_see(name, project_of(store.attributes(study)));
}

std::vector<SeenStudy> studies_seen_by(const Caller& caller, const store::Store& store) {
    std::vector<SeenStudy> seen;
    for (store::StudyRecord& study : store.studies()) {
        store::StudyAttributes attributes = store.attributes(study.id);
        if (caller.may_see(study.spec.name, project_of(attributes)))
            seen.push_back({std::move(study), std::move(attributes)});
    }
    std::ranges::sort(seen, {}, [](const SeenStudy& each) { return each.record.id; });
    return seen;
}

}  // namespace parnas::rest
