// SPDX-License-Identifier: Apache-2.0
#include "api/plugin/check.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/plugin/operator_example.h"
#include "api/plugin/plugin_evaluator.h"
#include "api/plugin/plugin_hardware_model.h"
#include "api/plugin/plugin_operator.h"
#include "api/plugin/plugin_sampler.h"
#include "api/plugin/plugin_space.h"
#include "core/error.h"
#include "spaces/canonical.h"
#include "spaces/decodes_many.h"
#include "spaces/network_json.h"

namespace parnas::plugin {
namespace {

using spaces::SearchSpace;

constexpr std::size_t kCandidates = 100;
constexpr std::size_t kEvaluations = 3;
constexpr std::int64_t kAsks = 20;

// For parts whose plugin has no space of its own: networks of a growing width.
constexpr const char* kWidths = R"({"name": "widths@1", "input": {"image": [3, 16, 16]},
    "output": {"classes": 10}, "body": [
        {"conv": {"name": "stem", "out": {"one_of": [8, 16, 32, 64], "ordered": true}, "kernel": 3}},
        {"head": {}}]})";
// Values of each kind, and a condition.
constexpr const char* kValues = R"({"name": "values@1", "params": {
    "optimizer": {"one_of": ["sgd", "adam"]}, "layers": {"integer": [1, 4]},
    "lr": {"real": [0.001, 1.0], "log": true},
    "momentum": {"real": [0.0, 0.9], "when": {"optimizer": "sgd"}}}})";

std::unique_ptr<SearchSpace> own_space(const char* document) {
    return spaces::load_space({{"document", parse_json(document, "space")}}, {});
}

std::string values_text(const SearchSpace& space, const Genotype& genotype) {
    std::string text;
    for (const auto& [name, value] : spaces::to_assignment(space.params(), genotype))
        text += (text.empty() ? "" : ", ") + name + "=" + parnas::to_string(value);
    return text;
}

std::vector<Genotype> draw(const SearchSpace& space, std::size_t count, std::uint64_t seed) {
    Rng rng(seed);
    std::vector<Genotype> all;
    for (std::size_t i = 0; i < count; ++i)
        all.push_back(spaces::sample_feasible(space, rng));
    return all;
}

// Tries one plugin.
class Checker {
  public:
    Checker(const LoadedPlugin& loaded, std::uint64_t seed, OpenRuntime open_runtime)
        : loaded_(loaded), seed_(seed), open_runtime_(std::move(open_runtime)) {}

    std::vector<Finding> run() {
        part_ = "plugin";
        promise("says what it offers", [&] { return loaded_.trouble; });
        if (!loaded_.trouble.empty())
            return std::move(findings_);
        promise("offers something", [&]() -> std::string {
            const Offer& offer = loaded_.offer;
            const bool empty = offer.spaces.empty() && offer.evaluators.empty() &&
                               offer.samplers.empty() && offer.targets.empty() &&
                               offer.operators.empty() &&
                               parse_json(offer.blocks, "blocks").empty();
            return empty ? "its description has no part" : "";
        });
        promise("refuses a method that it does not have", [&] { return refuses_nonsense(); });
        check_blocks();
        for (std::size_t i = 0; i < loaded_.operators.size(); ++i)
            check_operator(loaded_.offer.operators[i], loaded_.operators[i]);
        for (const SpaceOffer& offer : loaded_.offer.spaces)
            check_space(offer);
        for (const EvaluatorOffer& offer : loaded_.offer.evaluators)
            check_evaluator(offer);
        for (const std::string& name : loaded_.offer.samplers)
            check_sampler(name);
        for (const hw_models::Target& target : loaded_.offer.targets)
            check_target(target);
        return std::move(findings_);
    }

  private:
    // `attempt` returns what is wrong, or throws it. Whether it is kept.
    bool promise(std::string words, const std::function<std::string()>& attempt) {
        std::string trouble;
        try {
            trouble = attempt();
        } catch (const Error& error) {
            trouble = error.what();
        }
        findings_.push_back({part_, std::move(words), trouble});
        return trouble.empty();
    }

