// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "search/analysis/comparison.h"
#include "search/analysis/course.h"
#include "search/pareto.h"
#include "store/store.h"

namespace parnas::search {

struct StudyRun {
    store::StudySpec study;
    std::vector<store::TrialRecord> trials;
    std::optional<std::uint64_t> seed;  // of its job
    std::optional<Point> reference;     // of hypervolumes, as its job says
};

// Runs of one kind of search, one study each.
struct StudyGroup {
    std::string name;
    std::vector<StudyRun> runs;
};

// How two groups compare after as much of something as all their studies had.
struct Cut {
    Along along = Along::trials;
    double place = 0.0;
    Comparison comparison;
};

// The staircases of what a quarter, half and three quarters of a group's studies attained, as
// values of the objectives.
struct Surfaces {
    std::vector<Point> first_quarter;
    std::vector<Point> half;
    std::vector<Point> third_quarter;
};

struct StudyComparison {
    std::string measure;  // a metric, or kHypervolume
    Direction direction = Direction::minimize;
    std::optional<Point> reference;  // of hypervolumes
    std::vector<Cut> cuts;           // at equal trials; at equal cost, if all have one
    std::vector<Course> first;       // of each run
    std::vector<Course> second;
    std::optional<Surfaces> first_surfaces;  // with two objectives
    std::optional<Surfaces> second_surfaces;
};

inline constexpr const char* kHypervolume = "hypervolume";

// By `metric`, or if there is none by the one objective, or by the hypervolume of several. Its
// reference is that of the jobs if all have the same one, else the worst value that any of the
// studies has. Studies are paired if both groups have the same seeds, each once.
//
// Throws Error(invalid_input) for studies that have not the same objectives or no result to
// compare.
StudyComparison compare_studies(const StudyGroup& first,
                                const StudyGroup& second,
                                const std::optional<std::string>& metric);

}  // namespace parnas::search
