// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/supernet/paths/path_epoch.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "evaluators/torch/supernet/paths/path_loss.h"
#include "evaluators/torch/supernet/runner.h"
#include "evaluators/torch/supernet/weights/checkpoint.h"
#include "evaluators/torch/supernet/weights/sort_widths.h"
#include "evaluators/torch/supernet/weights/space_weights.h"
#include "evaluators/torch/training.h"
#include "tests/search/elastic_space.h"
#include "tests/support/catch.h"
#include "tests/torch/elastic_images.h"
#include "tests/torch/fixtures.h"

using namespace parnas;
using namespace parnas::evaluators;
using search::Distill;
using search::Extreme;
using search::OpenValues;
using search::PathEpoch;
using search::PathSampling;

namespace {

DataSet halves(int samples) {
    DataSet data{.shape = {1, 6, 6}, .classes = 2};
    Rng rng(3);
    for (int i = 0; i < samples; ++i) {
        for (int pixel = 0; pixel < 36; ++pixel)
            data.values.push_back(
                static_cast<float>(rng.uniform() + ((pixel % 6 < 3) == (i % 2 == 0) ? 1.0 : 0.0)));
        data.labels.push_back(i % 2);
    }
    return data;
}

TrainingData training_data() {
    const DataSet data = halves(200);
    return make_training_data(data, make_split(data, {}), Normalize::per_channel);
}

PathEpoch epoch_of(const spaces::SearchSpace& space, PathSampling sampling) {
    PathEpoch epoch{.sampling = sampling, .batch = 32, .lr = 0.02};
    epoch.open.resize(space.params().size());
    return epoch;
}

// A runner's phases, one after the other.
class Phases {
  public:
    explicit Phases(const spaces::SearchSpace& space)
        : space_(space), data_(training_data()), runner_(make_supernet_runner({data_, options_})) {}

    PhaseOutcome run(const PathEpoch& epoch) {
        const Phase phase{
            .name = "paths",
            .settings = dump_json(search::to_json(epoch, space_.params())),
            .warm_start = checkpoint.empty() ? std::nullopt : std::optional<ArtifactId>(Digest{})};
        return runner_->run(phase,
                            {.space = space_,
                             .stop = stop.get_token(),
                             .seed = seed++,
                             .progress = progress,
                             .save_checkpoint = [this](std::string bytes) { checkpoint = bytes; },
                             .load = [this](const ArtifactId&) { return checkpoint; }});
    }

    Metrics metrics(const PathEpoch& epoch) {
        const PhaseOutcome outcome = run(epoch);
        if (const auto* failure = std::get_if<Failure>(&outcome))
            FAIL(to_string(failure->kind) << ": " << failure->reason);
        return std::get<PhaseResult>(outcome).metrics;
    }

    const TrainingData& data() const { return data_; }

    std::string checkpoint;
    std::uint64_t seed = 1;
    std::stop_source stop;
    std::function<void(double, const Metrics&)> progress;

  private:
    const spaces::SearchSpace& space_;
    TrainingData data_;
    TrainingOptions options_;
    std::unique_ptr<PhaseRunner> runner_;
};

at::Tensor uniform(at::IntArrayRef shape, std::uint64_t seed) {
    return at::empty(shape, at::kDouble).uniform_(-2.0, 2.0, make_generator(seed));
}

}  // namespace

TEST_CASE("what a sub-network learns from its teacher has the gradient of its divergence",
          "[torch][one_shot]") {
    const at::Tensor teacher = uniform({5, 4}, 1);
    const at::Tensor start = uniform({5, 4}, 2);
    for (const auto kind : {search::Divergence::kl, search::Divergence::alpha}) {
        const auto loss = [&](const at::Tensor& logits) {
            return divergence(logits, teacher, kind, 1e9);
        };
        const at::Tensor logits = start.clone().requires_grad_();
        loss(logits).backward();
        constexpr double kStep = 1e-6;
        for (std::int64_t i = 0; i < start.numel(); ++i) {
            at::Tensor up = start.clone(), down = start.clone();
            up.view(-1)[i] += kStep;
            down.view(-1)[i] -= kStep;
            const double expected = (loss(up) - loss(down)).item<double>() / (2.0 * kStep);
            CHECK(logits.grad().view(-1)[i].item<double>() ==
                  Approx(expected).epsilon(1e-5).margin(1e-9));
        }
    }
}

