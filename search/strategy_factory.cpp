// SPDX-License-Identifier: Apache-2.0
#include "search/strategy_factory.h"

#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "search/inner_type.h"
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

std::unique_ptr<Strategy> make_inner_strategy(const Registry<StrategyFactory>& strategies,
                                              ObjectReader& options,
                                              std::string_view key,
                                              const Json& usual,
                                              const SamplerSetup& setup) {
    const Json* given = options.find(key);
    ObjectReader reader(given ? *given : usual, options.pointer(key), options.faults());
    if (read_inner_type(reader, strategies.names(), "strategy that may stand here").empty())
        return nullptr;
    std::unique_ptr<Strategy> strategy = make_strategy(strategies, reader, setup);
    reader.finish();
    return strategy;
}

std::unique_ptr<Strategy> make_inner_strategy(const Registry<StrategyFactory>& strategies,
                                              ObjectReader& options,
                                              std::string_view key,
                                              const SamplerSetup& setup) {
    const Json usual{{"type", setup.objectives > 1 ? "nsga2" : "regularized_evolution"}};
    return make_inner_strategy(strategies, options, key, usual, setup);
}

}  // namespace parnas::search
