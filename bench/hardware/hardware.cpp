// SPDX-License-Identifier: Apache-2.0
#include "bench/hardware/hardware.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "bench/hardware/experiment.h"
#include "bench/parallel.h"
#include "core/error.h"

namespace parnas::bench {
namespace {

// Loads a space once, when it is needed.
class Tables {
  public:
    explicit Tables(const std::filesystem::path& folder) : folder_(folder) {}

    SharedSpace cells() { return loaded(cells_, load_cells); }
    SharedSpace fbnet() { return loaded(fbnet_, load_fbnet); }
    SharedSpace ofa() { return loaded(ofa_, load_ofa); }
    std::vector<SharedSpace> transformers() const {
        std::vector<SharedSpace> spaces;
        for (RecordedSpace& each : load_transformers(folder_))
            spaces.push_back(std::make_shared<const RecordedSpace>(std::move(each)));
        return spaces;
    }

  private:
    SharedSpace loaded(SharedSpace& space,
                       const std::function<RecordedSpace(const std::filesystem::path&)>& load) {
        if (space == nullptr)
            space = std::make_shared<const RecordedSpace>(load(folder_));
        return space;
    }

    std::filesystem::path folder_;
    SharedSpace cells_;
    SharedSpace fbnet_;
    SharedSpace ofa_;
};

struct Task {
    const char* name;
    std::vector<Experiment> (*make)(Tables& tables, const HardwareOptions& options);
};

const std::vector<Task>& tasks() {
    static const std::vector<Task> all{
        {"help",
         [](Tables& tables, const HardwareOptions& options) {
             return help_experiments(tables.cells(), options.seeds);
         }},
        {"fbnet",
         [](Tables& tables, const HardwareOptions& options) {
             return fbnet_experiments(tables.fbnet(), options.seeds);
         }},
        {"regression",
         [](Tables& tables, const HardwareOptions& options) {
             return regression_experiments(tables.cells(), options.seeds);
         }},
        {"coverage",
         [](Tables& tables, const HardwareOptions& options) {
             return coverage_experiments({tables.cells(), tables.fbnet(), tables.ofa()},
                                         3 * options.seeds);
         }},
        {"selection",
         [](Tables& tables, const HardwareOptions& options) {
             return selection_experiments(tables.cells(), options.seeds);
         }},
        {"transformers",
         [](Tables& tables, const HardwareOptions& options) {
             return transformer_experiments(tables.transformers(), options.seeds);
         }},
        {"table", [](Tables& tables, const HardwareOptions& options) {
             return table_experiments(tables.fbnet(), options.data, options.seeds);
         }}};
    return all;
}

// `values`: a vector for each seed.
HardwareFigure read(const Experiment::Reading& reading,
                    const std::vector<std::vector<double>>& values) {
    HardwareFigure figure = reading.figure;
    const auto summary = [&values](const std::vector<std::size_t>& of) {
        std::vector<double> means;
        for (const std::vector<double>& each : values) {
            double sum = 0.0;
            for (const std::size_t i : of)
                sum += each.at(i);
            means.push_back(sum / static_cast<double>(of.size()));
        }
        return summarise(means);
    };
    if (reading.names.empty()) {
        figure.over_seeds = summary(reading.of);
        return figure;
    }
    std::size_t least = 0;
    for (std::size_t i = 0; i < reading.of.size(); ++i) {
        const Summary one = summary({reading.of[i]});
        if (i > 0 && one.mean >= figure.over_seeds.mean)
            continue;
        figure.over_seeds = one;
        least = i;
    }
    figure.subject += ": " + reading.names.at(least);
    return figure;
}

}  // namespace

bool HardwareFigure::met() const {
    const double slack = within_standard_error ? over_seeds.standard_error() : 0.0;
    return (!goal || over_seeds.mean >= *goal - slack - 1e-12) &&
           (!ceiling || over_seeds.mean <= *ceiling);
}

std::vector<std::string> hardware_tasks() {
    std::vector<std::string> names;
    for (const Task& task : tasks())
        names.emplace_back(task.name);
    return names;
}

std::vector<HardwareFigure> run_hardware(
    const HardwareOptions& options,
    const std::stop_token& stop,
    const std::function<void(std::size_t done, std::size_t all)>& progress) {
    for (const std::string& name : options.tasks)
        if (std::ranges::none_of(tasks(), [&](const Task& task) { return task.name == name; }))
            throw Error(ErrorKind::invalid_input,
                        fmt::format("no task is named '{}'; there are: {}",
                                    name,
                                    fmt::join(hardware_tasks(), ", ")));
    Tables tables(options.data);
    std::vector<Experiment> experiments;
    for (const Task& task : tasks())
        if (options.tasks.empty() ||
            std::ranges::find(options.tasks, task.name) != options.tasks.end())
            for (Experiment& each : task.make(tables, options))
                experiments.push_back(std::move(each));

    struct Run {
        std::size_t experiment;
        std::size_t seed;
    };
    std::vector<Run> runs;
    std::vector<std::vector<std::vector<double>>> values(experiments.size());
    for (std::size_t i = 0; i < experiments.size(); ++i) {
        values[i].resize(static_cast<std::size_t>(experiments[i].seeds));
        for (std::size_t seed = 0; seed < values[i].size(); ++seed)
            runs.push_back({i, seed});
    }
    in_parallel(
        runs.size(),
        options.threads,
        stop,
        [&](std::size_t i) {
            const Run& run = runs[i];
            values[run.experiment][run.seed] =
                experiments[run.experiment].run(Rng(options.first_seed + run.seed));
        },
        [&](std::size_t done) { progress(done, runs.size()); });

    std::vector<HardwareFigure> figures;
    for (std::size_t i = 0; i < experiments.size(); ++i)
        for (const Experiment::Reading& reading : experiments[i].readings)
            figures.push_back(read(reading, values[i]));
    return figures;
}

}  // namespace parnas::bench
