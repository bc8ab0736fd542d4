// SPDX-License-Identifier: Apache-2.0
#include "search/strategy_factory.h"

#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "search/zero_cost/prefilter.h"

namespace parnas::search {

std::unique_ptr<Strategy> make_strategy(const Registry<StrategyFactory>& strategies,
                                        ObjectReader& options,
                                        const SamplerSetup& setup) {
    const std::string type = options.text("type");
    if (type.empty())
        return nullptr;
    std::optional<PrefilterOptions> prefilter;
    if (const Json* json = options.find("prefilter")) {
        ObjectReader reader(*json, options.pointer("prefilter"), options.faults());
        prefilter = read_prefilter(reader, setup.seed);
    }
    std::unique_ptr<Strategy> strategy = strategies.find(type)(options, setup);
    if (!prefilter || !strategy)
        return strategy;
    return make_prefilter(*std::move(prefilter), std::move(strategy), setup);
}

}  // namespace parnas::search
