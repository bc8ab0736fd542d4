// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/training.h"

#include <algorithm>
#include <optional>
#include <thread>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "evaluators/torch/memory_estimate.h"
#include "evaluators/torch/network_module.h"
#include "evaluators/torch/threads.h"
#include "evaluators/torch/torch.h"
#include "evaluators/torch/training_data.h"
// clang-format off: torch.h comes first
#include <ATen/Parallel.h>
// clang-format on
#include "tests/support/catch.h"
#include "tests/support/networks.h"
#include "tests/torch/fixtures.h"

using namespace parnas;
using namespace parnas::evaluators;

namespace {

constexpr const char* kImages = R"("data": {"csv": "halves.csv", "shape": [1, 6, 6]})";

// An evaluator, by default on two clouds of points, and what it is called with.
class Bench {
  public:
    explicit Bench(const std::string& text = "{}") {
        Json options = Json::parse(text);
        folder_.write("blobs.csv", tests::two_blobs(200));
        folder_.write("halves.csv", tests::bright_halves(120));
        if (!options.contains("data"))
            options["data"] = {{"csv", "blobs.csv"}};
        if (!options.contains("epochs"))
            options["epochs"] = 4;
        Faults faults;
        ObjectReader reader(options, "/evaluator", faults);
        evaluator_ = make_training_evaluator(reader, folder_.path());
        reader.finish();
        faults.throw_if_any();
    }

    const Evaluator& evaluator() const { return *evaluator_; }

    Outcome evaluate(const tests::OnePoint& space, const Candidate& candidate = {.seed = 1}) {
        const Context context{
            .space = space,
            .stop = stop.get_token(),
            .report = report,
            .save_weights = [this](std::string bytes) { weights = std::move(bytes); },
            .load = [this](const ArtifactId&) { return weights; }};
        return evaluator_->evaluate(candidate, context);
    }

    std::stop_source stop;
    std::function<Verdict(std::int64_t, const Metrics&)> report;
    std::string weights;

  private:
    tests::TemporaryFolder folder_;
    std::unique_ptr<Evaluator> evaluator_;
};

tests::OnePoint mlp(Assignment values = {}) {
    return tests::OnePoint(tests::small_mlp(2, 8, 2), std::move(values));
}

// The metrics but for the time.
Metrics metrics_of(const Outcome& outcome) {
    if (const auto* failure = std::get_if<Failure>(&outcome))
        FAIL(to_string(failure->kind) << ": " << failure->reason);
    Metrics metrics = std::get<Measurement>(outcome).metrics;
    metrics.erase("train_seconds");
    return metrics;
}

FailureKind failure_of(const Outcome& outcome) {
    REQUIRE(std::holds_alternative<Failure>(outcome));
    INFO(std::get<Failure>(outcome).reason);
    return std::get<Failure>(outcome).kind;
}

}  // namespace

TEST_CASE("training learns to tell two clouds apart", "[torch][training]") {
    for (const char* optimizer : {"sgd", "adamw"}) {
        Bench bench(std::string(R"({"batch": 16, "optimizer": {"lr": 0.05, "type": ")") +
                    optimizer + R"("}})");
        const Outcome outcome = bench.evaluate(mlp());
        const Metrics metrics = metrics_of(outcome);
        CHECK(metrics.at("accuracy") > 0.95);
        CHECK(metrics.at("loss") < 0.2);
        CHECK(metrics.at("train_loss") < 0.3);
        CHECK(std::get<Measurement>(outcome).cost.count() > 0.0);
        CHECK(!bench.weights.empty());
    }
}

TEST_CASE("the same candidate has the same outcome, also when two are trained at once",
          "[torch][training]") {
    const tests::OnePoint space(tests::small_convnet({.input = {1, 6, 6}, .classes = 2}));
    const std::string options = std::string("{") + kImages + "}";
    Bench bench(options);
    const Metrics alone = metrics_of(bench.evaluate(space));
    const std::string weights = bench.weights;
    CHECK(metrics_of(bench.evaluate(space)) == alone);
    CHECK(bench.weights == weights);

    Bench first(options), second(options);
    std::optional<Outcome> first_outcome, second_outcome;
    {
        std::jthread one([&] { first_outcome = first.evaluate(space); });
        std::jthread two([&] { second_outcome = second.evaluate(space, {.seed = 2}); });
    }
    CHECK(metrics_of(*first_outcome) == alone);
    CHECK(first.weights == weights);
    CHECK(metrics_of(*second_outcome) != alone);
}

TEST_CASE("the number of threads belongs to the thread that sets it", "[torch][threads]") {
    use_threads(3);
    std::jthread([] {
        use_threads(1);
        CHECK(at::get_num_threads() == 1);
    }).join();
    CHECK(at::get_num_threads() == 3);
    use_threads(1);
}

