// SPDX-License-Identifier: Apache-2.0
#include "api/service/suggestions.h"

#include <algorithm>

#include "api/service/observed_study.h"

namespace parnas::service {
namespace {

constexpr std::size_t kMostStudies = 64;  // in memory

}  // namespace

Suggestions::Suggestions(const store::OptunaStore& store,
                         const Registry<search::StrategyFactory>& strategies,
                         const Registry<search::PrunerFactory>& pruners)
    : store_(store), strategies_(strategies), pruners_(pruners) {}

Suggestions::~Suggestions() = default;

std::shared_ptr<ObservedStudy> Suggestions::find(StudyId id) {
    const MutexLock lock(mutex_);
    using Entry = std::pair<StudyId, std::shared_ptr<ObservedStudy>>;
    auto found = std::ranges::find(studies_, id, &Entry::first);
    if (found == studies_.end()) {
        studies_.emplace_front(id, std::make_shared<ObservedStudy>(id, store_, strategies_));
        if (studies_.size() > kMostStudies)
            studies_.pop_back();
    } else {
        studies_.splice(studies_.begin(), studies_, found);
    }
    return studies_.front().second;
}

Suggestion Suggestions::suggest(const SuggestRequest& request) {
    return find(store_.trial(request.trial)->study)->suggest(request);
}

std::optional<std::string> Suggestions::judge(store::TrialId trial, const Json& pruner) {
    return find(store_.trial(trial)->study)->judge(trial, pruner, pruners_);
}

}  // namespace parnas::service
