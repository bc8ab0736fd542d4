// SPDX-License-Identifier: Apache-2.0
#include "api/rest/contract.h"

#include <algorithm>
#include <string>

#include <nlohmann/json.hpp>

#include "tests/api/rest/small_api.h"
#include "tests/api/rest/small_contract.h"

using namespace parnas;
using tests::kSmallDocument;

namespace {

// The small document with a text in it replaced, which it must have once.
std::string changed(const std::string& text, const std::string& other) {
    std::string document = kSmallDocument;
    const std::size_t at = document.find(text);
    REQUIRE(at != std::string::npos);
    return document.replace(at, text.size(), other);
}

std::string refusal_of(const std::string& document) {
    try {
        const rest::Contract contract(document);
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::invalid_input);
        return error.what();
    }
    return "";
}

// The JSON text of each request body's example, as the document has it.
const Json* example_of(const Json& document, const rest::OperationSpec& operation) {
    std::string method = http::lower_case(operation.method);
    const Json& body = document["paths"][operation.pattern][method]["requestBody"];
    const Json& content = body["content"]["application/json"];
    const auto found = content.find("example");
    return found == content.end() ? nullptr : &*found;
}

}  // namespace

TEST_CASE("a contract has what its document says", "[api][rest][contract]") {
    const rest::Contract contract(kSmallDocument);
    CHECK(contract.operations().size() == 5);

    const rest::OperationSpec& open = contract.operation("open");
    CHECK(open.method == "GET");
    CHECK(open.pattern == "/open");
    CHECK_FALSE(open.secured);
    CHECK(open.lane == http::Lane::vital);
    CHECK(open.types == std::vector<std::string>{"text/plain"});
    CHECK(open.answer(401) == nullptr);
    CHECK(open.answer(400) != nullptr);

    const rest::OperationSpec& make = contract.operation("make_thing");
    CHECK(make.secured);
    CHECK(make.scopes == std::vector<std::string>{"submit"});
    CHECK(make.idempotent);
    CHECK(make.body_bytes == 1000);
    REQUIRE(make.body.has_value());
    CHECK(make.body->required);
    CHECK(make.body->json.has_value());
    CHECK(make.parameters.size() == 1);

    const rest::OperationSpec& get = contract.operation("get_thing");
    CHECK(get.scopes == std::vector<std::string>{"read", "work"});
    CHECK(get.lane == http::Lane::waiting);
    CHECK(get.etag);
    CHECK(get.answer(304) != nullptr);
    CHECK(get.parameters.front().place == rest::ParameterPlace::path);
    CHECK(contract.operation("list_things").paged);
    CHECK(contract.operation("change_thing").if_match);
    CHECK_THROWS_AS(contract.operation("nothing"), Error);
}

TEST_CASE("the served document has its shared parts in each operation", "[api][rest][contract]") {
    const Json json = parse_json(rest::Contract(kSmallDocument).json(), "openapi.json");
    CHECK_FALSE(json.contains("x-shared"));
    const Json& post = json["paths"]["/things"]["post"];
    CHECK(post["responses"].contains("409"));
    CHECK(post["responses"].contains("401"));
    CHECK_FALSE(post["responses"].contains("404"));
    CHECK(post["parameters"][0]["name"] == "Idempotency-Key");
    CHECK_FALSE(json["paths"]["/open"]["get"]["responses"].contains("401"));
}

