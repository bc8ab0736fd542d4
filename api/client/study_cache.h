// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "api/client/service_client.h"
#include "core/mutex.h"
#include "evaluators/evaluator.h"

namespace parnas::client {

// What a study's trials are evaluated with.
struct StudyParts {
    std::shared_ptr<const spaces::SearchSpace> space;
    std::shared_ptr<const evaluators::Evaluator> evaluator;
    int threads = 1;  // that each evaluation may use
};

// Makes them from the study's job, as the server knows it. Throws Error if this machine cannot, or
// must not, evaluate them.
using MakeStudyParts = std::function<StudyParts(const StudyView& study)>;

// The parts of the studies that a worker has come across. The server is asked again each minute
// whether the study of that name is still the same. Thread-safe.
class StudyCache {
  public:
    // `client` must outlive it.
    StudyCache(ServiceClient& client, MakeStudyParts make);

    StudyParts find(const std::string& study, const Patience& patience);

  private:
    struct Entry {
        std::string id;
        StudyParts parts;
        std::chrono::steady_clock::time_point seen;
    };

    ServiceClient& client_;
    MakeStudyParts make_;
    Mutex mutex_;
    std::map<std::string, Entry> entries_ PARNAS_GUARDED_BY(mutex_);  // by name
};

}  // namespace parnas::client
