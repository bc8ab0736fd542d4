// SPDX-License-Identifier: Apache-2.0
#include "search/budget.h"

#include <nlohmann/json.hpp>

#include "core/duration.h"

namespace parnas::search {

Budget read_budget(ObjectReader& job) {
    const Json* json = job.need("budget");
    if (json == nullptr)
        return {};
    ObjectReader reader(*json, job.pointer("budget"), job.faults());
    const Budget budget{.trials = reader.optional_integer("trials", {.low = 1}),
                        .wall_time = read_seconds(reader, "wall_time"),
                        .cost = read_seconds(reader, "cost")};
    if (json->is_object() && json->empty())
        job.fault("budget", "at least one of trials, wall_time and cost is needed");
    reader.finish();
    return budget;
}

Json budget_json(const Budget& budget) {
    Json json = Json::object();
    if (budget.trials)
        json["trials"] = *budget.trials;
    if (budget.wall_time)
        json["wall_time"] = budget.wall_time->count();
    if (budget.cost)
        json["cost"] = budget.cost->count();
    return json;
}

}  // namespace parnas::search
