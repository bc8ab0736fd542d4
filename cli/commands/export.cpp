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
#include "cli/servers.h"
#include "cli/stores.h"
#include "cli/target_folder.h"
#include "cli/text/numbers.h"
#include "cli/torch_module.h"
#include "cli/trial_view.h"
#include "search/choose.h"
#include "search/export/whole_file.h"
#include "search/other_target.h"
#include "search/presets.h"
#include "search/target_metrics.h"
#include "search/trial_codec.h"
#include "spaces/load.h"

namespace parnas::cli {
namespace {

constexpr int kLimitsUnmet = 8;
constexpr const char* kTorchScript = "torchscript";
constexpr const char* kOnnx = "onnx";

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

std::unique_ptr<spaces::SearchSpace> space_of(const search::JobSpec& job) {
    return spaces::load_space(parse_json(job.space, "space"), job.base);
}

search::Choice choose_trial(const ExportOptions& options,
                            const store::Store& store,
                            const store::StudyRecord& study) {
    if (options.trial)
        return {.trial = store.trial(study.id, *options.trial), .unmet = {}, .nearest = {}};
    const std::vector<store::TrialRecord> trials = store.trials(study.id);
    auto metrics = metric_names(study.spec, trials, Detail::everything);
    const search::JobSpec job = stored_job(study);
    search::ChoiceRules rules{.confidence = options.confidence};
    if (options.target) {
        metrics.insert(metrics.end(), search::kTargetMetrics.begin(), search::kTargetMetrics.end());
        rules.elsewhere = search::metrics_on(open_target(*options.target), space_of(job));
    } else {
        rules.of_job = job.limits;
    }
    rules.limits = read_limits(options.limits, metrics);
    if (options.preset)
        add_preset(*options.preset, metrics, rules.limits);
    search::Choice choice = search::choose(store, study.id, rules);
    if (!choice.trial && !choice.nearest)
        throw Error(ErrorKind::not_found, choice.unmet.front(), study.spec.name);
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

// Throws if something is asked for that only ONNX files have.
void check_onnx_options(const ExportOptions& options) {
    if (options.format == kOnnx)
        return;
    const auto refuse = [](bool given, const char* option) {
        if (given)
            throw Error(ErrorKind::invalid_input, "only --format onnx has this", option);
    };
    refuse(options.fold_batch_norm, "--fold-batch-norm");
    refuse(options.opset.has_value(), "--opset");
    refuse(options.batch.has_value(), "--batch");
    refuse(options.random_weights.has_value(), "--random-weights");
}

search::Registries open_exporters(const ExportOptions& options) {
    search::Registries registries = make_registries();
    const bool of_torch = options.format == kTorchScript || options.format == kOnnx;
    if (of_torch)
        open_torch_module(registries);
    if (options.format == kOnnx && !registries.exporters.has(kOnnx))
        throw Error(
            ErrorKind::invalid_input,
            "this parnas was built without ONNX: build it with -DPARNAS_ONNX=ON (Debian: apt "
            "install libonnx-dev)",
            "--format");
    if (!of_torch && !registries.exporters.has(options.format))
        throw Error(ErrorKind::invalid_input,
                    fmt::format("no export format is named '{}'; known are: {}, {}, {}",
                                options.format,
                                fmt::join(registries.exporters.names(), ", "),
                                kTorchScript,
                                kOnnx),
                    "--format");
    return registries;
}

// What checks an ONNX file, by name.
struct NamedEngine {
    std::string name;
    std::shared_ptr<const spaces::onnx::Engine> engine;
};

std::vector<NamedEngine> find_engines(const ExportOptions& options,
                                      const search::Registries& registries) {
    std::vector<NamedEngine> engines;
    if (options.format != kOnnx)
        return engines;
    for (const std::string& name : registries.engines.names())
        try {
            engines.push_back({name, registries.engines.find(name)()});
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::not_found)  // those that are here
                throw;
        }
    return engines;
}

search::OnnxSettings onnx_settings(const ExportOptions& options,
                                   const std::vector<NamedEngine>& engines) {
    search::OnnxSettings settings{.fold_batch_norm = options.fold_batch_norm,
                                  .opset = options.opset,
                                  .batch = options.batch,
                                  .random_weights = options.random_weights,
                                  .engines = {}};
    for (const NamedEngine& each : engines)
        settings.engines.push_back(each.engine);
    return settings;
}

// `target`: what the trial was chosen for, if not for the study's own.
std::string describe(const store::StudySpec& study,
                     const store::TrialRecord& trial,
                     const std::string& space,
                     const std::optional<std::string>& target) {
    Json json = {{"study", study.name},
                 {"trial", trial_json(study, trial, Detail::everything)},
                 {"genotype", parse_json(trial.genotype, "genotype")},
                 {"space", parse_json(space, "space")}};
    if (target)
        json["target"] = *target;
    return dump_json(json);
}

// The objectives, and the latency that it was chosen by on another target.
std::vector<std::string> shown_metrics(const ExportOptions& options,
                                       const store::StudySpec& study) {
    std::vector<std::string> metrics = study.metrics;
    if (options.target && std::ranges::find(metrics, "latency_ms") == metrics.end())
        metrics.emplace_back("latency_ms");
    return metrics;
}

// A trial's network, which a pure HPO space has none of.
std::shared_ptr<const spaces::Network> decode(const search::JobSpec& job,
                                              const store::TrialRecord& trial) {
    const auto space = space_of(job);
    return space->decode(search::TrialCodec(space->params()).from_text(trial.genotype)).network;
}

// Which trial of which study.
struct Chosen {
    const store::Store& store;
    const store::StudyRecord& study;
    const store::TrialRecord& trial;
};

search::ExportResult write(const ExportOptions& options,
                           const Chosen& chosen,
                           const std::vector<NamedEngine>& engines,
                           const search::Exporter& exporter,
                           const std::filesystem::path& path) {
    const auto& [store, study, trial] = chosen;
    const search::JobSpec job = stored_job(study);
    const std::string description = describe(study.spec, trial, job.space, options.target);
    const auto network = decode(job, trial);
    if (network)
        return exporter.write(
            {.network = *network,
             .weights =
                 trial.weights ? std::optional(store.artifact(*trial.weights)) : std::nullopt,
             .description = description,
             .onnx = onnx_settings(options, engines)},
            path);
    if (options.format != "json")
        throw Error(ErrorKind::invalid_input,
                    "the space has hyperparameters only: there is no network to export but as json",
                    "--format");
    search::write_whole_file(path, description + '\n');
    return {.bytes = description.size() + 1, .largest_difference = std::nullopt, .verdicts = {}};
}

}  // namespace

int run(const ExportOptions& options, const GlobalOptions& global, Console& console) {
    check_onnx_options(options);
    const auto store = open_to_read(global, options.server);
    const store::StudyRecord study = find_study(*store, options.study);
    const search::Choice choice = choose_trial(options, *store, study);
    if (!choice.trial) {
        tell_unmet(study.spec, choice, console);
        return kLimitsUnmet;
    }
    const search::Registries registries = open_exporters(options);
    const std::filesystem::path path =
        new_file(options.out, default_name(options, choice.trial->number), options.overwrite);
    const std::vector<NamedEngine> engines = find_engines(options, registries);
    const search::ExportResult result = write(options,
                                              {*store, study, *choice.trial},
                                              engines,
                                              *registries.exporters.find(options.format)(),
                                              path);

    Table table{.columns = {{"trial", "trial"}, {"stage", "stage"}}, .rows = {}};
    table.rows.push_back({choice.trial->number, std::string(to_string(choice.trial->stage))});
    const auto add = [&](const char* key, const std::string& title, Scalar value) {
        table.columns.push_back({key, title});
        table.rows.front().push_back(std::move(value));
    };
    for (const std::string& metric : shown_metrics(options, study.spec))
        if (const auto value = metric_of(study.spec, *choice.trial, metric))
            add(metric.c_str(), metric_label(metric), *value);
    if (options.target)
        add("target", "target", *options.target);
    add("file", "file", path.string());
    add("bytes", "bytes", static_cast<std::int64_t>(result.bytes));
    if (result.largest_difference)
        add("largest_difference", "largest difference", *result.largest_difference);
    for (std::size_t i = 0; i < result.verdicts.size(); ++i) {
        const spaces::onnx::Verdict& verdict = result.verdicts[i];
        const std::string key = "difference_" + engines[i].name;
        if (verdict.largest_difference)
            add(key.c_str(), "difference in " + verdict.engine, *verdict.largest_difference);
        else
            add(key.c_str(), "cannot run in " + verdict.engine, verdict.problem);
    }
    print_record(console, table);
    if (options.format == kOnnx && !result.largest_difference)
        console.err
            << "note: no engine has run the file: see docs/onnx.md for those that may check it\n";
    return 0;
}

}  // namespace parnas::cli
