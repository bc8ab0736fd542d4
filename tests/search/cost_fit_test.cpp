// SPDX-License-Identifier: Apache-2.0
#include "search/weight_sharing/cost_fit.h"

#include <cmath>
#include <memory>
#include <vector>

#include "hw_models/fitting/fitted_model.h"
#include "search/screen.h"
#include "spaces/network.h"
#include "tests/search/cell_documents.h"
#include "tests/support/catch.h"

namespace parnas::search {
namespace {

// Convolutions that the output needs: networks of one architecture have the same.
double figure_ms(const spaces::Network& network) {
    std::vector<bool> needed(network.inputs.size() + network.nodes.size());
    for (const auto output : network.outputs)
        needed[static_cast<std::size_t>(output)] = true;
    double sum = 0.1;
    for (std::size_t n = network.nodes.size(); n-- > 0;) {
        if (!needed[network.inputs.size() + n])
            continue;
        for (const auto input : network.nodes[n].inputs)
            needed[static_cast<std::size_t>(input)] = true;
        if (const auto* conv = std::get_if<spaces::Conv>(&network.nodes[n].op))
            sum += 0.01 * static_cast<double>(conv->kernel[0]);
    }
    return sum;
}

// To so many of 200 networks.
std::unique_ptr<hw_models::HardwareModel> fitted_to(std::size_t count,
                                                    const spaces::SearchSpace& space) {
    Rng rng(2);
    std::vector<std::shared_ptr<const spaces::Network>> networks;
    std::vector<const spaces::Network*> reference;
    std::vector<hw_models::Measured> measured;
    for (int i = 0; i < 200; ++i) {
        networks.push_back(space.decode(spaces::sample_feasible(space, rng)).network);
        reference.push_back(networks.back().get());
        if (measured.size() < count)
            measured.push_back({.network = networks.back().get(),
                                .latency = Milliseconds(figure_ms(*networks.back()))});
    }
    return hw_models::make_fitted_model(hw_models::fit_networks(
        {.name = "t", .hardware = "h", .runtime = "r"}, measured, reference));
}

// The mean of |additive cost / latency - 1|, of networks that were not fitted to.
double mean_error(const AdditiveCost& cost, const spaces::SearchSpace& space) {
    constexpr int kNetworks = 40;
    Rng rng(11);
    double sum = 0.0;
    for (int i = 0; i < kNetworks; ++i) {
        const Genotype genotype = spaces::sample_feasible(space, rng);
        const double latency = figure_ms(*space.decode(genotype).network);
        sum += std::abs(predict(cost, space.params(), genotype) / latency - 1.0);
    }
    return sum / kNetworks;
}

}  // namespace

TEST_CASE("the expected latency of a supernet follows a fitted model, also when that has learnt",
          "[search][additive_cost][measuring]") {
    const auto space = tests::taking_cells();
    const auto model = fitted_to(6, *space);
    GenotypeFacts facts(*space);
    Screen screen({.space = *space, .facts = facts, .model = model.get(), .measurer = model.get()});
    const Known known = [&](const Genotype& genotype) { return screen.known(genotype); };
    Rng rng(1);
    const AskContext context{.space = *space,
                             .number = 0,
                             .pending = {},
                             .rng = rng,
                             .known = known,
                             .predict = [&](const Genotype& genotype) {
                                 return Predicted{.metrics = screen.look(genotype, {}).metrics,
                                                  .failure = {}};
                             }};
    CHECK(find_cost_goal(context, std::nullopt, {}).metric == "latency_ms");
    const OpenChoices open = find_open_choices(*space);
    const auto first = fit_cost("latency_ms", context, open, {.seed = 3});
    REQUIRE(first);
    const double before = mean_error(*first, *space);
    CHECK(before < 0.3);

    for (int i = 0; i < 60; ++i) {
        const Genotype genotype = spaces::sample_feasible(*space, rng);
        const Milliseconds latency(figure_ms(*space->decode(genotype).network));
        screen.learn(
            genotype,
            {.measured = hw_models::Estimate{.latency = latency, .low = latency, .high = latency}});
    }
    const auto second = fit_cost("latency_ms", context, open, {.seed = 3});
    REQUIRE(second);
    INFO(before << " -> " << mean_error(*second, *space) << ", r2 " << first->r2 << " -> "
                << second->r2);
    CHECK(mean_error(*second, *space) < before);
    CHECK(second->r2 > 0.8);
}

}  // namespace parnas::search