TEST_CASE("LibTorch's own random generator is left alone", "[torch][training]") {
    const auto state = [] { return at::detail::getDefaultCPUGenerator().get_state(); };
    const at::Tensor before = state();
    tests::NetworkDraft draft;
    spaces::ValueId value =
        draft.add("hidden", spaces::Linear{.out = 8}, {draft.input("input", {2})});
    value = draft.add("drop", spaces::Dropout{.rate = 0.3}, {value});
    value = draft.add("head", spaces::Linear{.out = 2}, {value});
    Bench bench;
    metrics_of(bench.evaluate(tests::OnePoint(std::move(draft).finish({value}))));
    CHECK(at::equal(before, state()));
}

TEST_CASE("a learning rate that is far too high diverges", "[torch][training]") {
    tests::NetworkDraft draft;
    spaces::ValueId value = draft.input("input", {2});
    for (const char* name : {"a", "b", "c"})
        value = draft.add(name, spaces::Linear{.out = 8}, {value});
    value = draft.add("head", spaces::Linear{.out = 2}, {value});
    Bench bench(R"({"optimizer": {"lr": 1e6}, "batch": 4})");
    const Outcome outcome = bench.evaluate(tests::OnePoint(std::move(draft).finish({value})));
    CHECK(failure_of(outcome) == FailureKind::diverged);
    CHECK_THAT(std::get<Failure>(outcome).reason, Catch::Contains("in epoch 1, batch"));
}

TEST_CASE("a network that does not fit into memory is refused before it is built",
          "[torch][training]") {
    Bench bench(R"({"batch": 65536})");
    const Outcome outcome =
        bench.evaluate(tests::OnePoint(tests::small_mlp(2, std::int64_t{1} << 31, 2)));
    CHECK(failure_of(outcome) == FailureKind::out_of_memory);
    CHECK_THAT(std::get<Failure>(outcome).reason, Catch::Contains("GiB are free"));
}

TEST_CASE("a stopped training is cancelled", "[torch][training]") {
    Bench bench(R"({"epochs": 100000})");
    bench.report = [&](std::int64_t, const Metrics&) {
        bench.stop.request_stop();
        return Verdict::go_on;
    };
    CHECK(failure_of(bench.evaluate(mlp())) == FailureKind::cancelled);
    CHECK(bench.weights.empty());
}

TEST_CASE("a pruned training ends with what it has", "[torch][training]") {
    Bench bench(R"({"epochs": 100000})");
    std::vector<std::int64_t> steps;
    bench.report = [&](std::int64_t step, const Metrics&) {
        steps.push_back(step);
        return step == 2 ? Verdict::stop : Verdict::go_on;
    };
    CHECK(metrics_of(bench.evaluate(mlp())).contains("accuracy"));
    CHECK(steps == std::vector<std::int64_t>{0, 1, 2});
}

TEST_CASE("fidelity shortens training and finalists have their own length", "[torch][training]") {
    Bench bench(R"({"epochs": 5, "final_epochs": 7})");
    int epochs = 0;
    bench.report = [&](std::int64_t, const Metrics&) {
        ++epochs;
        return Verdict::go_on;
    };
    const auto count = [&](const Candidate& candidate) {
        epochs = 0;
        metrics_of(bench.evaluate(mlp(), candidate));
        return epochs;
    };
    CHECK(count({.fidelity = 0.5}) == 3);
    CHECK(count({.fidelity = 0.01}) == 1);
    CHECK(count({}) == 5);
    CHECK(count({.stage = Stage::finalist}) == 7);
}

TEST_CASE("only a finalist sees test data", "[torch][training]") {
    Bench bench;
    const std::vector<std::string> names = bench.evaluator().metrics();
    CHECK(std::find(names.begin(), names.end(), "test_accuracy") == names.end());
    CHECK(!metrics_of(bench.evaluate(mlp())).contains("test_accuracy"));
    CHECK(metrics_of(bench.evaluate(mlp(), {.stage = Stage::finalist})).at("test_accuracy") > 0.5);
}

TEST_CASE("a trained network's weights are a head start", "[torch][training]") {
    Bench bench(R"({"epochs": 10})");
    metrics_of(bench.evaluate(mlp()));
    Bench shorter(R"({"epochs": 1})");
    const double cold = metrics_of(shorter.evaluate(mlp())).at("train_loss");
    shorter.weights = bench.weights;
    const Outcome warm = shorter.evaluate(mlp(), {.warm_start = ArtifactId{}, .seed = 1});
    CHECK(metrics_of(warm).at("train_loss") < cold);
}

TEST_CASE("a head start does not depend on how the data was scaled", "[torch][training]") {
    Bench raw(R"({"epochs": 10, "normalize": false})");
    metrics_of(raw.evaluate(mlp()));
    Bench bench(R"({"epochs": 1})");
    bench.weights = raw.weights;
    CHECK(
        metrics_of(bench.evaluate(mlp(), {.warm_start = ArtifactId{}, .seed = 1})).at("accuracy") >
        0.9);
}