    std::string refuses_nonsense() const {
        const Reply reply = loaded_.plugin->call("no.such_method", Json::object());
        const auto* fault = std::get_if<CallFault>(&reply);
        if (fault == nullptr)
            return "it answered as if there were one";
        return fault->kind == FaultKind::refused ? "" : fault->reason;
    }

    void check_blocks() {
        const Json blocks = parse_json(loaded_.offer.blocks, "blocks");
        for (const auto& [name, definition] : blocks.items()) {
            part_ = "block " + name;
            promise("is a definition that a space can use", [&, &block = name] {
                const Json document = {
                    {"name", "check@1"},
                    {"define", blocks},
                    {"input", {{"image", {8, 16, 16}}}},
                    {"output", {{"classes", 10}}},
                    {"params", {{"unused", {{"integer", {1, 2}}}}}},
                    {"body",
                     Json::array({{{"use", {{"block", block}}}}, {{"head", Json::object()}}})}};
                const auto space = spaces::load_space({{"document", document}}, {});
                static_cast<void>(space->decode(draw(*space, 1, seed_).front()));
                return std::string();
            });
        }
    }

    void check_operator(const OperatorOffer& offer,
                        const std::shared_ptr<const spaces::CustomOp>& op) {
        part_ = "operator " + offer.layer.name;
        spaces::Network network;
        std::string figures;
        if (!promise("gives a shape and counts", [&] {
                network = operator_example(offer, op);
                figures = figures_text(network);
                return std::string();
            }))
            return;
        promise("gives the same when it is started again", [&]() -> std::string {
            const auto again = std::make_shared<const Plugin>(loaded_.plugin->document());
            const std::string other =
                figures_text(operator_example(offer, make_plugin_operator(again, offer.layer)));
            return figures == other ? "" : fmt::format("{}, and then {}", figures, other);
        });
        // What is no library has costs alone.
        if (open_runtime_ &&
            std::holds_alternative<SharedLibrary>(loaded_.plugin->document().where))
            promise("computes what it says, with as many parameters as it counts", [&] {
                open_runtime_()->load(network)->run();
                return std::string();
            });
    }

    void check_space(const SpaceOffer& offer) {
        part_ = "space " + offer.name;
        std::unique_ptr<SearchSpace> space;
        if (!promise("has a document that makes a space", [&] {
                space = make_plugin_space(loaded_.plugin, offer, Json(), operators_);
                return std::string();
            }))
            return;
        const std::vector<Genotype> genotypes = draw(*space, kCandidates, seed_);
        const std::vector<std::variant<spaces::Decoded, Error>> decoded =
            spaces::decode_all(*space, genotypes);
        if (!promise(fmt::format("decodes {} random candidates", kCandidates),
                     [&] { return first_error(*space, genotypes, decoded); }))
            return;
        promise("decodes a candidate alone as among others", [&]() -> std::string {
            for (std::size_t i = 0; i < std::min<std::size_t>(10, genotypes.size()); ++i)
                if (text_of(space->decode(genotypes[i])) !=
                    text_of(std::get<spaces::Decoded>(decoded[i])))
                    return "it gives something else for " + values_text(*space, genotypes[i]);
            return "";
        });
        promise("decodes alike when it is started again", [&]() -> std::string {
            const auto again = std::make_shared<const Plugin>(loaded_.plugin->document());
            const auto other = make_plugin_space(again, offer, Json(), operators_);
            for (std::size_t i = 0; i < std::min<std::size_t>(10, genotypes.size()); ++i)
                if (text_of(other->decode(genotypes[i])) !=
                    text_of(std::get<spaces::Decoded>(decoded[i])))
                    return "it gives something else for " + values_text(*space, genotypes[i]) +
                           ": does it draw at random, or read the clock?";
            return "";
        });
        promise("has candidates that differ", [&]() -> std::string {
            std::set<std::string> different;
            for (const std::variant<spaces::Decoded, Error>& each : decoded)
                different.insert(text_of(std::get<spaces::Decoded>(each)));
            return different.size() > 1 ? "" : "all candidates are the same";
        });
    }

