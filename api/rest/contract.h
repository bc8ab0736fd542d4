// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/router.h"
#include "api/rest/schema.h"

namespace parnas::rest {

enum class ParameterPlace { path, query, header };

struct ParameterSpec {
    std::string name;
    ParameterPlace place = ParameterPlace::query;
    bool required = false;
    Schema schema;
};

struct BodySpec {
    bool required = false;
    std::vector<std::string> types;  // "application/json"
    std::optional<Schema> json;      // if that is among them
};

struct AnswerSpec {
    int status = 200;
    // By content type; none: it has no body.
    std::map<std::string, Schema, std::less<>> types;
};

// One operation of the interface, as the document has it.
struct OperationSpec {
    std::string id;       // "list_trials"
    std::string method;   // "GET"
    std::string pattern;  // "/v1/studies/{study}/trials"
    bool secured = true;
    std::vector<std::string> scopes;  // one of them is enough; empty: any token
    http::Lane lane = http::Lane::normal;
    bool idempotent = false;  // takes Idempotency-Key
    bool if_match = false;    // needs If-Match
    bool etag = false;        // takes If-None-Match
    bool paged = false;
    std::optional<std::size_t> body_bytes;
    std::vector<ParameterSpec> parameters;
    std::optional<BodySpec> body;
    std::vector<AnswerSpec> answers;
    // What can be asked for by Accept: the content types of answers below 300.
    std::vector<std::string> types;

    const AnswerSpec* answer(int status) const;
};

// The description of the interface (api/openapi.yaml) as values. Const and thread-safe.
class Contract {
  public:
    // `document`: OpenAPI 3.1 as YAML, with the extensions that api/openapi.yaml describes.
    // Throws Error(invalid_input), with the place, on what is not such a document: also if a path
    // and its parameters disagree, or a name is there twice.
    explicit Contract(std::string_view document, std::string source = "openapi.yaml");

    // In the document's order.
    const std::vector<OperationSpec>& operations() const { return operations_; }
    // Throws Error(not_found).
    const OperationSpec& operation(std::string_view id) const;
    // The document as JSON text, with `x-shared` written out into the operations.
    const std::string& json() const { return json_; }

  private:
    SchemaSet schemas_;
    std::vector<OperationSpec> operations_;
    std::string json_;
};

// api/openapi.yaml, which the build puts into the program.
std::string_view openapi_document();

}  // namespace parnas::rest