TEST_CASE("a divergence is zero between equals and clips what the teacher rules out",
          "[torch][one_shot]") {
    const at::Tensor teacher = uniform({3, 4}, 1);
    for (const auto kind : {search::Divergence::kl, search::Divergence::alpha})
        CHECK(divergence(teacher + 3.0, teacher, kind, 5.0).item<double>() ==
              Approx(0.0).margin(1e-12));
    // The student is sure of what the teacher thinks next to impossible.
    const at::Tensor sure = at::tensor({20.0, 0.0}).view({1, 2}).requires_grad_();
    const at::Tensor other = at::tensor({0.0, 20.0}).view({1, 2});
    divergence(sure, other, search::Divergence::alpha, 5.0).backward();
    CHECK(sure.grad().abs().max().item<double>() < 5.0);
}

TEST_CASE("sorting channels by importance leaves networks with all channels as they are",
          "[torch][one_shot]") {
    const auto space = tests::small_elastic_space();
    SharedWeights shared(covering_networks(*space), 1);
    const at::Generator generator = make_generator(7);
    {
        const at::NoGradGuard no_grad;
        for (const NamedTensor& each : shared.tensors())
            each.tensor.uniform_(0.1, 1.0, generator);
    }
    // Everything but widths is open, also the options that the largest network leaves out.
    OpenValues open(space->params().size());
    const std::vector<search::Role> roles = search::roles(*space);
    const Genotype full = search::full_genotype(*space);
    for (std::size_t p = 0; p < roles.size(); ++p)
        if (roles[p] == search::Role::width)
            open[p] = {full.values[p]};
    Rng rng(5);
    std::vector<Genotype> genotypes{search::extreme_path(*space, open, Extreme::largest)};
    for (int i = 0; i < 10; ++i)
        genotypes.push_back(search::draw_open(*space, open, rng));
    const auto logits = [&](const Genotype& genotype) {
        const at::NoGradGuard no_grad;
        const spaces::Network network = *space->decode(genotype).network;
        return shared.view(network)
            .forward(random_inputs(network, {.batch = 3}, 1), Pass{})
            .back()
            .clone();
    };
    std::vector<at::Tensor> before;
    for (const Genotype& genotype : genotypes)
        before.push_back(logits(genotype));
    const at::Tensor weights = shared.weights().flat_parameters().clone();

    sort_widths(open_network(*space), shared.weights());

    CHECK_FALSE(at::equal(weights, shared.weights().flat_parameters()));
    for (std::size_t i = 0; i < genotypes.size(); ++i)
        CHECK((logits(genotypes[i]) - before[i]).abs().max().item<double>() <=
              1e-5 * before[i].abs().max().item<double>());
    int sorted = 0;
    for (const NamedTensor& each : shared.tensors()) {
        if (!each.name.ends_with("project.weight"))
            continue;
        const at::Tensor importance = each.tensor.detach().abs().sum({0, 2, 3});
        CHECK((importance.diff() <= 0.0).all().item<bool>());
        ++sorted;
    }
    CHECK(sorted == 2);
}

TEST_CASE("path training lowers the loss of the largest and the smallest network",
          "[torch][one_shot]") {
    const auto space = tests::small_elastic_space();
    for (const PathSampling sampling : {PathSampling::uniform,
                                        PathSampling::cost_bins,
                                        PathSampling::fair,
                                        PathSampling::sandwich}) {
        Phases phases(*space);
        PathEpoch epoch = epoch_of(*space, sampling);
        if (sampling == PathSampling::sandwich)
            epoch.distill = Distill::largest;
        for (int i = 0; i < 5; ++i)
            phases.metrics(epoch);
        epoch.validate = true;
        const Metrics metrics = phases.metrics(epoch);
        INFO("sampling " << static_cast<int>(sampling));
        CHECK(metrics.at("accuracy_largest") >= 0.9);
        CHECK(metrics.at("accuracy_smallest") >= 0.9);
    }
}

TEST_CASE("a teacher stays as it was taken", "[torch][progressive_shrinking]") {
    const auto space = tests::small_elastic_space();
    Phases phases(*space);
    PathEpoch epoch = epoch_of(*space, PathSampling::uniform);
    epoch.distill = Distill::teacher;
    CHECK_THROWS_AS(phases.run(epoch), Error);  // nobody took one
    epoch.distill = Distill::none;
    phases.metrics(epoch);
    const Checkpoint full = read_checkpoint(phases.checkpoint);
    epoch.distill = Distill::teacher;
    epoch.take_teacher = true;
    epoch.sort_widths = true;
    phases.metrics(epoch);
    epoch.take_teacher = false;
    phases.metrics(epoch);
    const Checkpoint last = read_checkpoint(phases.checkpoint);
    std::size_t teachers = 0, moved = 0;
    for (const NamedTensor& each : full.tensors) {
        const at::Tensor* teacher = find_tensor(last.tensors, "teacher/" + each.name);
        if (teacher == nullptr)
            continue;
        ++teachers;
        CHECK(at::equal(*teacher, each.tensor));
        moved += at::equal(*find_tensor(last.tensors, each.name), each.tensor) ? 0 : 1;
    }
    CHECK(teachers + 1 == full.tensors.size());  // the velocity is nobody's teacher
    CHECK(moved > teachers / 2);
}

