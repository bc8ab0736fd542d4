// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "core/mutex.h"
#include "core/registry.h"
#include "search/pruner.h"
#include "search/strategy.h"
#include "store/optuna_store.h"

namespace parnas::service {

class ObservedStudy;

struct SuggestRequest {
    store::TrialId trial{};
    std::string sampler;  // as a job's `strategy`, JSON
    std::uint64_t seed = 0;
    // Which parameters, with their distributions. None: the study's joint space, which is what all
    // of its trials with a result have in common.
    std::vector<store::ParamRecord> space;
};

struct Suggestion {
    std::vector<store::ParamRecord> params;
};

// This program's samplers and pruners for studies that others drive: Optuna clients, whose spaces
// are defined while they run. Studies stay in memory, with a sampler for each space that is asked
// for; of new trials each is read and told once. What is suggested depends on the seed, the trial's
// number and the finished trials alone, and on what else runs.
//
// Thread-safe; a study is asked by one at a time. Throws Error(invalid_input) for a sampler or
// pruner that is none, and as store::OptunaStore does.
class Suggestions {
  public:
    // All outlives it.
    Suggestions(const store::OptunaStore& store,
                const Registry<search::StrategyFactory>& strategies,
                const Registry<search::PrunerFactory>& pruners);
    ~Suggestions();

    Suggestion suggest(const SuggestRequest& request);
    // Why the trial, by what it reported so far, is not worth its remaining steps.
    std::optional<std::string> judge(store::TrialId trial, const Json& pruner);

  private:
    std::shared_ptr<ObservedStudy> find(StudyId id);

    const store::OptunaStore& store_;
    const Registry<search::StrategyFactory>& strategies_;
    const Registry<search::PrunerFactory>& pruners_;
    Mutex mutex_;
    // Those asked last come first.
    std::list<std::pair<StudyId, std::shared_ptr<ObservedStudy>>> studies_
        PARNAS_GUARDED_BY(mutex_);
};

}  // namespace parnas::service
