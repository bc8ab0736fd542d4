// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/http/headers.h"
#include "api/http/response.h"
#include "core/error.h"
#include "core/json.h"

namespace parnas::http {

// Why a request was refused, as RFC 9457 has it. An empty slug or title is that of the status.
struct Problem {
    int status = 500;
    std::string slug;  // the last part of `type`, https://parnas.dev/problems/<slug>
    std::string title;
    std::string detail;         // for whoever sent the request
    std::vector<Fault> errors;  // `where`: a JSON pointer into the body
    Headers headers;            // that the answer needs besides: Retry-After, Allow
};

// An Error whose answer is known more exactly than by its kind, which follows from the status.
class HttpError : public Error {
  public:
    explicit HttpError(Problem problem);
    HttpError(int status, std::string detail);

    const Problem& problem() const { return problem_; }

  private:
    Problem problem_;
};

// By the kind: invalid_input 400, or 422 if a place in the body is to blame; unauthorized 401,
// not_found 404, conflict 409, unavailable 503, damaged and internal 500. What is damaged or
// went wrong inside is not told to the client.
Problem to_problem(const Error& error);

// `instance` is the id of the request.
Json to_json(const Problem& problem, std::string_view instance);
// With 503 always says when to come again.
Response make_problem(const Problem& problem, std::string_view instance);

// "Not Found"; empty for a status that has no name here.
std::string_view reason_phrase(int status);

}  // namespace parnas::http
