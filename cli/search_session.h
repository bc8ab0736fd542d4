// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/console.h"
#include "cli/interrupts.h"
#include "cli/options.h"
#include "search/run_study.h"
#include "store/store.h"

namespace parnas::cli {

struct SessionParts {
    const search::PreparedStudy& study;
    store::Store& store;
    StudyId id{};
    Talk talk = Talk::progress;
};

// Runs a study on this machine to its end, or until it is interrupted, with `observers` besides
// the progress that is shown. Throws Error(unavailable) for a study that failed.
search::StudyEnd run_shown(const SessionParts& parts,
                           const GlobalOptions& global,
                           const Interrupts& interrupts,
                           std::vector<search::Observer*> observers,
                           Console& console);

// What to say of a study that was stopped: the command that goes on with it.
std::string resume_command(const SessionParts& parts, const GlobalOptions& global);

// Runs a study on this machine to its end, or until it is interrupted, and shows the
// front. With JSON output every finished trial is a line {"trial": {...}}, written when it
// is in the store, and the last line is {"summary": {...}}. Returns the exit code.
int drive(const SessionParts& parts,
          const GlobalOptions& global,
          const Interrupts& interrupts,
          Console& console);

}  // namespace parnas::cli
