// SPDX-License-Identifier: Apache-2.0
#include "hw_models/roofline.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <stdlib.h>

#include <nlohmann/json.hpp>

#include "hw_models/costs/costed_model.h"
#include "hw_models/roofline_profile.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_folder.h"

using namespace parnas;
using namespace parnas::hw_models;
using Catch::Matchers::Contains;

namespace {

std::unique_ptr<HardwareModel> make(const Json& options, const std::filesystem::path& base = ".") {
    Faults faults;
    ObjectReader reader(options, "/target", faults);
    auto model = with_costs(make_roofline_model(reader, base, TargetLibrary{}), reader);
    reader.finish();
    faults.throw_if_any();
    return model;
}

Estimate estimate(const HardwareModel& model, const spaces::Network& network) {
    const std::vector<const spaces::Network*> networks{&network};
    return model.estimate(networks, {}).at(0);
}

spaces::Network conv_net(std::int64_t depth, std::int64_t width) {
    using namespace spaces;
    Network network{.inputs = {{.name = "image", .shape = {3, 16, 16}}}};
    const auto add = [&network](std::string name, Op op) {
        const auto last = static_cast<ValueId>(network.nodes.size());
        network.nodes.push_back({.name = std::move(name), .op = std::move(op), .inputs = {last}});
    };
    for (std::int64_t i = 0; i < depth; ++i) {
        add("conv" + std::to_string(i), Conv{.out = width, .kernel = {3, 3}, .padding = {1, 1}});
        add("norm" + std::to_string(i), Norm{});
        add("act" + std::to_string(i), Activation{});
    }
    network.outputs = {static_cast<ValueId>(network.nodes.size())};
    return network;
}

constexpr const char* kProfile = R"(
name: mine
source: invented for this test
date: "2026-01-31"
hardware: none
runtime: roofline
threads: 2
dtype: fp32
peak_gflops: 2
memory_gb_per_s: 1
kernel_overhead_us: 3
static_power_w: 4
energy_pj_per_mac: 5
uncertainty: 0.5
)";

}  // namespace

TEST_CASE("every built-in target is a valid profile", "[hw_models][roofline]") {
    REQUIRE(target_documents().size() >= 5);
    for (const EmbeddedFile& file : target_documents()) {
        const std::string stem(file.name.substr(0, file.name.rfind('.')));
        INFO(stem);
        const RooflineProfile profile =
            read_profile(Document::parse(file.text, std::string(file.name)));
        CHECK(profile.card.target.name == stem);
        CHECK(make({{"profile", stem}})->target().name.starts_with(stem + "/roofline/"));
    }
}

TEST_CASE("latency is the larger of compute and memory, and the overhead, per fused kernel",
          "[hw_models][roofline]") {
    const auto model = make({{"profile", "generic-x86-core"}});
    const spaces::Network network = conv_net(1, 64);
    // One kernel of 3 x 3 x 3 x 64 multiply-adds for 16 x 16 outputs.
    const double multiply_adds = 27.0 * 64 * 256;
    const double compute_ms = 2.0 * multiply_adds / 96e9 * 1e3;
    // Input, weights (with 2 x 64 of the norm) and output; nothing between.
    const double memory_ms = 4.0 * (3 * 256 + 27 * 64 + 128 + 64 * 256) / 10e9 * 1e3;
    const Estimate one = estimate(*model, network);
    CHECK(one.latency.count() == Approx(std::max(compute_ms, memory_ms) + 0.005));
    CHECK(one.energy.value().count() == Approx(10.0 * one.latency.count()));
    CHECK(one.source == Source::analytic);
}

TEST_CASE("a profile of the user's own is read relative to the job", "[hw_models][roofline]") {
    const tests::TemporaryFolder folder;
    folder.write("mine.yaml", kProfile);
    const auto model = make({{"profile", "mine.yaml"}}, folder.path());

    CHECK(model->target().name == "mine/roofline/2t/fp32/b1");
    CHECK(model->target().threads == 2);
    // A multiply-add takes 1 ns and a byte takes 1 ns.
    const Estimate one = estimate(*model, conv_net(1, 1));
    const double bytes = 4.0 * (3 * 256 + 27 + 2 + 256);
    CHECK(one.latency.count() == Approx(std::max(27.0 * 256 * 1e-6, bytes * 1e-6) + 0.003));
    CHECK(one.energy.value().count() == Approx(4.0 * one.latency.count() + 5e-9 * 27 * 256));
}

