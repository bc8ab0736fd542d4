// SPDX-License-Identifier: Apache-2.0
#include "hw_models/table/table_model.h"

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "tests/support/catch.h"
#include "tests/support/networks.h"
#include "tests/support/temporary_folder.h"

using namespace parnas;
using namespace parnas::hw_models;
using namespace parnas::tests;
using Catch::Matchers::Contains;

namespace {

// Every kernel of a network, at 5 us and a nanosecond per byte of activations each.
OperatorTable table_for(const spaces::Network& network) {
    OperatorTable table;
    table.target = {.name = "host/libtorch/1t/fp32/nhwc/b2",
                    .hardware = "a CPU",
                    .runtime = "LibTorch",
                    .batch = 2,
                    .layout = Layout::nhwc};
    table.provenance = {.space = "small@1",
                        .date = "2026-01-31",
                        .tool = "parnas test",
                        .passes = 3,
                        .networks = 1,
                        .cache = "rotate"};
    table.rules = {.conv_norm = true};
    table.additivity = {
        .call = Seconds(5e-6), .scale = 1.1, .networks = 20, .mean_error = 0.02, .spread = 0.05};
    for (const KernelCase& kernel : split_kernels(network, table.rules).kernels)
        table.entries.push_back({.key = kernel.key,
                                 .kind = kernel.kind,
                                 .work = kernel.work,
                                 .time = Seconds(5e-6 + kernel.work.bytes * 1e-9),
                                 .low = Seconds(5e-6),
                                 .high = Seconds(1e-3)});
    std::ranges::sort(table.entries, {}, &TableEntry::key);
    return table;
}

Estimate estimate(const HardwareModel& model, const spaces::Network& network) {
    const spaces::Network* pointer = &network;
    return model.estimate({&pointer, 1}, {}).at(0);
}

}  // namespace

TEST_CASE("an estimate is the corrected sum of a network's kernels", "[hw_models][table]") {
    const spaces::Network network = small_convnet({.depth = 1});
    const auto model = make_table_model(table_for(network));
    const Estimate one = estimate(*model, network);
    // 1 x 8 x 8 -> stem -> conv with norm -> activation -> add of two -> pool -> head
    const double values = (64 + 512) + (512 + 512) + (512 + 512) + 3 * 512 + (512 + 8) + (8 + 10);
    const double sum_us = 6 * 5.0 + 4.0 * values * 1e-3;
    CHECK(one.latency.count() == Approx(0.005 + 1.1e-3 * sum_us));
    CHECK(one.low.count() == Approx(one.latency.count() * std::exp(-0.05)));
    CHECK(one.high.count() == Approx(one.latency.count() * std::exp(0.05)));
    CHECK_FALSE(one.extrapolated);
    CHECK(one.source == Source::fitted);
    CHECK(model->target().layout == Layout::nhwc);
}

TEST_CASE("kernels that were never measured widen the interval and are told",
          "[hw_models][table]") {
    const auto model = make_table_model(table_for(small_convnet({.depth = 1})));
    const Estimate known = estimate(*model, small_convnet({.depth = 1}));
    const Estimate wide = estimate(*model, small_convnet({.channels = 32, .depth = 1}));
    CHECK(wide.extrapolated);
    CHECK(wide.high / wide.low > known.high / known.low);
    CHECK(wide.latency > known.latency);
}

TEST_CASE("a table is read as it was written", "[hw_models][table]") {
    const OperatorTable table = table_for(small_convnet({}));
    const Json json = to_json(table);
    const OperatorTable read = read_table(Document::parse(dump_json(json), "table.json"));
    CHECK(to_json(read) == json);
    CHECK(json.at("name") == "host-libtorch-1t-fp32-nhwc-b2");

    const TemporaryFolder folder;
    folder.write("table.json", dump_json(json));
    Faults faults;
    const Json options{{"table", "table.json"}};
    ObjectReader reader(options, "/target", faults);
    const auto model = make_table_model(reader, folder.path(), TargetLibrary());
    CHECK(model->fingerprint() == make_table_model(table)->fingerprint());
}

TEST_CASE("all faults of a table are shown at once", "[hw_models][table]") {
    Json json = to_json(table_for(small_convnet({})));
    json["version"] = 2;
    json["entries"][1]["time_us"] = -1.0;
    json["additivity"].erase("scale");
    json["rules"]["conv_nrom"] = true;
    try {
        read_table(Document::parse(dump_json(json), "table.json"));
        FAIL("no fault was found");
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::invalid_input);
        CHECK(error.faults().size() == 4);
        CHECK_THAT(error.what(),
                   Contains("/version") && Contains("/entries/1/time_us") && Contains("scale") &&
                       Contains("conv_norm"));
    }
}