TEST_CASE("training stops early when nothing improves and keeps the best epoch",
          "[torch][training]") {
    Bench bench(R"({"epochs": 100000, "early_stopping": {"patience": 3}})");
    std::vector<double> accuracies;
    bench.report = [&](std::int64_t, const Metrics& metrics) {
        accuracies.push_back(metrics.at("accuracy"));
        return Verdict::go_on;
    };
    const Metrics kept = metrics_of(bench.evaluate(mlp()));
    CHECK(accuracies.size() >= 4);
    CHECK(kept.at("accuracy") == *std::max_element(accuracies.begin(), accuracies.end()));
}

TEST_CASE("a space that does not fit the data is told so, with both shapes", "[torch][training]") {
    const Bench bench;
    const auto faults_of = [&](const tests::OnePoint& space) {
        Faults faults;
        bench.evaluator().check_space(space, faults);
        std::string text;
        for (const Fault& fault : faults.list())
            text += fault.where + ": " + fault.message + "\n";
        return text;
    };
    CHECK(faults_of(mlp({{"lr", 0.1}})).empty());
    CHECK_THAT(faults_of(tests::OnePoint(tests::small_mlp(3, 8, 2))),
               Catch::Contains("the network's input is 3, a sample of the data is 2"));
    CHECK_THAT(faults_of(tests::OnePoint(tests::small_mlp(2, 8, 5))),
               Catch::Contains("an output of the network is 5, the data has 2 classes"));
    CHECK_THAT(faults_of(mlp({{"learning_rate", 0.1}})),
               Catch::Contains("/training/learning_rate"));
}

TEST_CASE("what decides the outcome is in the fingerprint", "[torch][training]") {
    CHECK(Bench().evaluator().fingerprint() == Bench().evaluator().fingerprint());
    CHECK(Bench().evaluator().fingerprint() != Bench(R"({"epochs": 5})").evaluator().fingerprint());
    CHECK(Bench().evaluator().fingerprint() !=
          Bench(R"({"split": {"seed": 1}})").evaluator().fingerprint());
}

TEST_CASE("images are shifted and flipped while training", "[torch][training]") {
    tests::NetworkDraft draft;
    spaces::ValueId value = draft.input("image", {1, 6, 6});
    value = draft.add("flat", spaces::Reshape{.shape = {36}}, {value});
    value = draft.add("head", spaces::Linear{.out = 2}, {value});
    const tests::OnePoint space(std::move(draft).finish({value}));
    const auto train_loss = [&](const std::string& augment) {
        Bench bench(std::string(R"({"epochs": 6, "batch": 16, "augment": )") + augment + ", " +
                    kImages + "}");
        return metrics_of(bench.evaluate(space)).at("train_loss");
    };
    CHECK(train_loss(R"({"crop": 1})") < 0.4);
    // Flipping makes left and right the same: what is left is to guess.
    CHECK(train_loss(R"({"flip": true})") > 0.65);
}

TEST_CASE("a graphics processor that is not there is refused when the job is checked",
          "[torch][training]") {
    if (at::hasCUDA())
        return;
    CHECK_THROWS_WITH(Bench(R"({"device": "cuda"})"),
                      Catch::Contains("LibTorch finds no CUDA device on this machine"));
    CHECK(Bench(R"({"device": "cpu"})").evaluator().fingerprint() ==
          Bench().evaluator().fingerprint());
}

TEST_CASE("every device moves and flips images alike", "[torch][training]") {
    const Samples samples{at::rand({4, 2, 5, 3}, make_generator(1)), at::arange(4)};
    const AugmentOptions augment{.crop = 2, .flip = true};
    const std::vector<std::int64_t> indices{3, 0, 3, 1, 2, 2};
    Rng rng(5), same(5);
    std::vector<Move> moves;
    for (std::size_t i = 0; i < indices.size(); ++i) {
        Move move;
        move.down = same.integer(-2, 2);
        move.right = same.integer(-2, 2);
        move.flip = same.chance(0.5);
        moves.push_back(move);
    }
    const at::Tensor batch = make_batch(samples, indices, augment, rng).inputs;
    CHECK(at::equal(moved(samples.inputs.index_select(0, at::tensor(indices)), moves), batch));
}

TEST_CASE("a training step takes copies of parameters and a batch of activations",
          "[torch][training]") {
    // 2 x 3 + 3 and 3 x 2 + 2 parameters; 3, 3 and 2 activations.
    CHECK(training_bytes(tests::small_mlp(2, 3, 2), 3, 10) == 4.0 * (3 * 17 + 10 * 8));
}
