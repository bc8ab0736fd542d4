// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <nlohmann/json.hpp>

#include "bench/micro/micro.h"
#include "core/error.h"
#include "search/builtins.h"
#include "search/samplers/gp/gp.h"
#include "search/samplers/gp/gp_front.h"
#include "search/samplers/tpe/tpe.h"
#include "spaces/load.h"
#include "spaces/overloaded.h"
#include "spaces/unit_interval.h"

namespace parnas::bench {
namespace {

using namespace search;
using benchmark::State;

constexpr std::size_t kObjectives = 2;

// Ten parameters of all kinds, one of them conditional.
std::shared_ptr<const spaces::SearchSpace> make_space() {
    Json params = Json::object();
    for (const char* name : {"depth", "heads"})
        params[name] = {{"integer", {1, 8}}};
    for (const char* name : {"op", "act", "norm"})
        params[name] = {{"one_of", {"a", "b", "c", "d", "e"}}};
    params["optimizer"] = {{"one_of", {"sgd", "adam"}}};
    params["momentum"] = {{"real", {0.0, 0.99}}, {"when", {{"optimizer", "sgd"}}}};
    for (const char* name : {"dropout", "mixup"})
        params[name] = {{"real", {0.0, 0.5}}};
    params["lr"] = {{"real", {1e-4, 1.0}}, {"log", true}};
    return spaces::load_space({{"document", {{"name", "ten@1"}, {"params", params}}}}, {});
}

// ZDT1 (Zitzler, Deb and Thiele 2000) of the parameters, each laid out on [0, 1].
std::vector<double> objectives(const spaces::SearchSpace& space, const Genotype& genotype) {
    const auto unit = [&](std::size_t i) {
        return spaces::to_unit(space.params()[i].domain, genotype.values[i]);
    };
    const double first = unit(0);
    double g = 1.0;
    for (std::size_t i = 1; i < space.params().size(); ++i)
        g += 9.0 * unit(i) / static_cast<double>(space.params().size() - 1);
    return {first, g * (1.0 - std::sqrt(first / g))};
}

KnownFacts identify(const Genotype& genotype) {
    return {.identity = spaces::hash(genotype)};
}

// A strategy that is told at once what comes of its proposals. No store, no driver, no
// evaluator: all that is left is the strategy.
class AskedStudy {
  public:
    AskedStudy(const StrategyFactory& factory, const spaces::SearchSpace& space) : space_(space) {
        Faults faults;
        const Json options = Json::object();
        ObjectReader reader(options, "/strategy", faults);
        strategy_ = factory(reader, {.space = space, .objectives = kObjectives});
        faults.throw_if_any();
    }

    void tell(std::span<const Finished> finished) {
        strategy_->tell(finished);
        for (const Finished& each : finished)
            trials_ += std::holds_alternative<Trial>(each) ? 1 : 0;
    }

    Step next() {
        const Known known = identify;
        Rng rng = Rng(5).fork(static_cast<std::uint64_t>(trials_));
        return strategy_->next(
            {.space = space_, .number = trials_, .pending = {}, .rng = rng, .known = known});
    }

    // Asks once and tells what came of it.
    Finished go_on() {
        Finished finished = std::visit(
            spaces::Overloaded{
                [&](Proposal proposal) -> Finished { return evaluated(std::move(proposal)); },
                [](const Phase& phase) -> Finished {
                    throw Error(ErrorKind::internal, "no sampler has a phase: " + phase.name);
                },
                [](const Wait&) -> Finished {
                    throw Error(ErrorKind::internal, "the strategy waits for nothing");
                },
                [](const Done& done) -> Finished {
                    throw Error(ErrorKind::internal, "the strategy ended: " + done.reason);
                }},
            next());
        tell({&finished, 1});
        return finished;
    }

    TrialNumber trials() const { return trials_; }

  private:
    Trial evaluated(Proposal proposal) const {
        std::vector<double> values = objectives(space_, proposal.genotype);
        return {.number = trials_,
                .genotype = std::move(proposal.genotype),
                .objectives = std::move(values)};
    }

    const spaces::SearchSpace& space_;
    std::unique_ptr<Strategy> strategy_;
    TrialNumber trials_ = 0;
};

// A registered strategy with the trials of a study of its own, which grows as it is needed.
struct Subject {
    StrategyFactory factory;
    std::shared_ptr<const spaces::SearchSpace> space;
    std::vector<Finished> history;

    AskedStudy make() const { return AskedStudy(factory, *space); }

