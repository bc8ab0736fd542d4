// SPDX-License-Identifier: Apache-2.0
#include "search/weight_sharing/differentiable.h"

#include <cmath>

#include <nlohmann/json.hpp>

#include "search/builtins.h"
#include "search/registries.h"
#include "spaces/count.h"
#include "tests/search/cell_documents.h"
#include "tests/search/fake_scores.h"
#include "tests/support/catch.h"
#include "tests/support/spaces.h"

namespace parnas::search {
namespace {

using tests::chosen;

std::unique_ptr<Strategy> make(const std::string& text, const SamplerSetup& setup) {
    Registries registries;
    register_strategies(registries);
    const Json json = parse_json(text, "/strategy");
    Faults faults;
    ObjectReader reader(json, "/strategy", faults);
    auto strategy = registries.strategies.find(reader.text("type"))(reader, setup);
    reader.finish();
    faults.throw_if_any();
    return strategy;
}

// A search without a supernet: epochs do to the strengths what the test says.
class Search {
  public:
    using Epoch = std::function<Metrics(const DifferentiableEpoch&, EpochAttachment&)>;

    Search(const spaces::SearchSpace& space, const std::string& text, Limits limits = {})
        : space_(space),
          strategy_(make(text, {.space = space, .seed = 3, .limits = std::move(limits)})) {}

    Step next() {
        Rng rng(1);
        const Known known = [](const Genotype& genotype) {
            return KnownFacts{.identity = spaces::hash(genotype)};
        };
        return strategy_->next(
            {.space = space_,
             .number = 0,
             .pending = {},
             .rng = rng,
             .known = known,
             .predict = [this](const Genotype& genotype) { return predict(genotype); }});
    }

    // Runs phases until there are none.
    void train(const Epoch& epoch) {
        for (Step step = next(); std::holds_alternative<Phase>(step); step = next()) {
            const Phase& phase = std::get<Phase>(step);
            phases.push_back(differentiable_epoch_from(phase.settings));
            FinishedPhase finished{.index = std::ssize(phases) - 1, .phase = phase};
            EpochAttachment attachment{
                .architecture = phases.back().architecture,
                .partial_channels = phases.back().partial_channels.value_or(2),
                .weights = phases.back().weights};
            finished.result.metrics = epoch(phases.back(), attachment);
            finished.result.attachment = to_text(attachment);
            finished.checkpoint = hash_bytes(std::to_string(finished.index));
            warm_starts.push_back(phase.warm_start);
            tell(finished);
        }
    }

    // Proposals until the end, each told as a trial; the end's reason.
    std::string propose() {
        Step step = next();
        for (; std::holds_alternative<Proposal>(step); step = next()) {
            proposals.push_back(std::get<Proposal>(step));
            tell(Trial{.number = std::ssize(proposals) - 1, .genotype = proposals.back().genotype});
        }
        return std::get<Done>(step).reason;
    }

    void tell(Finished finished) {
        history.push_back(std::move(finished));
        strategy_->tell({&history.back(), 1});
    }

    Predicted predict(const Genotype& genotype) const {
        Predicted predicted;
        const double cost =
            static_cast<double>(spaces::count(*space_.decode(genotype).network).multiply_adds);
        predicted.metrics["latency_ms"] = cost / 1000.0;
        if (limit && cost / 1000.0 > *limit)
            predicted.failure = Failure{FailureKind::infeasible, "too slow"};
        return predicted;
    }

    std::vector<DifferentiableEpoch> phases;
    std::vector<std::optional<ArtifactId>> warm_starts;
    std::vector<Proposal> proposals;
    std::vector<Finished> history;
    std::optional<double> limit;

