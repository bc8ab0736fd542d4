// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/supernet/differentiable/differentiable_epoch.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/error.h"
#include "core/quiet_machine.h"
#include "evaluators/torch/supernet/differentiable/bilevel.h"
#include "evaluators/torch/training_loop.h"
#include "search/weight_sharing/health.h"

namespace parnas::evaluators {
namespace {

using Kind = spaces::Strength::Kind;

constexpr std::int64_t kValidationBatch = 256;
constexpr std::int64_t kMostScored = 2048;  // validation images
constexpr double kAdamEpsilon = 1e-8;
// Of a cost's target: where a fitted sum falls below it, it says nothing any more.
constexpr double kLeastCost = 1e-3;

// Batches of the samples in random order, without end.
class SampleOrder {
  public:
    SampleOrder(std::int64_t samples, std::int64_t batch, Rng rng)
        : rng_(std::move(rng)),
          order_(static_cast<std::size_t>(samples)),
          size_(std::min(static_cast<std::size_t>(batch), order_.size())) {
        std::iota(order_.begin(), order_.end(), 0);
        next_ = order_.size();
    }

    // Full ones; the order of the next round is another one.
    std::span<const std::int64_t> next() {
        if (next_ + size_ > order_.size()) {
            rng_.shuffle(std::span(order_));
            next_ = 0;
        }
        next_ += size_;
        return std::span(order_).subspan(next_ - size_, size_);
    }

    std::size_t in_a_round() const { return order_.size() / size_; }

  private:
    Rng rng_;
    std::vector<std::int64_t> order_;
    std::size_t size_;
    std::size_t next_ = 0;
};

class DifferentiableTrainer {
  public:
    DifferentiableTrainer(const search::DifferentiableEpoch& epoch,
                          const OpenSupernet& open,
                          const EpochRun& run)
        : run_(run),
          epoch_(epoch),
          strengths_(open.strengths),
          moments_(open.moments),
          network_(run.weights.view(open.supernet.network)),
          flat_{run.weights.weights().flat_parameters(), run.weights.gradients()},
          alpha_(open.strengths.alpha()),
          open_(search::find_open_choices(run.space)),
          train_(run.data.train.size(), epoch_.batch, run.rng.fork("train")),
          validation_(run.data.validation.size(), epoch_.batch, run.rng.fork("validation")),
          augment_rng_(run.rng.fork("augment")),
          dropout_(make_generator(run.rng.fork("dropout").next(), flat_.values.device())),
          draws_(make_generator(run.rng.fork("draws").next(), flat_.values.device())) {
        validation_loss_ = at::zeros({}, flat_.values.options());
        for (const spaces::Strength& strength : open.supernet.strengths)
            places_.push_back(place_of(strength));
        if (epoch_.cost)
            cost_ = search::expected_cost(epoch_.cost->additive,
                                          run.space.params(),
                                          open_,
                                          epoch_.architecture,
                                          epoch_.edges);
    }

    std::variant<DifferentiableFigures, Failure> train() {
        const std::size_t steps = train_.in_a_round();
        for (std::size_t step = 0; step < steps; ++step) {
            busy_.pause_point();
            if (run_.stop.stop_requested())
                return cancelled();
            const Samples batch =
                make_batch(run_.data.train, train_.next(), run_.augment, augment_rng_);
            if (!epoch_.frozen)
                alpha_step(batch);
            const double loss = weight_step(batch);
            if (!std::isfinite(loss))
                return Failure{FailureKind::diverged,
                               fmt::format("loss is not finite in step {} of {}", step + 1, steps)};
            train_loss_ += loss / static_cast<double>(steps);
            if (run_.progress)
                run_.progress(static_cast<double>(step + 1) / static_cast<double>(steps),
                              {{"train_loss", loss}});
        }
        return figures(steps);
    }

  private:
    // In the architecture, which may have more strengths than a shorter supernet.
    std::size_t place_of(const spaces::Strength& strength) const {
        const auto& all = epoch_.architecture.strengths;
        const auto found = std::ranges::find(
            all, strength.name, [](const auto& each) { return each.strength.name; });
        check(found != all.end() && found->strength.entries == strength.entries,
              "the supernet's strengths are the architecture's");
        return static_cast<std::size_t>(found - all.begin());
    }

