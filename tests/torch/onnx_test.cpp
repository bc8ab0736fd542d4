// SPDX-License-Identifier: Apache-2.0
#include "spaces/onnx/onnx.h"

#include <cstdlib>
#include <filesystem>
#include <limits>
#include <string>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/object_reader.h"
#include "core/rng.h"
#include "evaluators/engines/runtime.h"
#include "evaluators/torch/network_module.h"
#include "evaluators/torch/onnx_exporter.h"
#include "spaces/load.h"
#include "tests/support/catch.h"
#include "tests/support/networks.h"
#include "tests/support/one_of_each_op.h"
#include "tests/support/read_file.h"
#include "tests/support/temporary_folder.h"
#include "tests/torch/engines.h"

using namespace parnas;
using namespace parnas::evaluators;

namespace {

using tests::EnginePointer;

// Weights whose norms have seen data, so that they do something.
std::string lived_in_weights(const spaces::Network& network) {
    TorchNetwork model(network, 1);
    const at::NoGradGuard no_grad;
    at::Generator generator = make_generator(2);
    for (const NamedTensor& each : model.weights().statistics())
        each.tensor.uniform_(0.5, 1.5, generator);
    for (const NamedTensor& each : model.weights().parameters())
        if (each.tensor.dim() == 1)
            each.tensor.add_(at::empty_like(each.tensor).normal_(0.0, 0.1, generator));
    return to_bytes(model.weights());
}

// What an engine makes of a network: its largest difference, or why it does not run it.
spaces::onnx::Verdict judge(const spaces::Network& network,
                            const EnginePointer& engine,
                            search::OnnxSettings settings = {}) {
    const tests::TemporaryFolder folder;
    settings.engines = {engine};
    const search::ExportResult result =
        make_onnx_exporter()->write({.network = network,
                                     .weights = lived_in_weights(network),
                                     .description = "{}",
                                     .onnx = settings},
                                    folder / "network.onnx");
    return result.verdicts.at(0);
}

std::vector<EnginePointer> engines_here() {
    std::vector<EnginePointer> engines;
    for (const EnginePointer& engine : {tests::opencv_engine(), tests::onnxruntime_engine()})
        if (engine)
            engines.push_back(engine);
    if (engines.empty())
        WARN("skipped: neither OpenCV nor ONNX Runtime is here");
    return engines;
}

}  // namespace

TEST_CASE("OpenCV computes what LibTorch does, op by op, but for what it cannot run",
          "[torch][onnx]") {
    const EnginePointer engine = tests::opencv_engine();
    if (!engine) {
        WARN("skipped: built without OpenCV");
        return;
    }
    // docs/onnx.md says why.
    const auto cannot = [](const spaces::Op& op, bool fixed) {
        const auto* recurrent = std::get_if<spaces::Recurrent>(&op);
        const auto* pool = std::get_if<spaces::Pool>(&op);
        return std::holds_alternative<spaces::Embedding>(op) ||
               std::holds_alternative<spaces::MessagePassing>(op) ||
               (pool != nullptr && pool->count_padding) ||
               (recurrent != nullptr && recurrent->kind == spaces::RecurrentKind::gru && !fixed);
    };
    for (const auto& [name, network] : tests::one_of_each_op())
        for (const bool fixed : {false, true}) {
            INFO(name << (fixed ? " with a fixed batch" : ""));
            search::OnnxSettings settings;
            if (fixed)
                settings.batch = 3;
            const spaces::onnx::Verdict verdict = judge(network, engine, settings);
            INFO(verdict.problem);
            CHECK(verdict.largest_difference.has_value() !=
                  cannot(network.nodes.front().op, fixed));
        }
}

TEST_CASE("ONNX Runtime computes what LibTorch does, op by op, with old and new operators",
          "[torch][onnx]") {
    const EnginePointer engine = tests::onnxruntime_engine();
    if (!engine) {
        WARN("skipped: PARNAS_ONNXRUNTIME is not set");
        return;
    }
    for (const auto& [name, network] : tests::one_of_each_op())
        for (const bool newest : {false, true}) {
            INFO(name << (newest ? " with the newest opset" : ""));
            search::OnnxSettings settings;
            if (newest)
                settings.opset = spaces::onnx::kMostOpset;
            const spaces::onnx::Verdict verdict = judge(network, engine, settings);
            CHECK(verdict.problem == "");
            CHECK(verdict.largest_difference);
        }
}

