// SPDX-License-Identifier: Apache-2.0
#include "search/automatic/automatic.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "search/automatic/rules.h"
#include "search/strategy_factory.h"
#include "search/trial_json.h"

namespace parnas::search {
namespace {

constexpr std::string_view kAttribute = "strategy";

// A strategy and the trials that it proposes.
struct Part {
    TrialNumber from = 0;
    std::unique_ptr<Strategy> strategy;
    std::string attribute;  // of its proposals, JSON
};

class Automatic final : public Strategy {
  public:
    explicit Automatic(std::vector<Part> parts) : parts_(std::move(parts)) {}

    Step next(const AskContext& context) override {
        const auto after = std::ranges::upper_bound(parts_, context.number, {}, &Part::from);
        const Part& part = *std::prev(after);
        Step step = part.strategy->next(context);
        if (auto* proposal = std::get_if<Proposal>(&step))
            proposal->attributes.emplace(kAttribute, part.attribute);
        return step;
    }

    void tell(std::span<const Finished> finished) override {
        for (const Part& part : parts_)
            part.strategy->tell(finished);
    }

  private:
    std::vector<Part> parts_;
};

Part make_part(const Suited& suited,
               const SamplerSetup& setup,
               const Registry<StrategyFactory>& strategies) {
    const Json options = parse_json(suited.strategy, "auto");
    Faults faults;
    ObjectReader reader(options, "auto", faults);
    std::unique_ptr<Strategy> strategy = make_strategy(strategies, reader, setup);
    reader.finish();
    faults.throw_if_any(ErrorKind::internal);
    return {.from = suited.from,
            .strategy = std::move(strategy),
            .attribute = dump_json(Json{{"type", options["type"]}, {"reason", suited.reason}})};
}

}  // namespace

std::unique_ptr<Strategy> make_automatic(const SamplerSetup& setup,
                                         const Registry<StrategyFactory>& strategies) {
    std::vector<Part> parts;
    for (const Suited& suited : suited_strategies(shape_of(setup)))
        parts.push_back(make_part(suited, setup, strategies));
    return std::make_unique<Automatic>(std::move(parts));
}

std::optional<ChosenStrategy> chosen_strategy(const store::TrialRecord& trial) {
    const auto found = trial.user_attributes.find(kAttribute);
    if (found == trial.user_attributes.end())
        return std::nullopt;
    const Json json = attribute_json(found->second);  // anybody may have written it
    const auto text = [&json](const char* key) {
        const auto value = json.find(key);
        return value != json.end() && value->is_string() ? value->get<std::string>()
                                                         : std::string();
    };
    ChosenStrategy chosen{.type = text("type"), .reason = text("reason")};
    return chosen.type.empty() ? std::nullopt : std::optional(std::move(chosen));
}

}  // namespace parnas::search
