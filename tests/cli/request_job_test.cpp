// SPDX-License-Identifier: Apache-2.0
#include "cli/request_job.h"

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/json.h"
#include "tests/support/catch.h"

namespace parnas::cli {
namespace {

const Json kJob = parse_json(R"({
    "name": "a", "space": "mlp", "objectives": {"loss": "minimize"},
    "evaluator": {"type": "remote", "metrics": ["loss"]}, "strategy": {"type": "random"},
    "pruner": {"type": "median"}, "target": {"profile": "host", "model": "analytic"},
    "budget": {"trials": 1}})",
                             "job");

// The fault that a request is refused with; empty: it is taken.
std::string refusal(const Json& document) {
    try {
        prepare_request(document, {});
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::invalid_input);
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("a request whose parts are of another kind than they say is refused", "[cli][service]") {
    for (const char* const place : {"/space",
                                    "/evaluator",
                                    "/evaluator/type",
                                    "/strategy",
                                    "/strategy/type",
                                    "/pruner",
                                    "/pruner/type",
                                    "/target/profile",
                                    "/target/model"}) {
        for (const Json& other : {Json(nullptr), Json(7), Json::array({1}), Json::object()}) {
            Json document = kJob;
            document[Json::json_pointer(place)] = other;
            CAPTURE(place, other.dump());
            CHECK_FALSE(refusal(document).empty());
        }
    }
}

TEST_CASE("a request may not have the server run or read something", "[cli][service]") {
    for (const char* const change : {R"({"evaluator": {"type": "command", "command": ["true"]}})",
                                     R"({"evaluator": {"type": "train", "data": "digits"}})",
                                     R"({"space": "spaces/own.yaml"})",
                                     R"({"space": {"file": "own.yaml"}})",
                                     R"({"target": {"profile": "../host"}})",
                                     R"({"target": {"profile": "host", "model": "measured"}})",
                                     R"({"store": "other.db"})",
                                     R"({"base": "/"})"}) {
        Json document = kJob;
        document.update(parse_json(change, "change"));
        CAPTURE(change);
        CHECK_FALSE(refusal(document).empty());
    }
}

}  // namespace parnas::cli