    std::vector<MixWeights> of_supernet(const std::vector<MixWeights>& weights) const {
        std::vector<MixWeights> result;
        for (const std::size_t place : places_)
            result.push_back(weights[place]);
        return result;
    }

    // Batch norm takes the batch's statistics; the running ones are kept up by weight steps alone.
    at::Tensor loss_of(const Samples& batch, const std::vector<MixWeights>& weights, Pass pass) {
        const std::vector<MixWeights> mixes = of_supernet(weights);
        pass.training = true;
        pass.mixes = mixes;
        return evaluators::loss_of(
            run_.data.task, network_.forward({batch.inputs}, pass), batch.targets, 0.0);
    }

    // --- architecture parameters -------------------------------------------------------------

    // What the loss has besides the validation batch's; undefined: nothing.
    at::Tensor regulariser() const {
        at::Tensor sum;
        const auto add = [&sum](const at::Tensor& term) {
            sum = sum.defined() ? sum + term : term;
        };
        if (epoch_.beta_regulariser > 0.0)
            add(epoch_.beta_regulariser * strengths_.beta_regulariser());
        if (epoch_.divergence > 0.0)
            add(epoch_.divergence * strengths_.divergence());
        if (epoch_.cost && epoch_.cost->target)
            add(cost_penalty(*epoch_.cost));
        return sum;
    }

    // See search::penalty().
    at::Tensor cost_penalty(const search::DifferentiableEpoch::Cost& cost) const {
        const double target = *cost.target;
        const at::Tensor excess =
            strengths_.log_cost(cost_, kLeastCost * target) - std::log(target);
        const search::Multiplier& multiplier = cost.multiplier;
        return (multiplier.lambda + multiplier.rho * excess).relu().square() /
               (2.0 * multiplier.rho);
    }

    void alpha_step(const Samples& train) {
        Rng none(0);
        const Samples batch = make_batch(run_.data.validation, validation_.next(), {}, none);
        const Pass still{.statistics_rate = 0.0};
        const auto validation_loss = [&] {
            at::Tensor loss = loss_of(batch, strengths_.draw(draws_), still);
            validation_loss_ += loss.detach();
            ++validation_losses_;
            const at::Tensor more = regulariser();
            return more.defined() ? loss + more : loss;
        };
        const auto train_loss = [&] { return loss_of(train, strengths_.draw(draws_), still); };
        if (epoch_.order == 1)
            adam(alpha_gradient(alpha_, validation_loss));
        else
            adam(unrolled_gradient(flat_,
                                   alpha_,
                                   train_loss,
                                   validation_loss,
                                   {.lr = epoch_.lr,
                                    .momentum = epoch_.momentum,
                                    .weight_decay = epoch_.weight_decay,
                                    .velocity = run_.velocity}));
    }

    void adam(at::Tensor gradient) const {
        const at::NoGradGuard no_grad;
        gradient = gradient.add(alpha_, epoch_.alpha_weight_decay);
        moments_.steps.add_(1.0);
        const auto steps = moments_.steps.item<double>();
        moments_.first.mul_(epoch_.alpha_beta1).add_(gradient, 1.0 - epoch_.alpha_beta1);
        moments_.second.mul_(epoch_.alpha_beta2)
            .addcmul_(gradient, gradient, 1.0 - epoch_.alpha_beta2);
        const double first_scale = 1.0 - std::pow(epoch_.alpha_beta1, steps);
        const double second_scale = 1.0 - std::pow(epoch_.alpha_beta2, steps);
        const at::Tensor divisor =
            moments_.second.sqrt().div_(std::sqrt(second_scale)).add_(kAdamEpsilon);
        at::Tensor(alpha_).addcdiv_(moments_.first, divisor, -epoch_.alpha_lr / first_scale);
    }

    // --- weights -------------------------------------------------------------------------------

