// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>
#include <optional>

#include "evaluators/torch/supernet/differentiable/bilevel.h"
#include "evaluators/torch/supernet/differentiable/differentiable_epoch.h"
#include "evaluators/torch/supernet/differentiable/differentiable_phase.h"
#include "evaluators/torch/supernet/weights/checkpoint.h"
#include "evaluators/torch/training_loop.h"
#include "search/weight_sharing/health.h"
#include "tests/search/cell_documents.h"
#include "tests/support/catch.h"

namespace parnas::evaluators {
namespace {

using search::EdgeWeights;
using search::OptionWeights;

// 1 x 8 x 8 images with a bright left or right half.
Samples halves(std::int64_t count, std::uint64_t seed) {
    const at::Generator generator = make_generator(seed);
    const at::Tensor labels = at::arange(count, at::kLong).remainder(2);
    const at::Tensor images = at::empty({count, 1, 8, 8}).normal_(0.0, 1.0, generator);
    images.narrow(3, 0, 4).add_(labels.to(at::kFloat).view({-1, 1, 1, 1}));
    images.narrow(3, 4, 4).add_((1 - labels).to(at::kFloat).view({-1, 1, 1, 1}));
    return {images, labels};
}

TrainingData small_data() {
    return {.task = {.output = {2}},
            .shape = {1, 8, 8},
            .train = halves(64, 1),
            .validation = halves(64, 2),
            .test = halves(8, 3)};
}

search::DifferentiableEpoch first_epoch(const spaces::SearchSpace& space) {
    search::DifferentiableEpoch epoch{.batch = 16};
    const spaces::Supernet supernet = spaces::keep_choices(
        *space.shared_weights(),
        space.params(),
        search::supernet_options(epoch, 1, space, search::find_open_choices(space)));
    epoch.architecture =
        search::initial_architecture(supernet.strengths, EdgeWeights::learned, Rng(4));
    return epoch;
}

// A runner's surroundings that keep the last checkpoint.
struct Surroundings {
    explicit Surroundings(const spaces::SearchSpace& space)
        : context{.space = space,
                  .seed = 5,
                  .progress = {},
                  .save_checkpoint = [this](std::string bytes) { checkpoint = std::move(bytes); },
                  .load = [this](const ArtifactId&) { return checkpoint; }} {}

    PhaseResult run(const search::DifferentiableEpoch& epoch) {
        Phase phase{.name = "supernet", .settings = search::to_text(epoch)};
        if (!checkpoint.empty())
            phase.warm_start = hash_bytes(checkpoint);
        return std::get<PhaseResult>(run_differentiable_phase(
            phase, parse_json(phase.settings, phase.name), parts, context));
    }

