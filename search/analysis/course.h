// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "search/pareto.h"
#include "store/store.h"

namespace parnas::search {

// How far a study had come after each of its trials that ended, in that order. Failed and pruned
// ones count as well: they cost as much. Finalists do not.
struct Course {
    std::vector<double> values;  // the best so far; NaN while there is none
    std::vector<double> cost;    // seconds of evaluations up to here, simulated or not
    std::vector<double> time;    // seconds since the first trial began

    std::size_t size() const { return values.size(); }
};

// Of a metric; infinite and NaN values are none.
Course best_so_far(const store::StudySpec& study,
                   std::span<const store::TrialRecord> trials,
                   std::string_view metric);

// The hypervolume of the front so far; `reference` as minimised() has objectives. 0 while no
// trial lies below the reference.
Course hypervolume_so_far(const store::StudySpec& study,
                          std::span<const store::TrialRecord> trials,
                          const Point& reference);

// The objectives of the trials that tell what their candidates are worth, minimised and finite.
std::vector<Point> full_points(const store::StudySpec& study,
                               std::span<const store::TrialRecord> trials);

// What is counted along a study.
enum class Along { trials, cost, time };

// How much of it the study has used.
double length(const Course& course, Along along);
// What the study had reached by then; NaN before the first value.
double value_at(const Course& course, Along along, double place);

// Studies of one kind side by side: quartiles of what they had reached, at places that all of
// them have.
struct Band {
    std::vector<double> places;
    std::vector<double> low;     // first quartile
    std::vector<double> middle;  // median
    std::vector<double> high;    // third quartile
};

// At most `points` places, evenly spaced, up to the end of the shortest study. Places where a
// study has nothing yet are left out.
Band convergence(std::span<const Course> studies, Along along, std::size_t points);

// Of at least one value, between neighbours on a line; `share` in [0, 1].
double quantile(std::vector<double> values, double share);

}  // namespace parnas::search
