// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/commands/commands.h"
#include "cli/composition.h"
#include "cli/interrupts.h"
#include "cli/onboarding_report.h"
#include "cli/probe_export.h"
#include "cli/runtimes.h"
#include "cli/target_folder.h"
#include "cli/text/numbers.h"
#include "cli/text/shell.h"
#include "core/draft_file.h"
#include "hw_models/onboarding/probe_folder.h"
#include "hw_models/onboarding/probe_timing.h"
#include "hw_models/table/operator_table.h"
#include "hw_models/target_card.h"
#include "spaces/dtype.h"
#include "spaces/load.h"

namespace parnas::cli {
namespace {

using hw_models::FittedProbes;
using hw_models::KnownTarget;
using hw_models::Probe;
using hw_models::ProbeFolder;
using hw_models::ProbeSet;
using hw_models::ProbeTimes;
using hw_models::Target;

std::string checked_name(const std::string& name) {
    if (!hw_models::is_target_name(name))
        throw Error(ErrorKind::invalid_input,
                    fmt::format("expected letters, digits, '-', '_' and '.', found '{}'", name),
                    "--name");
    return name;
}

// "mobile" of "mobile@1".
std::string short_name(const spaces::SearchSpace& space) {
    return std::string(space.name().substr(0, space.name().find('@')));
}

std::string default_name(const ProbeSet& set, std::string_view ending) {
    return fmt::format(
        "{}-{}-{}", hw_models::document_name(set.target), short_name(*set.space), ending);
}

std::shared_ptr<const spaces::SearchSpace> space_of(const TargetsOnboardOptions& options) {
    return spaces::load_space(*options.space, std::filesystem::current_path());
}

// The device that the user speaks of.
Target target_elsewhere(const TargetsOnboardOptions& options) {
    return {.name = checked_name(*options.name),
            .hardware = options.hardware,
            .runtime = options.runtime_name,
            .threads = static_cast<int>(options.runtime.threads),
            .dtype = *std::ranges::find(spaces::kComputedTypes,
                                        options.runtime.dtype,
                                        [](auto each) { return spaces::to_string(each); }),
            .batch = options.runtime.batch,
            .layout = options.runtime.layout == to_string(hw_models::Layout::nhwc)
                          ? hw_models::Layout::nhwc
                          : hw_models::Layout::nchw};
}

void refuse(bool given, const char* option, const char* because) {
    if (given)
        throw Error(ErrorKind::invalid_input, because, option);
}

// What to do with probes that were written, from number `first` on.
void tell_written(Console& console, const ProbeSet& set, std::size_t first, const ProbeFolder& to) {
    const Target& target = set.target;
    print_record(console,
                 {.columns = {{"target", "target"},
                              {"space", "space"},
                              {"probes", "probes"},
                              {"new", "new"},
                              {"folder", "folder"}},
                  .rows = {{target.name,
                            std::string(set.space->name()),
                            static_cast<std::int64_t>(set.probes.size()),
                            static_cast<std::int64_t>(set.probes.size() - first),
                            to.path().string()}}});
    if (console.output != OutputFormat::table)
        return;
    const std::string in_type =
        target.dtype == spaces::DType::fp32
            ? ""
            : fmt::format(", converted to {}", spaces::to_string(target.dtype));
    console.out << fmt::format(
        "\nNext:\n"
        "  1. Run {} to {} on the device, batch {}, threads {}{}. Warm up, then take the median.\n"
        "  2. Write the milliseconds into {}; several lines of a probe are repetitions.\n"
        "  3. parnas targets onboard --probes {}\n",
        (to.path() / (hw_models::probe_name(first) + ".onnx")).string(),
        hw_models::probe_name(set.probes.size() - 1),
        target.batch,
        target.threads,
        in_type,
        to.measurements_file().string(),
        shell_word(to.path().string()));
}

std::string unmeasured_lines(const ProbeSet& set, std::size_t first) {
    std::string lines;
    for (std::size_t i = first; i < set.probes.size(); ++i)
        lines += hw_models::unmeasured_line(i);
    return lines;
}

// Probes for a device that is elsewhere.
int design(const TargetsOnboardOptions& options, Console& console) {
    refuse(!options.name,
           "--space",
           "a device elsewhere needs a --name; or measure here, in a "
           "--runtime");
    refuse(options.probes.empty(), "--space", "say by --probes where the networks are to be kept");
    refuse(!options.out.empty(), "--out", "nothing is fitted before the probes are measured");
    refuse(!options.known.empty(), "--known", "nothing is fitted before the probes are measured");
    const ProbeFolder folder(options.probes);
    new_file(folder.probes_file(), {}, options.overwrite);
    ProbeSet set{.space = space_of(options),
                 .target = target_elsewhere(options),
                 .seed = options.seed.value_or(0)};
    set =
        with_more_probes(set, hw_models::draw_pool(set), static_cast<std::size_t>(options.samples));
    folder.make();
    export_probes(set, 0, folder.path());
    folder.start_measurements(unmeasured_lines(set, 0));
    folder.keep(set);
    tell_written(console, set, 0, folder);
    return 0;
}

// Further ones, beside those that are measured.
int design_more(const TargetsOnboardOptions& options, Console& console) {
    const ProbeFolder folder(options.probes);
    ProbeSet set = folder.probes();
    folder.measurements(set);  // what is added to is in order
    const std::size_t first = set.probes.size();
    set = with_more_probes(set, hw_models::draw_pool(set), static_cast<std::size_t>(*options.more));
    if (set.probes.size() == first)
        throw Error(ErrorKind::conflict,
                    "all networks that were found in this space are probes already",
                    std::string(set.space->name()));
    export_probes(set, first, folder.path());
    // In this order: a probe without a line is one that is not measured.
    folder.keep(set);
    folder.append_measurements(unmeasured_lines(set, first));
    tell_written(console, set, first, folder);
    return 0;
}

std::vector<KnownTarget> known_targets(const TargetsOnboardOptions& options,
                                       const Target& target,
                                       Console& console) {
    if (options.no_known)
        return {};
    const hw_models::TargetLibrary library = target_library();
    const hw_models::KnownPredictors found =
        options.known.empty()
            ? own_predictors(library, target)
            : named_predictors(library, options.known, std::filesystem::current_path());
    for (const Fault& fault : found.unusable)
        console.err << fmt::format(
            "note: not learned from: {}: {}\n", printable(fault.where), printable(fault.message));
    return found.targets;
}

void write_predictor(FittedProbes& fitted, const std::filesystem::path& path) {
    fitted.document.provenance.tool = "parnas " PARNAS_VERSION;
    fitted.document.provenance.date = today();
    DraftFile file(path);
    file.write(to_json(fitted.document).dump(1) + "\n");
    file.keep();
}

int fit(const TargetsOnboardOptions& options, Console& console) {
    refuse(options.probes.empty(),
           "--probes",
           "say by --space what networks are of, or by "
           "--probes where they are");
    const ProbeFolder folder(options.probes);
    const ProbeSet set = folder.probes();
    const std::vector<ProbeTimes> times = folder.measurements(set);
    const std::filesystem::path path =
        new_file(options.out, default_name(set, "predictor.json"), options.overwrite);
    const std::vector<Probe> pool = hw_models::draw_pool(set);
    FittedProbes fitted =
        fit_probes(set, pool, times, known_targets(options, set.target, console), options.error);
    write_predictor(fitted, path);
    print_report(console,
                 {.set = set,
                  .fitted = fitted,
                  .space_size = pool.size(),
                  .most_error = options.error,
                  .file = path,
                  .go_on = fmt::format("parnas targets onboard --probes {} --more {}",
                                       shell_word(folder.path().string()),
                                       fitted.assessment.more)});
    return 0;
}

// Probes that are measured on this machine; what is in the folder is not measured again.
class LocalOnboarding {
  public:
    LocalOnboarding(const TargetsOnboardOptions& options, Console& console)
        : options_(options), console_(console), registries_(make_registries()) {}

