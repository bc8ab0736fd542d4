// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/training.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <new>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <torch/version.h>

#include "core/quiet_machine.h"
#include "evaluators/torch/data_options.h"
#include "evaluators/torch/free_memory.h"
#include "evaluators/torch/memory_estimate.h"
#include "evaluators/torch/optimizer.h"
#include "evaluators/torch/supernet/runner.h"
#include "evaluators/torch/supernet/weights/inherited.h"
#include "evaluators/torch/threads.h"
#include "evaluators/torch/torch_failure.h"
#include "evaluators/torch/training_loop.h"

namespace parnas::evaluators {
namespace {

using Clock = std::chrono::steady_clock;

struct RecalibrationOptions {
    std::int64_t images = 1024;  // of inherited weights' statistics of batch norm
};

// The network as it is trained: in full precision, with the candidate's dropout.
spaces::Network prepared(spaces::Network network, const TrainingOptions& options) {
    for (spaces::Node& node : network.nodes) {
        node.precision = spaces::DType::fp32;
        if (auto* dropout = std::get_if<spaces::Dropout>(&node.op); dropout && options.dropout)
            dropout->rate = *options.dropout;
    }
    return network;
}

// Parameters with gradients, the optimiser's state and the kept copy.
double needed_bytes(const spaces::Network& network,
                    const TrainingOptions& options,
                    std::int64_t samples) {
    const int copies =
        2 + state_per_parameter(options.optimizer.kind) + (options.keep == Keep::best ? 1 : 0);
    return training_bytes(network, copies, std::min(options.batch, samples));
}

std::optional<Failure> lack_of_memory(const spaces::Network& network,
                                      const TrainingOptions& options,
                                      std::int64_t samples) {
    const double needed = needed_bytes(network, options, samples);
    const std::int64_t available = free_memory();
    if (needed <= static_cast<double>(available))
        return std::nullopt;
    return Failure{
        FailureKind::out_of_memory,
        fmt::format(
            "needs about {}, {} are free", to_gib(needed), to_gib(static_cast<double>(available)))};
}

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

class TrainingEvaluator final : public Evaluator {
  public:
    TrainingEvaluator(TrainingOptions options,
                      const RecalibrationOptions& recalibration,
                      PreparedData prepared)
        : options_(std::move(options)),
          recalibration_(recalibration),
          device_(prepared.device),
          fingerprint_(make_fingerprint(options_, recalibration_, prepared.identity)),
          data_(std::move(prepared.data)) {}

    std::string fingerprint() const override { return fingerprint_; }

    std::vector<std::string> metrics() const override {
        std::vector<std::string> names = metric_names(data_.task.kind);
        names.insert(names.end(), {"train_loss", "train_seconds"});
        return names;
    }

    void check_space(const spaces::SearchSpace& space, Faults& faults) const override {
        // Conditional hyperparameters are active in some samples only.
        constexpr int kSamples = 16;
        Rng rng(0);
        for (int i = 0; i < kSamples; ++i) {
            const spaces::Decoded decoded = space.decode(spaces::sample_feasible(space, rng));
            (void)with_values(options_, decoded.values, faults);
            if (!decoded.network)
                faults.add("/body",
                           "training needs a space of networks; this one has hyperparameters only");
            else if (const auto reason = misfit(space, *decoded.network, data_))
                faults.add("/input", *reason);
        }
    }

    Outcome evaluate(const Candidate& candidate, const Context& context) const override {
        const Clock::time_point start = Clock::now();
        Faults faults;
        const spaces::Decoded decoded = context.space.decode(candidate.genotype);
        const TrainingOptions options = with_values(options_, decoded.values, faults);
        faults.throw_if_any();
        check(decoded.network != nullptr, "a candidate for training has a network");
        const spaces::Network network = prepared(*decoded.network, options);
        if (const auto reason = misfit(context.space, network, data_))
            return Failure{FailureKind::infeasible, *reason};
        if (device_.is_cpu())
            if (const auto failure = lack_of_memory(network, options, data_.train.size()))
                return *failure;
        use_threads(context.threads);
        try {
            Outcome outcome = train_and_score(network, options, candidate, context);
            if (auto* measurement = std::get_if<Measurement>(&outcome))
                measurement->cost = Seconds(seconds_since(start));
            return outcome;
        } catch (const std::bad_alloc&) {
            return Failure{FailureKind::out_of_memory, "memory ran out during training"};
        } catch (const c10::Error& error) {
            return to_failure(error);
        }
    }

    std::unique_ptr<PhaseRunner> make_phase_runner() const override {
        if (data_.task.kind != TaskKind::classification)
            return nullptr;
        return make_supernet_runner({.data = data_, .options = options_});
    }