    TrainingData data = small_data();
    TrainingOptions options;
    PhaseParts parts{.data = data, .options = options};
    std::string checkpoint;
    PhaseContext context;
};

double relative_error(const at::Tensor& value, const at::Tensor& expected) {
    return ((value - expected).norm() / expected.norm()).item<double>();
}

// By central differences of a function of `alpha`.
at::Tensor differences(const at::Tensor& alpha, double step, const std::function<double()>& value) {
    const at::NoGradGuard no_grad;
    at::Tensor result = at::zeros_like(alpha.detach());
    const at::Tensor kept = alpha.detach().clone();
    for (std::int64_t i = 0; i < alpha.numel(); ++i) {
        const at::Tensor here = alpha.detach();
        here[i] = kept[i] + step;
        const double above = value();
        here[i] = kept[i] - step;
        const double below = value();
        here[i] = kept[i];
        result[i] = (above - below) / (2.0 * step);
    }
    return result;
}

// P(X <= x) of Beta(a, b) for a whole b: x^a sum over j < b of Gamma(a + j) / (Gamma(a) j!) (1 -
// x)^j.
double beta_cdf(double x, double a, std::int64_t b) {
    double term = 1.0, sum = 0.0;
    for (std::int64_t j = 0; j < b; ++j) {
        sum += term;
        const auto count = static_cast<double>(j);
        term *= (a + count) / (count + 1.0) * (1.0 - x);
    }
    return std::pow(x, a) * sum;
}

// By bisection.
double beta_quantile(double level, double a, std::int64_t b) {
    double low = 0.0, high = 1.0;
    for (int i = 0; i < 60; ++i) {
        const double middle = (low + high) / 2.0;
        (beta_cdf(middle, a, b) < level ? low : high) = middle;
    }
    return low;
}

search::Architecture two_strengths() {
    return {.strengths = {{.strength = {.param = 0, .entries = {0, 1, 2}, .name = "a"},
                           .values = {0.3, -0.4, 0.9}},
                          {.strength = {.kind = spaces::Strength::Kind::edges,
                                        .param = 1,
                                        .entries = {0, 1},
                                        .name = "b"},
                           .values = {0.2, -0.5}}}};
}

}  // namespace

TEST_CASE("the second-order gradient is that of the bilevel objective", "[torch][bilevel]") {
    const auto options = at::TensorOptions(at::kDouble);
    const at::Generator generator = make_generator(3);
    const auto random = [&](at::IntArrayRef shape) {
        return at::empty(shape, options).normal_(0.0, 1.0, generator);
    };
    const at::Tensor a = random({6, 4}), b = random({6, 4}), targets = random({6});
    at::Tensor w = random({4}), alpha = random({4});
    const at::Tensor velocity = random({4});
    w.set_requires_grad(true);
    alpha.set_requires_grad(true);
    w.mutable_grad() = at::zeros_like(w.detach());
    const auto train_loss = [&] {
        return (at::mv(a, w * alpha.sigmoid()).tanh() - targets).square().mean();
    };
    const auto validation_loss = [&] {
        return (at::mv(b, w * alpha).tanh() - targets).square().mean() + 0.1 * alpha.logsumexp(0);
    };
    const UnrolledStep step{.lr = 0.3, .momentum = 0.9, .weight_decay = 0.01, .velocity = velocity};
    const at::Tensor kept = w.detach().clone();
    const at::Tensor gradient =
        unrolled_gradient({w, w.grad()}, alpha, train_loss, validation_loss, step);
    CHECK(at::equal(w.detach(), kept));
    CHECK(w.grad().abs().sum().item<double>() == 0.0);

    const at::Tensor expected = differences(alpha, 1e-5, [&] {
        const at::AutoGradMode with_grad(true);
        w.grad().zero_();
        train_loss().backward();
        const at::NoGradGuard no_grad;
        w.add_(step.momentum * velocity + w.grad() + step.weight_decay * w, -step.lr);
        const double value = validation_loss().item<double>();
        w.copy_(kept);
        return value;
    });
    CHECK(relative_error(gradient, expected) < 1e-3);
    // And not that of the first order.
    CHECK(relative_error(alpha_gradient(alpha, validation_loss), expected) > 0.02);
}

TEST_CASE("a supernet's second-order gradient is that of its bilevel objective",
          "[torch][bilevel]") {
    const auto space = tests::dense_cells();
    const search::DifferentiableEpoch epoch = first_epoch(*space);
    const spaces::Supernet supernet = spaces::keep_choices(
        *space->shared_weights(),
        space->params(),
        search::supernet_options(epoch, 1, *space, search::find_open_choices(*space)));
    SharedWeights weights({&supernet.network, 1}, 7);
    TorchNetwork network = weights.view(supernet.network);
    const StrengthWeights strengths(epoch.architecture, {});
    const Samples train = halves(32, 4), validation = halves(32, 5);
    const auto loss_on = [&](const Samples& batch) {
        const std::vector<MixWeights> mixes = strengths.expected();
        const Pass pass{.training = true, .statistics_rate = 0.0, .mixes = mixes};
        return loss_of(Task{}, network.forward({batch.inputs}, pass), batch.targets, 0.0);
    };
    const FlatWeights flat{weights.weights().flat_parameters(), weights.gradients()};
    const UnrolledStep step{.lr = 0.5, .velocity = at::zeros_like(flat.values)};
    const at::Tensor kept = flat.values.clone();
    const at::Tensor statistics = weights.weights().flat_statistics().clone();
    const at::Tensor gradient = unrolled_gradient(
        flat,
        strengths.alpha(),
        [&] { return loss_on(train); },
        [&] { return loss_on(validation); },
        step);
    CHECK(at::equal(flat.values, kept));
    CHECK(at::equal(weights.weights().flat_statistics(), statistics));
    const at::Tensor expected = differences(strengths.alpha(), 0.02, [&] {
        const at::AutoGradMode with_grad(true);
        flat.gradients.zero_();
        loss_on(train).backward();
        const at::NoGradGuard no_grad;
        flat.values.add_(flat.gradients, -step.lr);
        const double value = loss_on(validation).item<double>();
        flat.values.copy_(kept);
        return value;
    });
    CHECK(relative_error(gradient, expected) < 1e-2);
}

TEST_CASE("the largest eigenvalue is found, also beside a larger one below zero",
          "[torch][bilevel]") {
    for (const double other : {0.5, -5.0}) {
        at::Tensor alpha = at::zeros({3}, at::kDouble);
        alpha.set_requires_grad(true);
        const at::Tensor diagonal = at::tensor(std::vector<double>{2.0, other, 1.0}, at::kDouble);
        const double value = largest_eigenvalue(
            alpha, [&] { return 0.5 * (diagonal * alpha.square()).sum(); }, make_generator(1));
        CHECK(value == Approx(2.0).epsilon(0.02));
        CHECK(alpha.abs().sum().item<double>() == 0.0);
    }
}

TEST_CASE("a sampled path has the gradient of its soft weights", "[torch][strengths]") {
    const StrengthWeights strengths(
        two_strengths(), {.weights = OptionWeights::gumbel, .temperature = 2.0}, at::kDouble);
    const at::Tensor factors = at::tensor(std::vector<double>{1.0, -2.0, 0.5}, at::kDouble);
    const std::vector<MixWeights> drawn = strengths.draw(make_generator(9));
    REQUIRE(drawn[0].active.size() == 1);
    CHECK_FALSE(drawn[1].values.defined());
    const auto index = static_cast<std::int64_t>(drawn[0].active[0]);
    for (std::int64_t i = 0; i < 3; ++i)
        CHECK(drawn[0].values[i].item<double>() == Approx(i == index ? 1.0 : 0.0).margin(1e-12));
    const at::Tensor gradient =
        alpha_gradient(strengths.alpha(), [&] { return (drawn[0].values * factors).sum(); });
    const at::Tensor expected = differences(strengths.alpha(), 1e-6, [&] {
        const at::Tensor noise =
            at::empty({5}, at::kDouble).exponential_(1.0, make_generator(9)).log().neg();
        const at::Tensor alpha = strengths.alpha().detach().narrow(0, 0, 3);
        const at::Tensor soft = ((alpha.log_softmax(0) + noise.narrow(0, 0, 3)) / 2.0).softmax(0);
        return (soft * factors).sum().item<double>();
    });
    CHECK(relative_error(gradient, expected) < 1e-5);
}

TEST_CASE("a path is drawn as often as its weight says", "[torch][strengths]") {
    const StrengthWeights strengths(two_strengths(), {.weights = OptionWeights::gumbel});
    const at::Generator generator = make_generator(11);
    std::vector<double> counts(3, 0.0);
    const at::NoGradGuard no_grad;
    for (int i = 0; i < 4000; ++i)
        counts[strengths.draw(generator)[0].active[0]] += 1.0 / 4000.0;
    const std::vector<double> expected = search::softmax(std::vector<double>{0.3, -0.4, 0.9});
    for (std::size_t i = 0; i < 3; ++i)
        CHECK(counts[i] == Approx(expected[i]).margin(0.03));
}

TEST_CASE("a Dirichlet sample moves with its concentrations as its quantile does",
          "[torch][strengths]") {
    // One component has Beta's distribution, of the others' sum only; they keep their ratios.
    for (const std::vector<double>& values :
         {std::vector<double>{0.8, 1.5, 2.5}, {0.3, 0.6, 0.4}, {3.0, 0.5, 1.5}, {1.2, 2.0}}) {
        at::Tensor concentrations = at::tensor(values, at::kDouble);
        concentrations.set_requires_grad(true);
        const double own = values[0];
        const auto others = std::llround(concentrations.detach().sum().item<double>() - own);
        for (std::uint64_t seed = 0; seed < 20; ++seed) {
            const at::Tensor sample = sample_dirichlet(concentrations, make_generator(seed));
            REQUIRE(sample.sum().item<double>() == Approx(1.0));
            const double x = sample[0].item<double>();
            const double level = beta_cdf(x, own, others);
            const double step = 1e-4 * own;
            const double slope = (beta_quantile(level, own + step, others) -
                                  beta_quantile(level, own - step, others)) /
                                 (2.0 * step);
            at::Tensor expected = -slope * sample.detach() / (1.0 - x);
            expected[0] = slope;
            at::Tensor gradient = at::zeros_like(expected);
            for (std::int64_t i = 0; i < gradient.numel(); ++i)
                gradient[i] = alpha_gradient(concentrations, [&] {
                    return sample_dirichlet(concentrations, make_generator(seed))[i];
                })[0];
            CHECK(relative_error(gradient, expected) < 1e-2);
        }
    }
}

TEST_CASE("regularisers and expected costs have the gradients of their values",
          "[torch][strengths]") {
    search::ExpectedCost cost{.constant = 1.0,
                              .terms = {{.strength = 0,
                                         .coefficients = {1.0, 2.0, 4.0},
                                         .share = 2.0,
                                         .factors = {{.strength = 1, .entries = {0}}}}}};
    for (const OptionWeights weights :
         {OptionWeights::softmax, OptionWeights::sigmoid, OptionWeights::dirichlet}) {
        const StrengthWeights strengths(
            two_strengths(), {.weights = weights, .edges = EdgeWeights::learned}, at::kDouble);
        const auto agrees = [&](const LossFunction& loss) {
            const at::Tensor expected =
                differences(strengths.alpha(), 1e-6, [&] { return loss().item<double>(); });
            return relative_error(alpha_gradient(strengths.alpha(), loss), expected) < 1e-5;
        };
        CHECK(agrees([&] { return strengths.beta_regulariser(); }));
        CHECK(agrees([&] { return strengths.divergence(); }));
        CHECK(agrees([&] { return strengths.log_cost(cost, 0.0); }));
        const search::Multiplier multiplier{.lambda = 0.3, .rho = 2.0};
        CHECK(agrees([&] {
            const at::Tensor excess = strengths.log_cost(cost, 0.0) - std::log(2.0);
            return (multiplier.lambda + multiplier.rho * excess).relu().square() /
                   (2.0 * multiplier.rho);
        }));
        // The plain values say the same.
        std::vector<std::vector<double>> plain;
        for (const search::StrengthValues& each : two_strengths().strengths)
            plain.push_back(search::expected_weights(each, weights));
        CHECK(strengths.log_cost(cost, 0.0).item<double>() ==
              Approx(std::log(search::sum_of(cost, plain))));
    }
}

TEST_CASE("an epoch learns, goes on from its checkpoint and repeats bit by bit",
          "[torch][differentiable]") {
    const auto space = tests::dense_cells();
    search::DifferentiableEpoch epoch = first_epoch(*space);
    Surroundings first(*space);
    const PhaseResult one = first.run(epoch);
    const search::EpochAttachment attached = search::epoch_attachment_from(one.attachment);
    CHECK(attached.architecture.strengths[0].values != epoch.architecture.strengths[0].values);
    CHECK(one.metrics.count("hessian_eigenvalue") == 1);
    CHECK(one.metrics.count("discretisation_gap") == 1);
    epoch.epoch = 1;
    epoch.architecture = attached.architecture;
    const std::string between = first.checkpoint;
    const PhaseResult two = first.run(epoch);
    CHECK(two.metrics.at("train_loss") < one.metrics.at("train_loss"));
    CHECK(two.metrics.at("mixed_accuracy") > 0.7);
    Surroundings again(*space);
    again.checkpoint = between;
    CHECK(again.run(epoch).attachment == two.attachment);
    CHECK(again.checkpoint == first.checkpoint);
}

TEST_CASE("frozen architecture parameters stay as they are", "[torch][differentiable]") {
    const auto space = tests::taking_cells();
    search::DifferentiableEpoch epoch = first_epoch(*space);
    epoch.frozen = true;
    epoch.eigenvalue = epoch.gap = false;
    Surroundings surroundings(*space);
    const PhaseResult result = surroundings.run(epoch);
    CHECK(result.metrics.count("validation_loss") == 0);
    const auto after = search::epoch_attachment_from(result.attachment).architecture;
    for (std::size_t i = 0; i < after.strengths.size(); ++i)
        for (std::size_t k = 0; k < after.strengths[i].values.size(); ++k)
            CHECK(after.strengths[i].values[k] ==
                  Approx(epoch.architecture.strengths[i].values[k]).epsilon(1e-6));
}

TEST_CASE("an option's loss is that of the supernet with it alone in its place",
          "[torch][differentiable]") {
    // Images go through one edge alone, as they are.
    const auto space = tests::dense_cells();
    search::DifferentiableEpoch epoch = first_epoch(*space);
    for (search::StrengthValues& each : epoch.architecture.strengths)
        if (each.strength.kind == spaces::Strength::Kind::options)
            each.values[each.strength.name == "cell.node3.from0" ? 1 : 0] = 30.0;
    epoch.frozen = true;
    epoch.eigenvalue = epoch.gap = false;
    epoch.lr = 0.2;
    Surroundings surroundings(*space);
    for (; epoch.epoch < 3; ++epoch.epoch)
        CHECK_FALSE(search::epoch_attachment_from(surroundings.run(epoch).attachment).losses);
    epoch.option_losses = true;
    const auto attached = search::epoch_attachment_from(surroundings.run(epoch).attachment);
    REQUIRE(attached.losses);
    REQUIRE(attached.losses->strengths.size() == 6);
    const auto losses = [&](const std::string& name) {
        for (const search::StrengthValues& each : attached.losses->strengths)
            if (each.strength.name == name)
                return each.values;
        return std::vector<double>{};
    };
    const std::vector<double> used = losses("cell.node3.from0");
    REQUIRE(used.size() == 4);
    const double skip = used[1];
    CHECK(skip < 0.6);
    CHECK(used[0] > std::log(2.0) - 0.01);  // nothing comes through: at best one in two
    for (const double unused : losses("cell.node1.from0"))
        CHECK(unused == Approx(skip).epsilon(1e-4));
}

TEST_CASE("every way of weighing trains, in cells that take all or some of their edges",
          "[torch][differentiable]") {
    for (const auto& space : {tests::dense_cells(), tests::taking_cells()})
        for (const OptionWeights weights : {OptionWeights::softmax,
                                            OptionWeights::sigmoid,
                                            OptionWeights::gumbel,
                                            OptionWeights::dirichlet}) {
            search::DifferentiableEpoch epoch = first_epoch(*space);
            epoch.weights = weights;
            epoch.edges = EdgeWeights::learned;
            epoch.partial_channels = weights == OptionWeights::sigmoid ? 2 : 1;
            epoch.order = weights == OptionWeights::softmax ? 2 : 1;
            epoch.beta_regulariser = 1.0;
            epoch.divergence = 1e-3;
            epoch.skip_dropout = 0.3;
            Surroundings surroundings(*space);
            const PhaseResult result = surroundings.run(epoch);
            CHECK(std::isfinite(result.metrics.at("train_loss")));
            CHECK(
                search::epoch_attachment_from(result.attachment).architecture.strengths[0].values !=
                epoch.architecture.strengths[0].values);
        }
}

TEST_CASE("a target moves the expected cost towards it", "[torch][differentiable]") {
    const auto space = tests::dense_cells();
    search::DifferentiableEpoch epoch = first_epoch(*space);
    epoch.alpha_lr = 0.05;
    search::AdditiveCost cost{
        .metric = "latency_ms",
        .constant = 1.0,
        .options = std::vector<std::vector<double>>(space->params().size(), {0.0, 0.5, 4.0, 1.0})};
    const auto expected_after = [&](std::optional<double> target) {
        epoch.cost = {.additive = cost, .target = target};
        Surroundings surroundings(*space);
        return surroundings.run(epoch).metrics.at("expected_latency_ms");
    };
    CHECK(expected_after(4.0) < expected_after(std::nullopt) - 0.5);
}

TEST_CASE("a supernet of skips alone is seen in its figures", "[torch][differentiable]") {
    const auto space = tests::dense_cells();
    search::DifferentiableEpoch epoch = first_epoch(*space);
    for (search::StrengthValues& each : epoch.architecture.strengths)
        if (each.strength.kind == spaces::Strength::Kind::options)
            each.values[1] = 3.0;
    epoch.eigenvalue = false;
    Surroundings surroundings(*space);
    const search::HealthRecord health = search::health_from(surroundings.run(epoch).metrics);
    CHECK(health.has_all_skips);
    CHECK(health.skip_share == 1.0);
    CHECK(health.gap);
    CHECK(search::find_collapse(std::vector{health}, {}, search::More::is_last));
}

TEST_CASE("memory decides between all channels, a part of them and one option",
          "[torch][differentiable]") {
    const auto space = tests::dense_cells();
    search::DifferentiableEpoch epoch = first_epoch(*space);
    epoch.partial_channels.reset();
    const double all = std::numeric_limits<double>::max();
    CHECK(fit_into(all, epoch, *space).partial_channels == 1);
    CHECK(fit_into(all, epoch, *space).weights == OptionWeights::softmax);
    const Fit smallest = fit_into(0.0, epoch, *space);
    CHECK(smallest.partial_channels == 4);  // of 4 channels
    CHECK(smallest.weights == OptionWeights::gumbel);
    epoch.inheritable = true;
    CHECK(fit_into(0.0, epoch, *space).partial_channels == 1);
    epoch.inheritable = false;
    epoch.memory_mb = 1;
    epoch.batch = 64;
    Surroundings surroundings(*space);
    const auto attachment = search::epoch_attachment_from(surroundings.run(epoch).attachment);
    CHECK((attachment.partial_channels > 1 || attachment.weights == OptionWeights::gumbel));
}

}  // namespace parnas::evaluators