    int run() {
        runtime_ = open_runtime(options_.runtime, registries_);
        set_ = {.space = space_of(options_),
                .target = runtime_->target(),
                .seed = options_.seed.value_or(0)};
        if (options_.name)
            set_.target.name = checked_name(*options_.name);
        const std::filesystem::path path =
            new_file(options_.out, default_name(set_, "predictor.json"), options_.overwrite);
        folder_ = ProbeFolder(options_.probes.empty()
                                  ? std::filesystem::path(default_name(set_, "probes"))
                                  : options_.probes);
        resume();
        const std::vector<KnownTarget> known = known_targets(options_, set_.target, console_);
        pool_ = hw_models::draw_pool(set_);
        extend_to(options_.samples);
        hw_models::Meter meter =
            hw_models::make_meter(meter_options(options_.measuring, set_.target));
        const std::int64_t most = std::max(options_.samples, options_.most.value_or(0));
        FittedProbes fitted = measure_and_fit(meter, known);
        while (!fitted.assessment.enough &&
               extend_to(std::min(most, size() + fitted.assessment.more)))
            fitted = measure_and_fit(meter, known);
        write_predictor(fitted, path);
        print_report(console_,
                     {.set = set_,
                      .fitted = fitted,
                      .space_size = pool_.size(),
                      .most_error = options_.error,
                      .file = path,
                      .go_on = fmt::format("the same command with --samples {} --force",
                                           size() + fitted.assessment.more)});
        return 0;
    }