TEST_CASE("a batch shares weights and overhead", "[hw_models][roofline]") {
    const spaces::Network network = conv_net(3, 64);
    const auto one = make({{"profile", "generic-phone"}});
    const auto eight = make({{"profile", "generic-phone"}, {"batch", 8}});
    CHECK(eight->target().batch == 8);
    CHECK(eight->target().name == "generic-phone/roofline/1t/fp32/b8");
    CHECK(eight->fingerprint() != one->fingerprint());
    const Estimate single = estimate(*one, network);
    const Estimate batch = estimate(*eight, network);
    CHECK(batch.latency > single.latency);
    CHECK(batch.latency < 8.0 * single.latency);
    CHECK(batch.peak_memory > single.peak_memory);
    CHECK(batch.peak_memory < 8 * single.peak_memory);
}

TEST_CASE("the interval is the lognormal one around the latency", "[hw_models][roofline]") {
    const Estimate one = estimate(*make({{"profile", "nvidia-t4"}}), conv_net(2, 16));
    CHECK(one.high / one.latency == Approx(one.latency / one.low));
    CHECK(std::log(one.high / one.latency) == Approx(1.644854 * 0.5));
    const double variance_factor = (std::exp(0.25) - 1.0) * std::exp(0.25);
    CHECK(one.stddev / one.latency == Approx(std::sqrt(variance_factor)));
}

TEST_CASE("an int8 target holds a network in a quarter of its bytes", "[hw_models][roofline]") {
    const spaces::Network network = conv_net(2, 16);
    const auto full = estimate(*make({{"profile", "generic-x86-core"}}), network);
    const auto quarter = estimate(*make({{"profile", "cortex-m7"}}), network);
    CHECK(4 * quarter.peak_memory == full.peak_memory);
    CHECK_FALSE(quarter.energy.has_value());
}

TEST_CASE("views cost nothing and a large embedding is not read whole", "[hw_models][roofline]") {
    using namespace spaces;
    const auto model = make({{"profile", "generic-x86-core"}});
    Network network = conv_net(1, 8);
    const Milliseconds before = estimate(*model, network).latency;
    network.nodes.push_back(
        {.name = "flat", .op = Reshape{{8 * 256}}, .inputs = {network.outputs[0]}});
    network.outputs = {4};
    CHECK(estimate(*model, network).latency == before);

    const auto embed = [](std::int64_t count) {
        return Network{.inputs = {{.name = "text", .dtype = DType::int64, .shape = {4}}},
                       .nodes = {{.name = "embed", .op = Embedding{count, 8}, .inputs = {0}}},
                       .outputs = {1}};
    };
    CHECK(estimate(*model, embed(10)).latency == estimate(*model, embed(100000)).latency);
    CHECK(estimate(*model, embed(10)).latency > Milliseconds(0.005));
}

TEST_CASE("all faults of a profile are shown at once", "[hw_models][roofline]") {
    const std::string text = R"(name: mine
date: yesterday
hardware: h
runtime: r
threads: 0
dtype: fp64
peak_gflops: -1
memory_gb_per_s: many
kernel_overhead_us: 3
peak_gflop: 3
)";
    try {
        read_profile(Document::parse(text, "mine.yaml"));
        FAIL("no fault was found");
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::invalid_input);
        CHECK(error.faults().size() == 7);
        for (const char* part : {"'source' is missing",
                                 "mine.yaml:2",
                                 "/threads",
                                 "/dtype",
                                 "/peak_gflops",
                                 "/memory_gb_per_s",
                                 "did you mean 'peak_gflops'"})
            CHECK_THAT(error.what(), Contains(part));
    }
}

TEST_CASE("an unknown target name lists the known ones", "[hw_models][roofline]") {
    CHECK_THROWS_WITH(
        make({{"profile", "raspbery"}}),
        Contains("'raspbery'") && Contains("cortex-m7, ") && Contains("raspberry-pi-5"));
    CHECK_THROWS_WITH(make({{"profile", "nvidia-t"}}), Contains("did you mean 'nvidia-t4'"));
    CHECK_THROWS_WITH(make(Json::object()), Contains("'profile' is missing"));
}
