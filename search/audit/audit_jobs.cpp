// SPDX-License-Identifier: Apache-2.0
#include "search/audit/audit_jobs.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/rng.h"

namespace parnas::search {
namespace {

constexpr std::array kAuditParts{AuditPart::random, AuditPart::local, AuditPart::again};

std::string_view word_of(AuditPart part) {
    switch (part) {
        case AuditPart::random:
            return "audit-random";
        case AuditPart::local:
            return "audit-local";
        case AuditPart::again:
            break;
    }
    return "audit-again";
}

// Search trials train as long as finalists would.
std::string trained_in_full(const std::string& evaluator) {
    Json json = parse_json(evaluator, "/evaluator");
    if (json.contains("final_epochs"))
        json["epochs"] = json["final_epochs"];
    return dump_json(json);
}

std::uint64_t seed_for(const JobSpec& audited, AuditPart part) {
    constexpr std::uint64_t kExact = (std::uint64_t{1} << 53) - 1;  // in every reader of JSON
    return Rng(audited.seed).fork(word_of(part)).next() & kExact;
}

}  // namespace

std::string audit_study_name(const std::string& study, AuditPart part) {
    return fmt::format("{}.{}", study, word_of(part));
}

bool is_audit_of_another(const std::string& name, std::span<const std::string> studies) {
    return std::ranges::any_of(studies, [&](const std::string& study) {
        return std::ranges::any_of(
            kAuditParts, [&](AuditPart part) { return name == audit_study_name(study, part); });
    });
}

JobSpec audit_job(const JobSpec& audited,
                  AuditPart part,
                  const Budget& budget,
                  std::int64_t networks) {
    JobSpec job = audited;
    job.name = audit_study_name(audited.name, part);
    job.evaluator = trained_in_full(audited.evaluator);
    job.strategy = part == AuditPart::local ? R"({"type":"local_search"})" : R"({"type":"random"})";
    job.pruner.reset();
    job.reuse = Reuse::none;
    job.keep_weights = KeepWeights::none;
    job.seed = seed_for(audited, part);
    job.finalists = 0;
    job.initial.clear();
    job.known.clear();
    job.warm_start.reset();
    job.budget = budget;
    job.audit.reset();
    if (part == AuditPart::again) {
        job.warm_start = {.studies = {audit_study_name(audited.name, AuditPart::random)},
                          .trials = WarmTrials::all,
                          .count = networks};
        job.budget = {.trials = networks};
    }
    return job;
}

}  // namespace parnas::search