  private:
    const spaces::SearchSpace& space_;
    std::unique_ptr<Strategy> strategy_;
};

// Strengthens one option of every choice.
Search::Epoch towards(std::size_t option, double step = 0.5) {
    return [=](const DifferentiableEpoch&, EpochAttachment& attachment) {
        for (StrengthValues& each : attachment.architecture.strengths)
            if (each.strength.kind == spaces::Strength::Kind::options)
                for (std::size_t i = 0; i < each.values.size(); ++i)
                    if (each.strength.entries[i] == option)
                        each.values[i] += step;
        return Metrics{};
    };
}

std::string messages(const std::function<void()>& act) {
    try {
        act();
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

}  // namespace

TEST_CASE("each of the five searches runs its epochs and then proposes",
          "[search][differentiable]") {
    const auto space = tests::dense_cells();
    for (const std::string type : {"darts", "gdas", "pc_darts", "dr_nas", "beta_darts"}) {
        Search search(*space, R"({"type":")" + type + R"(","epochs":4,"derive":3})");
        search.train(towards(2));
        REQUIRE(search.phases.size() == 4);
        CHECK_FALSE(search.warm_starts[0]);
        CHECK(search.warm_starts[3] == hash_bytes("2"));
        CHECK(search.phases[3].architecture.strengths[0].values !=
              search.phases[0].architecture.strengths[0].values);
        CHECK(search.propose() == "discretised after epoch 4");
        REQUIRE(search.proposals.size() == 4);
        CHECK(chosen(*space, search.proposals[0].genotype, "cell.node1.from0") == "conv");
        CHECK(search.proposals[0].attributes.at("cost_weight") == "0");
        CHECK_FALSE(search.proposals[0].warm_start);
    }
}

TEST_CASE("the searches differ in what their papers say", "[search][differentiable]") {
    const auto space = tests::dense_cells();
    const auto epochs_of = [&](const std::string& type) {
        Search search(*space, R"({"type":")" + type + R"(","epochs":10})");
        search.train(towards(2));
        return search.phases;
    };
    const auto darts = epochs_of("darts");
    CHECK(darts[0].lr == Approx(0.025));
    CHECK(darts[9].lr == Approx(0.001));
    CHECK(darts[0].weights == OptionWeights::softmax);
    const auto gdas = epochs_of("gdas");
    CHECK(gdas[0].weights == OptionWeights::gumbel);
    CHECK(gdas[0].temperature == Approx(10.0));
    CHECK(gdas[9].temperature == Approx(0.1));
    const auto pc_darts = epochs_of("pc_darts");
    CHECK(pc_darts[0].partial_channels == 4);
    CHECK(pc_darts[0].edges == EdgeWeights::learned);
    CHECK(pc_darts[2].frozen);
    CHECK_FALSE(pc_darts[3].frozen);
    CHECK(epochs_of("dr_nas")[0].weights == OptionWeights::dirichlet);
    const auto beta_darts = epochs_of("beta_darts");
    CHECK(beta_darts[0].beta_regulariser == 0.0);
    CHECK(beta_darts[9].beta_regulariser == Approx(50.0));
}

TEST_CASE("a strategy that is told the same again goes on the same way",
          "[search][differentiable]") {
    const auto space = tests::taking_cells();
    const std::string text =
        R"({"type":"darts","epochs":3,"target":{"metric":"latency_ms","at":5}})";
    Search first(*space, text);
    first.train([](const DifferentiableEpoch& epoch, EpochAttachment& attachment) {
        towards(1, 0.2)(epoch, attachment);
        return Metrics{{"expected_latency_ms", 8.0 - static_cast<double>(epoch.epoch)}};
    });
    first.propose();
    for (std::size_t told = 0; told <= first.history.size(); ++told) {
        Search again(*space, text);
        for (std::size_t i = 0; i < told; ++i)
            again.tell(first.history[i]);
        const Step step = again.next();
        if (told < 3) {
            CHECK(std::get<Phase>(step).settings == to_text(first.phases[told]));
        } else if (told < first.history.size()) {
            CHECK(std::get<Proposal>(step).genotype == first.proposals[told - 3].genotype);
        } else {
            CHECK(std::holds_alternative<Done>(step));
        }
    }
}

TEST_CASE("another strategy goes on after the proposals and may have phases of its own",
          "[search][differentiable]") {
    const auto space = tests::dense_cells();
    Search alone(*space, R"({"type":"darts","epochs":2,"derive":3})");
    alone.train(towards(2));
    alone.propose();
    REQUIRE(alone.proposals.size() > 1);

    Search search(*space,
                  R"({"type":"darts","epochs":2,"derive":3,
                      "then":{"type":"random","prefilter":{"pool":2}}})");
    search.train(towards(2));
    CHECK(search.phases.size() == 2);
    for (const Proposal& proposal : alone.proposals) {
        const auto same = std::get<Proposal>(search.next());
        CHECK(same.genotype == proposal.genotype);
        CHECK(same.attributes == proposal.attributes);
        search.tell(Trial{.genotype = same.genotype});
    }
    const auto scoring = std::get<Phase>(search.next());
    CHECK(scoring.name != "supernet");
    search.tell(
        FinishedPhase{.index = 2, .phase = scoring, .result = tests::first_value_scores(scoring)});
    CHECK(std::holds_alternative<Proposal>(search.next()));
    CHECK_THROWS_AS(make(R"({"type":"darts","then":{"type":"darts"}})", {.space = *space}), Error);
}

TEST_CASE("what memory allowed in the first epoch stays", "[search][differentiable]") {
    const auto space = tests::dense_cells();
    Search search(*space, R"({"type":"darts","epochs":3,"memory_mb":100})");
    search.train(towards(2));
    CHECK_FALSE(search.phases[0].partial_channels);
    CHECK(search.phases[0].memory_mb == 100);
    CHECK(search.phases[1].partial_channels == 2);
    CHECK(search.warm_starts[1] == hash_bytes("0"));
}

TEST_CASE("trials inherit weights where the supernet has those of networks",
          "[search][differentiable]") {
    const auto space = tests::dense_cells();
    Search search(*space, R"({"type":"darts","epochs":2,"inherit":true,"partial_channels":1})");
    search.train(towards(2));
    CHECK(search.phases[0].inheritable);
    search.propose();
    CHECK(search.proposals[0].warm_start == hash_bytes("1"));
}

TEST_CASE("stages keep the strongest options and begin new supernets", "[search][differentiable]") {
    const auto space = tests::dense_cells();
    Search search(*space, R"({"type":"darts","epochs":6,"partial_channels":1,"stages":[
        {"depth":0.5},{"keep":3},{"keep":2,"partial_channels":2}]})");
    search.train(towards(2));
    CHECK(search.phases[0].depth == 0.5);
    CHECK(search.phases[2].depth == 1.0);
    CHECK(search.phases[1].architecture.strengths[0].values.size() == 4);
    CHECK(search.phases[2].architecture.strengths[0].values.size() == 3);
    CHECK(search.phases[4].architecture.strengths[0].values.size() == 2);
    CHECK(search.phases[4].partial_channels == 2);
    CHECK(search.warm_starts[1]);
    CHECK_FALSE(search.warm_starts[2]);
    CHECK(search.warm_starts[3]);
    CHECK_FALSE(search.warm_starts[4]);
    search.propose();
    CHECK(chosen(*space, search.proposals[0].genotype, "cell.node1.from0") == "conv");
}

