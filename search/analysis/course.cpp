// SPDX-License-Identifier: Apache-2.0
#include "search/analysis/course.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "search/analysis/full_trials.h"
#include "search/trial_json.h"

namespace parnas::search {
namespace {

constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();

std::vector<const store::TrialRecord*> in_order_of_ends(
    std::span<const store::TrialRecord> trials) {
    std::vector<const store::TrialRecord*> ended;
    for (const store::TrialRecord& trial : trials)
        if (is_finished(trial.state) && trial.stage == Stage::search)
            ended.push_back(&trial);
    std::ranges::stable_sort(
        ended, {}, [](const store::TrialRecord* trial) { return trial->finished; });
    return ended;
}

// `update(trial)` says how far the study is after it.
template <typename Update>
Course follow(std::span<const store::TrialRecord> trials, const Update& update) {
    Course course;
    std::optional<TimePoint> start;
    for (const store::TrialRecord& trial : trials)
        if (trial.started && (!start || *trial.started < *start))
            start = trial.started;
    double cost = 0.0;
    for (const store::TrialRecord* trial : in_order_of_ends(trials)) {
        cost += trial->cost.count();
        course.values.push_back(update(*trial));
        course.cost.push_back(cost);
        course.time.push_back(start && trial->finished ? Seconds(*trial->finished - *start).count()
                                                       : 0.0);
    }
    return course;
}

// Nothing if it does not tell what its candidate is worth.
std::optional<Point> full_point(const std::vector<Objective>& objectives,
                                const store::TrialRecord& trial) {
    if (!is_full(trial) || trial.values.size() != objectives.size() ||
        !std::ranges::all_of(trial.values, [](double each) { return std::isfinite(each); }))
        return std::nullopt;
    return minimised(objectives, trial.values);
}

const std::vector<double>& places_of(const Course& course, Along along) {
    return along == Along::cost ? course.cost : course.time;
}

}  // namespace

Course best_so_far(const store::StudySpec& study,
                   std::span<const store::TrialRecord> trials,
                   std::string_view metric) {
    const bool maximised = direction_of(study, metric) == Direction::maximize;
    double best = kNoValue;
    return follow(trials, [&, maximised](const store::TrialRecord& trial) {
        const auto value = is_full(trial) ? metric_of(study, trial, metric) : std::nullopt;
        if (value && std::isfinite(*value) &&
            (std::isnan(best) || (maximised ? *value > best : *value < best)))
            best = *value;
        return best;
    });
}

Course hypervolume_so_far(const store::StudySpec& study,
                          std::span<const store::TrialRecord> trials,
                          const Point& reference) {
    const std::vector<Objective> objectives = objectives_of(study);
    ParetoArchive front;
    double volume = 0.0;
    return follow(trials, [&](const store::TrialRecord& trial) {
        auto point = full_point(objectives, trial);
        if (point && front.insert(trial.number, std::move(*point)).entered)
            volume = hypervolume(front.points(), reference);
        return volume;
    });
}

std::vector<Point> full_points(const store::StudySpec& study,
                               std::span<const store::TrialRecord> trials) {
    const std::vector<Objective> objectives = objectives_of(study);
    std::vector<Point> points;
    for (const store::TrialRecord& trial : trials)
        if (auto point = full_point(objectives, trial))
            points.push_back(std::move(*point));
    return points;
}

double length(const Course& course, Along along) {
    if (along == Along::trials)
        return static_cast<double>(course.size());
    return course.size() == 0 ? 0.0 : places_of(course, along).back();
}

double value_at(const Course& course, Along along, double place) {
    std::size_t ended = 0;
    if (along == Along::trials) {
        ended = static_cast<std::size_t>(std::clamp(place, 0.0, length(course, along)));
    } else {
        const std::vector<double>& places = places_of(course, along);
        ended = static_cast<std::size_t>(std::ranges::upper_bound(places, place) - places.begin());
    }
    return ended == 0 ? kNoValue : course.values[ended - 1];
}

Band convergence(std::span<const Course> studies, Along along, std::size_t points) {
    Band band;
    if (studies.empty())
        return band;
    double end = std::numeric_limits<double>::infinity();
    for (const Course& study : studies)
        end = std::min(end, length(study, along));
    const auto count =
        along == Along::trials ? std::min(points, static_cast<std::size_t>(end)) : points;
    for (std::size_t i = 1; i <= count; ++i) {
        double place = end * static_cast<double>(i) / static_cast<double>(count);
        if (along == Along::trials)
            place = std::floor(place);
        std::vector<double> values;
        for (const Course& study : studies)
            values.push_back(value_at(study, along, place));
        if (std::ranges::any_of(values, [](double value) { return std::isnan(value); }))
            continue;
        band.places.push_back(place);
        band.low.push_back(quantile(values, 0.25));
        band.middle.push_back(quantile(values, 0.5));
        band.high.push_back(quantile(values, 0.75));
    }
    return band;
}

double quantile(std::vector<double> values, double share) {
    check(!values.empty(), "a quantile is of something");
    std::ranges::sort(values);
    const double place = share * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, values.size() - 1);
    return std::lerp(values[below], values[above], place - static_cast<double>(below));
}

}  // namespace parnas::search