  private:
    static std::string make_fingerprint(const TrainingOptions& options,
                                        const RecalibrationOptions& recalibration,
                                        const std::string& data) {
        Json json{{"evaluator", "training@1"},
                  {"libtorch", TORCH_VERSION},
                  {"options", to_json(options)}};
        json.update(parse_json(data, "data"));
        if (recalibration.images != RecalibrationOptions{}.images)
            json["recalibration"] = recalibration.images;
        return dump_json(json);
    }

    // The network as the candidate starts it, and whether all it has is inherited.
    struct Started {
        TorchNetwork network;
        bool inherits = false;
    };

    Started start(const spaces::Network& network,
                  const Candidate& candidate,
                  const Context& context) const {
        const auto fresh = [&] {
            return TorchNetwork(network, Rng(candidate.seed).fork("weights").next(), device_);
        };
        if (!candidate.warm_start)
            return {.network = fresh()};
        const WarmStart from =
            warm_starts_.find(*candidate.warm_start, context.space, device_, context.load);
        if (const auto* shared = std::get_if<std::shared_ptr<InheritedWeights>>(&from))
            return {.network = (*shared)->extract(network), .inherits = true};
        Started started{.network = fresh()};
        // On this data, however the other was scaled.
        (void)load_bytes(std::get<std::string>(from), started.network.weights());
        return started;
    }

    Outcome train_and_score(const spaces::Network& network,
                            const TrainingOptions& options,
                            const Candidate& candidate,
                            const Context& context) const {
        Started started = start(network, candidate, context);
        return started.inherits && candidate.stage == Stage::search
                   ? score_started(started.network, candidate, context)
                   : train_started(started.network, options, candidate, context);
    }

    Outcome score_started(TorchNetwork& model,
                          const Candidate& candidate,
                          const Context& context) const {
        const Clock::time_point start = Clock::now();
        const Busy busy;
        const std::optional<InheritedScore> scored =
            score_inherited(model, data_, recalibration_.images, context.stop);
        if (!scored)
            return Failure{FailureKind::cancelled, "stopped while scoring inherited weights"};
        if (!std::isfinite(scored->validation.loss))
            return Failure{FailureKind::diverged,
                           "validation loss is not finite with inherited weights"};
        if (context.save_weights)
            context.save_weights(to_bytes(model.weights(), data_.scaling));
        return Measurement{.metrics = {{"accuracy", scored->validation.accuracy},
                                       {"loss", scored->validation.loss},
                                       {"train_loss", scored->train_loss},
                                       {"train_seconds", seconds_since(start)}},
                           .fidelity = candidate.fidelity};
    }

    Outcome train_started(TorchNetwork& model,
                          const TrainingOptions& options,
                          const Candidate& candidate,
                          const Context& context) const {
        const bool finalist = candidate.stage == Stage::finalist;
        const auto epochs = static_cast<double>(finalist ? options.final_epochs : options.epochs);
        const Clock::time_point start = Clock::now();
        const TrainingRun run{
            .network = model,
            .data = data_,
            .options = options,
            .epochs = static_cast<std::int64_t>(std::ceil(epochs * candidate.fidelity)),
            .rng = Rng(candidate.seed),
            .stop = context.stop,
            .report = context.report};
        std::variant<Metrics, Failure> trained = train(run);
        if (const auto* failure = std::get_if<Failure>(&trained))
            return *failure;
        Measurement measurement{.metrics = std::get<Metrics>(std::move(trained)),
                                .fidelity = candidate.fidelity};
        measurement.metrics["train_seconds"] = seconds_since(start);
        if (finalist && data_.test.size() > 0) {
            const std::optional<Score> test = score(model, data_.task, data_.test, context.stop);
            if (!test)
                return Failure{FailureKind::cancelled, "stopped while testing"};
            measurement.metrics.merge(test_metrics(data_.task, *test));
        }
        if (context.save_weights)
            context.save_weights(to_bytes(model.weights(), data_.scaling));
        return measurement;
    }

    TrainingOptions options_;
    RecalibrationOptions recalibration_;
    at::Device device_;
    std::string fingerprint_;
    TrainingData data_;
    mutable WarmStarts warm_starts_;
};

RecalibrationOptions read_recalibration(ObjectReader& options) {
    RecalibrationOptions recalibration;
    if (const Json* json = options.find("recalibration")) {
        ObjectReader reader(*json, options.pointer("recalibration"), options.faults());
        recalibration.images = reader.integer("images", recalibration.images, {2, 1'000'000'000});
        reader.finish();
    }
    return recalibration;
}

}  // namespace

std::unique_ptr<Evaluator> make_training_evaluator(ObjectReader& options,
                                                   const std::filesystem::path& base) {
    TrainingOptions training = read_training_options(options);
    const RecalibrationOptions recalibration = read_recalibration(options);
    std::optional<PreparedData> data = read_prepared_data(options, base);
    if (!data)
        return nullptr;
    return std::make_unique<TrainingEvaluator>(
        std::move(training), recalibration, *std::move(data));
}

}  // namespace parnas::evaluators
