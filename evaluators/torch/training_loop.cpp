// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/training_loop.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "core/quiet_machine.h"
#include "evaluators/torch/optimizer.h"
#include "evaluators/torch/schedule.h"

namespace parnas::evaluators {
namespace {

// Of a loss that is not finite; fmt would tell -nan from nan.
const char* to_word(double loss) {
    return std::isnan(loss) ? "nan" : "infinite";
}

// One training run, epoch by epoch. Epochs and batches count from 0, in messages from 1.
class Trainer {
  public:
    explicit Trainer(const TrainingRun& run)
        : run_(run),
          order_rng_(run.rng.fork("order")),
          augment_rng_(run.rng.fork("augment")),
          pass_{.training = true,
                .generator =
                    make_generator(run.rng.fork("dropout").next(), run.data.train.inputs.device())},
          optimizer_(run.options.optimizer,
                     run.network.weights().flat_parameters(),
                     run.network.weights().make_flat_gradients()),
          order_(static_cast<std::size_t>(run.data.train.size())) {
        std::iota(order_.begin(), order_.end(), 0);
    }

    std::variant<Metrics, Failure> train() {
        for (std::int64_t epoch = 0; epoch < run_.epochs; ++epoch) {
            if (const std::optional<Failure> failure = train_epoch(epoch))
                return *failure;
            const std::optional<Score> validation =
                score(run_.network, run_.data.task, run_.data.validation, run_.stop);
            if (!validation)
                return cancelled(epoch);
            if (!std::isfinite(validation->loss))
                return Failure{FailureKind::diverged,
                               fmt::format("validation loss is {} after epoch {}",
                                           to_word(validation->loss),
                                           epoch + 1)};
            Metrics metrics = to_metrics(run_.data.task, *validation);
            metrics["train_loss"] = train_loss_;
            consider(epoch, merit(run_.data.task, *validation), metrics);
            if (stops(epoch, metrics) ||
                (run_.options.patience && epoch - best_epoch_ >= *run_.options.patience))
                break;
        }
        restore_kept();
        return kept_metrics_;
    }

  private:
    // The report may wait for somebody who waits for a quiet machine.
    bool stops(std::int64_t epoch, const Metrics& metrics) {
        return run_.report &&
               busy_.pause_while([&] { return run_.report(epoch, metrics); }) == Verdict::stop;
    }

    std::optional<Failure> train_epoch(std::int64_t epoch) {
        order_rng_.shuffle(std::span(order_));
        const auto size = static_cast<std::size_t>(run_.options.batch);
        const std::size_t batches = (order_.size() + size - 1) / size;
        double sum = 0.0;
        std::size_t samples = 0;
        for (std::size_t batch = 0; batch < batches; ++batch) {
            if (run_.stop.stop_requested())
                return cancelled(epoch);
            busy_.pause_point();
            const auto indices = std::span(order_).subspan(
                batch * size, std::min(size, order_.size() - batch * size));
            if (indices.size() == 1 && batch > 0)
                continue;  // a left-over sample has no variance for batch norm
            const double loss = train_batch(indices, rate(epoch, batch, batches));
            if (!std::isfinite(loss))
                return Failure{
                    FailureKind::diverged,
                    fmt::format(
                        "loss is {} in epoch {}, batch {}", to_word(loss), epoch + 1, batch + 1)};
            sum += loss * static_cast<double>(indices.size());
            samples += indices.size();
        }
        train_loss_ = sum / static_cast<double>(samples);
        return std::nullopt;
    }

    // The batch's loss before the step.
    double train_batch(std::span<const std::int64_t> indices, double lr) {
        const Samples batch =
            make_batch(run_.data.train, indices, run_.options.augment, augment_rng_);
        const std::vector<at::Tensor> outputs = run_.network.forward(batch.network_inputs(), pass_);
        const at::Tensor loss =
            loss_of(run_.data.task, outputs, batch.targets, run_.options.label_smoothing);
        const double value = loss.item<double>();
        if (!std::isfinite(value) || !loss.requires_grad())
            return value;
        optimizer_.zero_gradients();
        loss.backward();
        if (run_.options.clip_norm)
            optimizer_.clip(*run_.options.clip_norm);
        optimizer_.step(lr);
        return value;
    }

    double rate(std::int64_t epoch, std::size_t batch, std::size_t batches) const {
        // In the middle of the batch: neither the first nor the last step has rate 0.
        const double share = (static_cast<double>(batch) + 0.5) / static_cast<double>(batches);
        return run_.options.optimizer.lr * learning_rate_factor(run_.options.schedule,
                                                                static_cast<double>(epoch) + share,
                                                                static_cast<double>(run_.epochs));
    }

    // Keeps this epoch's weights and metrics if they are the ones to keep so far.
    void consider(std::int64_t epoch, double merit, const Metrics& metrics) {
        if (best_epoch_ < 0 || merit > best_merit_) {
            best_epoch_ = epoch;
            best_merit_ = merit;
        }
        if (run_.options.keep == Keep::last) {
            kept_metrics_ = metrics;
        } else if (merit >= best_merit_) {  // of equal ones the one trained for longest
            kept_metrics_ = metrics;
            kept_parameters_ = run_.network.weights().flat_parameters().clone();
            kept_statistics_ = run_.network.weights().flat_statistics().clone();
        }
    }

    void restore_kept() {
        if (!kept_parameters_.defined())
            return;
        run_.network.weights().flat_parameters().copy_(kept_parameters_);
        run_.network.weights().flat_statistics().copy_(kept_statistics_);
    }

    static Failure cancelled(std::int64_t epoch) {
        return {FailureKind::cancelled, fmt::format("stopped in epoch {}", epoch + 1)};
    }

    const TrainingRun& run_;
    Rng order_rng_;
    Rng augment_rng_;
    Pass pass_;
    Optimizer optimizer_;
    Busy busy_;
    std::vector<std::int64_t> order_;
    double train_loss_ = 0.0;
    std::int64_t best_epoch_ = -1;
    double best_merit_ = 0.0;
    Metrics kept_metrics_;
    at::Tensor kept_parameters_;
    at::Tensor kept_statistics_;
};

}  // namespace

std::variant<Metrics, Failure> train(const TrainingRun& run) {
    return Trainer(run).train();
}

}  // namespace parnas::evaluators
