// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/hardware_model.h"

#include <functional>
#include <map>

#include <nlohmann/json.hpp>

#include "cli/composition.h"
#include "hw_models/costs/costed_model.h"
#include "hw_models/fitting/fitted_model.h"
#include "hw_models/table/operator_table.h"
#include "hw_models/target_library.h"
#include "spaces/count.h"
#include "tests/support/catch.h"
#include "tests/support/fake_hardware.h"
#include "tests/support/networks.h"
#include "tests/support/temporary_folder.h"

using namespace parnas;
using namespace parnas::tests;

namespace {

std::unique_ptr<hw_models::HardwareModel> make(const hw_models::HardwareModelFactory& factory,
                                               const Json& options) {
    Faults faults;
    ObjectReader reader(options, "/target", faults);
    auto model = hw_models::with_costs(factory(reader, "."), reader);
    reader.finish();
    faults.throw_if_any();
    return model;
}

void check_roofline(const hw_models::HardwareModelFactory& factory) {
    for (const EmbeddedFile& file : hw_models::target_documents()) {
        // The largest networks of the suite fit no microcontroller.
        constexpr std::int64_t kEnough = std::int64_t{1} << 40;
        Json options{{"profile", file.name.substr(0, file.name.rfind('.'))},
                     {"memory_capacity_bytes", kEnough},
                     {"flash_capacity_bytes", kEnough}};
        const auto model = make(factory, options);
        check_computed_hardware_model(*model);
        CHECK(make(factory, options)->fingerprint() == model->fingerprint());
        options["batch"] = 16;
        const auto batches = make(factory, options);
        check_computed_hardware_model(*batches);
        check_costs(*model);
        check_costs(*batches);
        CHECK(batches->fingerprint() != model->fingerprint());
    }
}

void check_measured(const hw_models::HardwareModelFactory& factory) {
    check_hardware_model(
        *make(factory, {{"runtime", "counting"}, {"seconds", 0.01}, {"disturbed", "mark"}}));
}

// One kernel of a kind that the networks of the suite do not have: all are made up.
void check_table(const hw_models::HardwareModelFactory& factory) {
    hw_models::OperatorTable table;
    table.target.name = "host/fake/1t/fp32/nchw/b1";
    table.target.hardware = table.target.runtime = "fake";
    table.provenance.space = table.provenance.tool = table.provenance.cache = "fake";
    table.provenance.date = "2026-01-31";
    table.additivity.spread = 0.1;
    table.entries.push_back({.key = "resize",
                             .kind = "resize",
                             .work = {.multiply_adds = 1e3, .bytes = 1e3},
                             .time = Seconds(1e-6)});
    const TemporaryFolder folder;
    folder.write("table.json", dump_json(to_json(table)));
    const auto model = make(factory, {{"table", (folder.path() / "table.json").string()}});
    check_computed_hardware_model(*model);
    check_costs(*model);
}

// Fitted to networks of the suite's kind and sizes, whose latency is a sum over their layers.
void check_fitted(const hw_models::HardwareModelFactory& factory) {
    std::vector<spaces::Network> networks{small_mlp(16, 32, 4), small_mlp(8, 64, 4)};
    for (const std::int64_t depth : {0, 1, 2, 3, 4})
        for (const std::int64_t channels : {4, 16, 32, 128, 512})
            networks.push_back(
                small_convnet({.input = {3, 16, 16}, .channels = channels, .depth = depth}));
    std::vector<const spaces::Network*> reference;
    std::vector<hw_models::Measured> measured;
    for (const spaces::Network& network : networks) {
        const spaces::Count count = spaces::count(network);
        const double ms = 0.01 * static_cast<double>(network.nodes.size()) +
                          1e-8 * static_cast<double>(count.multiply_adds);
        reference.push_back(&network);
        measured.push_back({.network = &network, .latency = Milliseconds(ms)});
    }
    const TemporaryFolder folder;
    folder.write("predictor.json",
                 dump_json(to_json(hw_models::fit_networks(
                     {.name = "host/fake/1t", .hardware = "fake", .runtime = "fake"},
                     measured,
                     reference))));
    const std::string file = (folder.path() / "predictor.json").string();
    const auto model = make(factory, {{"predictor", file}});
    check_computed_hardware_model(*model);
    check_costs(*model);
    CHECK(make(factory, {{"profile", file}})->fingerprint() == model->fingerprint());
}

// By the name that a job gives as `model`.
const std::map<std::string, std::function<void(const hw_models::HardwareModelFactory&)>> kChecks = {
    {"measured", check_measured},
    {"roofline", check_roofline},
    {"auto", check_roofline},
    {"table", check_table},
    {"fitted", check_fitted},
};

}  // namespace

TEST_CASE("every registered hardware model keeps its promises", "[conformance][hw_models]") {
    const search::Registries registries = cli::make_registries();
    registries.runtimes->add("counting", [](ObjectReader&, const std::filesystem::path&) {
        return std::make_unique<FakeRuntime>();
    });
    for (const std::string& name : registries.hardware_models.names()) {
        INFO("'" << name << "' needs a case in tests/conformance/hardware_model_test.cpp");
        REQUIRE(kChecks.contains(name));
        kChecks.at(name)(registries.hardware_models.find(name));
    }
}

TEST_CASE("the hardware model of tests keeps its promises", "[conformance][hw_models][fakes]") {
    const FakeHardwareModel model([](const spaces::Network& network) {
        return 1e-3 * static_cast<double>(spaces::count(network).parameters);
    });
    check_computed_hardware_model(model);

    const Json none = Json::object();
    Faults faults;
    ObjectReader options(none, "/target", faults);
    const auto costed = hw_models::with_costs(
        std::make_unique<FakeHardwareModel>([](const spaces::Network& network) {
            return 1e-3 * static_cast<double>(spaces::count(network).parameters);
        }),
        options);
    check_computed_hardware_model(*costed);
    check_costs(*costed);
}
