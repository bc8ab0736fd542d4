// SPDX-License-Identifier: Apache-2.0
#include "api/rest/store_answers.h"

namespace parnas::rest {

store::Answer to_store_answer(const AnswerKey& key, const http::Response& response) {
    return {.scope = key.scope,
            .key = key.name,
            .request = key.request,
            .status = response.status,
            .body = to_kept_text(response),
            .time = now()};
}

std::optional<KeptAnswer> StoreAnswers::find(std::string_view scope, std::string_view name) {
    std::optional<store::Answer> answer = store_.find_answer(scope, name);
    if (!answer)
        return std::nullopt;
    return KeptAnswer{
        .request = answer->request, .status = answer->status, .text = std::move(answer->body)};
}

void StoreAnswers::record(const AnswerKey& key, const KeptAnswer& answer) {
    store_.record({.scope = key.scope,
                   .key = key.name,
                   .request = answer.request,
                   .status = answer.status,
                   .body = answer.text,
                   .time = now()});
}

}  // namespace parnas::rest
