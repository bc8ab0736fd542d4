// SPDX-License-Identifier: Apache-2.0
#include "search/zero_cost/scoring_phase.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.h"

namespace parnas::search {
namespace {

// Calls `read`; what it complains about is damage.
template <typename Read>
auto guarded(const char* what, const Read& read) {
    try {
        return read();
    } catch (const std::exception& error) {
        throw Error(ErrorKind::damaged, fmt::format("these are no {}: {}", what, error.what()));
    }
}

Json to_json(const Scores& scores) {
    if (const auto* failure = std::get_if<Failure>(&scores))
        return {{"failure", to_string(failure->kind)}, {"reason", failure->reason}};
    return std::get<Metrics>(scores);
}

Scores scores_of(const Json& json) {
    if (json.contains("failure"))
        return Failure{failure_kind_from_string(json.at("failure").get<std::string>()),
                       json.at("reason").get<std::string>()};
    return json.get<Metrics>();
}

}  // namespace

std::string to_text(const ScoringSettings& settings, const TrialCodec& codec) {
    Json json = to_json(settings.scoring);
    json["type"] = kScoringPhase;
    json["genotypes"] = Json::array();
    for (const Genotype& genotype : settings.genotypes)
        json["genotypes"].push_back(parse_json(codec.to_text(genotype), "genotype"));
    return dump_json(json);
}

ScoringSettings scoring_settings(const std::string& text, const TrialCodec& codec) {
    return guarded("settings of a scoring phase", [&] {
        const Json json = parse_json(text, "settings");
        Faults faults;
        ObjectReader reader(json, "", faults);
        (void)reader.word("type", {kScoringPhase});
        ScoringSettings settings{.scoring = read_scoring_options(reader)};
        if (const Json* genotypes = reader.need("genotypes"))
            for (const Json& genotype : *genotypes)
                settings.genotypes.push_back(codec.from_text(dump_json(genotype)));
        reader.finish();
        faults.throw_if_any();
        return settings;
    });
}

std::string to_text(std::span<const Scores> scores) {
    Json json = Json::array();
    for (const Scores& each : scores)
        json.push_back(to_json(each));
    return dump_json({{"scores", std::move(json)}});
}

std::vector<Scores> scores_from_text(const std::string& text) {
    return guarded("scores of candidates", [&] {
        std::vector<Scores> scores;
        const Json json = parse_json(text, "scores");
        for (const Json& each : json.at("scores"))
            scores.push_back(scores_of(each));
        return scores;
    });
}

}  // namespace parnas::search
