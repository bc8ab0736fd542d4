// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/zero_cost/zero_cost.h"

#include <array>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "evaluators/torch/network_module.h"
#include "evaluators/torch/zero_cost/formulas.h"
#include "evaluators/torch/zero_cost/scores.h"
#include "evaluators/torch/zero_cost/scoring_runner.h"
#include "search/points/enumeration.h"
#include "spaces/canonical.h"
#include "spaces/load.h"
#include "tests/conformance/evaluator.h"
#include "tests/support/catch.h"
#include "tests/support/networks.h"
#include "tests/support/spaces.h"
#include "tests/torch/fixtures.h"

using namespace parnas;
using namespace parnas::evaluators;
using search::Proxy;

namespace {

constexpr double kTight = 1e-4;  // of values that went through 32-bit floats

at::Tensor tensor(const std::vector<float>& values, at::IntArrayRef shape) {
    const at::Tensor made = at::empty(shape, at::kFloat);
    std::copy(values.begin(), values.end(), made.data_ptr<float>());
    return made;
}

at::Tensor labels(const std::vector<std::int64_t>& values) {
    const at::Tensor made = at::empty({static_cast<std::int64_t>(values.size())}, at::kLong);
    std::copy(values.begin(), values.end(), made.data_ptr<std::int64_t>());
    return made;
}

// The same two batches always.
class FixedBatches final : public Batches {
  public:
    FixedBatches(Samples first, Samples second) : batches_{std::move(first), std::move(second)} {}

    std::optional<std::string> misfit(const spaces::SearchSpace&,
                                      const spaces::Network&) const override {
        return std::nullopt;
    }
    std::vector<Samples> draw(const spaces::Network&,
                              std::size_t,
                              std::int64_t,
                              Rng&) const override {
        return batches_;
    }

  private:
    std::vector<Samples> batches_;
};

Metrics scores_of(const spaces::Network& network,
                  const Batches& batches,
                  const search::ScoringOptions& options = {}) {
    const search::Scores scores = score_network(network, options, batches, {});
    if (const auto* failure = std::get_if<Failure>(&scores))
        FAIL(to_string(failure->kind) << ": " << failure->reason);
    return std::get<Metrics>(scores);
}

Failure failure_of(const spaces::Network& network,
                   const Batches& batches,
                   const search::ScoringOptions& options = {}) {
    const search::Scores scores = score_network(network, options, batches, {});
    REQUIRE(std::holds_alternative<Failure>(scores));
    return std::get<Failure>(scores);
}

// What a network starts from when it is scored with the default options.
std::vector<float> initial_weights(const spaces::Network& network) {
    const TorchNetwork model(network, Rng(0).fork(std::uint64_t{0}).fork("weights").next());
    const at::Tensor weight = model.weights().parameters().front().tensor.detach().reshape({-1});
    return {weight.data_ptr<float>(), weight.data_ptr<float>() + weight.numel()};
}

using Pair = std::array<double, 2>;

// A linear layer without bias from one feature to two classes, by hand.
struct ByHand {
    std::vector<float> weights;
    std::vector<double> inputs;
    std::vector<std::int64_t> classes;

    Pair probabilities(std::size_t sample) const {
        const double first = std::exp(weights[0] * inputs[sample]);
        const double second = std::exp(weights[1] * inputs[sample]);
        return {first / (first + second), second / (first + second)};
    }
    // dL/dz of a sample's answer z.
    Pair answer_gradient(std::size_t sample) const {
        Pair gradient = probabilities(sample);
        gradient[static_cast<std::size_t>(classes[sample])] -= 1.0;
        for (double& each : gradient)
            each /= static_cast<double>(inputs.size());
        return gradient;
    }
    Pair gradient() const {
        Pair sum{};
        for (std::size_t i = 0; i < inputs.size(); ++i)
            for (std::size_t c = 0; c < 2; ++c)
                sum[c] += answer_gradient(i)[c] * inputs[i];
        return sum;
    }
    // H g with H = mean x^2 (diag(p) - p p').
    Pair hessian_gradient() const {
        const Pair g = gradient();
        Pair product{};
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            const Pair p = probabilities(i);
            const double scale = inputs[i] * inputs[i] / static_cast<double>(inputs.size());
            for (std::size_t c = 0; c < 2; ++c)
                product[c] += scale * p[c] * (g[c] - p[0] * g[0] - p[1] * g[1]);
        }
        return product;
    }
    double fisher() const {
        double sum = 0.0;
        for (std::size_t i = 0; i < inputs.size(); ++i)
            for (std::size_t c = 0; c < 2; ++c) {
                const double product = weights[c] * inputs[i] * answer_gradient(i)[c];
                sum += product * product / 2.0 / static_cast<double>(inputs.size());
            }
        return sum;
    }
};

