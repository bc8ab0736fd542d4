// SPDX-License-Identifier: Apache-2.0
// The epochs that weight-sharing searches train supernets with, step by step: what
// bench/peers/supernet.py does, with the same options and the same lines in and out.
#include <chrono>
#include <ctime>
#include <iostream>
#include <stop_token>
#include <string>
#include <sys/resource.h>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/json.h"
#include "core/object_reader.h"
#include "core/rng.h"
#include "core/scalar.h"
#include "evaluators/torch/memory_reuse.h"
#include "evaluators/torch/network_module.h"
#include "evaluators/torch/supernet/differentiable/differentiable_epoch.h"
#include "evaluators/torch/supernet/paths/path_epoch.h"
#include "evaluators/torch/supernet/weights/space_weights.h"
#include "evaluators/torch/threads.h"
#include "search/weight_sharing/path_draws.h"
#include "spaces/load.h"

namespace parnas::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t kClasses = 10;
constexpr std::int64_t kEpochSteps = 32;
constexpr double kClip = 5.0;

struct Options {
    std::string space;
    bool mixed = true;
    std::int64_t channels, cells, batch, threads;
    std::vector<std::int64_t> image;
    std::int64_t list_paths;  // instead of training
};

Options read_options(const Json& json) {
    Faults faults;
    ObjectReader reader(json, "", faults);
    Options options{.space = reader.text("space"),
                    .mixed = reader.word("method", {"mixed", "path"}) == 0,
                    .channels = reader.integer("channels", 16, {1, 1024}),
                    .cells = reader.integer("cells", 1, {1, 100}),
                    .batch = reader.integer("batch", 64, {1, 100'000}),
                    .threads = reader.integer("threads", 1, {1, 1024}),
                    .image = {3, 32, 32},
                    .list_paths = reader.integer("list_paths", 0, {0, 1'000'000})};
    if (const Json* image = reader.find("image"))
        options.image = image->get<std::vector<std::int64_t>>();
    reader.finish();
    faults.throw_if_any();
    return options;
}

// --- lines in and out --------------------------------------------------------------------------

double cpu_seconds() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// Each line of the input says how many steps to make, and is answered with how long each took:
// the time since the step before, with whatever epochs begin and end with.
class Meter {
  public:
    // Waits for a line; false at the end of the input.
    bool next_round() {
        std::string line;
        if (!std::getline(std::cin, line))
            return false;
        left_ = std::stoi(line);
        seconds_ = Json::array();
        cpu_seconds_ = Json::array();
        start();
        return true;
    }

    // After each step; false once there are no more to be made.
    bool step_done(double loss) {
        seconds_.push_back(std::chrono::duration<double>(Clock::now() - wall_).count());
        cpu_seconds_.push_back(cpu_seconds() - cpu_);
        start();
        if (--left_ > 0)
            return true;
        const Json answer{{"seconds", seconds_}, {"cpu_seconds", cpu_seconds_}, {"loss", loss}};
        std::cout << answer.dump() << std::endl;
        return next_round();
    }

  private:
    void start() {
        wall_ = Clock::now();
        cpu_ = cpu_seconds();
    }

    int left_ = 0;
    Json seconds_, cpu_seconds_;
    Clock::time_point wall_;
    double cpu_ = 0.0;
};

void print_summary(const evaluators::SharedWeights& weights) {
    std::int64_t parameters = 0;
    for (const evaluators::NamedTensor& each : weights.weights().parameters())
        parameters += each.tensor.numel();
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const Json summary{{"peak_memory_bytes", usage.ru_maxrss * 1024}, {"parameters", parameters}};
    std::cout << summary.dump() << std::endl;
}

// --- training ----------------------------------------------------------------------------------

evaluators::Samples draw_samples(const Options& options, std::uint64_t seed) {
    const at::Generator generator = evaluators::make_generator(seed);
    const std::int64_t count = kEpochSteps * options.batch;
    std::vector<std::int64_t> sizes{count};
    sizes.insert(sizes.end(), options.image.begin(), options.image.end());
    return {at::empty(sizes).normal_(0.0, 1.0, generator),
            at::empty({count}, at::kLong).random_(0, kClasses, generator)};
}

evaluators::TrainingData draw_data(const Options& options) {
    return {.task = {.output = {kClasses}},
            .shape = options.image,
            .train = draw_samples(options, 1),
            .validation = draw_samples(options, 2)};
}

Rng rng_of_epoch(std::uint64_t epoch) {
    return Rng(1).fork(epoch);
}

// Makes epochs of weights until one does not end well, which is because it was stopped.
template <typename Train>
void train_until_stopped(const Options& options,
                         const spaces::SearchSpace& space,
                         evaluators::SharedWeights& weights,
                         const Train& train_epoch) {
    const at::Tensor velocity = at::zeros_like(weights.weights().flat_parameters());
    const evaluators::TrainingData data = draw_data(options);
    Meter meter;
    if (!meter.next_round())
        return;
    std::stop_source stop;
    const auto progress = [&](double, const Metrics& metrics) {
        if (!meter.step_done(metrics.at("train_loss")))
            stop.request_stop();
    };
    for (std::uint64_t epoch = 0; !stop.stop_requested(); ++epoch) {
        const auto trained = train_epoch(evaluators::EpochRun{.space = space,
                                                              .weights = weights,
                                                              .velocity = velocity,
                                                              .data = data,
                                                              .augment = {},
                                                              .rng = rng_of_epoch(epoch),
                                                              .stop = stop.get_token(),
                                                              .progress = progress});
        const auto* failure = std::get_if<Failure>(&trained);
        if (failure != nullptr && failure->kind != FailureKind::cancelled)
            throw Error(ErrorKind::internal, failure->reason);
    }
    print_summary(weights);
}

void train_mixed(const Options& options, const spaces::SearchSpace& space) {
    search::DifferentiableEpoch epoch{
        .batch = options.batch, .clip_norm = kClip, .eigenvalue = false, .gap = false};
    const spaces::Supernet supernet = spaces::keep_choices(
        *space.shared_weights(),
        space.params(),
        search::supernet_options(epoch, 1, space, search::find_open_choices(space)));
    epoch.architecture =
        search::initial_architecture(supernet.strengths, search::EdgeWeights::none, Rng(1));
    evaluators::SharedWeights weights({&supernet.network, 1}, 1);
    const evaluators::StrengthWeights strengths(epoch.architecture, {});
    const evaluators::AlphaMoments moments = evaluators::first_moments(strengths);
    train_until_stopped(options, space, weights, [&](const evaluators::EpochRun& run) {
        return evaluators::train_differentiable(
            epoch, {.supernet = supernet, .strengths = strengths, .moments = moments}, run);
    });
}

search::PathEpoch path_epoch(const Options& options) {
    return {.batch = options.batch, .clip = kClip};
}

void train_paths(const Options& options, const spaces::SearchSpace& space) {
    const search::PathEpoch epoch = path_epoch(options);
    evaluators::SharedWeights weights(evaluators::covering_networks(space), 1);
    train_until_stopped(options, space, weights, [&](const evaluators::EpochRun& run) {
        return evaluators::train_paths(epoch, nullptr, run);
    });
}

// The paths that train_paths() takes, one per step: parameters and what is chosen for them.
void list_paths(const Options& options, const spaces::SearchSpace& space) {
    Json paths = Json::array();
    for (std::uint64_t epoch = 0; std::ssize(paths) < options.list_paths; ++epoch) {
        search::PathDraws draws(space, path_epoch(options), rng_of_epoch(epoch).fork("paths"));
        for (std::int64_t step = 0; step < kEpochSteps; ++step) {
            const Genotype genotype = draws.next().front();
            Json& path = paths.emplace_back(Json::object());
            for (std::size_t p = 0; p < genotype.values.size(); ++p) {
                const spaces::Param& param = space.params()[p];
                const auto& choices = std::get<spaces::Categorical>(param.domain).choices;
                const auto value = std::get<std::int64_t>(genotype.values[p]);
                path[param.name] = to_json(choices[static_cast<std::size_t>(value)]);
            }
        }
    }
    std::cout << paths.dump() << '\n';
}

void run(const Options& options) {
    evaluators::keep_freed_memory();
    evaluators::use_threads(static_cast<int>(options.threads));
    const auto space = spaces::load_space({{"name", options.space},
                                           {"with",
                                            {{"image", options.image},
                                             {"classes", kClasses},
                                             {"channels", options.channels},
                                             {"cells", options.cells}}}},
                                          {});
    if (options.list_paths > 0)
        list_paths(options, *space);
    else if (options.mixed)
        train_mixed(options, *space);
    else
        train_paths(options, *space);
}

}  // namespace
}  // namespace parnas::bench

int main(int argc, char** argv) {
    using namespace parnas;
    try {
        bench::run(bench::read_options(parse_json(argc > 1 ? argv[1] : "", "the first argument")));
        return 0;
    } catch (const Error& error) {
        std::cerr << "error: " << error.what() << '\n';
        return exit_code(error.kind());
    }
}