TEST_CASE("the same phase leaves the same checkpoint", "[torch][one_shot]") {
    const auto space = tests::small_elastic_space();
    PathEpoch epoch = epoch_of(*space, PathSampling::sandwich);
    epoch.distill = Distill::largest;
    Phases one(*space), same(*space), other(*space);
    other.seed = 7;
    for (int i = 0; i < 2; ++i)
        CHECK(one.metrics(epoch) == same.metrics(epoch));
    CHECK(one.checkpoint == same.checkpoint);
    other.metrics(epoch);
    other.metrics(epoch);
    CHECK(one.checkpoint != other.checkpoint);
    // Nothing is carried in memory alone: another runner goes on from the same checkpoint.
    Phases resumed(*space);
    resumed.checkpoint = one.checkpoint;
    resumed.seed = one.seed;
    CHECK(resumed.metrics(epoch) == one.metrics(epoch));
    CHECK(resumed.checkpoint == one.checkpoint);
}

TEST_CASE("gradients of a step's sub-networks are summed, and then there is one step",
          "[torch][one_shot]") {
    const auto space = tests::small_elastic_space();
    // The one genotype that is open, twice and once: twice the gradient, by half the rate.
    PathEpoch epoch = epoch_of(*space, PathSampling::uniform);
    const Genotype only = search::full_genotype(*space);
    for (std::size_t p = 0; p < epoch.open.size(); ++p)
        epoch.open[p] = {only.values[p]};
    epoch.momentum = 0.0;
    epoch.weight_decay = 0.0;
    Phases once(*space), twice(*space);
    epoch.paths = 1;
    once.metrics(epoch);
    epoch.paths = 2;
    epoch.lr /= 2.0;
    twice.metrics(epoch);
    const Checkpoint a = read_checkpoint(once.checkpoint), b = read_checkpoint(twice.checkpoint);
    for (const NamedTensor& each : a.tensors)
        if (!each.name.starts_with("velocity/"))
            CHECK(at::allclose(each.tensor, *find_tensor(b.tensors, each.name), 1e-3, 1e-5));
}

TEST_CASE("a path epoch tells how far it is and can be stopped", "[torch][one_shot]") {
    const auto space = tests::small_elastic_space();
    Phases phases(*space);
    std::vector<double> shares;
    phases.progress = [&](double share, const Metrics& metrics) {
        shares.push_back(share);
        CHECK(metrics.contains("train_loss"));
        if (share > 0.5)
            phases.stop.request_stop();
    };
    const PhaseOutcome outcome = phases.run(epoch_of(*space, PathSampling::uniform));
    REQUIRE(std::holds_alternative<Failure>(outcome));
    CHECK(std::get<Failure>(outcome).kind == FailureKind::cancelled);
    CHECK(std::ranges::is_sorted(shares));
    CHECK(shares.back() < 1.0);
    CHECK(phases.checkpoint.empty());
}

TEST_CASE("a path epoch whose loss is not finite has diverged", "[torch][one_shot]") {
    const auto space = tests::small_elastic_space();
    Phases phases(*space);
    PathEpoch epoch = epoch_of(*space, PathSampling::uniform);
    epoch.lr = 1e6;
    std::optional<FailureKind> kind;
    for (int i = 0; i < 20 && !kind; ++i)
        if (const PhaseOutcome outcome = phases.run(epoch);
            const auto* failure = std::get_if<Failure>(&outcome))
            kind = failure->kind;
    CHECK(kind == FailureKind::diverged);
}

namespace {

// A training evaluator on images, and a supernet of it.
struct Inherited {
    Inherited() : space(tests::small_elastic_space()), phases(*space) {
        folder.write("halves.csv", tests::bright_halves(200));
        Faults faults;
        const Json options = Json::parse(R"({"data": {"csv": "halves.csv", "shape": [1, 6, 6]},
                                             "epochs": 3, "recalibration": {"images": 64}})");
        ObjectReader reader(options, "/evaluator", faults);
        evaluator = make_training_evaluator(reader, folder.path());
        reader.finish();
        faults.throw_if_any();
        evaluator->check_space(*space, faults);
        faults.throw_if_any();
        PathEpoch epoch = epoch_of(*space, PathSampling::sandwich);
        epoch.distill = Distill::largest;
        for (int i = 0; i < 4; ++i)
            phases.metrics(epoch);
    }

