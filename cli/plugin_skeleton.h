// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace parnas::cli {

struct Skeleton {
    std::string role;      // space, evaluator, sampler, target, operator
    std::string language;  // python, cpp
    std::string name;      // a-z, 0-9 and '_', a letter first
};

struct SkeletonFile {
    std::string name;
    std::string text;
};

// The files of a plugin to start from: its document and source, a job that uses it, and what it
// is built with. Throws Error(invalid_input) for a name that is no identifier, and for an operator
// in Python.
std::vector<SkeletonFile> skeleton_files(const Skeleton& skeleton);

}  // namespace parnas::cli