    std::span<const Finished> first(std::int64_t count) {
        const auto size = static_cast<std::size_t>(count);
        if (history.size() < size) {
            AskedStudy study = make();
            study.tell(history);
            while (history.size() < size)
                history.push_back(study.go_on());
        }
        return std::span(history).first(size);
    }
};

// Whether its time is its own: strategies with phases wait for training, and some search
// nothing but networks.
bool is_sampler(const Subject& subject) {
    try {
        return std::holds_alternative<Proposal>(subject.make().next());
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::invalid_input)
            throw;
        return false;
    }
}

// One trial more, in a study of so many to a tenth more.
void ask_and_tell(State& state, Subject& subject) {
    const std::int64_t told = state.range(0);
    std::optional<AskedStudy> study;
    for (auto _ : state) {
        if (!study || study->trials() >= told + told / 10) {
            state.PauseTiming();
            study.emplace(subject.make());
            study->tell(subject.first(told));
            study->next();  // works out what the told trials mean
            state.ResumeTiming();
        }
        benchmark::DoNotOptimize(study->go_on());
    }
    state.SetComplexityN(told);
}

// What a resumed study begins with: all trials told again, and the first ask, which may do
// what tell() put off.
void replay(State& state, Subject& subject) {
    const std::span<const Finished> trials = subject.first(state.range(0));
    for (auto _ : state) {
        AskedStudy study = subject.make();
        study.tell(trials);
        benchmark::DoNotOptimize(study.next());
    }
    using benchmark::Counter;
    state.counters["per_trial"] = Counter(static_cast<double>(state.range(0)),
                                          Counter::kIsIterationInvariantRate | Counter::kInvert);
    state.SetComplexityN(state.range(0));
}

benchmark::internal::Benchmark* add(const std::string& what,
                                    const std::string& name,
                                    const std::shared_ptr<Subject>& subject,
                                    void (*work)(State&, Subject&)) {
    return benchmark::RegisterBenchmark(("search/" + what + '/' + name).c_str(),
                                        [=](State& state) { work(state, *subject); })
        ->Arg(100)
        ->Arg(1000)
        ->Arg(10'000)
        ->Unit(benchmark::kMicrosecond);
}

// A sampler for so many reals on [0, 1].
using MakeSampler = std::function<std::unique_ptr<Sampler>(const spaces::SearchSpace& space)>;

// One ask after so many random trials.
void ask_once(State& state, int reals, std::size_t objective_count, const MakeSampler& make) {
    Json params = Json::object();
    for (int i = 0; i < reals; ++i)
        params["x" + std::to_string(i)] = {{"real", {0.0, 1.0}}};
    const auto space =
        spaces::load_space({{"document", {{"name", "reals@1"}, {"params", params}}}}, {});
    const auto sampler = make(*space);
    Rng draw(1);
    for (TrialNumber number = 0; number < state.range(0); ++number) {
        Trial trial{.number = number, .genotype = spaces::sample(space->params(), draw)};
        trial.objectives = objectives(*space, trial.genotype);
        if (objective_count == 1)
            trial.objectives.erase(trial.objectives.begin());
        for (std::size_t j = 2; j < objective_count; ++j)
            trial.objectives.push_back(std::get<double>(trial.genotype.values[j]));
        sampler->tell({&trial, 1});
    }
    const Known known = identify;
    Rng rng(2);
    const auto ask = [&] {
        return sampler->ask(
            {.space = *space, .number = state.range(0), .pending = {}, .rng = rng, .known = known},
            1);
    };
    ask();  // learns from the trials
    for (auto _ : state)
        benchmark::DoNotOptimize(ask());
    state.SetComplexityN(state.range(0));
}

// One random trial told and one ask of the Gaussian process, ten reals and one objective, in a
// study of so many trials to a tenth more: refits among them.
void gp_turn(State& state) {
    Json params = Json::object();
    for (int i = 0; i < 10; ++i)
        params["x" + std::to_string(i)] = {{"real", {0.0, 1.0}}};
    const auto space =
        spaces::load_space({{"document", {{"name", "reals@1"}, {"params", params}}}}, {});
    const Known known = identify;
    std::unique_ptr<Sampler> sampler;
    TrialNumber told = 0;
    Rng rng(1);
    const auto tell = [&] {
        Trial trial{.number = told++, .genotype = spaces::sample(space->params(), rng)};
        trial.objectives = {objectives(*space, trial.genotype)[1]};
        sampler->tell({&trial, 1});
    };
    const auto ask = [&] {
        return sampler->ask(
            {.space = *space, .number = told, .pending = {}, .rng = rng, .known = known}, 1);
    };
    for (auto _ : state) {
        if (!sampler || told >= state.range(0) + state.range(0) / 10) {
            state.PauseTiming();
            sampler = make_gp_sampler({}, {.space = *space});
            for (told = 0; told < state.range(0);)
                tell();
            ask();  // works out what the told trials mean
            state.ResumeTiming();
        }
        tell();
        benchmark::DoNotOptimize(ask());
    }
}

}  // namespace

void add_strategy_benchmarks() {
    for (const bool multivariate : {true, false}) {
        const std::string name =
            std::string("search/tpe_ask/") + (multivariate ? "multivariate" : "univariate");
        const auto make = [=](const spaces::SearchSpace& reals) {
            return make_tpe_sampler({.multivariate = multivariate}, {.space = reals});
        };
        benchmark::RegisterBenchmark(name.c_str(),
                                     [=](State& state) { ask_once(state, 10, 1, make); })
            ->RangeMultiplier(10)
            ->Range(1000, 100'000)
            ->Unit(benchmark::kMicrosecond)
            ->Complexity(benchmark::oN);
    }
    benchmark::RegisterBenchmark("search/gp_turn", gp_turn)
        ->Arg(100)
        ->Arg(300)
        ->Arg(1000)
        ->Unit(benchmark::kMillisecond);
    for (const std::size_t count : {2, 3}) {
        const auto make = [=](const spaces::SearchSpace& reals) {
            return make_gp_front_sampler({}, {.space = reals, .objectives = count});
        };
        benchmark::RegisterBenchmark(("search/gp_ask/objectives:" + std::to_string(count)).c_str(),
                                     [=](State& state) { ask_once(state, 12, count, make); })
            ->Arg(50)
            ->Arg(200)
            ->Unit(benchmark::kMillisecond);
    }
    Registries registries;
    register_strategies(registries);
    const auto space = make_space();
    for (const std::string& name : registries.strategies.names()) {
        const auto subject = std::make_shared<Subject>(
            Subject{.factory = registries.strategies.find(name), .space = space});
        // Thousands of asks of a Gaussian process take hours; it has times of its own above.
        if (name == "gp" || !is_sampler(*subject))
            continue;
        add("ask_and_tell", name, subject, ask_and_tell)->Complexity();
        add("replay", name, subject, replay)->Complexity(benchmark::oN);
    }
}

}  // namespace parnas::bench
