// SPDX-License-Identifier: Apache-2.0
// The program's own training steps of supernets: what bench/peers/supernet.py does, with the
// same options and the same lines in and out.
#include "spaces/supernet.h"

#include <chrono>
#include <ctime>
#include <iostream>
#include <memory>
#include <string>
#include <sys/resource.h>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/json.h"
#include "core/object_reader.h"
#include "core/rng.h"
#include "evaluators/torch/memory_reuse.h"
#include "evaluators/torch/optimizer.h"
#include "evaluators/torch/supernet/weights/shared_weights.h"
#include "evaluators/torch/threads.h"
#include "spaces/load.h"

namespace parnas::bench {
namespace {

using evaluators::MixWeights;
using evaluators::Optimizer;
using evaluators::SharedWeights;
using evaluators::TorchNetwork;

constexpr std::int64_t kClasses = 10;
constexpr double kClip = 5.0;
constexpr double kLearningRate = 0.025;
constexpr evaluators::OptimizerOptions kSgd{.lr = kLearningRate,
                                            .momentum = 0.9,
                                            .nesterov = false,
                                            .weight_decay = 3e-4};

struct Options {
    std::string space;
    bool mixed = true;
    std::int64_t channels, cells, batch, threads;
    std::vector<std::int64_t> image;
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
                    .image = {3, 32, 32}};
    if (const Json* image = reader.find("image"))
        options.image = image->get<std::vector<std::int64_t>>();
    reader.finish();
    faults.throw_if_any();
    return options;
}

struct Batch {
    at::Tensor images, labels;
};

class Training {
  public:
    virtual ~Training() = default;
    virtual double step(const Batch& train, const Batch& validation) = 0;
    virtual std::int64_t parameters() const = 0;
};

at::Tensor cross_entropy(TorchNetwork& network, const Batch& batch, const evaluators::Pass& pass) {
    return at::cross_entropy_loss(network.forward({batch.images}, pass).back(), batch.labels);
}

std::int64_t count_parameters(const SharedWeights& weights) {
    std::int64_t count = 0;
    for (const evaluators::NamedTensor& each : weights.weights().parameters())
        count += each.tensor.numel();
    return count;
}

spaces::Supernet keep_all(const spaces::SearchSpace& space, bool search_norms) {
    spaces::SupernetOptions options{.search_norms = search_norms};
    for (const spaces::Param& param : space.params()) {
        options.base.values.emplace_back(std::int64_t{0});
        std::vector<std::size_t>& kept = options.options.emplace_back();
        for (std::size_t i = 0; i < std::get<spaces::Categorical>(param.domain).choices.size(); ++i)
            kept.push_back(i);
    }
    return keep_choices(*space.shared_weights(), space.params(), options);
}

class MixedTraining final : public Training {
  public:
    explicit MixedTraining(const spaces::SearchSpace& space)
        : supernet_(keep_all(space, true)),
          weights_({&supernet_.network, 1}, 1),
          network_(weights_.view(supernet_.network)),
          sgd_(kSgd, weights_.weights().flat_parameters(), weights_.gradients()) {
        for (const spaces::Strength& strength : supernet_.strengths) {
            // As in DARTS, edges have no weights.
            at::Tensor alpha;
            if (strength.kind == spaces::Strength::Kind::options)
                alpha = at::zeros({static_cast<std::int64_t>(strength.entries.size())});
            alphas_.push_back(alpha);
            if (alpha.defined())
                leaves_.push_back(alpha.requires_grad_());
        }
        for (const at::Tensor& leaf : leaves_) {
            means_.push_back(at::zeros_like(leaf));
            squares_.push_back(at::zeros_like(leaf));
        }
    }

    double step(const Batch& train, const Batch& validation) override {
        for (const at::Tensor& leaf : leaves_)
            leaf.mutable_grad().reset();
        loss(validation, true).backward({}, false, false, leaves_);
        step_adam();
        sgd_.zero_gradients();
        const at::Tensor train_loss = loss(train, false);
        train_loss.backward();
        sgd_.clip(kClip);
        sgd_.step(kLearningRate);
        return train_loss.item<double>();
    }

    std::int64_t parameters() const override { return count_parameters(weights_); }

  private:
    at::Tensor loss(const Batch& batch, bool of_alphas) {
        std::vector<MixWeights> mixes;
        for (const at::Tensor& alpha : alphas_) {
            MixWeights& mix = mixes.emplace_back();
            if (alpha.defined())
                mix.values = at::softmax(of_alphas ? alpha : alpha.detach(), 0);
        }
        return cross_entropy(network_, batch, {.training = true, .mixes = mixes});
    }

