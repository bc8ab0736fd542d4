// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fnmatch.h>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/commands/commands.h"
#include "cli/job.h"
#include "cli/stores.h"
#include "cli/text/numbers.h"
#include "search/audit/audit_jobs.h"
#include "search/export/whole_file.h"
#include "search/report/compare_page.h"

namespace parnas::cli {
namespace {

std::vector<std::string> split_at_commas(const std::string& text) {
    std::vector<std::string> parts;
    for (std::size_t from = 0; from <= text.size();) {
        const std::size_t end = std::min(text.find(',', from), text.size());
        if (end > from)
            parts.push_back(text.substr(from, end - from));
        from = end + 1;
    }
    return parts;
}

// Those that a pattern of the shell's kind matches, without the parts of audits; or the one of
// this name.
std::vector<store::StudyRecord> matching(const store::Store& store, const std::string& pattern) {
    if (pattern.find_first_of("*?[") == std::string::npos)
        return {find_study(store, pattern)};
    std::vector<store::StudyRecord> studies = store.studies();
    std::vector<std::string> names;
    for (const store::StudyRecord& study : studies)
        names.push_back(study.spec.name);
    std::erase_if(studies, [&](const store::StudyRecord& study) {
        return fnmatch(pattern.c_str(), study.spec.name.c_str(), 0) != 0 ||
               search::is_audit_of_another(study.spec.name, names);
    });
    if (studies.empty())
        throw Error(ErrorKind::not_found, "no study's name matches this", pattern);
    return studies;
}

search::StudyRun read_run(const store::Store& store, const store::StudyRecord& study) {
    search::StudyRun run{.study = study.spec, .trials = store.trials(study.id)};
    if (!study.spec.job.empty()) {
        const search::JobSpec job = stored_job(study);
        run.seed = job.seed;
        run.reference = job.hypervolume_reference;
    }
    return run;
}

search::StudyGroup read_group(const store::Store& store, const std::string& names) {
    search::StudyGroup group{.name = names};
    std::set<std::string> seen;
    for (const std::string& part : split_at_commas(names))
        for (const store::StudyRecord& study : matching(store, part))
            if (seen.insert(study.spec.name).second)
                group.runs.push_back(read_run(store, study));
    return group;
}

void check_different(const search::StudyGroup& first, const search::StudyGroup& second) {
    for (const search::StudyRun& one : first.runs)
        for (const search::StudyRun& other : second.runs)
            if (one.study.name == other.study.name)
                throw Error(ErrorKind::invalid_input,
                            "it is in both groups, which would compare it with itself",
                            one.study.name);
}

std::string with_interval(double value, const search::Interval95& interval) {
    return fmt::format("{} [{}, {}]",
                       short_number(value),
                       short_number(interval.low),
                       short_number(interval.high));
}

std::string place_text(const search::Cut& cut) {
    return cut.along == search::Along::trials ? fmt::format("{:.0f} trials", cut.place)
                                              : short_duration(Seconds(cut.place));
}

Table comparison_table(const search::StudyComparison& found) {
    Table table{.columns = {{"", "after"},
                            {"", "median of A"},
                            {"", "median of B"},
                            {"", "B less A"},
                            {"", "A wins"},
                            {"", "p"}},
                .rows = {}};
    for (const search::Cut& cut : found.cuts) {
        const search::Comparison& each = cut.comparison;
        table.rows.push_back({place_text(cut),
                              with_interval(each.first_median, each.first_interval),
                              with_interval(each.second_median, each.second_interval),
                              with_interval(each.difference, each.difference_interval),
                              fmt::format("{:.0f} %", 100.0 * each.first_wins),
                              each.p});
    }
    return table;
}

// Numbers in full, for other programs.
Table wide_comparison_table(const search::StudyComparison& found) {
    Table table;
    for (const char* key : {"at",
                            "place",
                            "paired",
                            "first_runs",
                            "second_runs",
                            "first_median",
                            "first_low",
                            "first_high",
                            "second_median",
                            "second_low",
                            "second_high",
                            "difference",
                            "difference_low",
                            "difference_high",
                            "first_wins",
                            "p",
                            "least_p",
                            "verdict"})
        table.columns.push_back({key, ""});
    for (const search::Cut& cut : found.cuts) {
        const search::Comparison& each = cut.comparison;
        table.rows.push_back({std::string(cut.along == search::Along::trials ? "trials" : "cost"),
                              cut.place,
                              each.paired,
                              static_cast<std::int64_t>(each.first_runs),
                              static_cast<std::int64_t>(each.second_runs),
                              each.first_median,
                              each.first_interval.low,
                              each.first_interval.high,
                              each.second_median,
                              each.second_interval.low,
                              each.second_interval.high,
                              each.difference,
                              each.difference_interval.low,
                              each.difference_interval.high,
                              each.first_wins,
                              each.p,
                              each.least_p,
                              std::string(to_string(each.verdict))});
    }
    return table;
}

void print_for_people(Console& console,
                      const search::StudyGroup& first,
                      const search::StudyGroup& second,
                      const search::StudyComparison& found) {
    console.out << fmt::format(
        "A: {}, {} studies\nB: {}, {} studies\n{}, {}",
        printable(first.name),
        first.runs.size(),
        printable(second.name),
        second.runs.size(),
        metric_label(found.measure),
        found.direction == Direction::maximize ? "the more the better" : "the less the better");
    if (found.reference) {
        console.out << ", to";
        for (std::size_t i = 0; i < found.reference->size(); ++i)
            console.out << fmt::format("{} {} {}",
                                       i == 0 ? "" : ",",
                                       metric_label(first.runs.front().study.metrics[i]),
                                       short_number((*found.reference)[i]));
    }
    console.out << "; 95 % bootstrap intervals in brackets\n\n"
                << to_text(comparison_table(found)) << "\n";
    for (const search::Cut& cut : found.cuts)
        console.out << printable(search::verdict_text(found, cut, first.name, second.name)) << "\n";
}

}  // namespace

int run(const CompareOptions& options, const GlobalOptions& global, Console& console) {
    const auto store = open_to_read(global);
    const bool two_stores = !options.other_store.empty();
    const auto other = two_stores ? open_to_read({.store = options.other_store}) : nullptr;
    const search::StudyGroup first = read_group(*store, options.first);
    const search::StudyGroup second = read_group(two_stores ? *other : *store, options.second);
    if (!two_stores)
        check_different(first, second);
    const search::StudyComparison found = search::compare_studies(first, second, options.target);
    if (!options.html.empty())
        search::write_whole_file(new_file(options.html, {}, options.overwrite),
                                 search::comparison_html(first, second, found, PARNAS_VERSION));
    if (console.output == OutputFormat::json)
        print(console, search::comparison_json(first, second, found));
    else if (console.output == OutputFormat::csv)
        print(console, wide_comparison_table(found));
    else
        print_for_people(console, first, second, found);
    return 0;
}

}  // namespace parnas::cli
