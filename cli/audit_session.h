// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/console.h"
#include "cli/interrupts.h"
#include "cli/options.h"
#include "cli/search_session.h"
#include "search/audit/audit.h"

namespace parnas::cli {

// Audits a weight-sharing study that is over, as search::run_audit(), and shows what came of it:
// with JSON output as the line {"audit": {...}}. Returns the exit code.
int audit(const SessionParts& parts,
          const search::AuditOptions& options,
          const GlobalOptions& global,
          const Interrupts& interrupts,
          Console& console);

// "tau 0.61 (0.21 to 0.86) over 12 networks", or why there is none.
std::string ranking_text(const search::Audit& audit);

}  // namespace parnas::cli
