// SPDX-License-Identifier: Apache-2.0
#include "search/report/compare_page.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "search/report/report_parts.h"

namespace parnas::search {
namespace {

using parnas::to_string;  // times have no namespace of ours to be found by

constexpr std::size_t kBandPlaces = 200;  // of a band

const char* along_word(Along along) {
    return along == Along::trials ? "trials" : along == Along::cost ? "cost" : "time";
}

Json interval_json(const Interval95& interval) {
    return {interval.low, interval.high};
}

Json cut_json(const Cut& cut, const std::string& sentence) {
    const Comparison& found = cut.comparison;
    return {
        {"at", along_word(cut.along)},
        {"place", cut.place},
        {"paired", found.paired},
        {"runs", {found.first_runs, found.second_runs}},
        {"medians", {found.first_median, found.second_median}},
        {"intervals", {interval_json(found.first_interval), interval_json(found.second_interval)}},
        {"difference", found.difference},
        {"difference_interval", interval_json(found.difference_interval)},
        {"first_wins", found.first_wins},
        {"p", found.p},
        {"least_p", found.least_p},
        {"verdict", to_string(found.verdict)},
        {"sentence", sentence}};
}

Json band_json(const std::vector<Course>& course, Along along) {
    const Band band = convergence(course, along, kBandPlaces);
    return {
        {"places", band.places}, {"low", band.low}, {"middle", band.middle}, {"high", band.high}};
}

Json group_json(const StudyGroup& group,
                const std::vector<Course>& course,
                const std::optional<Surfaces>& surfaces) {
    Json studies = Json::array();
    for (const StudyRun& run : group.runs) {
        Json study = {{"name", run.study.name}, {"trials", run.trials.size()}};
        if (run.seed)
            study["seed"] = std::to_string(*run.seed);  // a script would round it
        studies.push_back(std::move(study));
    }
    Json json = {{"name", group.name}, {"studies", std::move(studies)}};
    for (const Along along : {Along::trials, Along::cost, Along::time})
        json["convergence"][along_word(along)] = band_json(course, along);
    if (surfaces)
        json["attainment"] = {{"first_quarter", surfaces->first_quarter},
                              {"half", surfaces->half},
                              {"third_quarter", surfaces->third_quarter}};
    return json;
}

std::string place_text(const Cut& cut) {
    return cut.along == Along::trials ? fmt::format("after {:.0f} trials", cut.place)
                                      : fmt::format("after {:.4g} s of evaluations", cut.place);
}

}  // namespace

std::string verdict_text(const StudyComparison& comparison,
                         const Cut& cut,
                         std::string_view first,
                         std::string_view second) {
    const Comparison& found = cut.comparison;
    const std::string runs =
        found.paired ? fmt::format("{} pairs of studies with equal seeds", found.first_runs)
                     : fmt::format("{} and {} studies", found.first_runs, found.second_runs);
    const std::string place = place_text(cut);
    switch (found.verdict) {
        case Verdict::too_few_values:
            return fmt::format(
                "Too few seeds to conclude anything {}: the least p that {} can give is "
                "{:.2g}, above {}.",
                place,
                runs,
                found.least_p,
                kLevel);
        case Verdict::undecided:
            return fmt::format("No difference in {} {} that chance would not make: p = {:.2g}, {}.",
                               comparison.measure,
                               place,
                               found.p,
                               runs);
        case Verdict::first:
        case Verdict::second:
            break;
    }
    const bool first_better = found.verdict == Verdict::first;
    return fmt::format(
        "'{}' is better than '{}' in {} {}: it wins {:.0f} % of the time, "
        "p = {:.2g}, {}.",
        first_better ? first : second,
        first_better ? second : first,
        comparison.measure,
        place,
        100.0 * (first_better ? found.first_wins : 1.0 - found.first_wins),
        found.p,
        runs);
}

Json comparison_json(const StudyGroup& first,
                     const StudyGroup& second,
                     const StudyComparison& comparison) {
    const store::StudySpec& model = first.runs.front().study;
    Json objectives = Json::array();
    for (std::size_t i = 0; i < model.metrics.size(); ++i)
        objectives.push_back({{"metric", model.metrics[i]},
                              {"direction", std::string(to_string(model.directions[i]))}});
    Json cuts = Json::array();
    for (const Cut& cut : comparison.cuts)
        cuts.push_back(cut_json(cut, verdict_text(comparison, cut, first.name, second.name)));
    Json json = {{"measure", comparison.measure},
                 {"direction", std::string(to_string(comparison.direction))},
                 {"objectives", std::move(objectives)},
                 {"comparisons", std::move(cuts)},
                 {"groups",
                  {group_json(first, comparison.first, comparison.first_surfaces),
                   group_json(second, comparison.second, comparison.second_surfaces)}}};
    if (comparison.reference)
        json["hypervolume_reference"] = *comparison.reference;
    return json;
}

std::string comparison_html(const StudyGroup& first,
                            const StudyGroup& second,
                            const StudyComparison& comparison,
                            std::string_view version) {
    Json data = comparison_json(first, second, comparison);
    data["parnas"] = version;
    data["written"] = to_string(now());
    return fill_page("compare.html", data);
}

}  // namespace parnas::search
