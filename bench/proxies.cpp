// SPDX-License-Identifier: Apache-2.0
#include "bench/proxies.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "bench/nb201.h"
#include "bench/parallel.h"
#include "core/error.h"
#include "core/rank_correlation.h"
#include "search/genotype_facts.h"
#include "search/zero_cost/vote.h"
#include "spaces/load.h"

namespace parnas::bench {
namespace {

constexpr const char* kAccuracy = "test_accuracy";
constexpr const char* kVote = "vote";

std::unique_ptr<evaluators::Evaluator> make_evaluator(const Json& options,
                                                      const std::filesystem::path& base,
                                                      const search::Registries& registries) {
    Faults faults;
    ObjectReader reader(options, "", faults);
    auto evaluator = registries.evaluators.find(reader.text("type"))(reader, base);
    reader.finish();
    faults.throw_if_any();
    return evaluator;
}

struct Network {
    Genotype genotype;
    std::optional<Metrics> metrics;  // scores, counts and the accuracy; none: disconnected
    Seconds cost{0};
};

// Networks that mean different things.
std::vector<Network> draw(const spaces::SearchSpace& space,
                          search::GenotypeFacts& facts,
                          std::size_t count,
                          Rng rng) {
    std::set<Digest> seen;
    std::vector<Network> networks;
    while (networks.size() < count) {
        Genotype genotype = spaces::sample_feasible(space, rng);
        if (seen.insert(facts.look(genotype)->identity).second)
            networks.push_back({.genotype = std::move(genotype)});
    }
    return networks;
}

Metrics metrics_of(Outcome outcome) {
    if (const auto* failure = std::get_if<Failure>(&outcome))
        throw Error(ErrorKind::invalid_input, failure->reason);
    return std::get<Measurement>(std::move(outcome)).metrics;
}

std::vector<double> column(const std::vector<Metrics>& rows, const std::string& name) {
    std::vector<double> values;
    for (const Metrics& row : rows)
        values.push_back(row.at(name));
    return values;
}

// 0 where there is no order.
double spearman(const std::vector<double>& a, const std::vector<double>& b) {
    return spearman_rho(a, b).value_or(0.0);
}

}  // namespace

ProxiesResults run_proxies(const ProxiesOptions& options,
                           const search::Registries& registries,
                           const std::stop_token& stop,
                           const std::function<void(std::size_t done, std::size_t all)>& progress) {
    const auto space = spaces::load_space("cell201", {});
    search::GenotypeFacts facts(*space);
    const auto accuracies =
        make_evaluator(nb201_table({"nb201_accuracy.csv.gz"}, {{kAccuracy, "c10_test200"}}),
                       std::filesystem::absolute(options.tables),
                       registries);
    const auto scorer = make_evaluator(
        {{"type", "zero_cost"},
         {"data", {{"cifar10", {std::filesystem::absolute(options.images).string()}}}},
         {"batch", options.batch},
         {"seed", options.seed}},
        {},
        registries);

    std::vector<Network> networks =
        draw(*space, facts, static_cast<std::size_t>(options.networks), Rng(options.seed));
    in_parallel(
        networks.size(),
        options.threads,
        stop,
        [&](std::size_t i) {
            Network& network = networks[i];
            const Outcome outcome =
                scorer->evaluate({.genotype = network.genotype}, {.space = *space, .stop = stop});
            const auto* failure = std::get_if<Failure>(&outcome);
            if (failure != nullptr && failure->kind == FailureKind::infeasible)
                return;
            network.metrics = metrics_of(outcome);
            network.cost = std::get<Measurement>(outcome).cost;
            network.metrics->merge(Metrics(facts.look(network.genotype)->counts));
            network.metrics->merge(metrics_of(
                accuracies->evaluate({.genotype = network.genotype}, {.space = *space})));
        },
        [&](std::size_t done) { progress(done, networks.size()); });

    ProxiesResults results;
    std::vector<Metrics> rows;
    for (const Network& network : networks) {
        results.cost += network.cost;
        if (network.metrics)
            rows.push_back(*network.metrics);
    }
    results.networks = rows.size();
    results.disconnected = networks.size() - rows.size();
    const std::vector<double> votes = search::mean_ranks(rows, search::Vote{}.voters);
    for (std::size_t i = 0; i < rows.size(); ++i)
        rows[i][kVote] = -votes[i];

    std::vector<std::string> names = scorer->metrics();
    names.insert(names.end(), {kVote, "parameters", "multiply_adds"});
    for (const std::string& name : names) {
        const std::vector<double> scores = column(rows, name);
        results.scorers.push_back({.name = name,
                                   .spearman = spearman(scores, column(rows, kAccuracy)),
                                   .of_size = spearman(scores, column(rows, "parameters"))});
    }
    return results;
}

}  // namespace parnas::bench
