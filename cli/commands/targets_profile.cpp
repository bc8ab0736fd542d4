// SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/commands/commands.h"
#include "cli/composition.h"
#include "cli/interrupts.h"
#include "cli/runtimes.h"
#include "core/draft_file.h"
#include "hw_models/table/profiler.h"
#include "spaces/load.h"

namespace parnas::cli {
namespace {

using Clock = std::chrono::steady_clock;

// One line on a terminal: step, bar, share, time left.
class ProfileMeter {
  public:
    explicit ProfileMeter(Console& console) : console_(console) {}
    ~ProfileMeter() {
        if (console_.live)
            console_.err << "\r\x1b[K" << std::flush;
    }
    ProfileMeter(const ProfileMeter&) = delete;
    ProfileMeter& operator=(const ProfileMeter&) = delete;

    void show(std::string_view step, double done) {
        constexpr double kEarly = 0.02;  // too little to tell what remains
        if (!console_.live)
            return;
        constexpr std::size_t kWidth = 24;
        const auto full = static_cast<std::size_t>(done * kWidth);
        const double spent = Seconds(Clock::now() - start_).count();
        const std::string left =
            done < kEarly ? "" : fmt::format(", {:.0f} s left", spent * (1.0 - done) / done);
        console_.err << fmt::format("\r\x1b[K{} [{}{}] {:.0f} %{}",
                                    step,
                                    std::string(full, '='),
                                    std::string(kWidth - full, ' '),
                                    100.0 * done,
                                    left)
                     << std::flush;
    }

  private:
    Console& console_;
    Clock::time_point start_ = Clock::now();
};

Table summary(const hw_models::OperatorTable& table, const std::string& path) {
    const hw_models::Additivity& sum = table.additivity;
    return {.columns = {{"target", "target"},
                        {"kernels", "kernels"},
                        {"left_out", "left out"},
                        {"call_us", "a call (us)"},
                        {"scale", "sum of kernels times"},
                        {"per_kernel_us", "a kernel more (us)"},
                        {"per_branch_us", "a branch more (us)"},
                        {"mean_error", "mean error"},
                        {"spread", "nine of ten networks within"},
                        {"additive", "additive"},
                        {"not_monotone", "more work in less time"},
                        {"disturbed", "disturbed timings"},
                        {"file", "file"}},
            .rows = {{table.target.name,
                      static_cast<std::int64_t>(table.entries.size()),
                      std::int64_t{table.provenance.left_out},
                      sum.call.count() * 1e6,
                      sum.scale,
                      sum.per_kernel.count() * 1e6,
                      sum.per_branch.count() * 1e6,
                      sum.mean_error,
                      sum.spread,
                      sum.additive(),
                      std::int64_t{table.provenance.not_monotone},
                      std::int64_t{table.provenance.disturbed},
                      path}}};
}

hw_models::ProfilerOptions profiler_options(const TargetsProfileOptions& options) {
    return {.kernels = static_cast<std::size_t>(options.kernels),
            .passes = static_cast<int>(options.passes),
            .networks = static_cast<std::size_t>(options.networks),
            .seed = options.seed,
            .kernel = {.cache = options.warm ? hw_models::CacheState::warm
                                             : hw_models::CacheState::rotate},
            .tool = "parnas " PARNAS_VERSION,
            .date = today()};
}

}  // namespace

int run(const TargetsProfileOptions& options, const GlobalOptions&, Console& console) {
    const Interrupts interrupts;
    search::Registries registries = make_registries();
    const auto space = spaces::load_space(options.space, std::filesystem::current_path());
    const auto runtime = open_runtime(options.runtime, registries);
    const std::filesystem::path path = new_file(
        options.out,
        fmt::format("{}-{}.json", hw_models::document_name(runtime->target()), options.space),
        options.overwrite);
    hw_models::Meter meter =
        hw_models::make_meter(meter_options(options.measuring, runtime->target()));
    ProfileMeter progress(console);
    const hw_models::OperatorTable table = hw_models::profile_space(
        *space,
        *runtime,
        meter,
        profiler_options(options),
        [&](std::string_view step, double done) { progress.show(step, done); },
        interrupts.token());
    DraftFile file(path);
    file.write(to_json(table).dump(1) + "\n");
    file.keep();
    progress.show("done", 1.0);
    print_record(console, summary(table, path.string()));
    if (console.output == OutputFormat::table && !table.additivity.additive())
        console.out << "\nThe networks' times are no sums of their kernels' times: measure "
                       "finalists, and take wide intervals seriously.\n";
    return 0;
}

}  // namespace parnas::cli
