// SPDX-License-Identifier: Apache-2.0
#include "hw_models/fitting/fitted_model.h"

#include <algorithm>
#include <fstream>
#include <set>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "hw_models/costs/costed_model.h"
#include "hw_models/fitting/network_features.h"
#include "spaces/count.h"
#include "spaces/load.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_folder.h"

namespace parnas::hw_models {
namespace {

using spaces::Network;

std::vector<std::shared_ptr<const Network>> sample(const std::string& name, std::size_t count) {
    const auto space = spaces::load_space(name, {});
    Rng rng(3);
    std::vector<std::shared_ptr<const Network>> networks;
    for (std::size_t i = 0; i < count; ++i)
        networks.push_back(space->decode(spaces::sample_feasible(*space, rng)).network);
    return networks;
}

std::vector<const Network*> pointers(const std::vector<std::shared_ptr<const Network>>& networks) {
    std::vector<const Network*> result;
    for (const auto& network : networks)
        result.push_back(network.get());
    return result;
}

// An invented target: so many GFLOP/s, so many GB/s and 5 microseconds for each node.
Milliseconds invented(const Network& network) {
    const spaces::Count count = spaces::count(network);
    return Milliseconds(2e-8 * static_cast<double>(count.multiply_adds) +
                        1e-7 * static_cast<double>(count.bytes_read + count.bytes_written) +
                        0.005 * static_cast<double>(network.nodes.size()));
}

std::vector<Measured> measure(std::span<const Network* const> networks) {
    std::vector<Measured> measured;
    for (const Network* network : networks)
        measured.push_back({.network = network, .latency = invented(*network)});
    return measured;
}

const Target kTarget{.name = "invented/b1", .hardware = "none", .runtime = "invented"};

double mean_error(const HardwareModel& model, std::span<const Network* const> networks) {
    const std::vector<Estimate> estimates = model.estimate(networks, {});
    double sum = 0.0;
    for (std::size_t i = 0; i < networks.size(); ++i)
        sum += std::abs(estimates[i].latency / invented(*networks[i]) - 1.0);
    return sum / static_cast<double>(networks.size());
}

TEST_CASE("ten chosen networks are enough for a machine like a roofline", "[hw_models][fitting]") {
    const auto networks = sample("mobile", 60);
    const std::vector<const Network*> all = pointers(networks);
    Rng rng(1);
    std::vector<const Network*> probes;
    for (const std::size_t i : choose_networks(all, 10, rng))
        probes.push_back(all[i]);
    CHECK(std::set<const Network*>(probes.begin(), probes.end()).size() == 10);
    const auto model = make_fitted_model(fit_networks(kTarget, measure(probes), all));
    CHECK(mean_error(*model, all) < 0.1);
    const std::vector<Estimate> estimates = model->estimate(all, {});
    for (std::size_t i = 0; i < all.size(); ++i) {
        const Estimate estimate = complete(estimates[i], *all[i], model->target());
        CHECK(estimate.source == Source::fitted);
        CHECK(estimate.low <= estimate.latency);
        CHECK(estimate.latency <= estimate.high);
        CHECK(estimate.low.count() > 0.0);
        CHECK(estimate.peak_memory.count() > 0);
    }
}

TEST_CASE("the smallest and the largest network are among those chosen", "[hw_models][fitting]") {
    const auto networks = sample("mobile", 40);
    const std::vector<const Network*> all = pointers(networks);
    const auto work = [&](std::size_t i) { return spaces::count(*all[i]).multiply_adds; };
    Rng rng(1);
    const std::vector<std::size_t> chosen = choose_networks(all, 8, rng);
    std::vector<std::int64_t> works;
    for (std::size_t i = 0; i < all.size(); ++i)
        works.push_back(work(i));
    CHECK(work(chosen[0]) == *std::ranges::min_element(works));
    CHECK(work(chosen[1]) == *std::ranges::max_element(works));
}

TEST_CASE("a model that is told more is another, better one", "[hw_models][fitting]") {
    const auto networks = sample("mobile", 40);
    const std::vector<const Network*> all = pointers(networks);
    const auto model =
        make_fitted_model(fit_networks(kTarget, measure(std::span(all).first(3)), all));
    const auto* learns = dynamic_cast<const Learns*>(model.get());
    REQUIRE(learns != nullptr);
    const auto better = learns->refitted(measure(std::span(all).subspan(3, 20)));
    CHECK(better->fingerprint() != model->fingerprint());
    CHECK(mean_error(*better, all) < mean_error(*model, all));
}

TEST_CASE("a batch of networks is estimated as each alone", "[hw_models][fitting]") {
    const auto networks = sample("cell201", 12);
    const std::vector<const Network*> all = pointers(networks);
    const auto model =
        make_fitted_model(fit_networks(kTarget, measure(std::span(all).first(8)), all));
    const std::vector<Estimate> together = model->estimate(all, {});
    for (std::size_t i = 0; i < all.size(); ++i) {
        const Estimate alone = model->estimate({&all[i], 1}, {}).at(0);
        CHECK(alone.latency.count() == Approx(together[i].latency.count()).epsilon(1e-9));
        CHECK(alone.high.count() == Approx(together[i].high.count()).epsilon(1e-9));
    }
}

TEST_CASE("a predictor in a file is a hardware model", "[hw_models][fitting]") {
    const auto networks = sample("mobile", 12);
    const std::vector<const Network*> all = pointers(networks);
    const PredictorDocument document = fit_networks(kTarget, measure(all), all);
    const tests::TemporaryFolder folder;
    std::ofstream(folder.path() / "t.json") << dump_json(to_json(document));
    Faults faults;
    const Json options{{"predictor", "t.json"}};
    ObjectReader reader(options, "/target", faults);
    const auto model = make_fitted_model(reader, folder.path());
    faults.throw_if_any();
    REQUIRE(model != nullptr);
    CHECK(model->fingerprint() == make_fitted_model(document)->fingerprint());
    CHECK(model->target().name == kTarget.name);
}

TEST_CASE("a known target's predictor foretells a machine of twice the speed",
          "[hw_models][fitting]") {
    const auto networks = sample("mobile", 60);
    const std::vector<const Network*> all = pointers(networks);
    const PredictorDocument known = fit_networks(kTarget, measure(all), all);
    std::vector<Measured> few = measure(std::span(all).first(3));
    const auto without = make_fitted_model(fit_networks(kTarget, few, all));
    const auto with = make_fitted_model(fit_networks(kTarget, few, all, {known_target(known)}));
    CHECK(mean_error(*with, all) < mean_error(*without, all));
}

// input -> conv a -> zero -> sum with input's conv b -> output: no output needs a. The sum is
// activated twice.
TEST_CASE("features tell what a runtime may leave out", "[hw_models][fitting]") {
    using namespace spaces;
    Network network{.inputs = {{.name = "image", .shape = {8, 16, 16}}}};
    const Conv conv{.out = 8, .kernel = {3, 3}, .padding = {1, 1}};
    network.nodes = {{.name = "a", .op = conv, .inputs = {0}},
                     {.name = "zero", .op = Zero{}, .inputs = {1}},
                     {.name = "b", .op = conv, .inputs = {0}},
                     {.name = "c", .op = conv, .inputs = {2}},
                     {.name = "sum", .op = Add{}, .inputs = {4, 3}},
                     {.name = "act", .op = Activation{}, .inputs = {5}},
                     {.name = "again", .op = Activation{}, .inputs = {5}},
                     {.name = "both", .op = Add{}, .inputs = {6, 7}}};
    network.outputs = {8};
    const Network* pointer = &network;
    const FeatureRows row = network_features({&pointer, 1}, {});
    const FeatureSchema& schema = network_schema();
    REQUIRE(row.cols() == schema.columns());
    const auto value = [&](std::string_view block, std::string_view column) {
        const std::vector<std::string>& columns = schema.block(block).columns;
        const auto found = std::ranges::find(columns, column);
        REQUIRE(found != columns.end());
        return row(0, schema.first_column(block) + (found - columns.begin()));
    };
    CHECK(value("kinds", "conv3") == 3.0);
    CHECK(value("kinds", "add") == 2.0);
    CHECK(value("kinds", "activate") == 2.0);
    CHECK(value("work", "conv3") == Approx(3 * 8 * 8 * 9 * 256 * 1e-6));
    CHECK(value("unneeded", "kinds_conv3") == -1.0);  // a
    CHECK(value("folded", "kinds_conv3") == -2.0);    // a, and c, which is zero
    CHECK(value("kinds_once", "activate") == 1.0);
    CHECK(value("kinds_once", "conv3") == 3.0);
}

}  // namespace
}  // namespace parnas::hw_models
