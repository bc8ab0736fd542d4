// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <unordered_map>

#include "core/hash.h"
#include "core/trial.h"
#include "search/job_spec.h"
#include "search/sampler.h"

namespace parnas::search {

// What besides the candidate decides a trial's outcome.
struct ReuseScope {
    Reuse reuse = Reuse::none;
    std::string space;      // document
    std::string evaluator;  // fingerprint
    std::string target;     // fingerprint; empty if there is none
};

// The key under which a candidate's result is reused: equal keys, equal results. Nullopt:
// nothing is reused.
std::optional<Digest> reuse_key(const ReuseScope& scope,
                                const Candidate& candidate,
                                const KnownFacts& facts);

// Which trial of this study answers all with its key: the lowest number that did not fail.
class ReuseIndex {
  public:
    // The trial whose result `number` is to take; nullopt: it is to be evaluated itself,
    // and answers the later ones.
    std::optional<TrialNumber> leader(const Digest& key, TrialNumber number) {
        const auto [entry, first] = leaders_.try_emplace(key, number);
        return first || entry->second == number ? std::nullopt : std::optional(entry->second);
    }
    // The trial has no result to give.
    void failed(const Digest& key, TrialNumber number) {
        const auto found = leaders_.find(key);
        if (found != leaders_.end() && found->second == number)
            leaders_.erase(found);
    }

  private:
    std::unordered_map<Digest, TrialNumber> leaders_;
};

}  // namespace parnas::search