spaces::Network linear_network() {
    return tests::network_of(spaces::Linear{.out = 2, .bias = false}, {{1}});
}

const search::ScoringOptions kGradients{
    .proxies = {Proxy::grad_norm, Proxy::snip, Proxy::grasp, Proxy::fisher, Proxy::zico}};

}  // namespace

TEST_CASE("a linear layer's proxies are what is computed by hand", "[torch][zero_cost]") {
    const spaces::Network network = linear_network();
    const ByHand first{initial_weights(network), {0.5, -1.0, 2.0}, {0, 1, 1}};
    const ByHand second{first.weights, {1.5, 1.0, -0.5}, {1, 0, 0}};
    const FixedBatches batches({tensor({0.5F, -1.0F, 2.0F}, {3, 1}), labels(first.classes)},
                               {tensor({1.5F, 1.0F, -0.5F}, {3, 1}), labels(second.classes)});
    search::ScoringOptions options = kGradients;
    options.proxies.push_back(Proxy::synflow);
    const Metrics scores = scores_of(network, batches, options);

    const Pair g = first.gradient();
    const Pair other = second.gradient();
    const Pair curved = first.hessian_gradient();
    const double w0 = first.weights[0], w1 = first.weights[1];
    CHECK(scores.at("grad_norm") == Approx(std::hypot(g[0], g[1])).epsilon(kTight));
    CHECK(scores.at("snip") == Approx(std::abs(w0 * g[0]) + std::abs(w1 * g[1])).epsilon(kTight));
    CHECK(scores.at("grasp") == Approx(-w0 * curved[0] - w1 * curved[1]).epsilon(kTight));
    CHECK(scores.at("fisher") == Approx(first.fisher()).epsilon(kTight));
    double varying = 0.0;
    for (std::size_t c = 0; c < 2; ++c)
        varying += (std::abs(g[c]) + std::abs(other[c])) / std::abs(g[c] - other[c]);
    CHECK(scores.at("zico") == Approx(std::log(varying)).epsilon(kTight));
    CHECK(scores.at("synflow") == Approx(std::log(std::abs(w0) + std::abs(w1))).epsilon(kTight));
}

TEST_CASE("fisher sums a channel's positions before it squares", "[torch][zero_cost]") {
    tests::NetworkDraft draft;
    spaces::ValueId value = draft.input("image", {1, 1, 2});
    value = draft.add("conv", spaces::Conv{.out = 2}, {value});
    value = draft.add("pool", spaces::GlobalPool{}, {value});
    const spaces::Network network = std::move(draft).finish({value});
    // A global mean of a 1x1 convolution is the linear layer of the mean.
    const ByHand mean{initial_weights(network), {0.5, -1.0}, {0, 1}};
    const Samples samples{tensor({0.25F, 0.75F, -3.0F, 1.0F}, {2, 1, 1, 2}), labels(mean.classes)};
    const Metrics scores = scores_of(
        network, FixedBatches(samples, samples), {.proxies = {Proxy::fisher, Proxy::snip}});
    CHECK(scores.at("fisher") == Approx(mean.fisher()).epsilon(kTight));
}

TEST_CASE("fisher counts a channel once for each of its weights", "[torch][zero_cost]") {
    // a * g = {2, 3} and {4, 0}: means of squares are 10 and 4.5.
    const Channels layer{.activation = tensor({1.0F, 1.0F, 2.0F, 5.0F}, {2, 2}),
                         .gradient = tensor({2.0F, 3.0F, 2.0F, 0.0F}, {2, 2}),
                         .weights = 9};
    CHECK(fisher({&layer, 1}) == Approx(9 * 0.5 * (10.0 + 4.5)));
}