TEST_CASE("a search that collapses stops and proposes its last healthy epoch's architecture",
          "[search][differentiable]") {
    const auto space = tests::dense_cells();
    Search search(*space, R"({"type":"darts","epochs":30,"derive":0,"health":{"from":2}})");
    search.train([&](const DifferentiableEpoch& epoch, EpochAttachment& attachment) {
        towards(epoch.epoch < 6 ? 2 : 1, epoch.epoch < 6 ? 0.1 : 0.4)(epoch, attachment);
        Metrics metrics;
        add_to(metrics,
               look_at(epoch.architecture,
                       attachment.architecture,
                       epoch.weights,
                       *space,
                       find_open_choices(*space)));
        return metrics;
    });
    CHECK(search.phases.size() < 15);
    const std::string reason = search.propose();
    CHECK(reason.find("collapsed in epoch") != std::string::npos);
    CHECK(reason.find("nothing but skip connections") != std::string::npos);
    CHECK(reason.find("the last healthy one") != std::string::npos);
    REQUIRE(search.proposals.size() == 1);
    CHECK(chosen(*space, search.proposals[0].genotype, "cell.node1.from0") == "conv");
    CHECK(search.proposals[0].attributes.at("reason").find("collapsed") != std::string::npos);
}

TEST_CASE("a search does not collapse while its strengths are frozen", "[search][differentiable]") {
    const auto space = tests::dense_cells();
    for (const auto& [frozen, epochs] : {std::pair("0.5", 20u), std::pair("0", 5u)}) {
        Search search(*space,
                      std::string(R"({"type":"darts","epochs":20,"frozen":)") + frozen + "}");
        search.train([](const DifferentiableEpoch& epoch, EpochAttachment&) {
            return Metrics{{"most_skips", epoch.epoch < 10 ? 6.0 : 0.0}};
        });
        CHECK(search.phases.size() == epochs);
    }
}

TEST_CASE("the losses of single options decide where the job says so", "[search][differentiable]") {
    const auto space = tests::dense_cells();
    const auto epochs = [](const DifferentiableEpoch& epoch, EpochAttachment& attachment) {
        towards(2)(epoch, attachment);
        if (!epoch.option_losses)
            return Metrics{};
        attachment.losses = attachment.architecture;
        for (StrengthValues& each : attachment.losses->strengths)
            if (each.strength.kind == spaces::Strength::Kind::options)
                each.values = {2.0, 1.0, 0.9, 0.5};
        return Metrics{};
    };
    Search by_losses(*space, R"({"type":"darts","epochs":4,"derive":3,"select":"losses"})");
    by_losses.train(epochs);
    CHECK_FALSE(by_losses.phases[2].option_losses);
    CHECK(by_losses.phases[3].option_losses);
    by_losses.propose();
    CHECK(chosen(*space, by_losses.proposals.at(0).genotype, "cell.node1.from0") == "pool");

    Search by_strengths(*space, R"({"type":"darts","epochs":4,"derive":3})");
    by_strengths.train(epochs);
    CHECK_FALSE(by_strengths.phases[3].option_losses);
    by_strengths.propose();
    CHECK(chosen(*space, by_strengths.proposals.at(0).genotype, "cell.node1.from0") == "conv");
}

