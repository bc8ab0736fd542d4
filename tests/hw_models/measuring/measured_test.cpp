// SPDX-License-Identifier: Apache-2.0
#include "hw_models/measuring/measured.h"

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "hw_models/costs/costed_model.h"
#include "hw_models/measuring/setting.h"
#include "tests/support/catch.h"
#include "tests/support/fake_hardware.h"
#include "tests/support/networks.h"

using namespace parnas;
using namespace parnas::hw_models;
using Catch::Matchers::Contains;

namespace {

std::unique_ptr<HardwareModel> make(const Json& json) {
    const auto runtimes = std::make_shared<RuntimeRegistry>("runtime");
    runtimes->add("counting", [](ObjectReader&, const std::filesystem::path&) {
        return std::make_unique<tests::FakeRuntime>();
    });
    Faults faults;
    ObjectReader options(json, "/target", faults);
    auto model = make_measured_factory(runtimes)(options, {});
    options.finish();
    faults.throw_if_any();
    return model;
}

RuntimeSetting setting(const Json& json, Faults& faults) {
    ObjectReader options(json, "/target", faults);
    const RuntimeSetting read =
        read_setting(options, {.dtypes = {"fp32", "bf16"}, .layouts = {"nchw", "nhwc"}});
    options.finish();
    return read;
}

}  // namespace

TEST_CASE("a measured latency lies in its interval and grows with the work",
          "[hw_models][measured]") {
    const auto model = make({{"runtime", "counting"}, {"seconds", 0.02}, {"disturbed", "mark"}});
    const spaces::Network small = tests::small_mlp(8, 10, 4);
    const spaces::Network large = tests::small_mlp(64, 100, 4);
    const std::vector<const spaces::Network*> networks{&small, &large};
    const std::vector<Estimate> estimates = model->estimate(networks, {});
    REQUIRE(estimates.size() == 2);
    for (std::size_t i = 0; i < estimates.size(); ++i) {
        const Estimate each = complete(estimates[i], *networks[i], model->target());
        CHECK(each.low > Milliseconds(0));
        CHECK(each.low <= each.latency);
        CHECK(each.latency <= each.high);
        CHECK(each.peak_memory > Bytes(0));
        CHECK(!estimates[i].energy);
        CHECK(each.source == Source::measured);
    }
    // Sixty times the work: not even a busy machine hides that.
    CHECK(estimates[1].latency > estimates[0].latency);
}

TEST_CASE("a runtime that nobody has is not found, with those that are there",
          "[hw_models][measured]") {
    CHECK_THROWS_WITH(make({{"runtime", "abacus"}}), Contains("'abacus'") && Contains("counting"));
}

TEST_CASE("what is wrong with a measured target is told at once", "[hw_models][measured]") {
    try {
        make({{"runtime", "counting"}, {"seconds", -1}, {"disturbed", "maybe"}, {"speed", 3}});
        FAIL("no fault was found");
    } catch (const Error& error) {
        CHECK(error.faults().size() == 3);
        CHECK_THAT(error.what(), Contains("refuse") && Contains("/target/speed"));
    }
}

TEST_CASE("a target's name says all of a runtime's setting", "[hw_models][measured]") {
    Faults faults;
    const RuntimeSetting all =
        setting({{"threads", 2}, {"batch", 8}, {"dtype", "bf16"}, {"layout", "nhwc"}}, faults);
    const Target target = host_target("libtorch", "LibTorch 9", all);
    CHECK(target.name == "host/libtorch/2t/bf16/nhwc/b8");
    CHECK(target.runtime == "LibTorch 9");
    CHECK(target.threads == 2);
    CHECK(target.batch == 8);
    CHECK(target.dtype == spaces::DType::bf16);
    CHECK(target.layout == Layout::nhwc);
    CHECK(host_target("x", "X", setting(Json::object(), faults)).name == "host/x/1t/fp32/nchw/b1");
    CHECK(faults.empty());
}

TEST_CASE("a setting that a runtime does not have is a fault", "[hw_models][measured]") {
    Faults faults;
    setting({{"dtype", "int8"}, {"layout", "chwn"}, {"threads", 0}}, faults);
    CHECK(faults.list().size() == 3);
}
