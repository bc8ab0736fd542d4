// SPDX-License-Identifier: Apache-2.0
#include "cli/onboarding_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "cli/text/shell.h"

namespace parnas::cli {
namespace {

std::string percent(double share) {
    return fmt::format("{:.{}f} %", 100.0 * share, share < 0.1 ? 1 : 0);
}

std::vector<std::string> known_names(const hw_models::PredictorDocument& document) {
    std::vector<std::string> names;
    for (const hw_models::KnownTarget& each : document.predictor.parts().known)
        names.push_back(each.name);
    return names;
}

// For programs: numbers in full.
Table record(const OnboardingReport& report) {
    const hw_models::Assessment& found = report.fitted.assessment;
    return {.columns = {{"target", "target"},
                        {"space", "space"},
                        {"samples", "samples"},
                        {"missing", "not measured"},
                        {"disturbed", "disturbed"},
                        {"known_targets", "learned from"},
                        {"mean_error", "mean error, each left out"},
                        {"within_10", "within 10 %"},
                        {"within_10_low", ""},
                        {"within_10_high", ""},
                        {"half_width", "half the 90 % interval"},
                        {"extrapolated", "extrapolated"},
                        {"interval_error", "error by the intervals"},
                        {"expected_error", "error to expect"},
                        {"most_error", "good enough"},
                        {"enough", "enough"},
                        {"more", "further probes"},
                        {"file", "file"}},
            .rows = {{report.set.target.name,
                      std::string(report.set.space->name()),
                      found.samples,
                      fmt::format("{}", fmt::join(report.fitted.missing, " ")),
                      report.fitted.disturbed,
                      fmt::format("{}", fmt::join(known_names(report.fitted.document), " ")),
                      found.mean_error,
                      found.within_10,
                      found.within_10_interval.low,
                      found.within_10_interval.high,
                      found.half_width,
                      found.extrapolated,
                      found.interval_error,
                      found.expected_error,
                      report.most_error,
                      found.enough,
                      found.more,
                      report.file.string()}}};
}

// For people: shares as they are spoken of.
Table told(const OnboardingReport& report) {
    const hw_models::FittedProbes& fitted = report.fitted;
    const hw_models::Assessment& found = fitted.assessment;
    const std::vector<std::string> known = known_names(fitted.document);
    Table table{.columns = {}, .rows = {{}}};
    const auto add = [&](std::string title, Scalar value) {
        table.columns.push_back({title, title});
        table.rows.front().push_back(std::move(value));
    };
    add("target", report.set.target.name);
    add("space", std::string(report.set.space->name()));
    add("samples", found.samples);
    if (!fitted.missing.empty())
        add("not measured", fmt::format("{}", fmt::join(fitted.missing, ", ")));
    if (fitted.disturbed > 0)
        add("disturbed", fitted.disturbed);
    add("learned from",
        known.empty() ? std::string("no other target") : fmt::format("{}", fmt::join(known, ", ")));
    add("error of samples left out", percent(found.mean_error));
    add("of these within 10 %",
        fmt::format("{} (90 % interval {} to {})",
                    percent(found.within_10),
                    percent(found.within_10_interval.low),
                    percent(found.within_10_interval.high)));
    add("a fresh network",
        fmt::format("+-{} in nine of ten cases (median of {} networks)",
                    percent(found.half_width),
                    report.space_size));
    add("extrapolated", percent(found.extrapolated));
    add("file", report.file.string());
    return table;
}

std::string verdict(const OnboardingReport& report) {
    const hw_models::Assessment& found = report.fitted.assessment;
    std::string text = fmt::format(
        "\nA mean error of {} is to be expected: the larger one of {} (samples left out) and {} "
        "(by the\nintervals). ",
        percent(found.expected_error),
        percent(found.mean_error),
        percent(found.interval_error));
    if (found.enough)
        return text + fmt::format(
                          "That is enough: at most {} was asked for.\n"
                          "In a job: target: {{model: fitted, predictor: {}}}\n"
                          "To keep it by name: parnas targets add {}\n",
                          percent(report.most_error),
                          report.file.string(),
                          shell_word(report.file.string()));
    return text + fmt::format(
                      "Asked for was at most {}, with at most 10 % of the space "
                      "extrapolated. {} further\nprobes may suffice, if errors fall as "
                      "the root of their number:\n  {}\n",
                      percent(report.most_error),
                      found.more,
                      report.go_on);
}

}  // namespace

void print_report(Console& console, const OnboardingReport& report) {
    if (console.output == OutputFormat::csv)
        return print_record(console, record(report));
    if (console.output == OutputFormat::json) {
        Json json = to_json(record(report)).front();
        json["missing"] = report.fitted.missing;
        json["known_targets"] = known_names(report.fitted.document);
        return print(console, json);
    }
    print_record(console, told(report));
    console.out << verdict(report);
}

}  // namespace parnas::cli
