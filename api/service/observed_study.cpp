// SPDX-License-Identifier: Apache-2.0
#include "api/service/observed_study.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/service/optuna_space.h"
#include "core/object_reader.h"
#include "search/observed_front.h"
#include "search/strategy_factory.h"
#include "spaces/distribution.h"

namespace parnas::service {
namespace {

// Of one study; dynamic spaces bring new ones.
constexpr std::size_t kMostResidents = 64;

search::Trial result_of(const store::OptunaTrial& trial,
                        const std::vector<Direction>& directions,
                        Genotype genotype) {
    search::Trial result{.number = trial.number,
                         .genotype = std::move(genotype),
                         .state = trial.state,
                         .violation = search::optuna_violation(trial.system_attributes)};
    if (trial.state != TrialState::complete)
        return result;
    if (trial.values.size() != directions.size()) {
        result.state = TrialState::fail;  // other programs' files may have such
        return result;
    }
    result.objectives = trial.values;
    for (std::size_t i = 0; i < directions.size(); ++i)
        if (directions[i] == Direction::maximize)
            result.objectives[i] = -result.objectives[i];
    return result;
}

search::Curve curve_of(const store::OptunaTrial& trial) {
    search::Curve curve{.number = trial.number, .state = trial.state};
    for (const auto& [step, value] : trial.reports)
        curve.points.push_back({.step = step, .value = value});
    return curve;
}

std::vector<search::Objective> objectives_of(const store::OptunaStudy& study) {
    std::vector<search::Objective> objectives;
    for (const Direction direction : study.directions)
        objectives.push_back(
            {.metric = "values_" + std::to_string(objectives.size()), .direction = direction});
    return objectives;
}

// To the registry, what is not there was not found; here the request is wrong.
template <typename Factory>
void require_known(const Registry<Factory>& registry, ObjectReader& options, const char* member) {
    const std::string type = options.text(member);
    options.faults().throw_if_any();
    if (!registry.has(type))
        throw Error(ErrorKind::invalid_input,
                    fmt::format("'{}' is not known{}", type, did_you_mean(type, registry.names())),
                    options.pointer(member));
}

std::string key_of(const SuggestRequest& request, const std::vector<store::ParamRecord>& space) {
    Json key = Json::array({request.sampler, request.seed});
    for (const store::ParamRecord& param : space)
        key.push_back(Json::array({param.name, param.distribution}));
    return key.dump();
}

}  // namespace

ObservedStudy::ObservedStudy(StudyId id,
                             const store::OptunaStore& store,
                             const Registry<search::StrategyFactory>& strategies)
    : store_(store), strategies_(strategies), id_(id), study_(store.study(id)) {}

ObservedStudy::~ObservedStudy() = default;

void ObservedStudy::catch_up() {
    store::TrialCursor cursor{.after = last_};
    for (const auto& [id, trial] : unfinished_)
        cursor.included.push_back(id);
    for (const store::SharedTrial& trial : store_.trials(id_, cursor))
        add(trial);
}

void ObservedStudy::add(const store::SharedTrial& trial) {
    last_ = std::max(last_, trial->id);
    const auto number = static_cast<std::size_t>(trial->number);
    if (curves_.size() <= number)
        curves_.resize(number + 1);
    curves_[number] = curve_of(*trial);
    if (!is_finished(trial->state)) {
        unfinished_.insert_or_assign(trial->id, trial);
        return;
    }
    unfinished_.erase(trial->id);
    suggested_.erase(trial->id);
    finished_.push_back(trial);
    if (trial->state != TrialState::fail)
        narrow_joint_space(*trial);
}

void ObservedStudy::narrow_joint_space(const store::OptunaTrial& trial) {
    if (!joint_) {
        joint_ = trial.params;
        std::erase_if(*joint_, [](const auto& param) { return is_single(param.distribution); });
        std::ranges::sort(*joint_, {}, &store::ParamRecord::name);
        return;
    }
    std::erase_if(*joint_, [&](const store::ParamRecord& param) {
        const auto found = std::ranges::find(trial.params, param.name, &store::ParamRecord::name);
        return found == trial.params.end() || found->distribution != param.distribution;
    });
}

std::unique_ptr<search::Strategy> ObservedStudy::make_strategy(
    const SuggestRequest& request,
    const spaces::SearchSpace& space) const {
    const Json json = parse_json(request.sampler, "/sampler");
    Faults faults;
    ObjectReader options(json, "/sampler", faults);
    require_known(strategies_, options, "type");
    auto strategy = search::make_strategy(strategies_,
                                          options,
                                          {.space = space,
                                           .objectives = study_.directions.size(),
                                           .seed = request.seed,
                                           .goals = objectives_of(study_)});
    options.finish();
    if (strategy && strategy->has_phases())
        faults.add("/sampler", "it shares weights: expected one that samples parameters");
    faults.throw_if_any();
    return strategy;
}

ObservedStudy::Resident& ObservedStudy::resident_for(const SuggestRequest& request,
                                                     const std::vector<store::ParamRecord>& space) {
    const std::string key = key_of(request, space);
    const auto found = std::ranges::find(residents_, key, &Resident::key);
    if (found != residents_.end()) {
        residents_.splice(residents_.begin(), residents_, found);
        return residents_.front();
    }
    Resident resident{.key = key, .space = make_optuna_space(space)};
    resident.strategy = make_strategy(request, *resident.space);
    residents_.push_front(std::move(resident));
    if (residents_.size() > kMostResidents)
        residents_.pop_back();
    return residents_.front();
}

void ObservedStudy::tell(Resident& resident) {
    std::vector<search::Finished> results;
    for (; resident.told < finished_.size(); ++resident.told) {
        const store::OptunaTrial& trial = *finished_[resident.told];
        if (auto genotype = genotype_of(*resident.space, trial.params))
            results.emplace_back(result_of(trial, study_.directions, *std::move(genotype)));
    }
    if (!results.empty())
        resident.strategy->tell(results);
}

std::vector<Candidate> ObservedStudy::pending(const Resident& resident, TrialNumber but) const {
    std::vector<Candidate> candidates;
    for (const auto& [id, trial] : unfinished_) {
        if (trial->number == but || trial->state != TrialState::running)
            continue;
        auto genotype = genotype_of(*resident.space, trial->params);
        if (const auto found = suggested_.find(id); !genotype && found != suggested_.end())
            genotype = genotype_of(*resident.space, found->second);
        if (genotype)
            candidates.push_back({.number = trial->number, .genotype = *std::move(genotype)});
    }
    return candidates;
}

Genotype ObservedStudy::propose(Resident& resident,
                                const SuggestRequest& request,
                                TrialNumber number) {
    Rng rng = Rng(request.seed).fork(static_cast<std::uint64_t>(number)).fork(resident.key);
    const search::Known known = [](const Genotype& genotype) {
        return search::KnownFacts{.identity = spaces::hash(genotype)};
    };
    const std::vector<Candidate> others = pending(resident, number);
    search::Step step = resident.strategy->next({.space = *resident.space,
                                                 .number = number,
                                                 .pending = others,
                                                 .rng = rng,
                                                 .known = known});
    if (auto* const proposal = std::get_if<search::Proposal>(&step))
        return std::move(proposal->genotype);
    // It has nothing new, or waits for results: the client needs a value all the same.
    return spaces::sample(resident.space->params(), rng);
}

Suggestion ObservedStudy::suggest(const SuggestRequest& request) {
    const TrialNumber number = store_.trial(request.trial)->number;
    const MutexLock lock(mutex_);
    catch_up();
    std::vector<store::ParamRecord> space = request.space;
    if (space.empty() && joint_)
        space = *joint_;
    if (space.empty())
        return {};
    try {
        Resident& resident = resident_for(request, space);
        tell(resident);
        const Genotype genotype = propose(resident, request, number);
        for (std::size_t i = 0; i < space.size(); ++i)
            space[i].internal = spaces::to_internal(genotype.values[i]);
    } catch (const Error&) {
        // Whatever state it is in: the next request begins with a new one.
        if (!residents_.empty())
            residents_.pop_front();
        throw;
    }
    std::vector<store::ParamRecord>& suggested = suggested_[request.trial];
    suggested.insert(suggested.end(), space.begin(), space.end());
    return {.params = std::move(space)};
}

std::optional<std::string> ObservedStudy::judge(store::TrialId trial,
                                                const Json& pruner,
                                                const Registry<search::PrunerFactory>& pruners) {
    Faults faults;
    ObjectReader options(pruner, "/pruner", faults);
    require_known(pruners, options, "type");
    if (study_.directions.size() != 1)
        throw Error(ErrorKind::invalid_input, "a pruner takes one objective", "/pruner");
    const auto judge = pruners.find(options.text("type"))(options, objectives_of(study_).front());
    options.finish();
    faults.throw_if_any();
    const TrialNumber number = store_.trial(trial)->number;
    const MutexLock lock(mutex_);
    catch_up();
    const search::Curve& curve = curves_.at(static_cast<std::size_t>(number));
    return curve.points.empty() ? std::nullopt : judge->judge(curve, curves_);
}

}  // namespace parnas::service