TEST_CASE("a search that collapses before its last epoch has no losses and goes by strengths",
          "[search][differentiable]") {
    const auto space = tests::dense_cells();
    Search search(
        *space, R"({"type":"darts","epochs":9,"derive":0,"select":"losses","health":{"from":1}})");
    search.train([&](const DifferentiableEpoch& epoch, EpochAttachment& attachment) {
        towards(2)(epoch, attachment);
        CHECK_FALSE(epoch.option_losses);
        return Metrics{{"all_skip_cells", epoch.epoch > 2 ? 1.0 : 0.0}};
    });
    CHECK(search.phases.size() < 9);
    search.propose();
    CHECK(chosen(*space, search.proposals.at(0).genotype, "cell.node1.from0") == "conv");
}

TEST_CASE("a search that was never healthy proposes no cell of skips", "[search][differentiable]") {
    const auto space = tests::dense_cells();
    Search search(*space, R"({"type":"darts","epochs":9,"derive":0,"health":{"from":1}})");
    search.train([&](const DifferentiableEpoch& epoch, EpochAttachment& attachment) {
        towards(1)(epoch, attachment);
        return Metrics{{"most_skips", 6.0}, {"all_skip_cells", 1.0}};
    });
    const std::string reason = search.propose();
    CHECK(reason.find("no epoch was healthy") != std::string::npos);
    const OpenChoices open = find_open_choices(*space);
    CHECK(take_census(*space, open, search.proposals.at(0).genotype).skips == 2);
}

TEST_CASE("a target is held by a multiplier, and every proposal meets the limit",
          "[search][differentiable]") {
    const auto space = tests::dense_cells();
    Search search(*space, R"({"type":"darts","epochs":4})", {{"latency_ms", 35.0}});
    search.limit = 35.0;
    search.train([](const DifferentiableEpoch& epoch, EpochAttachment& attachment) {
        towards(2)(epoch, attachment);
        return Metrics{{"expected_latency_ms", 52.5}};
    });
    REQUIRE(search.phases[0].cost);
    CHECK(search.phases[0].cost->additive.metric == "latency_ms");
    CHECK(search.phases[0].cost->additive.r2 > 0.999);
    CHECK(search.phases[0].cost->target == 35.0);
    CHECK(search.phases[0].cost->multiplier.lambda == 0.0);
    CHECK(search.phases[1].cost->multiplier.lambda == Approx(std::log(1.5)));
    CHECK(search.phases[3].cost->multiplier.rho > 1.0);
    search.propose();
    REQUIRE(search.proposals.size() > 2);
    for (const Proposal& proposal : search.proposals)
        CHECK_FALSE(search.predict(proposal.genotype).failure);
    CHECK(search.proposals[0].attributes.at("cost_weight") != "0");
}

TEST_CASE("spaces that cannot be kept open are refused with the reason",
          "[search][differentiable]") {
    const tests::FakeSpace flat = tests::cell_space();
    CHECK(messages([&] { make(R"({"type":"darts"})", {.space = flat}); }).find("no template") !=
          std::string::npos);
    const auto wide = tests::read_space(R"(
name: wide@1
input: {image: [1, 8, 8]}
output: {classes: 2}
body:
  - conv: {name: stem, out: {one_of: [4, 8]}, kernel: {one_of: [3, 5]}, norm: batch}
  - choice: {name: op, options: [{identity: {name: skip}}, {conv: {out: same}}]}
  - head: {}
)");
    const std::string message = messages([&] { make(R"({"type":"gdas"})", {.space = *wide}); });
    CHECK(message.find("stem.out, stem.kernel") != std::string::npos);
    CHECK(message.find("one_shot") != std::string::npos);
}

TEST_CASE("options that cannot go together are faults", "[search][differentiable]") {
    const auto space = tests::dense_cells();
    const auto faults = [&](const std::string& text) {
        return messages([&] { make(text, {.space = *space}); });
    };
    CHECK(faults(R"({"type":"gdas","order":2})").find("/strategy/order") != std::string::npos);
    CHECK(faults(R"({"type":"pc_darts","inherit":true})").find("/strategy/inherit") !=
          std::string::npos);
    CHECK(faults(R"({"type":"darts","epochs":1,"stages":[{},{}]})").find("/strategy/stages") !=
          std::string::npos);
    CHECK(faults(R"({"type":"darts","lambda":1})").find("lambda") != std::string::npos);
}

TEST_CASE("a target that nobody knows beforehand is named with those that are",
          "[search][differentiable]") {
    const auto space = tests::dense_cells();
    Search search(*space, R"({"type":"darts","target":{"metric":"energy_mj","at":1}})");
    const std::string message = messages([&] { search.next(); });
    CHECK(message.find("energy_mj") != std::string::npos);
    CHECK(message.find("latency_ms") != std::string::npos);
}

}  // namespace parnas::search
