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
#include "evaluators/data/data_set.h"
#include "evaluators/torch/device.h"
#include "evaluators/torch/free_memory.h"
#include "evaluators/torch/memory_estimate.h"
#include "evaluators/torch/optimizer.h"
#include "evaluators/torch/supernet/inherited.h"
#include "evaluators/torch/supernet/runner.h"
#include "evaluators/torch/threads.h"
#include "evaluators/torch/torch_failure.h"
#include "evaluators/torch/training_loop.h"
#include "search/weight_sharing/open_values.h"
#include "spaces/shapes.h"

namespace parnas::evaluators {
namespace {

using Clock = std::chrono::steady_clock;

struct DataOptions {
    SplitOptions split;
    bool normalize = true;
};

struct RecalibrationOptions {
    std::int64_t images = 1024;  // of inherited weights' statistics of batch norm
};

// The shape that samples have when a network of the space reads them: where the space opens
// the resolution they are resized.
spaces::Shape shape_read(const spaces::SearchSpace& space,
                         const spaces::Network& network,
                         const TrainingData& data) {
    spaces::Shape shape = data.shape;
    const std::vector<search::Role> roles = search::roles(space);
    if (std::ranges::find(roles, search::Role::resolution) == roles.end() || shape.size() != 3 ||
        network.inputs[0].shape.size() != 3)
        return shape;
    std::copy_n(network.inputs[0].shape.begin() + 1, 2, shape.begin() + 1);
    return shape;
}

// Why the data cannot be fed to the network, or its answers not be compared with labels.
std::optional<std::string> misfit(const spaces::SearchSpace& space,
                                  const spaces::Network& network,
                                  const TrainingData& data) {
    if (network.inputs.size() != 1 || network.inputs[0].dtype == spaces::DType::int64)
        return fmt::format(
            "training needs a network with one input of numbers, this one has {} inputs{}",
            network.inputs.size(),
            network.inputs.size() == 1 ? " of integers" : "");
    if (network.inputs[0].shape != shape_read(space, network, data))
        return fmt::format("the network's input is {}, a sample of the data is {}",
                           spaces::to_string(network.inputs[0].shape, network.symbols),
                           spaces::to_string(data.shape));
    const std::vector<spaces::Shape> shapes = spaces::infer_shapes(network);
    for (const spaces::ValueId output : network.outputs)
        if (const auto& shape = shapes[static_cast<std::size_t>(output)];
            shape != spaces::Shape{data.classes})
            return fmt::format("an output of the network is {}, the data has {} classes",
                               spaces::to_string(shape, network.symbols),
                               data.classes);
    if (network.outputs.empty())
        return "the network has no output";
    return std::nullopt;
}

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
double needed_bytes(const spaces::Network& network, const TrainingOptions& options) {
    const int copies =
        2 + state_per_parameter(options.optimizer.kind) + (options.keep == Keep::best ? 1 : 0);
    return training_bytes(network, copies, options.batch);
}

std::optional<Failure> lack_of_memory(const spaces::Network& network,
                                      const TrainingOptions& options) {
    const double needed = needed_bytes(network, options);
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
                      const DataOptions& data_options,
                      const DataSet& data,
                      at::Device device)
        : options_(std::move(options)),
          recalibration_(recalibration),
          device_(device),
          fingerprint_(make_fingerprint(options_, recalibration_, data_options, data, device)) {
        const Split split = make_split(data, data_options.split);
        data_ = make_training_data(
            data, split, data_options.normalize ? Normalize::per_channel : Normalize::no);
        move_to(data_, device_);
    }

    std::string fingerprint() const override { return fingerprint_; }

    std::vector<std::string> metrics() const override {
        return {"accuracy", "loss", "train_loss", "train_seconds"};
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
            if (const auto failure = lack_of_memory(network, options))
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
        return make_supernet_runner({.data = data_, .options = options_});
    }

  private:
    static std::string make_fingerprint(const TrainingOptions& options,
                                        const RecalibrationOptions& recalibration,
                                        const DataOptions& data_options,
                                        const DataSet& data,
                                        at::Device device) {
        Json json{{"evaluator", "training@1"},
                  {"libtorch", TORCH_VERSION},
                  {"options", to_json(options)},
                  {"validation", data_options.split.validation},
                  {"test", data_options.split.test},
                  {"seed", data_options.split.seed},
                  {"normalize", data_options.normalize},
                  {"data", to_string(data.digest)},
                  {"samples", data.size()}};
        if (!device.is_cpu())
            json["device"] = device.str();
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
            const std::optional<Score> test = score(model, data_.test, context.stop);
            if (!test)
                return Failure{FailureKind::cancelled, "stopped while testing"};
            measurement.metrics["test_accuracy"] = test->accuracy;
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

DataOptions read_data_options(ObjectReader& options) {
    DataOptions data;
    data.normalize = options.boolean("normalize", data.normalize);
    if (const Json* json = options.find("split")) {
        ObjectReader split(*json, options.pointer("split"), options.faults());
        data.split.validation = split.real("validation", data.split.validation, {0.01, 0.98});
        data.split.test = split.real("test", data.split.test, {0.0, 0.98});
        data.split.seed = static_cast<std::uint64_t>(split.integer("seed", 0, {0}));
        if (data.split.validation + data.split.test > 0.99)
            split.fault("validation", "validation and test leave nothing to train on");
        split.finish();
    }
    return data;
}

}  // namespace

std::unique_ptr<Evaluator> make_training_evaluator(ObjectReader& options,
                                                   const std::filesystem::path& base) {
    TrainingOptions training = read_training_options(options);
    const DataOptions data_options = read_data_options(options);
    const at::Device device = read_device(options);
    const RecalibrationOptions recalibration = read_recalibration(options);
    const Json* json = options.need("data");
    if (json == nullptr)
        return nullptr;
    ObjectReader reader(*json, options.pointer("data"), options.faults());
    const DataSet data = read_data_set(reader, base);
    if (!options.faults().empty())
        return nullptr;
    return std::make_unique<TrainingEvaluator>(
        std::move(training), recalibration, data_options, data, device);
}

}  // namespace parnas::evaluators