    void step_adam() {
        constexpr double kMean = 0.5, kSquare = 0.999, kRate = 3e-4, kDecay = 1e-3, kEpsilon = 1e-8;
        const at::NoGradGuard no_grad;
        ++steps_;
        const double mean_scale = 1.0 - std::pow(kMean, steps_);
        const double square_scale = 1.0 - std::pow(kSquare, steps_);
        for (std::size_t i = 0; i < leaves_.size(); ++i) {
            const at::Tensor gradient = leaves_[i].grad().add(leaves_[i], kDecay);
            means_[i].mul_(kMean).add_(gradient, 1.0 - kMean);
            squares_[i].mul_(kSquare).addcmul_(gradient, gradient, 1.0 - kSquare);
            const at::Tensor divisor =
                squares_[i].sqrt().div_(std::sqrt(square_scale)).add_(kEpsilon);
            leaves_[i].addcdiv_(means_[i], divisor, -kRate / mean_scale);
        }
    }

    spaces::Supernet supernet_;
    SharedWeights weights_;
    TorchNetwork network_;
    Optimizer sgd_;
    std::vector<at::Tensor> alphas_;  // per strength; undefined: all 1
    std::vector<at::Tensor> leaves_, means_, squares_;
    int steps_ = 0;
};

class PathTraining final : public Training {
  public:
    explicit PathTraining(const spaces::SearchSpace& space)
        : space_(space),
          supernet_(keep_all(space, false)),
          weights_({&supernet_.network, 1}, 1),
          sgd_(kSgd, weights_.weights().flat_parameters(), weights_.gradients()) {}

    double step(const Batch& train, const Batch&) override {
        const Genotype genotype = spaces::sample_feasible(space_, rng_);
        TorchNetwork network = weights_.view(*space_.decode(genotype).network);
        sgd_.zero_gradients();
        const at::Tensor loss = cross_entropy(network, train, {.training = true});
        loss.backward();
        sgd_.clip(kClip);
        sgd_.step(kLearningRate);
        return loss.item<double>();
    }

    std::int64_t parameters() const override { return count_parameters(weights_); }

  private:
    const spaces::SearchSpace& space_;
    Rng rng_{1};
    spaces::Supernet supernet_;  // has all weights
    SharedWeights weights_;
    Optimizer sgd_;
};

Batch draw_batch(const Options& options, std::uint64_t seed) {
    const at::Generator generator = evaluators::make_generator(seed);
    std::vector<std::int64_t> sizes{options.batch};
    sizes.insert(sizes.end(), options.image.begin(), options.image.end());
    return {at::empty(sizes).normal_(0.0, 1.0, generator),
            at::empty({options.batch}, at::kLong).random_(0, kClasses, generator)};
}

double cpu_seconds() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

Json make_steps(Training& training, const std::vector<Batch>& batches, int count) {
    using Clock = std::chrono::steady_clock;
    Json report{{"seconds", Json::array()}, {"cpu_seconds", Json::array()}};
    for (int i = 0; i < count; ++i) {
        const auto begin = Clock::now();
        const double cpu = cpu_seconds();
        report["loss"] = training.step(batches[0], batches[1]);
        report["seconds"].push_back(std::chrono::duration<double>(Clock::now() - begin).count());
        report["cpu_seconds"].push_back(cpu_seconds() - cpu);
    }
    return report;
}

void serve(const Options& options) {
    evaluators::keep_freed_memory();
    evaluators::use_threads(static_cast<int>(options.threads));
    const auto space = spaces::load_space({{"name", options.space},
                                           {"with",
                                            {{"image", options.image},
                                             {"classes", kClasses},
                                             {"channels", options.channels},
                                             {"cells", options.cells}}}},
                                          {});
    std::unique_ptr<Training> training;
    if (options.mixed)
        training = std::make_unique<MixedTraining>(*space);
    else
        training = std::make_unique<PathTraining>(*space);
    const std::vector<Batch> batches{draw_batch(options, 1), draw_batch(options, 2)};
    for (std::string line; std::getline(std::cin, line);)
        std::cout << make_steps(*training, batches, std::stoi(line)).dump() << std::endl;
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    std::cout << Json{{"peak_memory_bytes", usage.ru_maxrss * 1024},
                      {"parameters", training->parameters()}}
                     .dump()
              << std::endl;
}

}  // namespace
}  // namespace parnas::bench

int main(int argc, char** argv) {
    using namespace parnas;
    try {
        bench::serve(
            bench::read_options(parse_json(argc > 1 ? argv[1] : "", "the first argument")));
        return 0;
    } catch (const Error& error) {
        std::cerr << "error: " << error.what() << '\n';
        return exit_code(error.kind());
    }
}