    Outcome evaluate(const Candidate& candidate) {
        return evaluator->evaluate(
            candidate,
            {.space = *space,
             .stop = stop.get_token(),
             .report =
                 [this](std::int64_t, const Metrics&) {
                     ++reports;
                     return Verdict::go_on;
                 },
             .save_weights = [this](std::string bytes) { weights = std::move(bytes); },
             .load =
                 [this](const ArtifactId& id) {
                     ++loads;
                     return id == kCheckpoint ? phases.checkpoint : weights;
                 }});
    }

    Metrics metrics(const Candidate& candidate) {
        const Outcome outcome = evaluate(candidate);
        if (const auto* failure = std::get_if<Failure>(&outcome))
            FAIL(to_string(failure->kind) << ": " << failure->reason);
        Metrics metrics = std::get<Measurement>(outcome).metrics;
        metrics.erase("train_seconds");
        return metrics;
    }

    static constexpr ArtifactId kCheckpoint{.high = 1, .low = 2};

    std::unique_ptr<spaces::SearchSpace> space;
    Phases phases;
    tests::TemporaryFolder folder;
    std::unique_ptr<Evaluator> evaluator;
    std::stop_source stop;
    int loads = 0;
    int reports = 0;
    std::string weights;
};

}  // namespace

TEST_CASE("a candidate of a supernet is scored with the weights that it inherits",
          "[torch][one_shot]") {
    Inherited supernet;
    Rng rng(3);
    const Candidate candidate{.genotype = spaces::sample_feasible(*supernet.space, rng),
                              .warm_start = Inherited::kCheckpoint,
                              .seed = 4};
    const Metrics metrics = supernet.metrics(candidate);
    CHECK(metrics.at("accuracy") > 0.8);
    CHECK(std::isfinite(metrics.at("loss")));
    CHECK(std::isfinite(metrics.at("train_loss")));
    CHECK(supernet.reports == 0);  // it was not trained
    const std::string weights = supernet.weights;
    CHECK_FALSE(weights.empty());

    Candidate other = candidate;
    other.number = 5;
    other.seed = 99;  // nothing is drawn
    CHECK(supernet.metrics(other) == metrics);
    CHECK(supernet.weights == weights);
    CHECK(supernet.loads == 1);  // of one checkpoint for both
}

TEST_CASE("a finalist that inherits is trained from there", "[torch][one_shot]") {
    Inherited supernet;
    Rng rng(3);
    Candidate candidate{.genotype = spaces::sample_feasible(*supernet.space, rng),
                        .stage = Stage::finalist,
                        .warm_start = Inherited::kCheckpoint,
                        .seed = 4};
    const Metrics tuned = supernet.metrics(candidate);
    CHECK(supernet.reports == 3);
    CHECK(tuned.contains("test_accuracy"));
    candidate.warm_start.reset();
    CHECK(supernet.metrics(candidate).at("loss") != tuned.at("loss"));
}

TEST_CASE("inherited scoring stops when it is told to", "[torch][one_shot]") {
    Inherited supernet;
    Rng rng(3);
    supernet.stop.request_stop();
    const Outcome outcome =
        supernet.evaluate({.genotype = spaces::sample_feasible(*supernet.space, rng),
                           .warm_start = Inherited::kCheckpoint});
    REQUIRE(std::holds_alternative<Failure>(outcome));
    CHECK(std::get<Failure>(outcome).kind == FailureKind::cancelled);
}

TEST_CASE("a candidate cannot inherit from a checkpoint of another space", "[torch][one_shot]") {
    Inherited supernet;
    const auto other = tests::read_space(R"(
name: other@1
input: {image: [1, 6, 6]}
output: {classes: 2}
body:
  - conv: {name: stem, out: {one_of: [16, 32]}, norm: batch, act: relu}
  - head: {}
)");
    CHECK_THROWS_AS(
        supernet.evaluator->evaluate(
            {.genotype = search::full_genotype(*other), .warm_start = Inherited::kCheckpoint},
            {.space = *other,
             .load = [&](const ArtifactId&) { return supernet.phases.checkpoint; }}),
        Error);
}