TEST_CASE("synflow ignores normalisation and survives what overflows a float",
          "[torch][zero_cost]") {
    tests::NetworkDraft draft;
    spaces::ValueId value = draft.input("input", {1, 1, 1});
    for (int i = 0; i < 40; ++i) {
        const std::string name = "wide" + std::to_string(i);
        value = draft.add(name, spaces::Conv{.out = 64}, {value});
        value = draft.add(name + ".norm", spaces::Norm{}, {value});
    }
    value = draft.add("pool", spaces::GlobalPool{}, {value});
    const spaces::Network network = std::move(draft).finish({value});
    const auto batches = make_random_batches();
    const double score = scores_of(network, *batches, {.proxies = {Proxy::synflow}}).at("synflow");
    CHECK(score > 89.0);  // e^89 is more than the largest float
    CHECK(std::isfinite(score));
}

TEST_CASE("jacob_cov of samples that all respond alike is that of one eigenvalue",
          "[torch][zero_cost]") {
    constexpr double kSmall = 1e-5;
    const auto expected = [](const std::vector<double>& eigenvalues) {
        double sum = 0.0;
        for (const double value : eigenvalues)
            sum -= std::log(value + kSmall) + 1.0 / (value + kSmall);
        return sum;
    };
    const at::Tensor alike = tensor({1, 2, 1, 2, 1, 2}, {3, 2});
    CHECK(jacob_cov(alike) == Approx(expected({3.0, 0.0, 0.0})));
    // Uncorrelated ones are best.
    const at::Tensor unlike = tensor({1, -1, 0, 0, 0, 0, 1, -1}, {2, 4});
    CHECK(jacob_cov(unlike) == Approx(expected({1.0, 1.0})));
    // Two samples that nothing responds to are copies of each other.
    const at::Tensor dead = tensor({0, 0, 0, 0, 1, -1}, {3, 2});
    CHECK(jacob_cov(dead) == Approx(expected({2.0, 0.0, 1.0})));
}

TEST_CASE("naswot is the determinant of how many rectifiers agree", "[torch][zero_cost]") {
    // Codes 10 and 11: they agree in one of two.
    const at::Tensor codes = tensor({1, 0, 3, 2}, {2, 2});
    CHECK(naswot(std::vector{codes}).value() == Approx(std::log(2.0 * 2.0 - 1.0)));
    CHECK(naswot(std::vector{codes, codes}).value() == Approx(std::log(4.0 * 4.0 - 2.0 * 2.0)));
    const at::Tensor equal = tensor({1, 0, 1, 0}, {2, 2});
    CHECK(naswot(std::vector{equal}).value() == Approx(std::log(4.0) + std::log(1e-5)));
    CHECK_FALSE(naswot({}).has_value());
}

TEST_CASE("rectifiers that nothing comes back to do not count", "[torch][zero_cost]") {
    const auto network = [](bool dead_end) {
        tests::NetworkDraft draft;
        const spaces::ValueId input = draft.input("input", {4});
        spaces::ValueId value = draft.add("act", spaces::Activation{}, {input});
        if (dead_end) {
            const spaces::ValueId layer =
                draft.add("unused", spaces::Linear{.out = 4, .bias = false}, {input});
            spaces::ValueId ignored = draft.add("ignored", spaces::Activation{}, {layer});
            ignored = draft.add("cut", spaces::Zero{}, {ignored});
            value = draft.add("sum", spaces::Add{}, {value, ignored});
        }
        return std::move(draft).finish({value});
    };
    const Samples samples{tensor({1, -1, 1, -1, 1, 1, -1, -1}, {2, 4}), labels({0, 1})};
    const FixedBatches batches(samples, samples);
    const search::ScoringOptions options{.proxies = {Proxy::naswot}};
    CHECK(scores_of(network(true), batches, options).at("naswot") ==
          scores_of(network(false), batches, options).at("naswot"));
}

