// SPDX-License-Identifier: Apache-2.0
#include "api/client/service_error.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/json.h"
#include "core/object_reader.h"

namespace parnas::client {
namespace {

constexpr std::size_t kShownOfBody = 200;

ErrorKind kind_of(int status) {
    switch (status) {
        case 401:
        case 403:
            return ErrorKind::unauthorized;
        case 404:
        case 410:
            return ErrorKind::not_found;
        case 409:
        case 412:
        case 428:
            return ErrorKind::conflict;
        case 429:
        case 502:
        case 503:
        case 504:
        case 507:
            return ErrorKind::unavailable;
        default:
            return status < 500 ? ErrorKind::invalid_input : ErrorKind::internal;
    }
}

// The entries of `errors` that are what they should be.
std::vector<Fault> faults_of(const Json* errors) {
    std::vector<Fault> faults;
    if (errors == nullptr || !errors->is_array())
        return faults;
    for (const Json& each : *errors) {
        Faults ignored;
        ObjectReader reader(each, "", ignored);
        Fault fault{.where = reader.text("pointer", ""), .message = reader.text("message", "")};
        if (!fault.message.empty())
            faults.push_back(std::move(fault));
    }
    return faults;
}

}  // namespace

ServiceError::ServiceError(int status, std::string slug, std::vector<Fault> faults)
    : Error(kind_of(status), std::move(faults)), status_(status), slug_(std::move(slug)) {}

std::optional<ServiceError> read_problem(const Json& json, int status) {
    Faults wrong;
    ObjectReader problem(json, "", wrong);
    const std::string type = problem.text("type", "");
    const std::string title = problem.text("title", "");
    const std::string detail = problem.text("detail", "");
    std::vector<Fault> faults = faults_of(problem.find("errors"));
    if (faults.empty() && !(title.empty() && detail.empty()))
        faults.push_back({"", detail.empty() ? title : detail});
    if (!wrong.empty() || faults.empty())
        return std::nullopt;
    return ServiceError(status, type.substr(type.rfind('/') + 1), std::move(faults));
}

ServiceError to_error(const Answer& answer) {
    try {
        if (auto error = read_problem(parse_json(answer.body, "answer"), answer.status))
            return *std::move(error);
    } catch (const Error&) {
        // Some proxy's page: shown as it is.
    }
    return {
        answer.status,
        "",
        {{"",
          fmt::format(
              "the server answers {}: {}", answer.status, answer.body.substr(0, kShownOfBody))}}};
}

bool is_lost(const ServiceError& error) {
    return error.status() == 404 || error.status() == 409 || error.status() == 410;
}

}  // namespace parnas::client
