// SPDX-License-Identifier: Apache-2.0
#include "search/audit/audit.h"

#include <nlohmann/json.hpp>

#include "core/error.h"

namespace parnas::search {
namespace {

constexpr int kVersion = 1;

Json number_or_null(const std::optional<double>& value) {
    return value ? Json(*value) : Json();
}

std::optional<double> optional_number(const Json& json) {
    return json.is_null() ? std::nullopt : std::optional(json.get<double>());
}

Json correlation_json(const std::optional<RankCorrelation>& correlation) {
    if (!correlation)
        return {};
    return {{"tau", correlation->tau},
            {"low", correlation->low},
            {"high", correlation->high},
            {"networks", correlation->count}};
}

std::optional<RankCorrelation> correlation_from(const Json& json) {
    if (json.is_null())
        return std::nullopt;
    return RankCorrelation{.tau = json.at("tau").get<double>(),
                           .low = json.at("low").get<double>(),
                           .high = json.at("high").get<double>(),
                           .count = json.at("networks").get<std::size_t>()};
}

Json networks_json(const std::vector<AuditedNetwork>& networks) {
    Json json = Json::array();
    for (const AuditedNetwork& network : networks)
        json.push_back({{"trial", network.trial},
                        {"inherited", network.inherited},
                        {"alone", network.alone},
                        {"again", number_or_null(network.again)}});
    return json;
}

Json contenders_json(const std::vector<Contender>& contenders) {
    Json json = Json::array();
    for (const Contender& contender : contenders)
        json.push_back({{"study", contender.study},
                        {"strategy", contender.strategy},
                        {"networks", contender.networks},
                        {"cost_seconds", contender.cost.count()},
                        {"hypervolume", number_or_null(contender.hypervolume)},
                        {"best", number_or_null(contender.best)}});
    return json;
}

Audit audit_from(const Json& json) {
    const Json& options = json.at("options");
    Audit audit{.options = {.networks = options.at("networks").get<std::int64_t>(),
                            .baselines = baselines_from(options.at("baselines").get<std::string>()),
                            .ceiling = options.at("ceiling").get<bool>()},
                .metric = json.at("metric").get<std::string>(),
                .cost = Seconds(json.at("cost_seconds").get<double>()),
                .ranking = correlation_from(json.at("ranking")),
                .no_ranking = json.at("no_ranking").get<std::string>(),
                .ceiling = correlation_from(json.at("ceiling")),
                .reference = json.at("reference").get<std::vector<double>>()};
    for (const Json& network : json.at("networks"))
        audit.networks.push_back({.trial = network.at("trial").get<TrialNumber>(),
                                  .inherited = network.at("inherited").get<double>(),
                                  .alone = network.at("alone").get<double>(),
                                  .again = optional_number(network.at("again"))});
    for (const Json& contender : json.at("contenders"))
        audit.contenders.push_back({.study = contender.at("study").get<std::string>(),
                                    .strategy = contender.at("strategy").get<std::string>(),
                                    .networks = contender.at("networks").get<std::int64_t>(),
                                    .cost = Seconds(contender.at("cost_seconds").get<double>()),
                                    .hypervolume = optional_number(contender.at("hypervolume")),
                                    .best = optional_number(contender.at("best"))});
    return audit;
}

}  // namespace

Json audit_json(const Audit& audit) {
    return {{"version", kVersion},
            {"options", audit_options_json(audit.options)},
            {"metric", audit.metric},
            {"cost_seconds", audit.cost.count()},
            {"networks", networks_json(audit.networks)},
            {"ranking", correlation_json(audit.ranking)},
            {"no_ranking", audit.no_ranking},
            {"ceiling", correlation_json(audit.ceiling)},
            {"reference", audit.reference},
            {"contenders", contenders_json(audit.contenders)}};
}

std::optional<Audit> audit_of(const store::StudyAttributes& attributes) {
    const auto found = attributes.user.find(kAuditAttribute);
    if (found == attributes.user.end())
        return std::nullopt;
    try {
        const Json json = parse_json(found->second, kAuditAttribute);
        return json.at("version") == kVersion ? std::optional(audit_from(json)) : std::nullopt;
    } catch (const Json::exception&) {
        return std::nullopt;
    } catch (const Error&) {
        return std::nullopt;
    }
}

}  // namespace parnas::search
