// SPDX-License-Identifier: Apache-2.0
#include "search/analysis/compare_studies.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.h"
#include "search/analysis/attainment.h"
#include "search/trial_json.h"

namespace parnas::search {
namespace {

constexpr std::uint64_t kBootstrapSeed = 20'260'101;  // any: equal studies give equal intervals

[[noreturn]] void refuse_comparison(const std::string& message, const std::string& where) {
    throw Error(ErrorKind::invalid_input, message, where);
}

std::string goals_text(const store::StudySpec& study) {
    std::vector<std::string> goals;
    for (std::size_t i = 0; i < study.metrics.size(); ++i)
        goals.push_back(fmt::format("{} {}", to_string(study.directions[i]), study.metrics[i]));
    return fmt::format("{}", fmt::join(goals, ", "));
}

std::vector<const StudyRun*> all_runs(const StudyGroup& first, const StudyGroup& second) {
    std::vector<const StudyRun*> runs;
    for (const StudyGroup* group : {&first, &second})
        for (const StudyRun& run : group->runs)
            runs.push_back(&run);
    return runs;
}

void check_groups(const StudyGroup& first, const StudyGroup& second) {
    for (const StudyGroup* group : {&first, &second})
        if (group->runs.empty())
            refuse_comparison("a group needs a study", group->name);
    const store::StudySpec& model = first.runs.front().study;
    for (const StudyRun* run : all_runs(first, second))
        if (run->study.metrics != model.metrics || run->study.directions != model.directions)
            refuse_comparison(
                fmt::format("its objectives are {}, but those of '{}' are {}: they cannot be "
                            "compared",
                            goals_text(run->study),
                            model.name,
                            goals_text(model)),
                run->study.name);
}

// As minimised() has objectives.
Point common_reference(const std::vector<const StudyRun*>& runs) {
    const StudyRun& model = *runs.front();
    const std::vector<Objective> objectives = objectives_of(model.study);
    if (model.reference && std::ranges::all_of(runs, [&model](const StudyRun* run) {
            return run->reference == model.reference;
        }))
        return minimised(objectives, *model.reference);
    std::vector<Point> all;
    for (const StudyRun* run : runs)
        std::ranges::move(full_points(run->study, run->trials), std::back_inserter(all));
    return all.empty() ? Point(objectives.size(), 0.0) : worst_point(all);
}

// By seed; nothing if the seeds are not one to one.
std::optional<std::map<std::uint64_t, const StudyRun*>> by_seed(const StudyGroup& group) {
    std::map<std::uint64_t, const StudyRun*> runs;
    for (const StudyRun& run : group.runs)
        if (!run.seed || !runs.emplace(*run.seed, &run).second)
            return std::nullopt;
    return runs;
}

// The runs of both groups in the order in which they are compared.
struct Partners {
    bool paired = false;
    std::vector<const StudyRun*> first;
    std::vector<const StudyRun*> second;
};

Partners find_partners(const StudyGroup& first, const StudyGroup& second) {
    Partners partners;
    const auto one = by_seed(first);
    const auto other = by_seed(second);
    const auto seed = [](const auto& entry) { return entry.first; };
    partners.paired = one && other && std::ranges::equal(*one, *other, {}, seed, seed);
    if (partners.paired) {
        for (const auto& [_, run] : *one)
            partners.first.push_back(run);
        for (const auto& [_, run] : *other)
            partners.second.push_back(run);
        return partners;
    }
    for (const StudyRun& run : first.runs)
        partners.first.push_back(&run);
    for (const StudyRun& run : second.runs)
        partners.second.push_back(&run);
    return partners;
}

std::vector<Course> follow_runs(const std::vector<const StudyRun*>& runs,
                                const StudyComparison& comparison,
                                const Point& reference) {
    std::vector<Course> course;
    for (const StudyRun* run : runs) {
        course.push_back(comparison.reference
                             ? hypervolume_so_far(run->study, run->trials, reference)
                             : best_so_far(run->study, run->trials, comparison.measure));
        if (course.back().size() == 0 || std::isnan(course.back().values.back()))
            refuse_comparison(fmt::format("no complete trial has a finite {}", comparison.measure),
                              run->study.name);
    }
    return course;
}

double shortest(const std::vector<Course>& first, const std::vector<Course>& second, Along along) {
    double least = std::numeric_limits<double>::infinity();
    for (const std::vector<Course>* group : {&first, &second})
        for (const Course& course : *group)
            least = std::min(least, length(course, along));
    return least;
}

std::vector<double> reached_at(const std::vector<Course>& group, Along along, double place) {
    std::vector<double> values;
    for (const Course& course : group)
        values.push_back(value_at(course, along, place));
    return values;
}

bool lacks_value(const std::vector<double>& values) {
    return std::ranges::any_of(values, [](double value) { return std::isnan(value); });
}

// Nothing if a study has used none of it, or had no result by then.
std::optional<Cut> cut_at(const StudyComparison& studies, bool paired, Along along, double place) {
    const std::vector<double> first = reached_at(studies.first, along, place);
    const std::vector<double> second = reached_at(studies.second, along, place);
    if (!(place > 0.0) || lacks_value(first) || lacks_value(second))
        return std::nullopt;
    Rng rng(kBootstrapSeed);
    return Cut{.along = along,
               .place = place,
               .comparison = paired ? compare_pairs(first, second, studies.direction, rng)
                                    : compare_groups(first, second, studies.direction, rng)};
}

Surfaces surfaces_of(const std::vector<const StudyRun*>& runs) {
    std::vector<std::vector<Point>> fronts;
    for (const StudyRun* run : runs)
        fronts.push_back(full_points(run->study, run->trials));
    const std::vector<Objective> objectives = objectives_of(runs.front()->study);
    const auto surface = [&](double share) {
        const double times = std::ceil(share * static_cast<double>(runs.size()));
        std::vector<Point> corners = attainment(fronts, static_cast<std::size_t>(times));
        for (Point& corner : corners)
            corner = minimised(objectives, std::move(corner));
        return corners;
    };
    return {.first_quarter = surface(0.25), .half = surface(0.5), .third_quarter = surface(0.75)};
}

}  // namespace

StudyComparison compare_studies(const StudyGroup& first,
                                const StudyGroup& second,
                                const std::optional<std::string>& metric) {
    check_groups(first, second);
    const store::StudySpec& model = first.runs.front().study;
    StudyComparison found;
    Point reference;
    if (metric || model.metrics.size() == 1) {
        found.measure = metric.value_or(model.metrics.front());
        found.direction = direction_of(model, found.measure);
    } else {
        reference = common_reference(all_runs(first, second));
        found.measure = kHypervolume;
        found.direction = Direction::maximize;
        found.reference = minimised(objectives_of(model), reference);
    }
    const Partners partners = find_partners(first, second);
    found.first = follow_runs(partners.first, found, reference);
    found.second = follow_runs(partners.second, found, reference);
    for (const Along along : {Along::trials, Along::cost})
        if (const auto cut =
                cut_at(found, partners.paired, along, shortest(found.first, found.second, along)))
            found.cuts.push_back(*cut);
    if (found.cuts.empty())
        refuse_comparison(
            fmt::format("the studies have no {} after as many trials as all of them have",
                        found.measure),
            first.name);
    if (model.metrics.size() == 2) {
        found.first_surfaces = surfaces_of(partners.first);
        found.second_surfaces = surfaces_of(partners.second);
    }
    return found;
}

}  // namespace parnas::search
