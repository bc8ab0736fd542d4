// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>

#include "api/client/study_cache.h"

namespace parnas::cli {

// What a job that comes from a server may make this machine do. Without more, only what neither
// runs a program nor opens a file: spaces that come whole or with parnas, and test functions.
struct WorkerTrust {
    std::filesystem::path evaluator;  // a file with the worker's own evaluator; empty: the job's
    bool job = false;                 // whatever the job names, as if it were a job file here
};

// What the trials of a study are evaluated with here. Throws Error: unauthorized for what is not
// trusted, else as the parts do, with pointers into the job or lines of the file.
client::StudyParts make_study_parts(const client::StudyView& study, const WorkerTrust& trust);

}  // namespace parnas::cli
