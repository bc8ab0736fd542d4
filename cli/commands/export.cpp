// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "cli/commands/commands.h"
#include "cli/composition.h"
#include "cli/job.h"
#include "cli/new_file.h"
#include "cli/stores.h"
#include "cli/text/numbers.h"
#include "cli/torch_module.h"
#include "cli/trial_view.h"
#include "search/choose.h"
#include "search/export/whole_file.h"
#include "search/presets.h"
#include "search/trial_codec.h"
#include "spaces/load.h"

namespace parnas::cli {
namespace {

constexpr int kLimitsUnmet = 8;
constexpr const char* kTorchScript = "torchscript";

void check_limit(const std::string& metric,
                 const std::vector<std::string>& metrics,
                 const char* option) {
    if (std::ranges::find(metrics, metric) == metrics.end())
        throw Error(
            ErrorKind::invalid_input,
            fmt::format(
                "no trial has the metric '{}'; known are: {}", metric, fmt::join(metrics, ", ")),
            option);
}

search::Limits read_limits(const std::vector<std::string>& texts,
                           const std::vector<std::string>& metrics) {
    search::Limits limits;
    for (const std::string& text : texts) {
        const std::size_t equals = std::min(text.find('='), text.size());
        const std::string metric = text.substr(0, equals);
        const std::string_view number =
            std::string_view(text).substr(std::min(equals + 1, text.size()));
        double limit = 0.0;
        const auto [end, error] =
            std::from_chars(number.data(), number.data() + number.size(), limit);
        if (number.empty() || error != std::errc() || end != number.data() + number.size())
            throw Error(ErrorKind::invalid_input,
                        fmt::format("expected METRIC=NUMBER, got '{}'", text),
                        "--max");
        check_limit(metric, metrics, "--max");
        limits[metric] = limit;
    }
    return limits;
}

// Where --max says nothing.
void add_preset(const std::string& name,
                const std::vector<std::string>& metrics,
                search::Limits& limits) {
    for (const auto& [metric, limit] : search::find_preset(name, "--preset").limits) {
        check_limit(metric, metrics, "--preset");
        limits.emplace(metric, limit);
    }
}

search::Choice choose_trial(const ExportOptions& options,
                            const store::Store& store,
                            const store::StudyRecord& study) {
    if (options.trial)
        return {.trial = store.trial(study.id, *options.trial), .unmet = {}, .nearest = {}};
    const std::vector<store::TrialRecord> trials = store.trials(study.id);
    const auto metrics = metric_names(study.spec, trials, Detail::everything);
    search::Limits limits = read_limits(options.limits, metrics);
    if (options.preset)
        add_preset(*options.preset, metrics, limits);
    search::Choice choice = search::choose(store,
                                           study.id,
                                           {.limits = std::move(limits),
                                            .of_job = stored_job(study).limits,
                                            .confidence = options.confidence});
    if (!choice.trial && !choice.nearest)
        throw Error(ErrorKind::not_found, "no trial is complete yet", study.spec.name);
    return choice;
}

// Says which limits stand in the way, and who comes nearest to them.
void tell_unmet(const store::StudySpec& study, const search::Choice& choice, Console& console) {
    if (console.output == OutputFormat::json) {
        const Json json = {{"error",
                            {{"kind", "limits_unmet"},
                             {"unmet", choice.unmet},
                             {"nearest", trial_json(study, *choice.nearest, Detail::everything)}}}};
        console.err << dump_json(json) << '\n';
        return;
    }
    for (const std::string& each : choice.unmet)
        console.err << "error: no trial meets the limits: " << each << '\n';
    console.err << fmt::format("The nearest is trial {}", choice.nearest->number);
    for (const std::string& metric : study.metrics)
        if (const auto value = metric_of(study, *choice.nearest, metric))
            console.err << fmt::format(", {} {}", metric_label(metric), short_number(*value));
    console.err << fmt::format(": export it with --trial {}, or allow more.\n",
                               choice.nearest->number);
}

std::string default_name(const ExportOptions& options, TrialNumber trial) {
    return fmt::format(
        "{}-{}.{}", options.study, trial, options.format == kTorchScript ? "pt" : options.format);
}

std::unique_ptr<search::Exporter> make_exporter(const std::string& format) {
    search::Registries registries = make_registries();
    if (format == kTorchScript)
        open_torch_module(registries);
    else if (!registries.exporters.has(format))
        throw Error(ErrorKind::invalid_input,
                    fmt::format("no export format is named '{}'; known are: {}, {}",
                                format,
                                fmt::join(registries.exporters.names(), ", "),
                                kTorchScript),
                    "--format");
    return registries.exporters.find(format)();
}

std::string describe(const store::StudySpec& study,
                     const store::TrialRecord& trial,
                     const std::string& space) {
    const Json json = {{"study", study.name},
                       {"trial", trial_json(study, trial, Detail::everything)},
                       {"genotype", parse_json(trial.genotype, "genotype")},
                       {"space", parse_json(space, "space")}};
    return dump_json(json);
}

// A trial's network, which a pure HPO space has none of.
std::shared_ptr<const spaces::Network> decode(const search::JobSpec& job,
                                              const store::TrialRecord& trial) {
    const auto space = spaces::load_space(parse_json(job.space, "space"), job.base);
    return space->decode(search::TrialCodec(space->params()).from_text(trial.genotype)).network;
}

search::ExportResult write(const ExportOptions& options,
                           const store::Store& store,
                           const store::StudyRecord& study,
                           const store::TrialRecord& trial,
                           const std::filesystem::path& path) {
    const search::JobSpec job = stored_job(study);
    const auto exporter = make_exporter(options.format);
    const std::string description = describe(study.spec, trial, job.space);
    const auto network = decode(job, trial);
    if (network)
        return exporter->write(
            {.network = *network,
             .weights =
                 trial.weights ? std::optional(store.artifact(*trial.weights)) : std::nullopt,
             .description = description},
            path);
    if (options.format != "json")
        throw Error(ErrorKind::invalid_input,
                    "the space has hyperparameters only: there is no network to export but as json",
                    "--format");
    search::write_whole_file(path, description + '\n');
    return {.bytes = description.size() + 1, .largest_difference = std::nullopt};
}

}  // namespace

int run(const ExportOptions& options, const GlobalOptions& global, Console& console) {
    const auto store = open_to_read(global);
    const store::StudyRecord study = find_study(*store, options.study);
    const search::Choice choice = choose_trial(options, *store, study);
    if (!choice.trial) {
        tell_unmet(study.spec, choice, console);
        return kLimitsUnmet;
    }
    const std::filesystem::path path =
        new_file(options.out, default_name(options, choice.trial->number), options.overwrite);
    const search::ExportResult result = write(options, *store, study, *choice.trial, path);

    Table table{.columns = {{"trial", "trial"}, {"stage", "stage"}}, .rows = {}};
    table.rows.push_back({choice.trial->number, std::string(to_string(choice.trial->stage))});
    const auto add = [&](const char* key, const std::string& title, Scalar value) {
        table.columns.push_back({key, title});
        table.rows.front().push_back(std::move(value));
    };
    for (const std::string& metric : study.spec.metrics)
        if (const auto value = metric_of(study.spec, *choice.trial, metric))
            add(metric.c_str(), metric_label(metric), *value);
    add("file", "file", path.string());
    add("bytes", "bytes", static_cast<std::int64_t>(result.bytes));
    if (result.largest_difference)
        add("largest_difference", "largest difference", *result.largest_difference);
    print_record(console, table);
    return 0;
}

}  // namespace parnas::cli