TEST_CASE("what cannot be scored is a failure that says why", "[torch][zero_cost]") {
    const auto random = make_random_batches();

    tests::NetworkDraft draft;
    spaces::ValueId value = draft.input("input", {4});
    value = draft.add("cut", spaces::Zero{}, {value});
    value = draft.add("head", spaces::Linear{.out = 2}, {value});
    const Failure cut = failure_of(std::move(draft).finish({value}), *random);
    CHECK(cut.kind == FailureKind::infeasible);
    CHECK(cut.reason.find("does not depend on the input") != std::string::npos);

    const Failure smooth = failure_of(tests::small_mlp(4, 4, 2), *random);
    CHECK(smooth.kind == FailureKind::infeasible);
    CHECK(smooth.reason.find("naswot needs a rectifier") != std::string::npos);

    const Failure bare = failure_of(tests::network_of(spaces::Activation{}, {{4}}), *random);
    CHECK(bare.reason.find("needs weights") != std::string::npos);

    const float infinity = std::numeric_limits<float>::infinity();
    const Samples broken{tensor({1.0F, infinity}, {2, 1}), labels({0, 1})};
    const Failure diverged = failure_of(linear_network(), FixedBatches(broken, broken), kGradients);
    CHECK(diverged.kind == FailureKind::diverged);

    const spaces::Network integers = tests::network_of(
        spaces::Embedding{.count = 3, .features = 2}, {{4}}, {spaces::DType::int64});
    const search::Scores unfit = score_candidate(tests::OnePoint(integers), {}, {}, *random, {});
    REQUIRE(std::holds_alternative<Failure>(unfit));
    CHECK(std::get<Failure>(unfit).reason.find("one input of numbers") != std::string::npos);

    std::stop_source stop;
    stop.request_stop();
    const search::Scores stopped =
        score_network(tests::small_convnet({}), {}, *random, stop.get_token());
    REQUIRE(std::holds_alternative<Failure>(stopped));
    CHECK(std::get<Failure>(stopped).kind == FailureKind::cancelled);
}

TEST_CASE("scores repeat, depend on the seed, and are means over repeats", "[torch][zero_cost]") {
    const spaces::Network network = tests::small_convnet({});
    const auto batches = make_random_batches();
    const search::ScoringOptions options{.batch = 8, .seed = 4};
    const Metrics scores = scores_of(network, *batches, options);
    CHECK(scores.size() == search::kProxies.size());
    CHECK(scores_of(network, *batches, options) == scores);
    const Metrics others = scores_of(network, *batches, {.batch = 8, .seed = 5});
    const Metrics means = scores_of(network, *batches, {.batch = 8, .repeats = 3, .seed = 4});
    for (const auto& [proxy, score] : scores) {
        INFO(proxy);
        CHECK(others.at(proxy) != score);
        CHECK(means.at(proxy) != score);
    }
    // A part of them does not change the others.
    CHECK(scores_of(network, *batches, {.proxies = {Proxy::zico}, .batch = 8, .seed = 4})
              .at("zico") == scores.at("zico"));
}

namespace {

std::unique_ptr<spaces::SearchSpace> tiny_cell201() {
    const Json reference{{"name", "cell201"},
                         {"with", {{"image", {3, 8, 8}}, {"channels", 2}, {"cells", 1}}}};
    return spaces::load_space(reference, {});
}

// Scores every `stride`-th cell that is not the same network as one before; all are finite, or
// nothing goes through the cell.
void check_cells(std::uint64_t stride) {
    const auto space = tiny_cell201();
    const auto batches = make_random_batches();
    const search::Enumeration all(space->params());
    std::set<Digest> seen;
    int disconnected = 0;
    for (std::uint64_t i = 0; i < all.size(); i += stride) {
        const spaces::Decoded decoded = space->decode(all.at(i));
        if (!seen.insert(spaces::canonical_hash(*decoded.network)).second)
            continue;
        const search::Scores scores = score_network(*decoded.network, {.batch = 4}, *batches, {});
        const auto* failure = std::get_if<Failure>(&scores);
        INFO("cell " << i << ": " << (failure != nullptr ? failure->reason : "scored"));
        if (failure != nullptr) {
            REQUIRE(failure->reason.find("does not depend on the input") != std::string::npos);
            ++disconnected;
        }
    }
    CHECK(seen.size() > 50);
    CHECK(disconnected == 1);  // all cells that nothing goes through are one network
}

}  // namespace

