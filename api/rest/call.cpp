// SPDX-License-Identifier: Apache-2.0
#include "api/rest/call.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "api/http/problem.h"
#include "api/rest/bodies.h"
#include "api/rest/negotiation.h"
#include "core/mutation.h"

namespace parnas::rest {
namespace {

using http::HttpError;
using http::Problem;

// Null: the request does not have it. Throws Error(invalid_input) if the query has it twice.
const std::string* find_text(const ParameterSpec& parameter, const http::Request& request) {
    switch (parameter.place) {
        case ParameterPlace::path:
            return http::find_field(request.parameters, parameter.name);
        case ParameterPlace::query:
            return request.query_value(parameter.name);
        case ParameterPlace::header:
            break;
    }
    return request.headers.find(parameter.name);
}

void check_path(const OperationSpec& operation, const http::Request& request) {
    Faults faults;
    for (const ParameterSpec& parameter : operation.parameters)
        if (parameter.place == ParameterPlace::path)
            parameter.schema.check(
                parameter.schema.value_of(request.parameter(parameter.name)), "", faults);
    if (!faults.empty())
        throw HttpError(404, "there is nothing at this path");
}

void check_names(const OperationSpec& operation, const http::Request& request, Faults& faults) {
    std::vector<std::string> known;
    for (const ParameterSpec& parameter : operation.parameters)
        if (parameter.place == ParameterPlace::query)
            known.push_back(parameter.name);
    for (const http::Field& field : request.query)
        if (std::ranges::find(known, field.name) == known.end())
            faults.add(
                field.name,
                fmt::format("there is no such parameter{}", did_you_mean(field.name, known)));
}

Json read_parameters(const OperationSpec& operation, const http::Request& request) {
    Json values = Json::object();
    Faults faults;
    check_names(operation, request, faults);
    for (const ParameterSpec& parameter : operation.parameters) {
        const std::string* text = find_text(parameter, request);
        if (text == nullptr) {
            // A missing If-Match has a status of its own.
            if (parameter.required && !(operation.if_match && parameter.name == "If-Match"))
                faults.add(parameter.name, "is missing");
            if (const Json* otherwise = parameter.schema.default_value())
                values[parameter.name] = *otherwise;
            continue;
        }
        Json value = parameter.schema.value_of(*text);
        parameter.schema.check(value, parameter.name, faults);
        values[parameter.name] = std::move(value);
    }
    if (!faults.empty())
        throw HttpError(Problem{.status = 400,
                                .detail = "the request's parameters have faults",
                                .errors = faults.list()});
    return values;
}

Json read_json(const BodySpec& spec, const http::Request& request) {
    Json body = http::json_body(request);
    Faults faults;
    if (!mutated("unchecked_body"))
        spec.json->check(body, "", faults);
    throw_unprocessable(faults);
    return body;
}

Json read_body_of(const OperationSpec& operation, const http::Request& request) {
    if (request.body.empty()) {
        if (operation.body && operation.body->required)
            throw HttpError(400, "the request needs a body");
        return {};
    }
    if (!operation.body)
        throw HttpError(400, "this request takes no body");
    const std::string* sent = request.headers.find("Content-Type");
    const std::string type = sent == nullptr ? std::string() : media_type(*sent);
    if (std::ranges::find(operation.body->types, type) == operation.body->types.end())
        throw HttpError(
            415, fmt::format("the body has to be {}", fmt::join(operation.body->types, " or ")));
    return type == "application/json" ? read_json(*operation.body, request) : Json();
}

std::string negotiate(const OperationSpec& operation, const http::Request& request) {
    const std::vector<std::string>& types = operation.types;
    const std::string* accept = request.headers.find("Accept");
    if (types.empty() || accept == nullptr)
        return types.empty() ? std::string() : types.front();
    if (std::optional<std::string> wanted = most_wanted(*accept, types))
        return *wanted;
    throw HttpError(406, fmt::format("the answer can be {}", fmt::join(types, " or ")));
}

// Parts are set apart by what none of them has.
Digest digest_of(const http::Request& request) {
    std::string text = request.method + '\n' + request.path + '\n';
    for (const http::Field& field : request.query)
        text += field.name + '\0' + field.value + '\0';
    return hash_bytes(text + '\n' + request.body);
}

}  // namespace

Call::Call(const OperationSpec& operation, const http::Request& request, Caller caller)
    : operation_(operation),
      request_(request),
      caller_(std::move(caller)),
      parameters_(std::make_unique<Json>(Json::object())),
      body_(std::make_unique<Json>()) {}

Call::Call(Call&&) noexcept = default;
Call::~Call() = default;

const Json* Call::value(std::string_view name) const {
    const auto known = std::ranges::find(operation_.parameters, name, &ParameterSpec::name);
    check(known != operation_.parameters.end(),
          fmt::format("the operation '{}' has no parameter '{}'", operation_.id, name));
    const auto found = parameters_->find(name);
    return found == parameters_->end() ? nullptr : &*found;
}

std::optional<std::string> Call::optional_text(std::string_view name) const {
    const Json* found = value(name);
    check(found == nullptr || found->is_string(), fmt::format("'{}' is no text", name));
    return found == nullptr ? std::nullopt : std::optional(found->get<std::string>());
}

std::optional<std::int64_t> Call::optional_integer(std::string_view name) const {
    const Json* found = value(name);
    check(found == nullptr || found->is_number_integer(), fmt::format("'{}' is no integer", name));
    return found == nullptr ? std::nullopt : std::optional(found->get<std::int64_t>());
}

std::optional<double> Call::optional_real(std::string_view name) const {
    const Json* found = value(name);
    check(found == nullptr || found->is_number(), fmt::format("'{}' is no number", name));
    return found == nullptr ? std::nullopt : std::optional(found->get<double>());
}

std::string Call::text(std::string_view name) const {
    const std::optional<std::string> found = optional_text(name);
    check(found.has_value(), fmt::format("the parameter '{}' has no value", name));
    return *found;
}

std::int64_t Call::integer(std::string_view name) const {
    const std::optional<std::int64_t> found = optional_integer(name);
    check(found.has_value(), fmt::format("the parameter '{}' has no value", name));
    return *found;
}

Call read_call(const OperationSpec& operation, const http::Request& request, Caller caller) {
    Call call(operation, request, std::move(caller));
    check_path(operation, request);
    *call.parameters_ = read_parameters(operation, request);
    call.type_ = negotiate(operation, request);
    if (operation.if_match && request.headers.find("If-Match") == nullptr)
        throw HttpError(428, "If-Match is missing: the ETag that the change is based on");
    *call.body_ = read_body_of(operation, request);
    if (operation.idempotent)
        if (const std::string* name = request.headers.find("Idempotency-Key"))
            call.key_ = AnswerKey{.scope = call.caller_.token + ':' + operation.id,
                                  .name = *name,
                                  .request = digest_of(request)};
    return call;
}

}  // namespace parnas::rest
