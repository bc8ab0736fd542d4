// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/bananas/bananas.h"

#include <algorithm>
#include <set>

#include "core/hash.h"
#include "search/genotype_facts.h"
#include "search/points/enumeration.h"
#include "tests/search/ask_and_tell.h"
#include "tests/search/cell_documents.h"
#include "tests/support/catch.h"
#include "tests/support/spaces.h"

namespace parnas::search {
namespace {

using tests::ask;
using tests::ask_and_tell;
using tests::dense_cells;

// Convolutions are good and pools are bad, more so on late edges; wanted is all convolutions
// with a skip on the third edge of dense_cells().
double error(const Genotype& genotype) {
    double sum = 0.0;
    for (std::size_t i = 0; i < 6; ++i) {
        const std::int64_t op = tests::choice(genotype, i);
        const std::int64_t wanted = i == 2 ? 1 : 2;
        if (op != wanted)
            sum += (op == 0 ? 2.0 : 1.0) + 0.1 * static_cast<double>(i);
    }
    return sum;
}

double latency(const Genotype& genotype) {
    double sum = 1.0;
    for (std::size_t i = 0; i < 6; ++i)
        sum += tests::choice(genotype, i) == 2 ? 3.0 : tests::choice(genotype, i) == 3 ? 1.0 : 0.0;
    return sum;
}

// Asks as a driver does that tells isomorphic networks apart from others.
std::vector<Proposal> ask_knowing(Sampler& sampler,
                                  const spaces::SearchSpace& space,
                                  GenotypeFacts& facts,
                                  TrialNumber number,
                                  std::span<const Candidate> pending,
                                  const Predict& predict = {},
                                  std::size_t count = 1) {
    Rng rng = Rng(5).fork(static_cast<std::uint64_t>(number));
    const Known known = [&](const Genotype& genotype) { return *facts.look(genotype); };
    return sampler.ask({.space = space,
                        .number = number,
                        .pending = pending,
                        .rng = rng,
                        .known = known,
                        .predict = predict},
                       count);
}

}  // namespace

TEST_CASE("the best of 4,096 cells is found in 60 trials", "[search][bananas]") {
    const auto space = dense_cells();
    int found = 0;
    for (std::uint64_t seed = 0; seed < 3; ++seed) {
        const auto sampler = make_bananas_sampler({}, {.space = *space});
        const auto trials = ask_and_tell(
            *sampler, *space, [](const Genotype& g) { return std::vector{error(g)}; }, 60, seed);
        found += std::ranges::any_of(trials,
                                     [](const Trial& trial) { return trial.objectives[0] == 0.0; });
    }
    CHECK(found == 3);
}

TEST_CASE("no architecture is proposed twice", "[search][bananas]") {
    const auto space = dense_cells();
    GenotypeFacts facts(*space);
    const auto sampler = make_bananas_sampler({.startup = 5}, {.space = *space});
    std::set<Digest> seen;
    for (TrialNumber number = 0; number < 25; ++number) {
        const auto proposals = ask_knowing(*sampler, *space, facts, number, {});
        REQUIRE(proposals.size() == 1);
        CHECK(seen.insert(facts.look(proposals[0].genotype)->identity).second);
        const Trial trial = tests::finished(
            number, proposals[0].genotype, [](const Genotype& g) { return std::vector{error(g)}; });
        sampler->tell({&trial, 1});
    }
}

TEST_CASE("a small space is exhausted and then nothing is proposed", "[search][bananas]") {
    const auto space = tests::small_space();
    const auto sampler = make_bananas_sampler({.startup = 3}, {.space = space});
    const auto trials = ask_and_tell(
        *sampler,
        space,
        [](const Genotype& g) { return std::vector{static_cast<double>(tests::choice(g, 0))}; },
        20,
        1);
    CHECK(trials.size() == 12);
}

TEST_CASE("what is pending is not proposed, and makes its surroundings less interesting",
          "[search][bananas]") {
    const auto space = dense_cells();
    const auto sampler = make_bananas_sampler({}, {.space = *space});
    ask_and_tell(
        *sampler, *space, [](const Genotype& g) { return std::vector{error(g)}; }, 15, 2);
    const auto batch = ask(*sampler, *space, 15, {}, 2, 4);
    REQUIRE(batch.size() == 4);
    std::set<Digest> different;
    std::vector<Candidate> pending;
    for (const Proposal& each : batch) {
        different.insert(spaces::hash(each.genotype));
        pending.push_back(
            {.number = 15 + static_cast<TrialNumber>(pending.size()), .genotype = each.genotype});
    }
    CHECK(different.size() == 4);
    const auto next = ask(*sampler, *space, 19, pending, 2);
    REQUIRE(next.size() == 1);
    CHECK_FALSE(different.contains(spaces::hash(next[0].genotype)));
    // Asked one by one with the others pending, the batch is the same.
    const auto second = ask(*sampler, *space, 16, std::span(pending).first(1), 2);
    CHECK(second[0].genotype == batch[1].genotype);
}

TEST_CASE("a sampler that is told all trials at once asks as one that asked in between",
          "[search][bananas]") {
    const auto space = dense_cells();
    const auto objectives = [](const Genotype& g) { return std::vector{error(g), latency(g)}; };
    const auto first = make_bananas_sampler({}, {.space = *space, .objectives = 2});
    const auto trials = ask_and_tell(*first, *space, objectives, 27, 3);
    const auto second = make_bananas_sampler({}, {.space = *space, .objectives = 2});
    second->tell(trials);
    const auto a = ask(*first, *space, 27, {}, 3);
    const auto b = ask(*second, *space, 27, {}, 3);
    CHECK(a[0].genotype == b[0].genotype);
    CHECK(a[0].attributes == b[0].attributes);
}

TEST_CASE("candidates that are predicted to break a limit are not proposed", "[search][bananas]") {
    const auto space = dense_cells();
    GenotypeFacts facts(*space);
    const Predict predict = [](const Genotype& genotype) {
        Predicted predicted{.metrics = {{"latency_ms", latency(genotype)}}};
        if (latency(genotype) > 8.0)
            predicted.failure = Failure{FailureKind::infeasible, "too slow"};
        return predicted;
    };
    const auto sampler =
        make_bananas_sampler({}, {.space = *space, .limits = {{"latency_ms", 8.0}}});
    for (TrialNumber number = 0; number < 40; ++number) {
        const auto proposals = ask_knowing(*sampler, *space, facts, number, {}, predict);
        const Trial trial =
            tests::finished(number, proposals.at(0).genotype, [](const Genotype& g) {
                return std::vector{error(g)};
            });
        CHECK(latency(trial.genotype) <= 8.0);
        sampler->tell({&trial, 1});
    }
}

TEST_CASE("limits on what only trials tell are learned", "[search][bananas]") {
    const auto space = dense_cells();
    const auto sampler = make_bananas_sampler({}, {.space = *space});
    double best = 100.0;
    for (TrialNumber number = 0; number < 60; ++number) {
        const auto proposals = ask(*sampler, *space, number, {}, 6);
        Trial trial{.number = number, .genotype = proposals.at(0).genotype};
        if (latency(trial.genotype) > 8.0) {
            trial.state = TrialState::fail;
            trial.violation = latency(trial.genotype) / 8.0 - 1.0;
        } else {
            trial.objectives = {error(trial.genotype)};
            best = std::min(best, trial.objectives[0]);
        }
        sampler->tell({&trial, 1});
    }
    double least = 100.0;  // of all that meet the limit
    const Enumeration all(space->params());
    for (std::uint64_t i = 0; i < all.size(); ++i)
        if (latency(all.at(i)) <= 8.0)
            least = std::min(least, error(all.at(i)));
    CHECK(best <= least + 0.5);
}

TEST_CASE("an objective that is predicted needs no model", "[search][bananas]") {
    const auto space = dense_cells();
    GenotypeFacts facts(*space);
    const Predict predict = [](const Genotype& genotype) {
        return Predicted{.metrics = {{"latency_ms", latency(genotype)}}};
    };
    const auto sampler =
        make_bananas_sampler({},
                             {.space = *space,
                              .objectives = 2,
                              .goals = {{.metric = "error"}, {.metric = "latency_ms"}}});
    std::string reason;
    for (TrialNumber number = 0; number < 12; ++number) {
        const auto proposals = ask_knowing(*sampler, *space, facts, number, {}, predict);
        Trial trial = tests::finished(number, proposals.at(0).genotype, [](const Genotype& g) {
            return std::vector{error(g), latency(g)};
        });
        trial.metrics = {{"error", error(trial.genotype)}, {"latency_ms", latency(trial.genotype)}};
        reason = proposals[0].attributes.at("reason");
        sampler->tell({&trial, 1});
    }
    CHECK_THAT(reason, Catch::Contains("log expected hypervolume"));
    CHECK_THAT(reason, Catch::Matches(".*minimised [^;]* \\+- .*"));
    CHECK_THAT(reason, !Catch::Matches(".*latency_ms [^;]* \\+- .*"));
}

TEST_CASE("a space with too many cells is searched by varying the best", "[search][bananas]") {
    const auto space = spaces::load_space("darts", ".");
    const auto sampler = make_bananas_sampler({.candidates = 60}, {.space = *space});
    // As many of the first choice's first option as possible.
    const auto loss = [&](const Genotype& genotype) {
        double sum = 0.0;
        const std::vector<bool> active = spaces::active(space->params(), genotype);
        for (std::size_t i = 0; i < genotype.values.size(); ++i)
            sum += active[i] && tests::choice(genotype, i) != 0 ? 1.0 : 0.0;
        return std::vector{sum};
    };
    const auto trials = ask_and_tell(*sampler, *space, loss, 40, 7);
    REQUIRE(trials.size() == 40);
    const auto best_of = [&](std::size_t first, std::size_t count) {
        double best = 1e9;
        for (std::size_t i = first; i < first + count; ++i)
            best = std::min(best, trials[i].objectives[0]);
        return best;
    };
    CHECK(best_of(30, 10) < best_of(0, 10) - 3.0);
}

}  // namespace parnas::search
