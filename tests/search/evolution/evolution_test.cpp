// SPDX-License-Identifier: Apache-2.0
#include <functional>
#include <memory>

#include <nlohmann/json.hpp>

#include "evaluators/synthetic_functions.h"
#include "search/fronts/hypervolume.h"
#include "search/samplers/evolution/moead.h"
#include "search/samplers/evolution/nsga2.h"
#include "search/samplers/evolution/nsga3.h"
#include "search/samplers/random.h"
#include "tests/search/ask_and_tell.h"
#include "tests/search/read_options.h"
#include "tests/support/catch.h"
#include "tests/support/spaces.h"

namespace parnas::search {
namespace {

using tests::ask_and_tell;
using tests::FakeSpace;

using Make = std::function<std::unique_ptr<Sampler>(const SamplerSetup&)>;

const std::vector<std::pair<std::string, Make>> kEvolutions = {
    {"nsga3",
     [](const SamplerSetup& setup) { return make_nsga3_sampler({.offspring = 5}, setup); }},
    {"moead", [](const SamplerSetup& setup) { return make_moead_sampler({}, setup); }},
    {"moead with pbi", [](const SamplerSetup& setup) {
         return make_moead_sampler({.scalar = Scalarisation::pbi}, setup);
     }}};

std::vector<double> sphere_front(const Genotype& genotype) {
    std::vector<double> x;
    for (const Value& value : genotype.values)
        x.push_back(std::get<double>(value));
    return evaluators::dtlz2(x, 3);
}

double volume(Sampler& sampler, const FakeSpace& space, std::uint64_t seed) {
    std::vector<double> values;
    for (const Trial& trial : ask_and_tell(sampler, space, sphere_front, 300, seed))
        values.insert(values.end(), trial.objectives.begin(), trial.objectives.end());
    return hypervolume({.values = values, .objectives = 3}, std::vector{2.5, 2.5, 2.5});
}

}  // namespace

// One that was no better than random would fail this with a chance of 1 - 2e-4.
TEST_CASE("evolutions by directions beat random search on DTLZ2 in 18 of 20 seeds",
          "[search][evolution]") {
    const FakeSpace space = tests::real_space(12);
    for (const auto& [name, make] : kEvolutions) {
        INFO(name);
        int wins = 0;
        for (std::uint64_t seed = 0; seed < 20; ++seed) {
            const SamplerSetup setup{.space = space, .objectives = 3, .seed = seed};
            const auto sampler = make(setup);
            const auto random = make_random_sampler({}, setup);
            wins += volume(*sampler, space, seed) > volume(*random, space, seed) ? 1 : 0;
        }
        CHECK(wins >= 18);
    }
}

TEST_CASE("evolutions by directions find what keeps the limits", "[search][evolution]") {
    const FakeSpace space = tests::real_space(6);
    for (const auto& [name, make] : kEvolutions) {
        INFO(name);
        const SamplerSetup setup{.space = space, .objectives = 2, .seed = 3};
        const auto sampler = make(setup);
        int early = 0;
        int late = 0;
        for (TrialNumber number = 0; number < 400; ++number) {
            Trial trial{.number = number,
                        .genotype = tests::ask(*sampler, space, number, {}, 3).at(0).genotype};
            trial.violation = std::max(0.0, std::get<double>(trial.genotype.values[1]) - 0.2);
            if (trial.violation > 0.3)
                trial.state = TrialState::fail;
            else
                trial.objectives = tests::zdt1(trial.genotype);
            sampler->tell({&trial, 1});
            (number < 100 ? early : late) += trial.violation == 0.0 && number % 300 < 100 ? 1 : 0;
        }
        CHECK(late > early);
        CHECK(late > 80);
    }
}

TEST_CASE("MOEA/D says for which weights a trial is", "[search][moead]") {
    const FakeSpace space = tests::real_space(4);
    const auto sampler =
        make_moead_sampler({.population = 4}, {.space = space, .objectives = 2, .seed = 1});
    ask_and_tell(*sampler, space, tests::zdt1, 30, 1);
    const Proposal proposal = tests::ask(*sampler, space, 30, {}, 1).at(0);
    CHECK(proposal.attributes.at("reason").find("weights") == 1);
    CHECK(proposal.attributes.contains("parents"));
}

TEST_CASE("NSGA-III's offspring are a quarter of the population, NSGA-II's all of it",
          "[search][evolution]") {
    const auto offspring = [](const Json& json, auto read) {
        Faults none;
        const GenerationOptions options = tests::read_options(read, json, none);
        CHECK(none.list().empty());
        return options.offspring;
    };
    CHECK(offspring(Json::object(), read_nsga2) == 20);
    CHECK(offspring(Json::object(), read_nsga3) == 5);
    CHECK(offspring({{"population", 40}}, read_nsga3) == 10);
    CHECK(offspring({{"population", 40}, {"offspring", 7}}, read_nsga2) == 7);
}

TEST_CASE("parents change whenever enough offspring were told", "[search][evolution]") {
    const FakeSpace space = tests::real_space(4);
    const auto sampler = make_nsga2_sampler({.population = 8, .offspring = 3},
                                            {.space = space, .objectives = 2, .seed = 1});
    std::string generations;
    for (TrialNumber number = 0; number < 15; ++number) {
        const Proposal proposal = tests::ask(*sampler, space, number, {}, 1).at(0);
        generations += proposal.attributes.at("generation");
        const Trial trial = tests::finished(number, proposal.genotype, tests::zdt1);
        sampler->tell({&trial, 1});
    }
    CHECK(generations == "000000001112223");
}

TEST_CASE("MOEA/D's options are read and checked", "[search][moead]") {
    Faults none;
    const MoeadOptions options = tests::read_options(
        read_moead, {{"population", 30}, {"neighbours", 7}, {"scalar", "pbi"}}, none);
    CHECK(none.list().empty());
    CHECK(options.population == 30);
    CHECK(options.neighbours == 7);
    CHECK(options.scalar == Scalarisation::pbi);
    Faults faults;
    tests::read_options(
        read_moead, {{"population", 3}, {"neighbours", 1}, {"scalar", "sum"}}, faults);
    CHECK(faults.list().size() == 3);
}

}  // namespace parnas::search
