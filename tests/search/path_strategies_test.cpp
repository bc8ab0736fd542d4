// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <set>

#include "search/builtins.h"
#include "search/initial_strategy.h"
#include "search/weight_sharing/path_epoch.h"
#include "search/zero_cost/scoring_phase.h"
#include "tests/search/ask_and_tell.h"
#include "tests/search/elastic_space.h"
#include "tests/support/catch.h"
#include "tests/support/spaces.h"

namespace parnas::search {
namespace {

std::unique_ptr<Strategy> make(const spaces::SearchSpace& space,
                               std::string_view options,
                               Faults& faults,
                               std::size_t objectives = 1) {
    Registries registries;
    register_strategies(registries);
    const Json json = Document::parse(options, "job.yaml").root();
    ObjectReader reader(json, "/strategy", faults);
    const std::string type = reader.text("type");
    auto strategy = registries.strategies.find(type)(
        reader, {.space = space, .objectives = objectives, .seed = 1});
    reader.finish();
    return strategy;
}

Step next(Strategy& strategy, const spaces::SearchSpace& space, TrialNumber number = 0) {
    Rng rng(static_cast<std::uint64_t>(number));
    const Known known = tests::genotype_facts;
    return strategy.next(
        {.space = space, .number = number, .pending = {}, .rng = rng, .known = known});
}

PathEpoch epoch_of(const Phase& phase, const spaces::SearchSpace& space) {
    const Json json = parse_json(phase.settings, "settings");
    Faults faults;
    ObjectReader reader(json, "", faults);
    const PathEpoch epoch = read_path_epoch(reader, space.params());
    reader.finish();
    faults.throw_if_any();
    return epoch;
}

struct Told {
    std::vector<Phase> phases;
    Proposal proposal;  // the first one
};

ArtifactId checkpoint(std::size_t index) {
    return {.high = index, .low = 7};
}

// Runs through all phases; says what was asked for.
Told run_phases(Strategy& strategy, const spaces::SearchSpace& space) {
    Told told;
    for (;;) {
        const Step step = next(strategy, space);
        if (const auto* proposal = std::get_if<Proposal>(&step)) {
            told.proposal = *proposal;
            return told;
        }
        const Phase phase = std::get<Phase>(step);
        const std::size_t index = told.phases.size();
        const Finished finished = FinishedPhase{.index = static_cast<std::int64_t>(index),
                                                .phase = phase,
                                                .result = {},
                                                .checkpoint = checkpoint(index)};
        strategy.tell({&finished, 1});
        told.phases.push_back(phase);
    }
}

// The open values of a parameter as the settings have them; empty: all.
std::vector<std::string> open_values(const Phase& phase, const std::string& param) {
    const Json json = parse_json(phase.settings, "settings");
    std::vector<std::string> values;
    if (json.at("open").contains(param))
        for (const Json& value : json.at("open").at(param))
            values.push_back(dump_json(value));
    return values;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("one shot trains its epochs, then searches with what they left", "[search][one_shot]") {
    const auto space = tests::chain_space();
    Faults faults;
    const auto strategy = make(*space, "{type: one_shot, epochs: 4, lr: 0.1}", faults);
    REQUIRE(faults.empty());
    const Told told = run_phases(*strategy, *space);
    REQUIRE(told.phases.size() == 4);
    double lr = 0.1;
    for (std::size_t i = 0; i < told.phases.size(); ++i) {
        const PathEpoch epoch = epoch_of(told.phases[i], *space);
        CHECK(epoch.lr < lr);
        lr = epoch.lr;
        CHECK(epoch.validate == (i == 3));
        CHECK(told.phases[i].warm_start ==
              (i == 0 ? std::nullopt : std::optional(checkpoint(i - 1))));
    }
    CHECK(told.proposal.warm_start == checkpoint(3));
    CHECK(told.proposal.stage == Stage::search);
}

TEST_CASE("what a pre-filter scores between epochs and trials is no epoch",
          "[search][one_shot][prefilter]") {
    const auto space = tests::chain_space();
    Faults faults;
    const auto strategy =
        make(*space,
             "{type: one_shot, epochs: 2, search: {type: random, prefilter: {pool: 3}}}",
             faults);
    REQUIRE(faults.empty());
    for (std::size_t epoch = 0; epoch < 2; ++epoch) {
        const Phase phase = std::get<Phase>(next(*strategy, *space));
        CHECK(phase.name == "supernet");
        const Finished finished =
            FinishedPhase{.phase = phase, .result = {}, .checkpoint = checkpoint(epoch)};
        strategy->tell({&finished, 1});
    }
    const Phase phase = std::get<Phase>(next(*strategy, *space));
    CHECK(phase.name == kScoringPhase);
    const TrialCodec codec(space->params());
    const std::vector<Scores> scores(scoring_settings(phase.settings, codec).genotypes.size(),
                                     Failure{FailureKind::diverged, "no score"});
    const Finished scored = FinishedPhase{.phase = phase,
                                          .result = {.metrics = {}, .attachment = to_text(scores)},
                                          .checkpoint = std::nullopt};
    strategy->tell({&scored, 1});
    CHECK(std::get<Proposal>(next(*strategy, *space)).warm_start == checkpoint(1));
}

TEST_CASE("initial points come after the phases and inherit like all others",
          "[search][one_shot][initial]") {
    const auto space = tests::chain_space();
    Faults faults;
    const InitialPoint point{.values = {{"layer.2.op", std::string("large")}}, .reason = "by hand"};
    const auto strategy = make_initial_strategy(
        {point}, make(*space, "{type: one_shot, epochs: 2, search: {type: random}}", faults));
    const Told told = run_phases(*strategy, *space);
    CHECK(told.phases.size() == 2);
    CHECK(told.proposal.attributes.at("reason") == "\"by hand\"");
    CHECK(told.proposal.warm_start == checkpoint(1));
}

TEST_CASE("a path search told the same once more goes on the same", "[search][one_shot]") {
    const auto space = tests::chain_space();
    Faults faults;
    const std::string options = "{type: one_shot, epochs: 3, search: {type: random}}";
    const auto whole = make(*space, options, faults);
    const Told told = run_phases(*whole, *space);
    for (std::size_t stop = 0; stop <= told.phases.size(); ++stop) {
        const auto resumed = make(*space, options, faults);
        std::vector<Finished> history;
        for (std::size_t i = 0; i < stop; ++i)
            history.push_back(FinishedPhase{.index = static_cast<std::int64_t>(i),
                                            .phase = told.phases[i],
                                            .result = {},
                                            .checkpoint = checkpoint(i)});
        resumed->tell(history);
        const Step step = next(*resumed, *space);
        if (stop < told.phases.size()) {
            CHECK(std::get<Phase>(step).settings == told.phases[stop].settings);
            CHECK(std::get<Phase>(step).warm_start == told.phases[stop].warm_start);
        } else {
            CHECK(std::get<Proposal>(step).genotype == told.proposal.genotype);
        }
    }
}

TEST_CASE("a sandwich is taught by its largest network", "[search][one_shot]") {
    const auto space = tests::elastic_space();
    Faults faults;
    const auto strategy =
        make(*space, "{type: one_shot, sampling: sandwich, divergence: alpha, epochs: 1}", faults);
    REQUIRE(faults.empty());
    const PathEpoch epoch = epoch_of(std::get<Phase>(next(*strategy, *space)), *space);
    CHECK(epoch.distill == Distill::largest);
    CHECK(epoch.divergence == Divergence::alpha);
    CHECK(epoch.paths == 2);
}

TEST_CASE("options of path strategies that cannot be are faults", "[search][one_shot]") {
    const auto space = tests::chain_space();
    for (const auto& [options, place] : std::map<std::string, std::string>{
             {"{type: one_shot, epochs: 0}", "/strategy/epochs"},
             {"{type: one_shot, sampling: fair, paths: 2}", "/strategy/paths"},
             {"{type: one_shot, sampling: uniform, bins: 5}", "/strategy/bins"},
             {"{type: one_shot, search: {type: one_shot}}", "/strategy/search/type"},
             {"{type: one_shot, search: {type: nsga2, population: 1}}",
              "/strategy/search/population"},
             {"{type: progressive_shrinking, stages: {kernel: {epochs: 5}}}",
              "/strategy/stages/kernel"},
             {"{type: progressive_shrinking, stages: {full: {paths: 2}}}",
              "/strategy/stages/full/paths"}}) {
        Faults faults;
        (void)make(*space, options, faults);
        INFO(options);
        REQUIRE(faults.list().size() == 1);
        CHECK(faults.list()[0].where == place);
    }
}

TEST_CASE("progressive shrinking opens paths, kernels, depths and widths from the largest down",
          "[search][progressive_shrinking]") {
    const auto space = tests::elastic_space();
    Faults faults;
    const auto strategy = make(*space, "{type: progressive_shrinking, epochs: 142}", faults);
    REQUIRE(faults.empty());
    const Told told = run_phases(*strategy, *space);
    Names stages;
    std::map<std::string, int> epochs;
    for (const Phase& phase : told.phases)
        if (epochs[phase.name]++ == 0)
            stages.push_back(phase.name);
    // 180 : 120 : 120 : 145 : 145
    CHECK(stages == Names{"full", "path", "kernel", "depth", "width"});
    CHECK(epochs == std::map<std::string, int>{
                        {"full", 36}, {"path", 24}, {"kernel", 24}, {"depth", 29}, {"width", 29}});

    const std::string op = "stage.1.op", kernel = op + ".mbconv.kernel",
                      expand = op + ".mbconv.expand";
    const Phase& full = told.phases[0];
    CHECK(open_values(full, kernel) == Names{"7"});
    CHECK(open_values(full, expand) == Names{"4"});
    CHECK(open_values(full, "stage.times") == Names{"3"});
    CHECK(open_values(full, op).size() == 1);
    CHECK(open_values(full, "side").empty());
    const Phase& path = told.phases[36];
    CHECK(open_values(path, op).empty());
    CHECK(open_values(path, kernel) == Names{"7"});
    const Phase& kernels = told.phases[60];
    CHECK(open_values(kernels, kernel).empty());
    CHECK(open_values(kernels, "stage.times") == Names{"3"});
    const Phase& depth = told.phases[84];
    CHECK(open_values(depth, "stage.times") == Names{"2", "3"});
    CHECK(open_values(told.phases[112], "stage.times").empty());
    const Phase& width = told.phases[113];
    CHECK(open_values(width, expand) == Names{"2", "3", "4"});
    CHECK(open_values(told.phases[141], expand).empty());
    CHECK(open_values(told.phases[141], kernel).empty());

    int sorts = 0, teachers = 0;
    for (const Phase& phase : told.phases) {
        const PathEpoch epoch = epoch_of(phase, *space);
        CHECK((epoch.distill == Distill::teacher) == (phase.name != "full"));
        sorts += epoch.sort_widths ? 1 : 0;
        teachers += epoch.take_teacher ? 1 : 0;
    }
    CHECK(sorts == 1);
    CHECK(epoch_of(width, *space).sort_widths);
    CHECK(epoch_of(width, *space).paths == 4);
    CHECK(epoch_of(depth, *space).paths == 2);
    CHECK(teachers == 1);
    CHECK(epoch_of(path, *space).take_teacher);
}

TEST_CASE("progressive shrinking's stages may be set one by one",
          "[search][progressive_shrinking]") {
    const auto space = tests::elastic_space();
    Faults faults;
    const auto strategy = make(*space,
                               R"({type: progressive_shrinking, epochs: 20, lr: 0.1,
                                   stages: {full: {epochs: 2}, kernel: {epochs: 3, lr: 0.02, paths: 2}}})",
                               faults);
    REQUIRE(faults.empty());
    std::map<std::string, int> epochs;
    for (const Phase& phase : run_phases(*strategy, *space).phases) {
        if (epochs[phase.name]++ > 0 || phase.name != "kernel")
            continue;
        const PathEpoch epoch = epoch_of(phase, *space);
        CHECK(epoch.paths == 2);
        CHECK(epoch.lr < 0.02);
        CHECK(epoch.lr > 0.018);
    }
    CHECK(epochs["full"] == 2);
    CHECK(epochs["kernel"] == 3);
}

TEST_CASE("stages with nothing to open are left out", "[search][progressive_shrinking]") {
    const auto space = tests::chain_space();
    Faults faults;
    const auto strategy = make(*space, "{type: progressive_shrinking, epochs: 10}", faults);
    REQUIRE(faults.empty());
    std::map<std::string, int> epochs;
    for (const Phase& phase : run_phases(*strategy, *space).phases)
        ++epochs[phase.name];
    CHECK(epochs == std::map<std::string, int>{{"full", 6}, {"path", 4}});
}

TEST_CASE("a space without a template has no supernet", "[search][one_shot]") {
    const auto space = tests::network_space();
    for (const std::string type : {"one_shot", "progressive_shrinking"}) {
        Faults faults;
        (void)make(space, "{type: " + type + "}", faults);
        REQUIRE(faults.list().size() == 1);
        CHECK(faults.list()[0].where == "/strategy/type");
    }
}

}  // namespace parnas::search
