// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/service/suggestions.h"
#include "core/mutex.h"
#include "search/pruner.h"
#include "search/strategy.h"
#include "spaces/search_space.h"
#include "store/optuna_store.h"

namespace parnas::service {

// What is known of a study that others drive, and samplers that were told of it. Thread-safe.
class ObservedStudy {
  public:
    // `store` and `strategies` outlive it.
    ObservedStudy(StudyId id,
                  const store::OptunaStore& store,
                  const Registry<search::StrategyFactory>& strategies);
    ~ObservedStudy();

    Suggestion suggest(const SuggestRequest& request);
    std::optional<std::string> judge(store::TrialId trial,
                                     const Json& pruner,
                                     const Registry<search::PrunerFactory>& pruners);

  private:
    // A sampler for one space.
    struct Resident {
        std::string key;  // of sampler, seed and space
        std::unique_ptr<spaces::SearchSpace> space;
        std::unique_ptr<search::Strategy> strategy;
        std::size_t told = 0;  // of finished_
    };

    void catch_up() PARNAS_REQUIRES(mutex_);
    void add(const store::SharedTrial& trial) PARNAS_REQUIRES(mutex_);
    void narrow_joint_space(const store::OptunaTrial& trial) PARNAS_REQUIRES(mutex_);
    std::unique_ptr<search::Strategy> make_strategy(const SuggestRequest& request,
                                                    const spaces::SearchSpace& space) const;
    Resident& resident_for(const SuggestRequest& request,
                           const std::vector<store::ParamRecord>& space) PARNAS_REQUIRES(mutex_);
    void tell(Resident& resident) PARNAS_REQUIRES(mutex_);
    std::vector<Candidate> pending(const Resident& resident, TrialNumber but) const
        PARNAS_REQUIRES(mutex_);
    Genotype propose(Resident& resident, const SuggestRequest& request, TrialNumber number)
        PARNAS_REQUIRES(mutex_);

    const store::OptunaStore& store_;
    const Registry<search::StrategyFactory>& strategies_;
    const StudyId id_;
    const store::OptunaStudy study_;
    mutable Mutex mutex_;
    store::TrialId last_ PARNAS_GUARDED_BY(mutex_){-1};
    std::map<store::TrialId, store::SharedTrial> unfinished_ PARNAS_GUARDED_BY(mutex_);
    std::vector<store::SharedTrial> finished_ PARNAS_GUARDED_BY(mutex_);  // as they were seen
    std::vector<search::Curve> curves_ PARNAS_GUARDED_BY(mutex_);         // by number
    // What trials with a result have in common, in the order of names; nothing: there are none yet.
    std::optional<std::vector<store::ParamRecord>> joint_ PARNAS_GUARDED_BY(mutex_);
    // What was suggested for unfinished trials: clients write it down later, or when they end.
    std::map<store::TrialId, std::vector<store::ParamRecord>> suggested_ PARNAS_GUARDED_BY(mutex_);
    std::list<Resident> residents_ PARNAS_GUARDED_BY(mutex_);  // those asked last come first
};

}  // namespace parnas::service
