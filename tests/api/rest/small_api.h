// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "api/http/problem.h"
#include "api/http/protocol/uri.h"
#include "api/rest/access.h"
#include "api/rest/answers.h"
#include "api/rest/contract.h"
#include "api/rest/negotiation.h"
#include "api/rest/operations.h"
#include "api/rest/routes.h"
#include "tests/support/catch.h"

namespace parnas::tests {

// Callers by the text of their token.
class FakeAccess final : public rest::Access {
  public:
    std::optional<rest::Caller> identify(const http::Request& request) override {
        const std::string* sent = request.headers.find("Authorization");
        const auto found = callers.find(sent == nullptr ? "" : *sent);
        return found == callers.end() ? std::nullopt : std::optional(found->second);
    }

    std::map<std::string, rest::Caller> callers = {
        {"Bearer all",
         {.token = "tok_all", .scopes = {"read", "submit", "work", "admin", "metrics"}}},
        {"Bearer reader", {.token = "tok_reader", .scopes = {"read"}}},
        {"Bearer worker", {.token = "tok_worker", .scopes = {"work"}}}};
};

class MemoryAnswers final : public rest::Answers {
  public:
    std::optional<rest::KeptAnswer> find(std::string_view scope, std::string_view name) override {
        const auto found = kept.find({std::string(scope), std::string(name)});
        return found == kept.end() ? std::nullopt : std::optional(found->second);
    }
    void record(const rest::AnswerKey& key, const rest::KeptAnswer& answer) override {
        kept[{key.scope, key.name}] = answer;
    }

    std::map<std::pair<std::string, std::string>, rest::KeptAnswer> kept;
};

// The service's own document.
inline const rest::Contract& contract() {
    static const rest::Contract document{rest::openapi_document()};
    return document;
}

// Fails unless the document has this answer to that operation: its status, its content type, and
// its body by the schema.
inline void check_documented(const rest::OperationSpec& operation, const http::Response& response) {
    INFO(operation.id << " answers " << response.status << ": " << response.body.substr(0, 2000));
    const rest::AnswerSpec* answer = operation.answer(response.status);
    REQUIRE(answer != nullptr);
    if (answer->types.empty() || response.events) {
        CHECK(response.body.empty());
        return;
    }
    const std::string* sent = response.headers.find("Content-Type");
    REQUIRE(sent != nullptr);
    const std::string type = rest::media_type(*sent);
    const auto schema = answer->types.find(type);
    REQUIRE(schema != answer->types.end());
    Faults faults;
    schema->second.check(
        type.ends_with("json") ? parse_json(response.body, "answer") : Json(response.body),
        "",
        faults);
    for (const Fault& fault : faults.list())
        FAIL_CHECK(fault.where << ": " << fault.message);
}

// Asks operations without a socket in between, as "Bearer all" unless a header says otherwise, and
// checks every answer against the document. Operations that are not given answer 500.
class SmallApi {
  public:
    explicit SmallApi(rest::Operations operations,
                      const rest::Contract& document = tests::contract())
        : contract_(document),
          router_(
              rest::make_routes(document, with_stand_ins(std::move(operations)), access, answers)) {
    }

    http::Response ask(const std::string& method,
                       const std::string& target,
                       http::Headers headers = {},
                       const std::string& body = {}) {
        http::Response response = send(method, target, std::move(headers), body);
        check_documented(operation_of(method, target), response);
        return response;
    }

    // Asks and checks nothing: for threads, since Catch2 takes assertions of one only.
    http::Response send(const std::string& method,
                        const std::string& target,
                        http::Headers headers = {},
                        const std::string& body = {}) const {
        const std::size_t question = target.find('?');
        http::Request request{.method = method,
                              .path = target.substr(0, question),
                              .headers = std::move(headers),
                              .body = body,
                              .remote_address = "127.0.0.1",
                              .id = "request",
                              .stop = stop.get_token()};
        if (request.headers.find("Authorization") == nullptr)
            request.headers.add("Authorization", "Bearer all");
        if (!body.empty() && request.headers.find("Content-Type") == nullptr)
            request.headers.add("Content-Type", "application/json");
        try {
            const http::Router::Match match = router_.find(method, request.path);
            request.parameters = match.parameters;
            if (question != std::string::npos)
                request.query = http::parse_query(target.substr(question + 1));
            return match.route->handler(request);
        } catch (const Error& error) {
            return http::make_problem(http::to_problem(error), request.id);
        }
    }

    // The body of an answer that has to have this status.
    Json json(const std::string& method,
              const std::string& target,
              int status = 200,
              const std::string& body = {}) {
        const http::Response response = ask(method, target, {}, body);
        INFO(response.body);
        REQUIRE(response.status == status);
        return parse_json(response.body, target);
    }

    FakeAccess access;
    MemoryAnswers answers;
    std::stop_source stop;

  private:
    rest::Operations with_stand_ins(rest::Operations operations) const {
        for (const rest::OperationSpec& spec : contract_.operations())
            if (!operations.contains(spec.id))
                operations[spec.id] = [](const rest::Call&) -> http::Response {
                    throw Error(ErrorKind::internal, "a stand-in");
                };
        return operations;
    }

    const rest::OperationSpec& operation_of(const std::string& method,
                                            const std::string& target) const {
        const http::Route* route = router_.find(method, target.substr(0, target.find('?'))).route;
        REQUIRE(route != nullptr);
        const auto found = std::ranges::find_if(contract_.operations(), [&](const auto& spec) {
            return spec.method == route->method && spec.pattern == route->pattern;
        });
        REQUIRE(found != contract_.operations().end());
        return *found;
    }

    const rest::Contract& contract_;
    http::Router router_;
};

inline std::string slug_of(const http::Response& response) {
    const std::string type = parse_json(response.body, "problem")["type"].get<std::string>();
    return type.substr(type.rfind('/') + 1);
}

}  // namespace parnas::tests
