// SPDX-License-Identifier: Apache-2.0
#include "search/analysis/importance_json.h"

#include <nlohmann/json.hpp>

namespace parnas::search {

Json importance_json(std::string_view metric,
                     std::string_view method,
                     const Observations& seen,
                     const Importance& importance) {
    Json params = Json::array();
    for (const ParamImportance& param : importance.params) {
        Json entry = {{"name", param.name}, {"share", param.share}, {"trials", param.trials}};
        if (param.spread)
            entry["spread"] = *param.spread;
        params.push_back(std::move(entry));
    }
    Json pairs = Json::array();
    for (const PairImportance& pair : importance.pairs)
        pairs.push_back(
            {{"names", {pair.first, pair.second}}, {"share", pair.share}, {"spread", pair.spread}});
    return {{"metric", metric},
            {"method", method},
            {"trials", seen.size()},
            {"left_out", seen.left_out},
            {"params", std::move(params)},
            {"pairs", std::move(pairs)}};
}

}  // namespace parnas::search