TEST_CASE("a document that is not one is refused with the place", "[api][rest][contract]") {
    CHECK_THAT(refusal_of("openapi: 3.0.0"), Catch::Contains("OpenAPI 3.1"));
    CHECK_THAT(refusal_of("a: ["), Catch::Contains("openapi.yaml"));
    CHECK_THAT(refusal_of(changed("operationId: open", "operationId: get_thing")),
               Catch::Contains("name of two operations"));
    CHECK_THAT(refusal_of(changed("x-lane: vital", "x-lane: fast")), Catch::Contains("/x-lane"));
    CHECK_THAT(refusal_of(changed("x-scope: submit", "x-scope: all")),
               Catch::Contains("no such scope"));
    CHECK_THAT(refusal_of(changed("x-lane: vital", "x-lane: vital\n      x-scope: read")),
               Catch::Contains("no token"));
    CHECK_THAT(refusal_of(changed("x-paged: true", "x-pages: true")),
               Catch::Contains("no such extension"));
    CHECK_THAT(refusal_of(changed("x-paged: true", "x-paged: 1")),
               Catch::Contains("true or false"));
    CHECK_THAT(refusal_of(changed("/things/{number}:", "/things/{id}:")),
               Catch::Contains("not those of the path"));
    CHECK_THAT(
        refusal_of(changed("name: number, in: path, required: true", "name: number, in: path")),
        Catch::Contains("has to be required"));
    CHECK_THAT(refusal_of(changed("{name: heavy,", "{name: colour,")), Catch::Contains("twice"));
    CHECK_THAT(
        refusal_of(changed("'#/components/responses/problem'", "'#/components/responses/none'")),
        Catch::Contains("there is nothing at"));
    CHECK_THAT(refusal_of(changed("schema: {type: boolean}", "schema: {type: bool}")),
               Catch::Contains("no type"));
    CHECK_THAT(refusal_of(changed("'201':", "'abc':")), Catch::Contains("expected a status"));
    CHECK_THAT(refusal_of(changed("    patch:", "    trace:")), Catch::Contains("no such method"));
}

TEST_CASE("every example of the service's document is one", "[api][rest][contract]") {
    const Json document = parse_json(tests::contract().json(), "openapi.json");
    int examples = 0;
    for (const rest::OperationSpec& operation : tests::contract().operations()) {
        if (!operation.body || !operation.body->json)
            continue;
        INFO(operation.id);
        const Json* example = example_of(document, operation);
        REQUIRE(example != nullptr);
        Faults faults;
        operation.body->json->check(*example, "", faults);
        for (const Fault& fault : faults.list())
            FAIL_CHECK(fault.where << ": " << fault.message);
        ++examples;
    }
    CHECK(examples > 15);
}

TEST_CASE("request bodies of the service take no member that is not listed",
          "[api][rest][contract]") {
    for (const rest::OperationSpec& operation : tests::contract().operations()) {
        if (!operation.body || !operation.body->json)
            continue;
        INFO(operation.id);
        Faults faults;
        operation.body->json->check({{"nobody_has_this", 1}}, "", faults);
        CHECK(std::ranges::any_of(
            faults.list(), [](const Fault& fault) { return fault.where == "/nobody_has_this"; }));
    }
}

TEST_CASE("every operation under /v1 needs a token, and all but sessions a scope",
          "[api][rest][contract]") {
    for (const rest::OperationSpec& operation : tests::contract().operations()) {
        if (!operation.pattern.starts_with("/v1/"))
            continue;
        INFO(operation.id);
        CHECK(operation.secured == (operation.id != "open_session"));
        CHECK(operation.scopes.empty() == (operation.pattern == "/v1/sessions"));
    }
}

TEST_CASE("whoever changes something by reading is not to be found", "[api][rest][contract]") {
    for (const rest::OperationSpec& operation : tests::contract().operations()) {
        INFO(operation.id);
        if (operation.method == "GET") {
            CHECK_FALSE(operation.body.has_value());
            CHECK_FALSE(operation.idempotent);
            CHECK_FALSE(operation.if_match);
        }
        if (operation.method == "PATCH") {
            CHECK(operation.if_match);
            CHECK(operation.body.has_value());
        }
        if (operation.idempotent)
            CHECK(operation.method == "POST");
    }
}

TEST_CASE("heartbeats and health are answered while all else is refused", "[api][rest][contract]") {
    for (const char* id : {"heartbeat", "get_health", "get_readiness"})
        CHECK(tests::contract().operation(id).lane == http::Lane::vital);
}
