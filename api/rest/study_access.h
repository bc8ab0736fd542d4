// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/rest/call.h"
#include "api/service/attributes.h"
#include "store/store.h"

namespace parnas::rest {

// What of a store a caller may see. What the caller may not see is not found.

using service::kProjectAttribute;
inline constexpr std::string_view kDefaultProject = "default";

// The project of a study, a JSON text in its system attribute `parnas:project`.
std::string project_of(const store::StudyAttributes& attributes);

struct SeenStudy {
    store::StudyRecord record;
    store::StudyAttributes attributes;
};

// Which study the path's `study` names: by name, else by id. Throws HttpError(404).
SeenStudy find_study(const Call& call, const store::Store& store);
SeenStudy find_study(const Caller& caller, const store::Store& store, const std::string& name);
// A study that was found by what belongs to it.
bool may_see(const Caller& caller, const store::Store& store, StudyId study, std::string_view name);
// By id, ascending.
std::vector<SeenStudy> studies_seen_by(const Caller& caller, const store::Store& store);

}  // namespace parnas::rest