  private:
    std::int64_t size() const { return static_cast<std::int64_t>(set_.probes.size()); }

    // Goes on with what an earlier run left in the folder, if that is of the same.
    void resume() {
        if (!folder_.has_probes())
            return;
        ProbeSet found = folder_.probes();
        const auto same_as = [&](const Target& target) {
            const Target& asked = set_.target;
            return target.name == asked.name && target.hardware == asked.hardware &&
                   target.runtime == asked.runtime && target.threads == asked.threads &&
                   target.dtype == asked.dtype && target.batch == asked.batch &&
                   target.layout == asked.layout;
        };
        const bool same = same_as(found.target) &&
                          found.space->document() == set_.space->document() &&
                          (!options_.seed || found.seed == *options_.seed);
        if (!same)
            throw Error(ErrorKind::conflict,
                        fmt::format("these probes are of another target, space or seed ({} on "
                                    "{}); choose another folder by --probes",
                                    found.space->name(),
                                    found.target.name),
                        folder_.path().string());
        set_ = std::move(found);
    }

    // Whether there are more probes now.
    bool extend_to(std::int64_t wanted) {
        const std::int64_t before = size();
        if (wanted <= before)
            return false;
        set_ = with_more_probes(std::move(set_), pool_, static_cast<std::size_t>(wanted - before));
        folder_.keep(set_);
        return size() > before;
    }

    FittedProbes measure_and_fit(hw_models::Meter& meter, const std::vector<KnownTarget>& known) {
        if (!exists(folder_.measurements_file()))
            folder_.start_measurements("");
        std::vector<ProbeTimes> times = folder_.measurements(set_);
        try {
            for (std::size_t i = 0; i < set_.probes.size(); ++i)
                if (times[i].repetitions.empty())
                    times[i] = measure(i, meter);
        } catch (const Error&) {
            console_.err << fmt::format(
                "note: what was measured is kept in {}; the same command goes on with it\n",
                folder_.path().string());
            throw;
        }
        return fit_probes(set_, pool_, times, known, options_.error);
    }

    ProbeTimes measure(std::size_t probe, hw_models::Meter& meter) {
        const hw_models::ProbeTiming timing = hw_models::time_probe(*set_.probes[probe].network,
                                                                    *runtime_,
                                                                    meter,
                                                                    meter.options().sampling,
                                                                    interrupts_.token());
        folder_.append_measurements(
            hw_models::measurement_line(probe, timing.latency, timing.disturbed));
        console_.err << fmt::format("{} of {}: {} ms{}\n",
                                    hw_models::probe_name(probe),
                                    set_.probes.size(),
                                    short_number(timing.latency.count()),
                                    timing.disturbed ? ", disturbed" : "")
                     << std::flush;
        return {.repetitions = {timing.latency}, .disturbed = timing.disturbed};
    }

    const TargetsOnboardOptions& options_;
    Console& console_;
    const Interrupts interrupts_;
    search::Registries registries_;
    std::unique_ptr<hw_models::Runtime> runtime_;
    ProbeFolder folder_{{}};
    ProbeSet set_;
    std::vector<Probe> pool_;
};

}  // namespace

int run(const TargetsOnboardOptions& options, const GlobalOptions&, Console& console) {
    if (!options.runtime.runtime.empty())
        return LocalOnboarding(options, console).run();
    if (options.space)
        return design(options, console);
    return options.more ? design_more(options, console) : fit(options, console);
}

}  // namespace parnas::cli
