// SPDX-License-Identifier: Apache-2.0
#include "search/audit/audit_options.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.h"

namespace parnas::search {
namespace {

// In the order of the enumeration.
constexpr std::array<std::string_view, 3> kBaselines{"none", "random", "all"};

}  // namespace

std::string_view to_string(Baselines baselines) {
    return kBaselines.at(static_cast<std::size_t>(baselines));
}

Baselines baselines_from(std::string_view word) {
    const auto found = std::ranges::find(kBaselines, word);
    if (found == kBaselines.end())
        throw Error(ErrorKind::damaged, fmt::format("no baselines are named '{}'", word));
    return static_cast<Baselines>(found - kBaselines.begin());
}

std::optional<AuditOptions> read_audit_options(ObjectReader& job) {
    AuditOptions options;
    const Json* json = job.find("audit");
    if (json == nullptr)
        return options;
    if (json->is_string() && json->get<std::string>() == "none")
        return std::nullopt;
    ObjectReader reader(*json, job.pointer("audit"), job.faults());
    options.networks = reader.integer("networks", options.networks, {.low = 2, .high = 10'000});
    options.baselines = static_cast<Baselines>(
        reader.word("baselines", {"none", "random", "all"}, to_string(options.baselines)));
    options.ceiling = reader.boolean("ceiling", options.ceiling);
    reader.finish();
    return options;
}

Json audit_options_json(const std::optional<AuditOptions>& options) {
    if (!options)
        return "none";
    return {{"networks", options->networks},
            {"baselines", to_string(options->baselines)},
            {"ceiling", options->ceiling}};
}

}  // namespace parnas::search
