// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/console.h"
#include "hw_models/onboarding/fit_probes.h"

namespace parnas::cli {

// What was fitted, for the user.
struct OnboardingReport {
    const hw_models::ProbeSet& set;
    const hw_models::FittedProbes& fitted;
    std::size_t space_size = 0;  // networks that stand for the space
    double most_error = 0.1;
    std::filesystem::path file;
    std::string go_on;  // the command that gets further probes
};

// What it is worth, whether that is enough by which rule, and what to do next.
void print_report(Console& console, const OnboardingReport& report);

}  // namespace parnas::cli
