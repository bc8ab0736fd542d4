// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/http/request.h"
#include "api/rest/access.h"
#include "api/rest/answers.h"
#include "api/rest/contract.h"
#include "core/json.h"

namespace parnas::rest {

// A request that is what the contract says: whose caller may send it, and whose parameters and
// body have been checked. Belongs to one thread.
class Call {
  public:
    Call(const OperationSpec& operation, const http::Request& request, Caller caller);
    Call(Call&&) noexcept;
    ~Call();

    const OperationSpec& operation() const { return operation_; }
    const http::Request& request() const { return request_; }
    const Caller& caller() const { return caller_; }

    // Parameters of path and query by their names, with the contract's defaults. A name that the
    // operation does not have is a bug: Error(internal); so is one without value, or of another
    // type, except with optional_.
    std::string text(std::string_view name) const;
    std::int64_t integer(std::string_view name) const;
    std::optional<std::string> optional_text(std::string_view name) const;
    std::optional<std::int64_t> optional_integer(std::string_view name) const;
    std::optional<double> optional_real(std::string_view name) const;

    // Null: there is none, or it is no JSON.
    const Json& body() const { return *body_; }
    // Of the content types that the operation answers with, the one that Accept wants most; empty
    // if it answers with no body.
    const std::string& type() const { return type_; }
    // There if the client named its request. Who commits the effect together with the answer
    // records it with this key.
    const std::optional<AnswerKey>& key() const { return key_; }

  private:
    friend Call read_call(const OperationSpec& operation,
                          const http::Request& request,
                          Caller caller);
    const Json* value(std::string_view name) const;

    const OperationSpec& operation_;
    const http::Request& request_;
    Caller caller_;
    std::unique_ptr<Json> parameters_;  // an object, without those that are missing
    std::unique_ptr<Json> body_;
    std::string type_;
    std::optional<AnswerKey> key_;
};

// Reads and checks all of a request but who sends it. Throws HttpError: 404 for parameters of the
// path, 400 for those of query and headers, 406, 428, 415, 422.
Call read_call(const OperationSpec& operation, const http::Request& request, Caller caller);

}  // namespace parnas::rest
