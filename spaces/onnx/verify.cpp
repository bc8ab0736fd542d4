// SPDX-License-Identifier: Apache-2.0
#include "spaces/onnx/verify.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/json.h"

namespace parnas::spaces::onnx {
namespace {

double value_at(const Tensor& tensor, std::size_t i) {
    return std::visit([i](const auto& values) { return static_cast<double>(values[i]); },
                      tensor.values);
}

std::size_t size_of(const Tensor& tensor) {
    return std::visit([](const auto& values) { return values.size(); }, tensor.values);
}

// Infinite if one of the two is no number where the other is one.
double difference(double found, double expected) {
    if (found == expected || (std::isnan(found) && std::isnan(expected)))
        return 0.0;
    const double difference = std::abs(found - expected);
    return std::isnan(difference) ? HUGE_VAL : difference;
}

}  // namespace

Verdict verify(const Engine& engine, const OnnxModel& model, const KnownAnswer& known) {
    Verdict verdict{.engine = engine.title(), .largest_difference = {}, .problem = {}};
    std::vector<Tensor> found;
    try {
        const auto session = engine.load(model, 1);
        session->set_inputs(known.inputs);
        session->run();
        found = session->outputs();
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::invalid_input)
            throw;
        verdict.problem = error.faults().front().message;
        return verdict;
    }
    check(found.size() == known.outputs.size(), "an engine gives all outputs");
    double largest = 0.0, magnitude = 0.0;
    for (std::size_t i = 0; i < found.size(); ++i) {
        if (found[i].shape != known.outputs[i].shape)
            throw Error(ErrorKind::internal,
                        fmt::format("{} gives an output of shape {}, expected {}",
                                    engine.title(),
                                    fmt::join(found[i].shape, "x"),
                                    fmt::join(known.outputs[i].shape, "x")),
                        model.outputs[i]);
        for (std::size_t k = 0; k < size_of(found[i]); ++k) {
            const double expected = value_at(known.outputs[i], k);
            largest = std::max(largest, difference(value_at(found[i], k), expected));
            if (std::isfinite(expected))
                magnitude = std::max(magnitude, std::abs(expected));
        }
    }
    const double allowed = kVerifyTolerance * (1.0 + magnitude);
    if (largest > allowed)
        throw Error(ErrorKind::internal,
                    fmt::format("the model's outputs in {} differ by {:.3g}, allowed is {:.3g}",
                                engine.title(),
                                largest,
                                allowed));
    verdict.largest_difference = largest;
    return verdict;
}

std::string to_text(std::span<const Verdict> verdicts) {
    Json list = Json::array();
    for (const Verdict& each : verdicts) {
        Json json{{"engine", each.engine}};
        if (each.largest_difference)
            json["largest_difference"] = *each.largest_difference;
        else
            json["problem"] = each.problem;
        list.push_back(std::move(json));
    }
    return dump_json(list);
}

}  // namespace parnas::spaces::onnx
