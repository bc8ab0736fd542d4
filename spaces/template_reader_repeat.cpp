// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "spaces/domain_reader.h"
#include "spaces/template_reader.h"

namespace parnas::spaces {
namespace {

constexpr std::int64_t kMaxRepetitions = 1024;

}  // namespace

void TemplateReader::read_repeat(ObjectReader& reader, Head& head) {
    const Json* times_json = reader.need("times");
    const bool own_choices = reader.word("choices", {"own", "shared"}, "own") == 0;
    const Json* body = reader.find("body");
    const Json* first = reader.find("first");
    const Json* rest = reader.find("rest");
    if ((body != nullptr) == (first != nullptr && rest != nullptr) ||
        (first == nullptr) != (rest == nullptr))
        reader.fault("", "expected either `body`, or `first` and `rest`");
    if (times_json == nullptr || (body == nullptr && (first == nullptr || rest == nullptr)))
        return;
    const Expression times =
        read_expression(*times_json, reader.pointer("times"), head.scope, "times");
    const auto most = largest(times, reader.pointer("times"));
    if (!most)
        return;
    Repeat repeat{.times = times};
    for (std::int64_t i = 1; i <= *most; ++i) {
        Scope scope = inside(head.scope, fmt::format("{}", i), own_choices);
        scope.shared = scope.shared || !own_choices;
        scope.condition = while_repeated(times, own_choices ? i : 1, head.scope);
        const std::string_view key = body != nullptr ? "body" : i == 1 ? "first" : "rest";
        repeat.bodies.push_back(read_body(body != nullptr ? *body
                                          : i == 1        ? *first
                                                          : *rest,
                                          reader.pointer(key),
                                          scope));
    }
    head.block.kind = std::move(repeat);
}

// The largest number of repetitions that `times` can ask for; nullopt if any is none.
std::optional<std::int64_t> TemplateReader::largest(const Expression& times,
                                                    const std::string& pointer) {
    const std::set<ParamIndex> params = times.params();
    std::int64_t most = 0;
    bool fits = true;
    const auto refuse = [&](std::string message) {
        fits = false;
        faults_.add(pointer, std::move(message));
    };
    const auto look = [&](const Scalar& value) {
        const auto* count = std::get_if<std::int64_t>(&value);
        if (count == nullptr || *count < 0 || *count > kMaxRepetitions)
            refuse(fmt::format("expected an integer from 0 to {}, got {}",
                               kMaxRepetitions,
                               parnas::to_string(value)));
        else
            most = std::max(most, *count);
    };
    try {
        if (params.empty()) {
            look(evaluate(times, {}));
        } else if (params.size() > 1) {
            refuse("the number of repetitions may depend on one parameter");
        } else {
            const Domain& domain = params_[*params.begin()].domain;
            const auto size = cardinality(domain);
            if (!size || *size > kMaxRepetitions)
                refuse("the number of repetitions depends on a parameter with too many values");
            else
                for (std::uint64_t i = 0; i < *size; ++i)
                    look(evaluate(times, {.param = [&](ParamIndex) {
                                      return to_scalar(domain, value_at(domain, i));
                                  }}));
        }
    } catch (const Error& error) {
        refuse(error.what());
    }
    return fits ? std::optional(most) : std::nullopt;
}

// When the repetition counts. A parameter has one condition, so where `times` reads a
// parameter from outside, that one stands for the enclosing one too.
std::optional<Condition> TemplateReader::while_repeated(const Expression& times,
                                                        std::int64_t repetition,
                                                        const Scope& scope) const {
    const std::set<ParamIndex> params = times.params();
    if (params.empty())
        return scope.condition;
    const ParamIndex param = *params.begin();
    std::size_t where = 0;
    const auto condition = condition_where(params_, param, [&](const Scalar& value) {
        const Scalar count = evaluate(times, {.param = [&](ParamIndex) { return value; }});
        const bool holds = std::get<std::int64_t>(count) >= repetition;
        where += holds ? 1 : 0;
        return holds;
    });
    const bool always = where == cardinality(params_[param].domain);
    return always || !condition ? scope.condition : condition;
}

}  // namespace parnas::spaces
