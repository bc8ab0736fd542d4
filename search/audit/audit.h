// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "core/rank_correlation.h"
#include "core/trial.h"
#include "search/audit/audit_options.h"
#include "store/store.h"

namespace parnas::search {

// A network's quality in the audited metric, by the weights that it inherits and trained
// alone.
struct AuditedNetwork {
    TrialNumber trial = 0;  // of the audit's random search
    double inherited = 0.0;
    double alone = 0.0;
    std::optional<double> again;  // trained alone with another seed

    bool operator==(const AuditedNetwork&) const = default;
};

// What one way to search found for its cost. Networks that were only scored with inherited
// weights do not count.
struct Contender {
    std::string study;
    std::string strategy;
    std::int64_t networks = 0;  // trained
    Seconds cost{0};
    std::optional<double> hypervolume;  // with two or more objectives and a network
    std::optional<double> best;         // in the audited metric, within the limits

    bool operator==(const Contender&) const = default;
};

// How far a weight-sharing study can be trusted.
struct Audit {
    AuditOptions options;
    std::string metric;  // the first objective that is evaluated and not predicted
    Seconds cost{0};     // of the audited study in all: see run_audit()
    std::vector<AuditedNetwork> networks;
    std::optional<RankCorrelation> ranking;  // between inherited and alone
    std::string no_ranking;                  // why there is none; else empty
    std::optional<RankCorrelation> ceiling;  // between two trainings: no ranking is better
    std::vector<double> reference;           // of all hypervolumes, one per objective
    std::vector<Contender> contenders;       // the audited study first; empty without baselines

    bool operator==(const Audit&) const = default;
};

// The study attribute (a user's, so that Optuna's tools show it) in which an audit is kept.
inline constexpr const char* kAuditAttribute = "parnas:audit";

Json audit_json(const Audit& audit);
// Nullopt: none was made, or the attribute is not what audit_json() writes.
std::optional<Audit> audit_of(const store::StudyAttributes& attributes);

}  // namespace parnas::search
