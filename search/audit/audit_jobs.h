// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "search/job_spec.h"

namespace parnas::search {

// The studies of an audit beside the one that it is about. They are ordinary ones: each can be
// looked at, resumed and exported from.
enum class AuditPart {
    random,  // random search; its first networks are also those whose ranking is compared
    local,   // local search
    again    // those networks, trained once more
};

// "<study>.audit-random", "<study>.audit-local", "<study>.audit-again"
std::string audit_study_name(const std::string& study, AuditPart part);

// Whether it is the name of a part of another study's audit; `studies` are all names.
bool is_audit_of_another(const std::string& name, std::span<const std::string> studies);

// The job of a part: the audited one with another strategy and seed, in which every network is
// trained alone with the schedule of finalists. No earlier result is taken over: what is found
// must have been paid for. `budget`: of random and local search; again has `networks` trials.
JobSpec audit_job(const JobSpec& audited,
                  AuditPart part,
                  const Budget& budget,
                  std::int64_t networks);

}  // namespace parnas::search