TEST_CASE("sampled networks of every built-in space compute the same in all engines, folded or not",
          "[torch][onnx]") {
    for (const EnginePointer& engine : engines_here())
        for (const char* name : {"cell201", "darts", "elastic", "macro", "mlp", "mobile"}) {
            const auto space = spaces::load_space(Json(name), ".");
            Rng rng(5);
            for (const bool fold : {false, true}) {
                INFO(engine->title() << " " << name << (fold ? " folded" : ""));
                const auto network = space->decode(sample_feasible(*space, rng)).network;
                CHECK(judge(*network, engine, {.fold_batch_norm = fold}).problem == "");
            }
        }
}

TEST_CASE("lengths that are not known stay open", "[torch][onnx]") {
    const EnginePointer engine = tests::onnxruntime_engine();
    if (!engine) {
        WARN("skipped: PARNAS_ONNXRUNTIME is not set");
        return;
    }
    using namespace spaces;
    for (const Op& op :
         {Op(Attention{.heads = 2, .causal = true}),
          Op(Attention{.heads = 2}),
          Op(Attention{.heads = 2, .causal = true, .kind = AttentionKind::local, .window = 2}),
          Op(Attention{.heads = 2, .kind = AttentionKind::local, .window = 2}),
          Op(Attention{.heads = 2, .causal = true, .kind = AttentionKind::linear}),
          Op(Attention{.heads = 2, .kind = AttentionKind::linear}),
          Op(Norm{.kind = NormKind::layer}),
          Op(Norm{.kind = NormKind::rms}),
          Op(Recurrent{.kind = RecurrentKind::gru, .hidden = 3}),
          Op(Linear{.out = 3})}) {
        Network network = tests::network_of(op, {{-1, 8}});
        network.symbols = {"length"};
        INFO(op_name(op));
        CHECK(judge(network, engine).problem == "");
    }
}

TEST_CASE("an ONNX file has the description and the engines' verdicts", "[torch][onnx]") {
    const tests::TemporaryFolder folder;
    const spaces::Network network = tests::small_convnet({});
    search::OnnxSettings settings{.engines = engines_here()};
    const search::ExportResult result =
        make_onnx_exporter()->write({.network = network,
                                     .weights = lived_in_weights(network),
                                     .description = R"({"study":"digits"})",
                                     .onnx = settings},
                                    folder / "a.onnx");
    const std::string bytes = tests::read_file(folder / "a.onnx");
    CHECK(result.bytes == bytes.size());
    CHECK(bytes.find(R"({"study":"digits"})") != std::string::npos);
    CHECK(bytes.find("parnas_check") != std::string::npos);
    CHECK(result.verdicts.size() == settings.engines.size());
    for (const spaces::onnx::Verdict& verdict : result.verdicts)
        CHECK(bytes.find(verdict.engine) != std::string::npos);
}

namespace {

// Is always off by one.
class WrongEngine final : public spaces::onnx::Engine {
  public:
    const std::string& title() const override { return title_; }
    bool takes_any_batch() const override { return true; }
    std::unique_ptr<spaces::onnx::Session> load(const spaces::onnx::OnnxModel&,
                                                int) const override {
        return std::make_unique<WrongSession>();
    }

  private:
    class WrongSession final : public spaces::onnx::Session {
      public:
        void set_inputs(std::span<const spaces::onnx::Tensor> inputs) override {
            shape_ = {inputs[0].shape[0], 2};
        }
        void run() override {}
        std::vector<spaces::onnx::Tensor> outputs() const override {
            return {{.shape = shape_, .values = std::vector<float>(4, 100.0F)}};
        }

      private:
        std::vector<std::int64_t> shape_;
    };
    std::string title_ = "Wrong 1";
};

}  // namespace

