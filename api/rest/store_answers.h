// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/rest/answers.h"
#include "store/answer.h"
#include "store/service_store.h"

namespace parnas::rest {

// As the store has it: for those who commit an effect together with its answer.
store::Answer to_store_answer(const AnswerKey& key, const http::Response& response);

// Answers that a store keeps. As thread-safe as the store, which is kept as a reference.
class StoreAnswers final : public Answers {
  public:
    explicit StoreAnswers(store::ServiceStore& store) : store_(store) {}

    std::optional<KeptAnswer> find(std::string_view scope, std::string_view name) override;
    void record(const AnswerKey& key, const KeptAnswer& answer) override;

  private:
    store::ServiceStore& store_;
};

}  // namespace parnas::rest
