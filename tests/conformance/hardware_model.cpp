// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/hardware_model.h"

#include <algorithm>
#include <cmath>
#include <thread>
#include <vector>

#include "core/error.h"
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
    for (const double figure :
         {estimate.latency_ms, estimate.low_ms, estimate.high_ms, estimate.stddev_ms})
        CHECK(std::isfinite(figure));
    CHECK(estimate.low_ms > 0.0);
    CHECK(estimate.low_ms <= estimate.latency_ms);
    CHECK(estimate.latency_ms <= estimate.high_ms);
    CHECK(estimate.stddev_ms >= 0.0);
    CHECK(estimate.peak_memory_bytes >= 0);
    if (estimate.energy_mj)
        CHECK((std::isfinite(*estimate.energy_mj) && *estimate.energy_mj > 0.0));
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
    CHECK(a.latency_ms == Approx(b.latency_ms).epsilon(1e-12));
    CHECK(a.low_ms == Approx(b.low_ms).epsilon(1e-12));
    CHECK(a.high_ms == Approx(b.high_ms).epsilon(1e-12));
    CHECK(a.stddev_ms == Approx(b.stddev_ms).epsilon(1e-12));
    REQUIRE(a.energy_mj.has_value() == b.energy_mj.has_value());
    if (a.energy_mj)
        CHECK(*a.energy_mj == Approx(*b.energy_mj).epsilon(1e-12));
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
        CHECK(together[i].latency_ms == alone.latency_ms);
        CHECK(together[i].peak_memory_bytes == alone.peak_memory_bytes);
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
        double narrower_ms = 0.0;
        for (const std::int64_t channels : {32, 128, 512}) {
            INFO("depth " << depth << ", channels " << channels);
            const double latency_ms = estimate(model, convnet(depth, channels)).latency_ms;
            CHECK(latency_ms > narrower_ms);
            CHECK(latency_ms > estimate(model, convnet(depth - 1, channels)).latency_ms);
            narrower_ms = latency_ms;
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
        CHECK(here[i].latency_ms == there.at(i).latency_ms);
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

}  // namespace parnas::tests