TEST_CASE("a file that computes something else is not kept", "[torch][onnx]") {
    const tests::TemporaryFolder folder;
    const spaces::Network network = tests::small_mlp(3, 4, 2);
    search::OnnxSettings settings;
    settings.engines.push_back(std::make_shared<WrongEngine>());
    try {
        make_onnx_exporter()->write({.network = network,
                                     .weights = lived_in_weights(network),
                                     .description = "{}",
                                     .onnx = settings},
                                    folder / "a.onnx");
        FAIL("it was written");
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::internal);
        CHECK(std::string(error.what()).find("Wrong 1") != std::string::npos);
    }
    CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("an ONNX file takes the values as they stand in the data", "[torch][onnx]") {
    const spaces::Network network = tests::small_mlp(2, 3, 2);
    const InputScaling scaling{.mean = {100.0F, -7.0F},
                               .deviation = {10.0F, std::numeric_limits<float>::infinity()}};
    const tests::TemporaryFolder folder;
    for (const EnginePointer& engine : engines_here()) {
        const search::ExportResult result = make_onnx_exporter()->write(
            {.network = network,
             .weights = to_bytes(TorchNetwork(network, 1).weights(), scaling),
             .description = "{}",
             .onnx = {.engines = {engine}}},
            folder / "a.onnx");
        CHECK(result.verdicts.at(0).problem == "");
    }
}

TEST_CASE("a network without weights needs a seed for random ones", "[torch][onnx]") {
    const tests::TemporaryFolder folder;
    const spaces::Network network = tests::small_mlp(2, 3, 2);
    const auto exporter = make_onnx_exporter();
    CHECK_THROWS_WITH(exporter->write({.network = network, .description = "{}"}, folder / "a.onnx"),
                      Catch::Contains("--random-weights"));
    exporter->write({.network = network, .description = "{}", .onnx = {.random_weights = 3}},
                    folder / "a.onnx");
    CHECK(std::filesystem::exists(folder / "a.onnx"));
}

TEST_CASE("ONNX Runtime that is missing or something else says what to do", "[torch][onnx]") {
    const char* before = std::getenv("PARNAS_ONNXRUNTIME");
    const std::string kept = before == nullptr ? "" : before;
    const auto refusal = [](const char* path) {
        setenv("PARNAS_ONNXRUNTIME", path, 1);
        try {
            make_onnxruntime_engine();
        } catch (const Error& error) {
            return error;
        }
        return Error(ErrorKind::internal, "opened");
    };
    CHECK(refusal("/nowhere/libonnxruntime.so.1").kind() == ErrorKind::not_found);
    CHECK(refusal("/proc/self/cmdline").kind() == ErrorKind::unavailable);
    if (before == nullptr)
        unsetenv("PARNAS_ONNXRUNTIME");
    else
        setenv("PARNAS_ONNXRUNTIME", kept.c_str(), 1);
}

TEST_CASE("an engine is a runtime with a target of its own", "[torch][onnx]") {
    for (const EnginePointer& engine : engines_here()) {
        const Json options{{"batch", 2}, {"threads", 1}};
        Faults faults;
        ObjectReader reader(options, "/target", faults);
        const auto runtime = make_engine_runtime("mine", engine, reader);
        faults.throw_if_any();
        CHECK(runtime->target().name == "host/mine/1t/fp32/nchw/b2");
        CHECK(runtime->target().runtime == engine->title());
        const auto runner = runtime->load(tests::small_convnet({}));
        runner->run();
        CHECK_THROWS_AS(runtime->load(tests::network_of(spaces::Custom{.type = "x"}, {{4}})),
                        Error);
    }
}

TEST_CASE("an engine's runtime has 32-bit floats only", "[torch][onnx]") {
    for (const EnginePointer& engine : engines_here()) {
        const Json options{{"dtype", "bf16"}};
        Faults faults;
        ObjectReader reader(options, "/target", faults);
        make_engine_runtime("mine", engine, reader);
        REQUIRE(faults.list().size() == 1);
        CHECK(faults.list()[0].where == "/target/dtype");
    }
}

TEST_CASE("a network that an engine cannot run is refused before it is measured", "[torch][onnx]") {
    const EnginePointer engine = tests::opencv_engine();
    if (!engine) {
        WARN("skipped: built without OpenCV");
        return;
    }
    Faults faults;
    const Json options = Json::object();
    ObjectReader reader(options, "/target", faults);
    const auto runtime = make_engine_runtime("opencv", engine, reader);
    const spaces::Network words = tests::network_of(
        spaces::Embedding{.count = 9, .features = 2}, {{4}}, {spaces::DType::int64});
    CHECK_THROWS_WITH(runtime->load(words), Catch::Contains("OpenCV"));
}
