// SPDX-License-Identifier: Apache-2.0
#include "api/plugin/plugin_sampler.h"

#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/plugin/json_rpc.h"
#include "api/plugin/offer.h"
#include "core/error.h"
#include "spaces/domain_reader.h"
#include "spaces/param.h"

namespace parnas::plugin {
namespace {

using search::AskContext;
using search::Proposal;
using search::Sampler;
using search::SamplerSetup;
using search::Trial;

// Seeds that a wrong proposal is asked again with.
constexpr int kTries = 3;
// Trials of one request.
constexpr std::size_t kTrialsAtOnce = 256;

Json parameters_json(std::span<const spaces::Param> params, const Genotype& genotype) {
    Json json = Json::object();
    for (const auto& [name, value] : spaces::to_assignment(params, genotype))
        json[name] = parnas::to_json(value);
    return json;
}

// As a space document has them: {name: lr, real: [0.0001, 1], log: true, when: {opt: [sgd]}}.
Json params_json(std::span<const spaces::Param> params) {
    Json all = Json::array();
    for (const spaces::Param& param : params) {
        Json json = {{"name", param.name}};
        json.update(spaces::to_json(param.domain));
        if (param.condition) {
            const spaces::Param& parent = params[param.condition->parent];
            Json active = Json::array();
            if (const auto* set = std::get_if<spaces::ChoiceSet>(&param.condition->active)) {
                for (const std::int64_t index : set->indices)
                    active.push_back(parnas::to_json(spaces::to_scalar(parent.domain, index)));
            } else {
                const auto& interval = std::get<spaces::Interval>(param.condition->active);
                active = {{"at_least", interval.low}, {"at_most", interval.high}};
            }
            json["when"] = {{parent.name, std::move(active)}};
        }
        all.push_back(std::move(json));
    }
    return all;
}

// The active ones of these values: what a parameter that is not active got does not matter.
Genotype read_genotype(std::span<const spaces::Param> params, const Json& json) {
    Faults faults;
    Genotype genotype;
    for (const spaces::Param& param : params) {
        genotype.values.push_back(spaces::first_value(param.domain));
        const std::size_t index = genotype.values.size() - 1;
        if (param.condition) {
            // Conditions look back only.
            const Genotype so_far = genotype;
            if (!spaces::active(params.first(index + 1), so_far)[index])
                continue;
        }
        const std::string pointer = pointer_to("/parameters", param.name);
        if (!json.is_object() || !json.contains(param.name)) {
            faults.add(pointer, "this parameter is missing");
            continue;
        }
        try {
            genotype.values.back() =
                spaces::from_scalar(param.domain, scalar_from_json(json[param.name]));
        } catch (const Error& error) {
            faults.add(pointer, error.what());
        }
    }
    faults.throw_if_any();
    return genotype;
}

class PluginSampler final : public Sampler {
  public:
    // `params`: of the study's space, which outlives it.
    PluginSampler(std::shared_ptr<const Plugin> plugin,
                  std::span<const spaces::Param> params,
                  Json opening)
        : plugin_(std::move(plugin)), params_(params), opening_(std::move(opening)) {}

    ~PluginSampler() override {
        if (is_open_)
            connection_->call("sampler.close", {{"session", session_}}, {.timeout = Seconds{1.0}});
    }

    std::vector<Proposal> ask(const AskContext& context, std::size_t count) override {
        const auto params = context.space.params();
        Json pending = Json::array();
        for (const Candidate& candidate : context.pending)
            pending.push_back({{"trial", candidate.number},
                               {"parameters", parameters_json(params, candidate.genotype)}});
        Json question = {
            {"session", session_},
            {"count", count},
            {"context", {{"number", context.number}, {"pending", std::move(pending)}}}};
        for (int attempt = 1;; ++attempt) {
            // 53 bits, which every language reads as it is.
            question["context"]["seed"] = context.rng.next() >> 11U;
            try {
                return read(call("sampler.ask", question), context.space, count);
            } catch (const Error& error) {
                if (attempt == kTries || error.kind() != ErrorKind::invalid_input)
                    throw Error(ErrorKind::unavailable, error.what());
            }
        }
    }

    void tell(std::span<const Trial> trials) override {
        for (const Trial& trial : trials)
            told_.push_back(trial_json(trial));
    }