    // The loss before the step.
    double weight_step(const Samples& batch) {
        flat_.gradients.zero_();
        std::vector<MixWeights> weights;
        {
            const at::NoGradGuard no_grad;  // architecture parameters stay as they are
            weights = strengths_.draw(draws_);
        }
        const at::Tensor loss =
            loss_of(batch, weights, {.generator = dropout_, .skip_dropout = epoch_.skip_dropout});
        const auto value = loss.item<double>();
        if (!std::isfinite(value) || !loss.requires_grad())
            return value;
        loss.backward();
        const at::NoGradGuard no_grad;
        flat_.gradients.mul_((epoch_.clip_norm / (flat_.gradients.norm() + 1e-6)).clamp_max(1.0));
        flat_.gradients.add_(flat_.values, epoch_.weight_decay);
        at::Tensor velocity = run_.velocity;
        velocity.mul_(epoch_.momentum).add_(flat_.gradients);
        flat_.values.add_(velocity, -epoch_.lr);
        return value;
    }

    // --- figures -------------------------------------------------------------------------------

    std::variant<DifferentiableFigures, Failure> figures(std::size_t steps) {
        Metrics metrics{{"train_loss", train_loss_}};
        if (validation_losses_ > 0)
            metrics["validation_loss"] =
                validation_loss_.item<double>() / static_cast<double>(validation_losses_);
        const search::Architecture after = strengths_.architecture();
        search::HealthRecord health =
            search::look_at(epoch_.architecture, after, epoch_.weights, run_.space, open_);
        if (epoch_.eigenvalue)
            health.eigenvalue = eigenvalue();
        if (epoch_.gap) {
            const double mixed = score(strengths_.expected()).accuracy;
            const std::optional<double> discrete = discretised_accuracy(after);
            if (run_.stop.stop_requested())
                return cancelled();
            metrics["mixed_accuracy"] = mixed;
            if (discrete) {
                metrics["discretised_accuracy"] = *discrete;
                health.gap = mixed - *discrete;
            }
        }
        if (epoch_.cost)
            metrics[search::expected_name(epoch_.cost->additive.metric)] = expected_cost();
        search::add_to(metrics, health);
        for (const auto& [name, value] : metrics)
            if (!std::isfinite(value))
                return Failure{FailureKind::diverged,
                               fmt::format("{} is not finite after {} steps", name, steps)};
        DifferentiableFigures figures{.metrics = std::move(metrics)};
        if (epoch_.option_losses) {
            figures.losses = option_losses(after);
            if (run_.stop.stop_requested())
                return cancelled();
            if (!all_finite(*figures.losses))
                return Failure{FailureKind::diverged,
                               fmt::format("a loss is not finite after {} steps", steps)};
        }
        return figures;
    }

    static bool all_finite(const search::Architecture& losses) {
        return std::ranges::all_of(losses.strengths, [](const search::StrengthValues& each) {
            return std::ranges::all_of(each.values,
                                       [](double value) { return std::isfinite(value); });
        });
    }

    search::Architecture option_losses(const search::Architecture& architecture) {
        search::Architecture losses;
        const std::vector<MixWeights> expected = strengths_.expected();
        for (const std::size_t place : places_) {
            if (architecture.strengths[place].strength.kind != Kind::options)
                continue;
            search::StrengthValues values = architecture.strengths[place];
            for (std::size_t i = 0; i < values.values.size(); ++i) {
                std::vector<MixWeights> weights = expected;
                weights[place] = one_hot(std::vector<std::vector<std::size_t>>{{i}},
                                         std::vector<std::size_t>{values.values.size()},
                                         flat_.values.options())
                                     .front();
                values.values[i] = score(weights).loss;
            }
            losses.strengths.push_back(std::move(values));
        }
        return losses;
    }

    double expected_cost() const {
        const at::NoGradGuard no_grad;
        const double least = kLeastCost * epoch_.cost->target.value_or(0.0);
        return std::exp(strengths_.log_cost(cost_, least).item<double>());
    }

    // On the first validation samples, the same in each epoch.
    double eigenvalue() {
        const std::int64_t size = std::min(run_.data.validation.size(), kValidationBatch);
        const Samples batch{run_.data.validation.inputs.narrow(0, 0, size),
                            run_.data.validation.targets.narrow(0, 0, size)};
        return largest_eigenvalue(
            alpha_,
            [&] { return loss_of(batch, strengths_.expected(), {.statistics_rate = 0.0}); },
            make_generator(1, alpha_.device()));
    }

    struct Score {
        double accuracy = 0.0;
        double loss = 0.0;  // mean, nats
    };