    static std::string first_error(
        const SearchSpace& space,
        const std::vector<Genotype>& genotypes,
        const std::vector<std::variant<spaces::Decoded, Error>>& decoded) {
        for (std::size_t i = 0; i < genotypes.size(); ++i)
            if (const auto* error = std::get_if<Error>(&decoded[i]))
                return fmt::format("{}: {}", values_text(space, genotypes[i]), error->what());
        return "";
    }

    // What a candidate means, as one text.
    static std::string text_of(const spaces::Decoded& decoded) {
        std::string text;
        for (const auto& [name, value] : decoded.values)
            text += name + '=' + parnas::to_string(value) + '\n';
        if (decoded.network)
            text += to_string(spaces::canonical_hash(*decoded.network));
        return text;
    }

    // The plugin's first space that works, or one of ours.
    std::unique_ptr<SearchSpace> some_space(const char* otherwise) const {
        for (const SpaceOffer& offer : loaded_.offer.spaces) {
            try {
                auto space = make_plugin_space(loaded_.plugin, offer, Json(), operators_);
                static_cast<void>(space->decode(draw(*space, 1, seed_).front()));
                return space;
            } catch (const Error&) {
                continue;  // was found above
            }
        }
        return own_space(otherwise);
    }

    void check_evaluator(const EvaluatorOffer& offer) {
        part_ = "evaluator " + offer.name;
        const auto space = some_space(kWidths);
        const auto factory = make_plugin_evaluators(loaded_.plugin, offer);
        const Json nothing = Json::object();
        Faults faults;
        ObjectReader options(nothing, "", faults);
        const auto evaluator = factory(options, {});
        const std::vector<Genotype> genotypes = draw(*space, kEvaluations, seed_);
        int reports = 0;
        evaluators::Verdict verdict = evaluators::Verdict::go_on;
        const auto evaluate = [&](const Genotype& genotype) {
            return evaluator->evaluate({.genotype = genotype, .seed = seed_},
                                       {.space = *space,
                                        .stop = {},
                                        .threads = 1,
                                        .report =
                                            [&](std::int64_t, const Metrics&) {
                                                ++reports;
                                                return verdict;
                                            },
                                        .save_weights = [](const std::string&) {},
                                        .load = [](const ArtifactId&) { return std::string(); }});
        };
        std::vector<Metrics> found;
        const bool works = promise(fmt::format("evaluates {} random candidates", kEvaluations),
                                   [&]() -> std::string {
                                       for (const Genotype& genotype : genotypes) {
                                           const Outcome outcome = evaluate(genotype);
                                           if (const auto* failure = std::get_if<Failure>(&outcome))
                                               return fmt::format("{}: {}: {}",
                                                                  values_text(*space, genotype),
                                                                  to_string(failure->kind),
                                                                  failure->reason);
                                           found.push_back(std::get<Measurement>(outcome).metrics);
                                       }
                                       return "";
                                   });
        if (works)
            promise("gives the same for the same candidate and seed", [&]() -> std::string {
                const Outcome again = evaluate(genotypes.front());
                const auto* measured = std::get_if<Measurement>(&again);
                if (measured != nullptr && measured->metrics == found.front())
                    return "";
                return "it gave something else the second time";
            });
        if (works && reports > 0)
            promise("ends at the first report when it is told to", [&]() -> std::string {
                verdict = evaluators::Verdict::stop;
                const Outcome pruned = evaluate(genotypes.front());
                const auto* failure = std::get_if<Failure>(&pruned);
                return failure == nullptr ? "" : failure->reason;
            });
    }