TEST_CASE("every proxy is finite on a sample of the connected cells of cell201",
          "[torch][zero_cost]") {
    check_cells(149);
}

TEST_CASE("every proxy is finite on every connected cell of cell201", "[torch][zero_cost][slow]") {
    check_cells(1);
}

TEST_CASE("scoring without training keeps the promises of an evaluator",
          "[conformance][torch][zero_cost]") {
    const tests::TemporaryFolder folder;
    folder.write("halves.csv", tests::bright_halves(60));
    const auto convnets = [](std::int64_t size) {
        return tests::FakeSpace(
            {.name = "convnets@1",
             .params = {tests::categorical("depth", 3), tests::categorical("width", 2)},
             .network = [size](const Genotype& genotype) {
                 return tests::small_convnet({.input = {1, size, size},
                                              .channels = 4 + tests::choice(genotype, 1),
                                              .depth = 1 + tests::choice(genotype, 0),
                                              .classes = 2});
             }});
    };
    const tests::FakeSpace space = convnets(6);
    const tests::FakeSpace misfit = convnets(8);
    tests::check_evaluator(
        {.factory = make_zero_cost_evaluator,
         .base = folder.path(),
         .options = R"({"data": {"csv": "halves.csv", "shape": [1, 6, 6]}, "batch": 8})",
         .changes = {R"({"batch": 4})",
                     R"({"repeats": 2})",
                     R"({"seed": 1})",
                     R"({"proxies": ["snip", "synflow"]})",
                     R"({"split": {"seed": 1}})",
                     R"({"data": "random"})"},
         .slow = R"({"repeats": 1000, "batch": 64})",
         .space = space,
         .misfit = &misfit,
         .reads_network = true,
         .candidates = 3});
}

TEST_CASE("a scoring phase gives every candidate its scores or the reason why not",
          "[torch][zero_cost]") {
    const tests::FakeSpace space({.name = "cut@1",
                                  .params = {tests::categorical("op", 2)},
                                  .network = [](const Genotype& genotype) {
                                      tests::NetworkDraft draft;
                                      spaces::ValueId value = draft.input("input", {4});
                                      value = tests::choice(genotype, 0) == 0
                                                  ? draft.add("op", spaces::Zero{}, {value})
                                                  : draft.add("op", spaces::Activation{}, {value});
                                      value = draft.add("head", spaces::Linear{.out = 2}, {value});
                                      return std::move(draft).finish({value});
                                  }});
    const search::TrialCodec codec(space.params());
    const auto batches = make_random_batches();
    const auto runner = make_scoring_runner(*batches);
    const Phase phase{
        .name = search::kScoringPhase,
        .settings = to_text(
            search::ScoringSettings{.scoring = {.batch = 4},
                                    .genotypes = {{{std::int64_t{1}}}, {{std::int64_t{0}}}}},
            codec)};
    double share = 0.0;
    const PhaseContext context{.space = space,
                               .progress = [&](double done, const Metrics&) { share = done; }};
    const PhaseOutcome outcome = runner->run(phase, context);
    REQUIRE(std::holds_alternative<PhaseResult>(outcome));
    const PhaseResult& result = std::get<PhaseResult>(outcome);
    const std::vector<search::Scores> scores = search::scores_from_text(result.attachment);
    REQUIRE(scores.size() == 2);
    const auto direct = space.decode({{std::int64_t{1}}});
    CHECK(std::get<Metrics>(scores[0]) == scores_of(*direct.network, *batches, {.batch = 4}));
    CHECK(std::get<Failure>(scores[1]).kind == FailureKind::infeasible);
    CHECK(result.metrics == Metrics{{"scored", 1.0}, {"unscored", 1.0}});
    CHECK(share == 1.0);
    CHECK(result.cost.count() > 0.0);

    CHECK_THROWS_AS(runner->run({.name = "supernet", .settings = "{}"}, context), Error);
    std::stop_source stop;
    stop.request_stop();
    const PhaseOutcome stopped = runner->run(phase, {.space = space, .stop = stop.get_token()});
    CHECK(std::get<Failure>(stopped).kind == FailureKind::cancelled);
}
