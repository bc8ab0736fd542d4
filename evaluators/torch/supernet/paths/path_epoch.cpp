// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/supernet/paths/path_epoch.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/quiet_machine.h"
#include "evaluators/torch/supernet/paths/path_loss.h"
#include "evaluators/torch/supernet/weights/inherited.h"
#include "evaluators/torch/training_loop.h"
#include "search/weight_sharing/path_draws.h"

namespace parnas::evaluators {
namespace {

using search::Distill;
using search::PathSampling;

constexpr std::size_t kKeptNetworks = 256;  // most spaces have too many to meet one again
constexpr std::int64_t kRecalibration = 1024;

// SGD with Nesterov's momentum on all shared weights at once, also on those that a step
// leaves alone: they go on as their velocity says, as in PyTorch.
class PathOptimizer {
  public:
    PathOptimizer(const search::PathEpoch& epoch, SharedWeights& weights, at::Tensor velocity)
        : epoch_(epoch),
          parameters_(weights.weights().flat_parameters()),
          gradients_(weights.gradients()),
          velocity_(std::move(velocity)) {
        if (epoch.weight_decay > 0.0)
            decay_ = make_decay(epoch.weight_decay, weights.weights());
    }

    void zero_gradients() { gradients_.zero_(); }

    void step() {
        const at::NoGradGuard no_grad;
        if (epoch_.clip)
            gradients_.mul_((*epoch_.clip / (gradients_.norm() + 1e-6)).clamp_max(1.0));
        if (decay_.defined())
            gradients_.addcmul_(parameters_, decay_);
        velocity_.mul_(epoch_.momentum).add_(gradients_);
        parameters_.add_(gradients_.add_(velocity_, epoch_.momentum), -epoch_.lr);
    }

  private:
    // Biases and the scales of norms have one dimension.
    static at::Tensor make_decay(double decay, const Weights& weights) {
        at::Tensor flat = at::zeros_like(weights.flat_parameters());
        for (const NamedTensor& each : weights.parameters())
            if (each.tensor.dim() > 1)
                flat.narrow(0, each.tensor.storage_offset(), each.tensor.numel()).fill_(decay);
        return flat;
    }

    const search::PathEpoch& epoch_;
    at::Tensor parameters_;
    at::Tensor gradients_;
    at::Tensor velocity_;
    at::Tensor decay_;  // undefined: none
};

// The networks of genotypes, on shared weights.
class PathNetworks {
  public:
    PathNetworks(const spaces::SearchSpace& space, SharedWeights& weights)
        : space_(space), weights_(weights) {}

    // Valid until the next call.
    TorchNetwork& find(const Genotype& genotype) {
        const Digest key = spaces::hash(genotype);
        if (const auto found = networks_.find(key); found != networks_.end())
            return found->second;
        if (networks_.size() >= kKeptNetworks)
            networks_.clear();
        return networks_.emplace(key, weights_.view(*space_.decode(genotype).network))
            .first->second;
    }

  private:
    const spaces::SearchSpace& space_;
    SharedWeights& weights_;
    std::unordered_map<Digest, TorchNetwork> networks_;
};

// One epoch, step by step. Steps count from 0, in messages from 1.
class PathTrainer {
  public:
    PathTrainer(const search::PathEpoch& epoch, SharedWeights* teacher, const EpochRun& run)
        : run_(run),
          epoch_(epoch),
          draws_(run.space, epoch, run.rng.fork("paths")),
          augment_rng_(run.rng.fork("augment")),
          pass_{.training = true,
                .generator = make_generator(run.rng.fork("dropout").next(),
                                            run.weights.gradients().device()),
                .statistics_rate = 0.0},
          optimizer_(epoch, run.weights, run.velocity),
          networks_(run.space, run.weights) {
        if (teacher != nullptr)
            teachers_.emplace(run.space, *teacher);
    }

    std::variant<Metrics, Failure> train() {
        if (const std::optional<Failure> failure = train_steps())
            return *failure;
        Metrics metrics{{"train_loss", loss_ / static_cast<double>(paths_)}};
        if (epoch_.validate)
            for (const auto& [name, genotype] :
                 {std::pair("accuracy_largest", draws_.largest()),
                  std::pair("accuracy_smallest", draws_.smallest())}) {
                const std::optional<double> accuracy = validate(genotype);
                if (!accuracy)
                    return cancelled();
                metrics[name] = *accuracy;
            }
        return metrics;
    }

