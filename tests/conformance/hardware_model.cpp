// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/hardware_model.h"

#include <algorithm>
#include <cmath>
#include <thread>
#include <vector>

#include "core/error.h"
#include "hw_models/costs/network_costs.h"
#include "spaces/dtype.h"
#include "tests/support/catch.h"
#include "tests/support/networks.h"

namespace parnas::tests {
namespace {

using hw_models::Estimate;
using hw_models::HardwareModel;
using spaces::Network;

std::vector<Estimate> estimate(const HardwareModel& model,
                               const std::vector<Network>& networks,
                               const std::stop_token& stop = {}) {
    std::vector<const Network*> pointers;
    for (const Network& network : networks)
        pointers.push_back(&network);
    return model.estimate(pointers, stop);
}

Estimate estimate(const HardwareModel& model, const Network& network) {
    return estimate(model, std::vector{network}).at(0);
}

Network convnet(std::int64_t depth, std::int64_t channels) {
    return small_convnet({.input = {3, 16, 16}, .channels = channels, .depth = depth});
}

std::vector<Network> different_networks() {
    return {convnet(1, 8), small_mlp(16, 32, 4), convnet(3, 16), convnet(0, 4)};
}

void check_estimate(const Estimate& estimate) {
    for (const Milliseconds figure :
         {estimate.latency, estimate.low, estimate.high, estimate.stddev})
        CHECK(std::isfinite(figure.count()));
    CHECK(estimate.low > Milliseconds(0));
    CHECK(estimate.low <= estimate.latency);
    CHECK(estimate.latency <= estimate.high);
    CHECK(estimate.stddev >= Milliseconds(0));
    CHECK(estimate.peak_memory >= Bytes(0));
    if (estimate.energy)
        CHECK((std::isfinite(estimate.energy->count()) && *estimate.energy > Millijoules(0)));
}

ErrorKind kind_of_refusal(const HardwareModel& model,
                          const Network& network,
                          const std::stop_token& stop = {}) {
    try {
        estimate(model, {network}, stop);
    } catch (const Error& error) {
        return error.kind();
    }
    FAIL("an estimate was given");
    return ErrorKind::internal;
}

// The order of summands may change the last bits, and what is alive at once.
void check_same_cost(const Estimate& a, const Estimate& b) {
    CHECK(a.latency.count() == Approx(b.latency.count()).epsilon(1e-12));
    CHECK(a.low.count() == Approx(b.low.count()).epsilon(1e-12));
    CHECK(a.high.count() == Approx(b.high.count()).epsilon(1e-12));
    CHECK(a.stddev.count() == Approx(b.stddev.count()).epsilon(1e-12));
    REQUIRE(a.energy.has_value() == b.energy.has_value());
    if (a.energy)
        CHECK(a.energy->count() == Approx(b.energy->count()).epsilon(1e-12));
    CHECK(a.extrapolated == b.extrapolated);
}

void check_batch_equals_its_parts(const HardwareModel& model) {
    std::vector<Network> networks = different_networks();
    networks.push_back(networks.front());
    const std::vector<Estimate> together = estimate(model, networks);
    REQUIRE(together.size() == networks.size());
    for (std::size_t i = 0; i < networks.size(); ++i) {
        const Estimate alone = estimate(model, networks[i]);
        check_same_cost(together[i], alone);
        CHECK(together[i].latency == alone.latency);
        CHECK(together[i].peak_memory == alone.peak_memory);
        CHECK(together[i].source == alone.source);
    }
}

// Two branches, one of them deeper, written in either order and under either names.
Network two_branches(bool deep_first, const std::string& prefix) {
    using namespace spaces;
    const Conv conv{.out = 8, .kernel = {3, 3}, .padding = {1, 1}};
    NetworkDraft draft;
    const ValueId stem = draft.add(prefix + "stem", conv, {draft.input("image", {3, 16, 16})});
    const auto deep = [&] {
        const ValueId inner = draft.add(prefix + "deep", conv, {stem});
        return draft.add(prefix + "act", Activation{}, {inner});
    };
    const auto flat = [&] { return draft.add(prefix + "flat", Conv{.out = 8}, {stem}); };
    std::vector<ValueId> ends;
    if (deep_first)
        ends = {deep(), flat()};
    else
        ends = {flat(), deep()};
    const ValueId sum = draft.add(prefix + "sum", Add{}, ends);
    return std::move(draft).finish({draft.add(prefix + "pool", GlobalPool{}, {sum})});
}

void check_isomorphic_networks_cost_the_same(const HardwareModel& model) {
    check_same_cost(estimate(model, two_branches(true, "a.")),
                    estimate(model, two_branches(false, "b.")));
}

void check_more_work_costs_more(const HardwareModel& model) {
    for (const std::int64_t depth : {1, 2, 4}) {
        Milliseconds narrower{0};
        for (const std::int64_t channels : {32, 128, 512}) {
            INFO("depth " << depth << ", channels " << channels);
            const Milliseconds latency = estimate(model, convnet(depth, channels)).latency;
            CHECK(latency > narrower);
            CHECK(latency > estimate(model, convnet(depth - 1, channels)).latency);
            narrower = latency;
        }
    }
}

void check_two_threads_get_the_same(const HardwareModel& model) {
    const std::vector<Network> networks = different_networks();
    std::vector<Estimate> there;
    std::jthread other([&] { there = estimate(model, networks); });
    const std::vector<Estimate> here = estimate(model, networks);
    other.join();
    for (std::size_t i = 0; i < networks.size(); ++i)
        CHECK(here[i].latency == there.at(i).latency);
}

// The most that one node needs at once: its inputs and, unless it may write over them, its output.
std::int64_t largest_step(const Network& network, const hw_models::Target& target) {
    const hw_models::Run run{.dtype = target.dtype, .batch = target.batch};
    std::int64_t largest = 0;
    const auto counts = spaces::count_nodes(network);
    for (std::size_t i = 0; i < counts.size(); ++i) {
        const spaces::Op& op = network.nodes[i].op;
        if (std::holds_alternative<spaces::Activation>(op) ||
            std::holds_alternative<spaces::Norm>(op))
            continue;
        const std::int64_t values =
            (counts[i].bytes_read - counts[i].weight_bytes + counts[i].bytes_written) /
            spaces::byte_size(network.nodes[i].precision);
        largest = std::max(
            largest,
            values * target.batch * spaces::byte_size(hw_models::type_of(network.nodes[i], run)));
    }
    return largest;
}

}  // namespace

void check_hardware_model(const HardwareModel& model) {
    INFO(model.target().name);
    CHECK_FALSE(model.target().name.empty());
    CHECK(model.target().threads >= 1);
    CHECK(model.target().batch >= 1);
    const std::string fingerprint = model.fingerprint();
    CHECK_FALSE(fingerprint.empty());

    const std::vector<Network> networks = different_networks();
    const std::vector<Estimate> estimates = estimate(model, networks);
    REQUIRE(estimates.size() == networks.size());
    std::ranges::for_each(estimates, check_estimate);
    CHECK(estimate(model, std::vector<Network>{}).empty());
    CHECK(model.fingerprint() == fingerprint);

    // A convolution of a vector.
    CHECK(kind_of_refusal(model, network_of(spaces::Conv{.out = 2}, {{3}})) ==
          ErrorKind::invalid_input);
    std::stop_source stop;
    stop.request_stop();
    CHECK(kind_of_refusal(model, networks.front(), stop.get_token()) == ErrorKind::unavailable);
}

void check_computed_hardware_model(const HardwareModel& model) {
    INFO(model.target().name);
    check_hardware_model(model);
    check_batch_equals_its_parts(model);
    check_isomorphic_networks_cost_the_same(model);
    check_more_work_costs_more(model);
    check_two_threads_get_the_same(model);
}

void check_costs(const HardwareModel& model) {
    INFO(model.target().name);
    for (const Network& network : different_networks()) {
        const Estimate costs = estimate(model, network);
        CHECK(costs.weights == hw_models::model_size(network).in(model.target().dtype));
        CHECK(costs.peak_activations.count() >= largest_step(network, model.target()));
        CHECK(costs.peak_memory == costs.weights + costs.peak_activations);
        REQUIRE(costs.throughput_per_s);
        const auto batch = static_cast<double>(model.target().batch);
        CHECK(*costs.throughput_per_s * costs.latency.count() == Approx(1000.0 * batch));
        if (costs.energy && costs.source != hw_models::Source::measured)
            CHECK(costs.energy_source == hw_models::EnergySource::modelled);
        const Milliseconds median = hw_models::latency_quantile(costs, 0.5);
        CHECK(median == costs.latency);
        CHECK(hw_models::latency_quantile(costs, 0.1) <= median);
        CHECK(hw_models::latency_quantile(costs, 0.9) >= median);
        CHECK(hw_models::latency_quantile(costs, 0.99) >= hw_models::latency_quantile(costs, 0.9));
    }
}

}  // namespace parnas::tests
