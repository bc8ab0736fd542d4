// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/supernet/differentiable/differentiable_phase.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "core/error.h"
#include "evaluators/torch/free_memory.h"
#include "evaluators/torch/memory_estimate.h"
#include "evaluators/torch/supernet/differentiable/differentiable_epoch.h"
#include "evaluators/torch/supernet/weights/checkpoint.h"

namespace parnas::evaluators {
namespace {

constexpr const char* kVelocity = "velocity/all";
constexpr double kMegabyte = 1024.0 * 1024.0;
constexpr std::int64_t kMostParts = 8;
constexpr int kCopies = 5;  // of weights: they, gradient, velocity, two while a step is unrolled

spaces::Supernet make_supernet(const search::DifferentiableEpoch& epoch,
                               std::int64_t partial_channels,
                               const spaces::SearchSpace& space) {
    return spaces::keep_choices(
        *space.shared_weights(),
        space.params(),
        search::supernet_options(epoch, partial_channels, space, search::find_open_choices(space)));
}

Fit choose(const search::DifferentiableEpoch& epoch, const spaces::SearchSpace& space) {
    if (epoch.partial_channels)
        return {.partial_channels = *epoch.partial_channels, .weights = epoch.weights};
    const double bytes = epoch.memory_mb ? static_cast<double>(*epoch.memory_mb) * kMegabyte
                                         : static_cast<double>(free_memory());
    return fit_into(bytes, epoch, space);
}

std::vector<NamedTensor> tensors_of(const AlphaMoments& moments) {
    return {{"alpha/first", moments.first},
            {"alpha/second", moments.second},
            {"alpha/steps", moments.steps}};
}

void load(const Checkpoint& checkpoint,
          SharedWeights& weights,
          const at::Tensor& velocity,
          const AlphaMoments& moments) {
    weights.load(checkpoint.tensors);
    copy_tensor(checkpoint.tensors, {kVelocity, velocity});
    // Moments of other architecture parameters say nothing: a stage has dropped options.
    const std::vector<NamedTensor> own = tensors_of(moments);
    const at::Tensor* first = find_tensor(checkpoint.tensors, own.front().name);
    if (first == nullptr || first->sizes() != own.front().tensor.sizes())
        return;
    for (const NamedTensor& each : own)
        copy_tensor(checkpoint.tensors, each);
}

}  // namespace

Fit fit_into(double bytes,
             const search::DifferentiableEpoch& epoch,
             const spaces::SearchSpace& space) {
    Fit fit{.weights = epoch.weights};
    for (std::int64_t parts = 1; parts <= (epoch.inheritable ? 1 : kMostParts); parts *= 2) {
        try {
            const spaces::Supernet supernet = make_supernet(epoch, parts, space);
            fit.partial_channels = parts;
            if (training_bytes(supernet.network, kCopies, epoch.batch) <= bytes)
                return fit;
        } catch (const Error& error) {
            if (parts == 1 || error.kind() != ErrorKind::invalid_input)
                throw;
            break;  // channels that are not divisible
        }
    }
    fit.weights = search::OptionWeights::gumbel;
    return fit;
}

PhaseOutcome run_differentiable_phase(const Phase& phase,
                                      const Json& settings,
                                      const PhaseParts& parts,
                                      const PhaseContext& context) {
    search::DifferentiableEpoch epoch = search::differentiable_epoch_from_json(settings);
    const Fit fit = choose(epoch, context.space);
    epoch.weights = fit.weights;
    const spaces::Supernet supernet = make_supernet(epoch, fit.partial_channels, context.space);
    SharedWeights weights({&supernet.network, 1},
                          Rng(context.seed).fork("weights").next(),
                          parts.data.train.inputs.device());
    const at::Tensor velocity = at::zeros_like(weights.weights().flat_parameters());
    const StrengthWeights strengths(
        epoch.architecture,
        {.weights = epoch.weights, .edges = epoch.edges, .temperature = epoch.temperature},
        velocity.options());
    const AlphaMoments moments = first_moments(strengths);
    if (phase.warm_start)
        load(read_checkpoint(context.load(*phase.warm_start)), weights, velocity, moments);
    std::variant<DifferentiableFigures, Failure> trained =
        train_differentiable(epoch,
                             {.supernet = supernet, .strengths = strengths, .moments = moments},
                             make_epoch_run(parts, context, weights, velocity));
    if (auto* failure = std::get_if<Failure>(&trained))
        return std::move(*failure);
    auto& figures = std::get<DifferentiableFigures>(trained);
    Checkpoint checkpoint{.header = R"({"type":"differentiable"})", .tensors = weights.tensors()};
    checkpoint.tensors.push_back({kVelocity, velocity});
    std::ranges::move(tensors_of(moments), std::back_inserter(checkpoint.tensors));
    context.save_checkpoint(to_bytes(checkpoint));
    return PhaseResult{.metrics = std::move(figures.metrics),
                       .attachment = search::to_text(
                           search::EpochAttachment{.architecture = strengths.architecture(),
                                                   .partial_channels = fit.partial_channels,
                                                   .weights = fit.weights,
                                                   .losses = std::move(figures.losses)})};
}

}  // namespace parnas::evaluators