  private:
    std::optional<Failure> train_steps() {
        std::vector<std::int64_t> order(static_cast<std::size_t>(run_.data.train.size()));
        std::iota(order.begin(), order.end(), 0);
        Rng order_rng = run_.rng.fork("order");
        order_rng.shuffle(std::span(order));
        const std::size_t size = std::min(static_cast<std::size_t>(epoch_.batch), order.size());
        const std::size_t steps = order.size() / size;  // full ones: the order changes each epoch
        for (std::size_t step = 0; step < steps; ++step) {
            busy_.pause_point();
            const std::optional<double> loss =
                train_step(std::span(order).subspan(step * size, size));
            if (!loss)
                return cancelled();
            if (!std::isfinite(*loss))
                return Failure{FailureKind::diverged,
                               fmt::format("loss is not finite in step {} of {}", step + 1, steps)};
            loss_ += *loss;
            if (run_.progress)
                run_.progress(static_cast<double>(step + 1) / static_cast<double>(steps),
                              {{"train_loss", loss_ / static_cast<double>(paths_)}});
        }
        return std::nullopt;
    }

    // The sum of the sub-networks' losses before the step; nothing if it was stopped.
    std::optional<double> train_step(std::span<const std::int64_t> indices) {
        const Samples batch = make_batch(run_.data.train, indices, run_.augment, augment_rng_);
        const std::vector<Genotype> paths = draws_.next();
        taught_.reset();
        optimizer_.zero_gradients();
        at::Tensor sum = at::zeros({}, batch.inputs.options());
        for (std::size_t i = 0; i < paths.size(); ++i) {
            if (run_.stop.stop_requested())
                return std::nullopt;
            const at::Tensor loss = path_loss(paths[i], batch, i == 0);
            if (loss.requires_grad())
                loss.backward();
            sum += loss.detach();
        }
        paths_ += paths.size();
        const auto loss = sum.item<double>();
        if (std::isfinite(loss))
            optimizer_.step();
        return loss;
    }

    at::Tensor path_loss(const Genotype& path, const Samples& batch, bool first) {
        const bool learns_from_first = epoch_.distill == Distill::largest && !first;
        Pass pass = pass_;
        if (learns_from_first)  // dropout would keep it from its teacher
            pass.generator = {};
        const std::vector<at::Tensor> outputs = networks_.find(path).forward({batch.inputs}, pass);
        if (learns_from_first)
            return distillation(outputs.back(), taught_->logits);
        const at::Tensor loss =
            loss_of(run_.data.task, outputs, batch.targets, epoch_.label_smoothing);
        if (epoch_.distill == Distill::largest)
            taught_ = Taught{.genotype = path, .logits = outputs.back().detach()};
        if (epoch_.distill != Distill::teacher)
            return loss;
        return loss +
               epoch_.distill_weight * distillation(outputs.back(), teacher_logits(path, batch));
    }

    // The teacher answers a batch once for all sub-networks that read it in one resolution.
    at::Tensor teacher_logits(const Genotype& path, const Samples& batch) {
        const Genotype teacher = draws_.teacher_of(path);
        if (taught_ && taught_->genotype == teacher)
            return taught_->logits;
        const at::NoGradGuard no_grad;
        Pass pass = pass_;
        pass.generator = {};
        taught_ = Taught{.genotype = teacher,
                         .logits = teachers_->find(teacher).forward({batch.inputs}, pass).back()};
        return taught_->logits;
    }

    at::Tensor distillation(const at::Tensor& logits, const at::Tensor& teacher) const {
        return divergence(logits, teacher, epoch_.divergence, epoch_.alpha_clip);
    }

    // With statistics of its own; nothing if it was stopped.
    std::optional<double> validate(const Genotype& genotype) {
        const spaces::Decoded decoded = run_.space.decode(genotype);
        TorchNetwork network = run_.weights.view(*decoded.network, Statistics::own);
        const std::optional<InheritedScore> scored =
            score_inherited(network, run_.data, kRecalibration, run_.stop);
        if (!scored)
            return std::nullopt;
        return scored->validation.accuracy;
    }

    static Failure cancelled() { return {FailureKind::cancelled, "stopped in an epoch"}; }

    struct Taught {
        Genotype genotype;
        at::Tensor logits;  // for the step's batch
    };

    const EpochRun& run_;
    const search::PathEpoch& epoch_;
    search::PathDraws draws_;
    Rng augment_rng_;
    Pass pass_;
    PathOptimizer optimizer_;
    PathNetworks networks_;
    std::optional<PathNetworks> teachers_;
    std::optional<Taught> taught_;  // of the step
    Busy busy_;
    double loss_ = 0.0;      // summed over sub-networks
    std::size_t paths_ = 0;  // trained so far
};

}  // namespace

std::variant<Metrics, Failure> train_paths(const search::PathEpoch& epoch,
                                           SharedWeights* teacher,
                                           const EpochRun& run) {
    return PathTrainer(epoch, teacher, run).train();
}

}  // namespace parnas::evaluators
