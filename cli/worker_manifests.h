// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/options.h"

namespace parnas::cli {

// A batch script that runs the worker of `options` as an array of Slurm jobs: told two minutes
// before its time is over, each gives its trials back and is queued again.
std::string slurm_script(const WorkerOptions& options);

// A Kubernetes Job with several such workers; a pod that has to go gives its trials back, and one
// whose study has ended is complete. The token comes from a secret, the evaluator from a config
// map.
std::string kubernetes_manifest(const WorkerOptions& options);

}  // namespace parnas::cli