    void check_sampler(const std::string& name) {
        part_ = "sampler " + name;
        const auto space = own_space(kValues);
        std::vector<Genotype> first;
        const bool works = promise(
            fmt::format("proposes candidates of the space, {} after each other", kAsks), [&] {
                first = sample_study(name, *space, kAsks);
                return first.size() == static_cast<std::size_t>(kAsks)
                           ? std::string()
                           : fmt::format("it gave up after {}", first.size());
            });
        if (works)
            promise("proposes the same when told the same", [&]() -> std::string {
                return sample_study(name, *space, kAsks) == first
                           ? ""
                           : "it proposed something else: it may draw from `rng` alone";
            });
    }

    // What it proposes, told made-up results.
    std::vector<Genotype> sample_study(const std::string& name,
                                       const SearchSpace& space,
                                       std::int64_t count) const {
        const auto factory = make_plugin_samplers(loaded_.plugin, name);
        const Json nothing = Json::object();
        Faults faults;
        ObjectReader options(nothing, "", faults);
        const auto strategy = factory(options, {.space = space, .objectives = 1, .seed = seed_});
        const search::Known known = [](const Genotype& genotype) {
            return search::KnownFacts{.identity = spaces::hash(genotype)};
        };
        std::vector<Genotype> proposed;
        for (std::int64_t number = 0; number < count; ++number) {
            Rng rng(seed_ + static_cast<std::uint64_t>(number));
            const search::Step step = strategy->next(
                {.space = space, .number = number, .pending = {}, .rng = rng, .known = known});
            const auto* proposal = std::get_if<search::Proposal>(&step);
            if (proposal == nullptr)
                break;
            proposed.push_back(proposal->genotype);
            const search::Finished finished = search::Trial{
                .number = number,
                .genotype = proposal->genotype,
                .objectives = {static_cast<double>(spaces::hash(proposal->genotype).low % 1000)}};
            strategy->tell({&finished, 1});
        }
        return proposed;
    }

    void check_target(const hw_models::Target& target) {
        part_ = "target " + target.name;
        const auto space = own_space(kWidths);
        const Json nothing = Json::object();
        Faults faults;
        ObjectReader options(nothing, "", faults);
        const auto model = make_plugin_hardware_models(loaded_.plugin, target)(options, {});
        std::vector<std::shared_ptr<const spaces::Network>> networks;
        std::vector<const spaces::Network*> pointers;
        for (std::int64_t i = 0; i < 4; ++i) {
            networks.push_back(space->decode({{Value(i)}}).network);
            pointers.push_back(networks.back().get());
        }
        std::vector<hw_models::Estimate> estimates;
        if (!promise("estimates networks", [&] {
                estimates = model->estimate(pointers, {});
                return std::string();
            }))
            return;
        promise("estimates a network alone as among others", [&]() -> std::string {
            for (std::size_t i = 0; i < pointers.size(); ++i)
                if (model->estimate({&pointers[i], 1}, {}).front().latency != estimates[i].latency)
                    return fmt::format("network {} of 4 takes another time alone", i + 1);
            return "";
        });
        promise("finds no wider network faster", [&]() -> std::string {
            for (std::size_t i = 1; i < estimates.size(); ++i)
                if (estimates[i].latency < estimates[i - 1].latency)
                    return fmt::format("twice the channels take {} ms instead of {} ms",
                                       estimates[i].latency.count(),
                                       estimates[i - 1].latency.count());
            return "";
        });
    }

    const LoadedPlugin& loaded_;
    std::uint64_t seed_;
    OpenRuntime open_runtime_;
    // Its spaces may use its operators.
    const spaces::OpSource operators_ = [known = offered_operators({loaded_})] { return known; };
    std::string part_;
    std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> check_plugin(const LoadedPlugin& loaded,
                                  std::uint64_t seed,
                                  OpenRuntime open_runtime) {
    return Checker(loaded, seed, std::move(open_runtime)).run();
}

}  // namespace parnas::plugin
