// SPDX-License-Identifier: Apache-2.0
#include "search/audit/audit_options.h"

#include <nlohmann/json.hpp>

namespace parnas::search {

std::optional<AuditOptions> read_audit_options(ObjectReader& job) {
    AuditOptions options;
    const Json* json = job.find("audit");
    if (json == nullptr)
        return options;
    if (json->is_string() && json->get<std::string>() == "none")
        return std::nullopt;
    ObjectReader reader(*json, job.pointer("audit"), job.faults());
    options.networks = reader.integer("networks", options.networks, {.low = 2, .high = 10'000});
    options.baselines = reader.boolean("baselines", options.baselines);
    options.ceiling = reader.boolean("ceiling", options.ceiling);
    reader.finish();
    return options;
}

Json audit_options_json(const std::optional<AuditOptions>& options) {
    if (!options)
        return "none";
    return {{"networks", options->networks},
            {"baselines", options->baselines},
            {"ceiling", options->ceiling}};
}

}  // namespace parnas::search
