// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/document.h"
#include "search/builtins.h"
#include "search/run_study.h"
#include "tests/support/fake_evaluators.h"
#include "tests/support/fake_hardware.h"
#include "tests/support/fake_learner.h"
#include "tests/support/spaces.h"

// Jobs as their texts say, with fakes for what is searched and evaluated.
namespace parnas::search {

inline std::unique_ptr<spaces::SearchSpace> load(const Json& reference,
                                                 const std::filesystem::path&) {
    const std::string name = reference.is_string() ? reference.get<std::string>()
                                                   : reference.at("name").get<std::string>();
    if (name.starts_with("net"))
        return std::make_unique<tests::FakeSpace>(tests::network_space());
    if (name.starts_with("small"))
        return std::make_unique<tests::FakeSpace>(tests::small_space());
    if (name.starts_with("mixed"))
        return std::make_unique<tests::FakeSpace>(tests::mixed_space());
    throw Error(ErrorKind::not_found, "no space is named '" + name + "'");
}

inline Registries registries() {
    Registries result;
    register_strategies(result);
    register_pruners(result);
    result.evaluators.add("count", [](ObjectReader& options, const std::filesystem::path&) {
        const double offset = options.real("offset", 0.0);
        return std::make_unique<tests::FakeEvaluator>(
            std::vector<std::string>{"accuracy"},
            [offset](const Candidate& candidate, const evaluators::Context&) {
                const auto first = tests::choice(candidate.genotype, 0);
                const double gain = candidate.stage == Stage::finalist ? 0.5 : 0.0;
                return Measurement{
                    .metrics = {{"accuracy", offset + gain + static_cast<double>(first)}}};
            });
    });
    const auto hidden_nodes = [](const spaces::Network& network) {
        return static_cast<double>(std::get<spaces::Linear>(network.nodes[0].op).out);
    };
    result.hardware_models.add(
        "fake", [hidden_nodes](ObjectReader& options, const std::filesystem::path&) {
            const auto threads = static_cast<int>(options.integer("threads", 1));
            return std::make_unique<tests::FakeHardwareModel>(
                hidden_nodes, hw_models::Target{.name = "fake", .threads = threads});
        });
    result.hardware_models.add("learner",
                               [hidden_nodes](ObjectReader&, const std::filesystem::path&) {
                                   return std::make_unique<tests::FakeLearner>(
                                       [hidden_nodes](const spaces::Network& network) {
                                           return 0.5 * hidden_nodes(network);
                                       });
                               });
    return result;
}

inline PreparedStudy prepare(std::string_view text) {
    Faults faults;
    JobSpec job = read_job(Document::parse(text, "job.yaml").root(), "/jobs", 4, faults);
    faults.throw_if_any();
    return prepare_study(std::move(job), registries(), load, {});
}

inline std::vector<std::string> places_of_faults(std::string_view text) {
    std::vector<std::string> places;
    try {
        prepare(text);
    } catch (const Error& error) {
        for (const Fault& fault : error.faults())
            places.push_back(fault.where);
    }
    return places;
}

}  // namespace parnas::search
