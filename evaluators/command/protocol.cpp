// SPDX-License-Identifier: Apache-2.0
#include "evaluators/command/protocol.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/json.h"
#include "core/object_reader.h"
#include "core/python_json.h"
#include "core/scalar.h"
#include "spaces/network_json.h"
#include "spaces/param.h"

namespace parnas::evaluators {
namespace {

constexpr std::size_t kMaxReason = 4096;

struct NonFinite {
    std::string_view word;
    double value;
};
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::array<NonFinite, 3> kNonFinite = {
    {{"-Infinity", -kInfinity},
     {"Infinity", kInfinity},
     {"NaN", std::numeric_limits<double>::quiet_NaN()}}};

std::optional<double> number(const Json& json) {
    if (json.is_number())
        return json.get<double>();
    if (json.is_string())
        for (const auto& [word, value] : kNonFinite)
            if (json.get_ref<const std::string&>() == word)
                return value;
    return std::nullopt;
}

Metrics read_metrics(ObjectReader& message) {
    Metrics metrics;
    const Json* json = message.need("metrics");
    if (json == nullptr)
        return metrics;
    if (!json->is_object()) {
        message.fault("metrics", fmt::format("expected an object, got {}", type_name(*json)));
        return metrics;
    }
    for (const auto& [name, value] : json->items()) {
        if (const auto read = number(value))
            metrics[name] = *read;
        else
            message.faults().add(pointer_to(message.pointer("metrics"), name),
                                 fmt::format("expected a number, got {}", type_name(value)));
    }
    return metrics;
}

Failure read_failure(ObjectReader& message) {
    ObjectReader failure(*message.find("failure"), message.pointer("failure"), message.faults());
    constexpr std::array kKinds = {FailureKind::crashed,
                                   FailureKind::diverged,
                                   FailureKind::out_of_memory,
                                   FailureKind::timed_out,
                                   FailureKind::infeasible};
    const std::size_t kind = failure.word(
        "kind", {"crashed", "diverged", "out_of_memory", "timed_out", "infeasible"}, "crashed");
    std::string reason = failure.text("reason");
    failure.finish();
    return {kKinds[kind], reason.substr(0, kMaxReason)};
}

}  // namespace

Json request_json(const Candidate& candidate, const Context& context) {
    Json parameters = Json::object();
    for (const auto& [name, value] :
         spaces::to_assignment(context.space.params(), candidate.genotype))
        parameters[name] = to_json(value);
    Json request{{"trial", candidate.number},
                 {"stage", to_string(candidate.stage)},
                 {"fidelity", candidate.fidelity},
                 {"seed", candidate.seed},
                 {"threads", context.threads},
                 {"parameters", std::move(parameters)}};
    if (const auto network = context.space.decode(candidate.genotype).network)
        request["network"] = spaces::to_json(*network);
    return request;
}

std::string request_line(const Candidate& candidate, const Context& context) {
    return dump_json(request_json(candidate, context)) + '\n';
}

std::string verdict_line(Verdict verdict) {
    return verdict == Verdict::stop ? "{\"verdict\":\"stop\"}\n" : "{\"verdict\":\"go_on\"}\n";
}

Message read_message(std::string_view line) {
    const Json json = parse_json(quote_python_numbers(line), "");
    Faults faults;
    ObjectReader reader(json, "", faults);
    Message message;
    if (reader.has("failure"))
        message = read_failure(reader);
    else if (reader.has("step"))
        message =
            StepReport{.step = reader.integer("step", {.low = 0}), .metrics = read_metrics(reader)};
    else {
        Result result{.metrics = read_metrics(reader)};
        if (const auto cost = reader.optional_real("cost_s", {.low = 0.0}))
            result.cost = Seconds(*cost);
        message = std::move(result);
    }
    reader.finish();
    faults.throw_if_any();
    return message;
}

}  // namespace parnas::evaluators
