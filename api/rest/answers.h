// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/http/response.h"
#include "core/hash.h"

namespace parnas::rest {

// A request that its client gave a name, so that sending it again does nothing more.
struct AnswerKey {
    std::string scope;  // whose name it is: the token and the operation
    std::string name;   // Idempotency-Key
    Digest request;     // of method, path, query and body
};

// The answer that such a request had.
struct KeptAnswer {
    Digest request;
    int status = 200;
    std::string text;  // to_kept_text()
};

// Keeps answers for a day. Called by several threads at once.
class Answers {
  public:
    virtual ~Answers() = default;
    virtual std::optional<KeptAnswer> find(std::string_view scope, std::string_view name) = 0;
    virtual void record(const AnswerKey& key, const KeptAnswer& answer) = 0;
};

// Headers and body of an answer as one text, and back, byte for byte: whoever commits an effect
// with its answer keeps this text.
std::string to_kept_text(const http::Response& response);
http::Response from_kept_text(int status, std::string_view text);

}  // namespace parnas::rest
