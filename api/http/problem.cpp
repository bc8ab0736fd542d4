// SPDX-License-Identifier: Apache-2.0
#include "api/http/problem.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

namespace parnas::http {
namespace {

struct StatusName {
    int status;
    std::string_view phrase;
};

constexpr StatusName kStatusNames[] = {
    {100, "Continue"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
};

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
            return ErrorKind::conflict;
        case 429:
        case 503:
        case 507:
            return ErrorKind::unavailable;
        default:
            return status < 500 ? ErrorKind::invalid_input : ErrorKind::internal;
    }
}

int status_of(const Error& error) {
    switch (error.kind()) {
        case ErrorKind::invalid_input: {
            const auto in_body = [](const Fault& fault) { return fault.where.starts_with('/'); };
            return std::ranges::any_of(error.faults(), in_body) ? 422 : 400;
        }
        case ErrorKind::not_found:
            return 404;
        case ErrorKind::conflict:
            return 409;
        case ErrorKind::unauthorized:
            return 401;
        case ErrorKind::unavailable:
            return 503;
        case ErrorKind::damaged:
        case ErrorKind::internal:
            break;
    }
    return 500;
}

// "Not Found" as "not-found".
std::string slug_of(std::string_view phrase) {
    std::string slug = lower_case(phrase);
    std::ranges::replace(slug, ' ', '-');
    return slug;
}

}  // namespace

std::string_view reason_phrase(int status) {
    const auto found = std::ranges::find(kStatusNames, status, &StatusName::status);
    return found == std::end(kStatusNames) ? std::string_view() : found->phrase;
}

HttpError::HttpError(Problem problem)
    : Error(kind_of(problem.status),
            problem.errors.empty() ? std::vector<Fault>{{{}, problem.detail}} : problem.errors),
      problem_(std::move(problem)) {}

HttpError::HttpError(int status, std::string detail)
    : HttpError(Problem{.status = status, .detail = std::move(detail)}) {}

Problem to_problem(const Error& error) {
    if (const auto* known = dynamic_cast<const HttpError*>(&error))
        return known->problem();
    Problem problem{.status = status_of(error)};
    if (error.kind() == ErrorKind::damaged) {
        problem.slug = "damaged";
        problem.detail = "stored data is damaged; the server's log says more";
    } else if (problem.status == 500) {
        problem.detail = "a fault of the server; its log says more";
    } else if (error.faults().size() == 1 && problem.status != 422) {
        problem.detail = error.what();
    } else {
        problem.detail = "the request has faults";
        problem.errors = error.faults();
    }
    if (problem.status == 401)
        problem.headers.add("WWW-Authenticate", "Bearer");
    return problem;
}

Json to_json(const Problem& problem, std::string_view instance) {
    const std::string_view phrase = reason_phrase(problem.status);
    const std::string slug = problem.slug.empty() ? slug_of(phrase) : problem.slug;
    Json json;
    json["type"] = "https://parnas.dev/problems/" + slug;
    json["title"] = problem.title.empty() ? std::string(phrase) : problem.title;
    json["status"] = problem.status;
    if (!problem.detail.empty())
        json["detail"] = problem.detail;
    json["instance"] = instance;
    for (const Fault& fault : problem.errors)
        json["errors"].push_back({{"pointer", fault.where}, {"message", fault.message}});
    return json;
}

Response make_problem(const Problem& problem, std::string_view instance) {
    Response response = make_text(
        problem.status, dump_json(to_json(problem, instance)), "application/problem+json");
    for (const Field& line : problem.headers.lines())
        response.headers.add(line.name, line.value);
    if (problem.status == 503 && problem.headers.find("Retry-After") == nullptr)
        response.headers.add("Retry-After", "1");
    return response;
}

}  // namespace parnas::http