  private:
    Json trial_json(const Trial& trial) const {
        Json metrics = Json::object();
        for (const auto& [name, value] : trial.metrics)
            metrics[name] = value;
        return {{"trial", trial.number},
                {"state", to_string(trial.state)},
                {"parameters", parameters_json(params_, trial.genotype)},
                {"objectives", trial.objectives},
                {"violation", trial.violation},
                {"fidelity", trial.fidelity},
                {"metrics", std::move(metrics)}};
    }

    // Sees to it that the plugin knows the session and all that was told, and asks; once more from
    // the start if it was lost. Throws Error(unavailable).
    Json call(std::string_view method, const Json& params) {
        for (int attempt = 1;; ++attempt) {
            Reply reply = catch_up();
            if (std::holds_alternative<Json>(reply))
                reply = connection_->call(method, params, terms());
            const auto* fault = std::get_if<CallFault>(&reply);
            if (fault == nullptr)
                return std::get<Json>(std::move(reply));
            const bool is_lost =
                fault->kind != FaultKind::refused || fault->code == kUnknownSession;
            if (!is_lost || attempt == 2)
                throw Error(ErrorKind::unavailable, plugin_->explain(*fault));
            is_open_ = false;
            known_ = 0;
        }
    }

    Reply catch_up() {
        if (!is_open_) {
            opening_["session"] = session_;
            Reply reply = connection_->call("sampler.open", opening_, terms());
            if (std::holds_alternative<CallFault>(reply))
                return reply;
            is_open_ = true;
        }
        while (known_ < told_.size()) {
            Json trials = Json::array();
            for (std::size_t i = known_; i < told_.size() && trials.size() < kTrialsAtOnce; ++i)
                trials.push_back(told_[i]);
            const std::size_t count = trials.size();
            Reply reply = connection_->call(
                "sampler.tell", {{"session", session_}, {"trials", std::move(trials)}}, terms());
            if (std::holds_alternative<CallFault>(reply))
                return reply;
            known_ += count;
        }
        return Json();
    }

    CallTerms terms() const { return {.timeout = plugin_->document().timeout}; }

    std::vector<Proposal> read(const Json& answers,
                               const spaces::SearchSpace& space,
                               std::size_t count) const {
        const auto refuse = [&](const std::string& what) {
            return Error(
                ErrorKind::invalid_input,
                fmt::format("plugin {}: its proposal is refused: {}", plugin_->name(), what));
        };
        if (!answers.is_array() || answers.size() > count)
            throw refuse(fmt::format("expected a list of at most {}, got {}",
                                     count,
                                     answers.is_array() ? std::to_string(answers.size())
                                                        : std::string(type_name(answers))));
        std::vector<Proposal> proposals;
        for (const Json& answer : answers) {
            Proposal proposal;
            try {
                Faults faults;
                ObjectReader reader(answer, "", faults);
                const Json* parameters = reader.need("parameters");
                if (auto reason = reader.optional_text("reason"))
                    proposal.attributes["reason"] = dump_json(*reason);
                reader.finish();
                faults.throw_if_any();
                proposal.genotype = read_genotype(space.params(), *parameters);
            } catch (const Error& error) {
                throw refuse(error.what());
            }
            if (!space.feasible(proposal.genotype))
                throw refuse("it breaks a requirement of the space");
            proposals.push_back(std::move(proposal));
        }
        return proposals;
    }

    std::shared_ptr<const Plugin> plugin_;
    std::span<const spaces::Param> params_;
    Json opening_;
    const std::string session_ = new_session();
    std::unique_ptr<Connection> connection_ = plugin_->connect();
    bool is_open_ = false;
    std::vector<Json> told_;
    std::size_t known_ = 0;  // of told_, by the plugin
};

}  // namespace

search::StrategyFactory make_plugin_samplers(std::shared_ptr<const Plugin> plugin,
                                             std::string name) {
    return [plugin = std::move(plugin), name = std::move(name)](
               ObjectReader& options,
               const SamplerSetup& setup) -> std::unique_ptr<search::Strategy> {
        auto sampler =
            std::make_unique<PluginSampler>(plugin,
                                            setup.space.params(),
                                            Json{{"sampler", name},
                                                 {"setup",
                                                  {{"params", params_json(setup.space.params())},
                                                   {"objectives", setup.objectives},
                                                   {"seed", setup.seed >> 11U},
                                                   {"options", read_part_options(options)}}}});
        return search::make_sampler_strategy(std::move(sampler));
    };
}

}  // namespace parnas::plugin
