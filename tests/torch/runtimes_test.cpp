// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/runtimes.h"

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "hw_models/measuring/measured.h"
#include "tests/conformance/hardware_model.h"
#include "tests/support/catch.h"
#include "tests/support/networks.h"
#include "tests/support/one_of_each_op.h"

using namespace parnas;
using namespace parnas::evaluators;
using Catch::Matchers::Contains;

namespace {

using Factory = std::unique_ptr<hw_models::Runtime> (*)(ObjectReader&,
                                                        const std::filesystem::path&);

std::unique_ptr<hw_models::Runtime> make(Factory factory, const Json& json = Json::object()) {
    Faults faults;
    ObjectReader options(json, "/target", faults);
    auto runtime = factory(options, {});
    options.finish();
    faults.throw_if_any();
    return runtime;
}

std::unique_ptr<hw_models::HardwareModel> measured(const Json& json) {
    const auto runtimes = std::make_shared<hw_models::RuntimeRegistry>("runtime");
    runtimes->add("libtorch", make_eager_runtime);
    runtimes->add("libtorch-frozen", make_frozen_runtime);
    Faults faults;
    ObjectReader options(json, "/target", faults);
    auto model = hw_models::make_measured_factory(runtimes)(options, {});
    options.finish();
    faults.throw_if_any();
    return model;
}

}  // namespace

TEST_CASE("LibTorch's runtimes run a network in every setting", "[torch][runtimes]") {
    const spaces::Network network = tests::small_convnet({.input = {3, 8, 8}, .depth = 2});
    for (const Factory factory : {&make_eager_runtime, &make_frozen_runtime})
        for (const char* dtype : {"fp32", "bf16"})
            for (const char* layout : {"nchw", "nhwc"})
                for (const int threads : {1, 2}) {
                    const auto runtime = make(
                        factory,
                        {{"dtype", dtype}, {"layout", layout}, {"threads", threads}, {"batch", 2}});
                    INFO(runtime->target().name);
                    const auto runner = runtime->load(network);
                    for (int i = 0; i < 3; ++i)  // TorchScript specialises meanwhile
                        CHECK_NOTHROW(runner->run());
                }
}

TEST_CASE("LibTorch's runtimes run every op in 32 bits", "[torch][runtimes]") {
    for (const Factory factory : {&make_eager_runtime, &make_frozen_runtime}) {
        const auto runtime = make(factory);
        for (const auto& [name, network] : tests::one_of_each_op()) {
            INFO(runtime->target().name << " " << name);
            CHECK_NOTHROW(runtime->load(network)->run());
        }
    }
}

TEST_CASE("a runtime's target names hardware, runtime and setting", "[torch][runtimes]") {
    const hw_models::Target eager = make(make_eager_runtime)->target();
    CHECK(eager.name == "host/libtorch/1t/fp32/nchw/b1");
    CHECK_FALSE(eager.hardware.empty());
    CHECK_THAT(eager.runtime, Contains("LibTorch ") && Contains("eager"));
    const auto frozen =
        make(make_frozen_runtime, {{"threads", 2}, {"dtype", "bf16"}, {"layout", "nhwc"}});
    CHECK(frozen->target().name == "host/libtorch-frozen/2t/bf16/nhwc/b1");
    CHECK_THROWS_AS(make(make_eager_runtime, {{"dtype", "int8"}}), Error);
}

TEST_CASE("measuring with LibTorch keeps the promises of a hardware model",
          "[conformance][torch][runtimes]") {
    for (const char* runtime : {"libtorch", "libtorch-frozen"})
        tests::check_hardware_model(
            *measured({{"runtime", runtime}, {"seconds", 0.02}, {"disturbed", "mark"}}));
}

TEST_CASE("a stopped measurement is unavailable", "[torch][runtimes]") {
    const spaces::Network network = tests::small_mlp(2, 2, 2);
    const std::vector<const spaces::Network*> networks{&network};
    std::stop_source stop;
    stop.request_stop();
    try {
        measured({{"seconds", 60.0}})->estimate(networks, stop.get_token());
        FAIL("it went on");
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::unavailable);
    }
}