    // With the batches' statistics: the running ones are those of mixtures.
    Score score(const std::vector<MixWeights>& weights) {
        const at::NoGradGuard no_grad;
        const std::vector<MixWeights> mixes = of_supernet(weights);
        const Pass pass{.training = true, .statistics_rate = 0.0, .mixes = mixes};
        const std::int64_t count = std::min(run_.data.validation.size(), kMostScored);
        at::Tensor right = at::zeros({}, flat_.values.options().dtype(at::kLong));
        at::Tensor loss = at::zeros({}, flat_.values.options());
        for (std::int64_t begin = 0; begin < count && !run_.stop.stop_requested();
             begin += kValidationBatch) {
            const std::int64_t size = std::min(kValidationBatch, count - begin);
            const at::Tensor labels = run_.data.validation.targets.narrow(0, begin, size);
            const at::Tensor logits =
                network_.forward({run_.data.validation.inputs.narrow(0, begin, size)}, pass).back();
            right += logits.argmax(1).eq(labels).sum();
            loss += at::cross_entropy_loss(logits, labels, {}, at::Reduction::Sum);
        }
        const auto samples = static_cast<double>(count);
        return {.accuracy = static_cast<double>(right.item<std::int64_t>()) / samples,
                .loss = loss.item<double>() / samples};
    }

    std::optional<double> discretised_accuracy(const search::Architecture& architecture) {
        const auto genotype = search::discretise(
            run_.space,
            open_,
            search::preferences_of(architecture, epoch_.weights, run_.space, open_),
            search::middle_genotype(run_.space.params()),
            {.none = epoch_.none});
        if (!genotype)
            return std::nullopt;
        std::vector<std::vector<std::size_t>> chosen;
        std::vector<std::size_t> entries;
        for (const search::StrengthValues& each : architecture.strengths) {
            chosen.push_back(chosen_entries(each.strength, *genotype));
            entries.push_back(each.strength.entries.size());
        }
        return score(one_hot(chosen, entries, flat_.values.options())).accuracy;
    }

    std::vector<std::size_t> chosen_entries(const spaces::Strength& strength,
                                            const Genotype& genotype) const {
        std::vector<std::size_t> wanted = strength.entries;  // a node that reads all its edges
        if (strength.kind == Kind::options)
            wanted = {value_of(genotype, strength.param)};
        else if (const auto node =
                     std::ranges::find(open_.nodes, strength.param, &search::OpenNode::inputs);
                 node != open_.nodes.end())
            wanted = node->subsets[value_of(genotype, strength.param)];
        std::vector<std::size_t> entries;
        for (std::size_t i = 0; i < strength.entries.size(); ++i)
            if (std::ranges::find(wanted, strength.entries[i]) != wanted.end())
                entries.push_back(i);
        // An inactive choice holds its first value, which may not be kept; nobody computes it.
        return entries.empty() ? std::vector<std::size_t>{0} : entries;
    }

    static std::size_t value_of(const Genotype& genotype, spaces::ParamIndex param) {
        return static_cast<std::size_t>(std::get<std::int64_t>(genotype.values[param]));
    }

    static Failure cancelled() { return {FailureKind::cancelled, "stopped in an epoch"}; }

    const EpochRun& run_;
    const search::DifferentiableEpoch& epoch_;
    const StrengthWeights& strengths_;
    const AlphaMoments& moments_;
    TorchNetwork network_;
    FlatWeights flat_;
    at::Tensor alpha_;
    search::OpenChoices open_;
    search::ExpectedCost cost_;
    std::vector<std::size_t> places_;  // of the supernet's strengths in the architecture
    SampleOrder train_;
    SampleOrder validation_;
    Rng augment_rng_;
    at::Generator dropout_;
    at::Generator draws_;
    Busy busy_;
    double train_loss_ = 0.0;
    at::Tensor validation_loss_;  // sum
    std::int64_t validation_losses_ = 0;
};

}  // namespace

AlphaMoments first_moments(const StrengthWeights& strengths) {
    const at::Tensor zeros = at::zeros_like(strengths.alpha().detach());
    return {.first = zeros, .second = zeros.clone(), .steps = at::zeros({1})};
}

std::variant<DifferentiableFigures, Failure> train_differentiable(
    const search::DifferentiableEpoch& epoch,
    const OpenSupernet& open,
    const EpochRun& run) {
    return DifferentiableTrainer(epoch, open, run).train();
}

}  // namespace parnas::evaluators
