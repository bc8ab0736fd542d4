// SPDX-License-Identifier: Apache-2.0
#include "api/rest/access.h"

#include <algorithm>

#include "core/mutation.h"

namespace parnas::rest {

bool Caller::has_scope(std::string_view scope) const {
    return std::ranges::find(scopes, scope) != scopes.end();
}

bool Caller::may_see(std::string_view study_name, std::string_view project) const {
    if (mutated("any_project"))
        return true;
    if (study && *study != study_name)
        return false;
    return projects.empty() || std::ranges::find(projects, project) != projects.end();
}

std::string actor_of(const Caller& caller) {
    return caller.token.empty() ? "local" : caller.token;
}

bool is_within(const Caller& caller,
               const std::vector<std::string>& projects,
               const std::optional<std::string>& study) {
    if (caller.study && caller.study != study)
        return false;
    if (caller.projects.empty())
        return true;
    return !projects.empty() && std::ranges::all_of(projects, [&](const std::string& project) {
        return std::ranges::find(caller.projects, project) != caller.projects.end();
    });
}

}  // namespace parnas::rest
