// SPDX-License-Identifier: Apache-2.0
// A plugin with a part of each kind, as somebody else writes it.
#pragma once

#include <chrono>
#include <parnas/plugin.hpp>
#include <thread>

using parnas::plugin::Json;

namespace sample {

struct Depths : parnas::plugin::Space {
    Json document() override {
        return {{"name", "depths@1"}, {"params", {{"depth", {{"integer", {1, 4}}}}}}};
    }
    Json decode(const Json& values) override {
        parnas::plugin::Network network({3, 8, 8});
        for (int i = 0; i < values["depth"]; ++i)
            network.add("conv", {{"out", 8}, {"kernel", 3}, {"padding", 1}}).add("activation");
        return network.add("global_pool").add("linear", {{"out", 10}}).json();
    }
};

struct Template : parnas::plugin::Document {
    Json document() override {
        return Json::parse(R"({"name": "template@1", "input": {"image": [3, 8, 8]},
            "output": {"classes": 10}, "body": [{"conv": {"out": {"one_of": [8, 16]}}}, {"head": {}}]})");
    }
};

struct Twice : parnas::plugin::Blocks {
    Json define() override {
        return Json::parse(R"({"twice": {"arguments": {"out": 8}, "body": [
            {"conv": {"out": {"arg": "out"}, "kernel": 3, "norm": "batch", "act": "relu"}},
            {"conv": {"out": {"arg": "out"}, "kernel": 3, "norm": "batch", "act": "relu"}}]}})");
    }
};

struct Score : parnas::plugin::Evaluator {
    std::string name() override { return "score@1"; }
    std::vector<std::string> metrics() override { return {"loss"}; }
    Json evaluate(const Json& trial) override {
        const Json options = trial.value("options", Json::object());
        std::this_thread::sleep_for(std::chrono::milliseconds(options.value("sleep_ms", 0)));
        if (options.contains("throw"))
            throw std::runtime_error("it was told to");
        return {{"loss", 1.0 / static_cast<double>(trial["network"]["nodes"].size())}};
    }
};

struct Curve : parnas::plugin::Trainer {
    std::string name() override { return "training@1"; }
    std::vector<std::string> metrics() override { return {"loss"}; }
    Json train(const Json&, const Report& report) override {
        for (int epoch = 0; epoch < 10; ++epoch)
            if (report(epoch, {{"loss", 1.0 / (epoch + 1)}}))
                return {};
        return {{"loss", 0.05}};
    }
};

struct Random : parnas::plugin::Sampler {
    static constexpr const char* kName = "random@1";
    void open(const Json& setup) override { params_ = setup["params"]; }
    void tell(const Json&) override {}
    Json ask(const Json&, std::mt19937_64& rng) override {
        Json proposal = Json::object();
        for (const Json& param : params_)
            proposal[param["name"].get<std::string>()] = parnas::plugin::draw(param, rng);
        return proposal;
    }

  private:
    Json params_;
};

struct Board : parnas::plugin::Target {
    Json describe() override {
        return {{"name", "board@1"},
                {"hardware", "board"},
                {"runtime", "runtime"},
                {"threads", 1},
                {"dtype", "fp32"},
                {"batch", 1},
                {"layout", "nchw"}};
    }
    Json estimate(const Json& network, const Json&) override {
        double milliseconds = 0.0;
        for (const Json& node : network["nodes"])
            milliseconds += 0.01 + 0.001 * node.value("out", 0);
        return {{"latency_ms", milliseconds}};
    }
};

// Each channel `times` over.
struct Stretch : parnas::plugin::Operator {
    Json describe() override {
        return {
            {"name", "stretch@1"},
            {"about", "channels more than once"},
            {"attributes",
             {{{"name", "times"}, {"type", "integer"}, {"low", 1}, {"high", 4}, {"default", 2}}}}};
    }
    parnas::plugin::Shape shape(const Json& attributes,
                                const std::vector<parnas::plugin::Shape>& inputs) override {
        if (inputs[0].size() != 3)
            throw std::runtime_error("it takes images alone");
        parnas::plugin::Shape out = inputs[0];
        out[0] *= attributes["times"].get<std::int64_t>();
        return out;
    }
    Json count(const Json&, const std::vector<parnas::plugin::Shape>& inputs) override {
        return {{"parameters", inputs[0][0]}, {"multiply_adds", 0}};
    }
};

}  // namespace sample
