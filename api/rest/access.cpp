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

}  // namespace parnas::rest
