// SPDX-License-Identifier: Apache-2.0
#include "api/rest/optuna.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/http/problem.h"
#include "api/rest/bodies.h"
#include "api/rest/optuna_json.h"
#include "api/rest/study_access.h"

namespace parnas::rest {
namespace {

using http::HttpError;
using http::Problem;

constexpr double kOptunaBeatsInTtl = 4.0;

// The store's words for what Optuna has exceptions for.
template <typename Ask>
auto in_optunas_words(const Ask& ask) {
    try {
        return ask();
    } catch (const store::FinishedTrialError& error) {
        throw HttpError(Problem{.status = 412, .slug = "finished-trial", .detail = error.what()});
    } catch (const store::IncompatibleDistributionError& error) {
        throw HttpError(
            Problem{.status = 422, .slug = "incompatible-distribution", .detail = error.what()});
    } catch (const HttpError&) {
        throw;
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::invalid_input)
            throw;
        throw HttpError(Problem{.status = 422, .detail = error.what()});  // Optuna's ValueError
    }
}

http::Response text_of(std::string body) {
    return http::make_text(200, std::move(body), "application/json");
}

http::Response nothing() {
    return http::make_json(200, Json::object());
}

// What a caller that is bound to studies or projects may not see is not there.
void require_seen(const Call& call, const Service& service, const store::OptunaStudy& study) {
    if (!may_see(call.caller(), service.store, study.id, study.name))
        throw HttpError(404, "there is no such study");
}

void require_seen(const Call& call,
                  const Service& service,
                  const OptunaService& optuna,
                  StudyId id) {
    if (call.caller().is_bound())
        require_seen(call, service, optuna.store.study(id));
}

StudyId study_of(const Call& call, const Service& service, const OptunaService& optuna) {
    const auto id = static_cast<StudyId>(call.body()["study_id"].get<std::int64_t>());
    require_seen(call, service, optuna, id);
    return id;
}

store::TrialId trial_of(const Call& call, const Service& service, const OptunaService& optuna) {
    const auto id = static_cast<store::TrialId>(call.body()["trial_id"].get<std::int64_t>());
    if (call.caller().is_bound())
        require_seen(call, service, optuna, optuna.store.trial(id)->study);
    return id;
}

http::Response one_trial(const store::SharedTrial& trial) {
    return text_of(trials_text({&trial, 1}));
}

// --- studies ------------------------------------------------------------------------------

http::Response create_new_study(const Call& call, const OptunaService& optuna) {
    const Json& body = call.body();
    if (call.caller().is_bound())
        throw HttpError(403, "the token is bound to studies that are there");
    std::vector<Direction> directions;
    for (const Json& word : body["directions"])
        directions.push_back(direction_from_string(word.get<std::string>()));
    const auto name = body["study_name"].get<std::string>();
    try {
        const StudyId id = optuna.store.create_study(name, directions);
        return http::make_json(200, {{"study_id", static_cast<std::int64_t>(id)}});
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::conflict)
            throw HttpError(Problem{.status = 409, .slug = "name-taken", .detail = error.what()});
        throw;
    }
}

http::Response get_study(const Call& call, const Service& service, const OptunaService& optuna) {
    const Json& body = call.body();
    if (body.contains("study_id") == body.contains("study_name"))
        throw HttpError(422, "expected either study_id or study_name");
    const StudyId id = body.contains("study_id")
                           ? static_cast<StudyId>(body["study_id"].get<std::int64_t>())
                           : optuna.store.find_study(body["study_name"].get<std::string>());
    const store::OptunaStudy study = optuna.store.study(id);
    require_seen(call, service, study);
    return http::make_json(200, to_json(study));
}

http::Response get_all_studies(const Call& call,
                               const Service& service,
                               const OptunaService& optuna) {
    Json studies = Json::array();
    for (const store::OptunaStudy& study : optuna.store.studies())
        if (may_see(call.caller(), service.store, study.id, study.name))
            studies.push_back(to_json(study));
    return http::make_json(200, {{"studies", std::move(studies)}});
}

http::Response set_study_attrs(const Call& call,
                               const Service& service,
                               const OptunaService& optuna) {
    const StudyId id = study_of(call, service, optuna);
    const std::vector<store::OptunaChange> changes = changes_in(call.body(), id);
    if (changes.empty())
        optuna.store.study(id);  // or 404
    else
        optuna.store.apply(changes);
    return nothing();
}

// --- trials -------------------------------------------------------------------------------

http::Response create_new_trial(const Call& call,
                                const Service& service,
                                const OptunaService& optuna) {
    const Json& body = call.body();
    const StudyId study = study_of(call, service, optuna);
    std::optional<store::OptunaTrial> like;
    if (body.contains("template"))
        like = template_in(body["template"]);
    const store::TrialId id = optuna.leases.create(study, std::move(like), owner_in(body));
    return one_trial(optuna.store.trial(id));
}

http::Response update_trial(const Call& call, const Service& service, const OptunaService& optuna) {
    const store::TrialId id = trial_of(call, service, optuna);
    std::vector<store::OptunaChange> changes = changes_in(call.body(), id);
    const bool updated =
        changes.empty() || optuna.leases.apply(id, std::move(changes), owner_in(call.body()));
    return http::make_json(200, {{"updated", updated}});
}

http::Response get_trial(const Call& call, const Service& service, const OptunaService& optuna) {
    const Json& body = call.body();
    if (body.contains("trial_id") == body.contains("number") ||
        body.contains("study_id") != body.contains("number"))
        throw HttpError(422, "expected either trial_id, or study_id and number");
    if (body.contains("trial_id"))
        return one_trial(optuna.store.trial(trial_of(call, service, optuna)));
    const StudyId study = study_of(call, service, optuna);
    return one_trial(
        optuna.store.trial(optuna.store.find_trial(study, body["number"].get<TrialNumber>())));
}

http::Response get_trials(const Call& call, const Service& service, const OptunaService& optuna) {
    const StudyId study = study_of(call, service, optuna);
    const std::vector<store::SharedTrial> trials =
        optuna.store.trials(study,
                            {.after = static_cast<store::TrialId>(
                                 call.body().value("trial_id_greater_than", std::int64_t{-1})),
                             .included = trial_ids_in(call.body(), "included_trial_ids")});
    return text_of(trials_text(trials));
}

http::Response heartbeat(const Call& call, const Service& service, const OptunaService& optuna) {
    const std::vector<store::TrialId> ids = trial_ids_in(call.body(), "trial_ids");
    if (call.caller().is_bound())
        for (const store::TrialId id : ids)
            require_seen(call, service, optuna, optuna.store.trial(id)->study);
    Json lost = Json::array();
    for (const store::TrialId id : optuna.leases.renew(ids))
        lost.push_back(static_cast<std::int64_t>(id));
    return http::make_json(200,
                           {{"lost", std::move(lost)},
                            {"heartbeat_s", optuna.leases.ttl().count() / kOptunaBeatsInTtl}});
}

// --- samplers and pruners -----------------------------------------------------------------

Json params_json(const service::Suggestion& suggestion) {
    Json params = Json::object();
    for (const store::ParamRecord& param : suggestion.params)
        params[param.name] = {{"value", param.internal}, {"distribution", param.distribution}};
    return params;
}

http::Response suggest(const Call& call, const Service& service, const OptunaService& optuna) {
    const Json& body = call.body();
    const store::TrialId trial = trial_of(call, service, optuna);
    service::SuggestRequest request{.trial = trial,
                                    .sampler = body["sampler"].dump(),
                                    .seed = body.value("seed", std::uint64_t{0})};
    if (body.contains("space"))
        for (const auto& [name, distribution] : body["space"].items())
            request.space.push_back(
                {.name = name, .internal = 0.0, .distribution = distribution.get<std::string>()});
    const service::Suggestion suggestion = optuna.suggestions.suggest(request);
    return http::make_json(200, {{"params", params_json(suggestion)}});
}

http::Response should_prune(const Call& call, const Service& service, const OptunaService& optuna) {
    const store::TrialId trial = trial_of(call, service, optuna);
    const std::optional<std::string> reason =
        optuna.suggestions.judge(trial, call.body()["pruner"]);
    Json json{{"should_prune", reason.has_value()}};
    if (reason)
        json["reason"] = *reason;
    return http::make_json(200, json);
}

}  // namespace

void add_optuna(Operations& operations, const Service& service, const OptunaService& optuna) {
    const auto add = [&](const char* id, auto answer) {
        operations[id] = [&service, optuna, answer](const Call& call) {
            return in_optunas_words([&] { return answer(call, service, optuna); });
        };
    };
    add("optuna_create_new_study", [](const Call& call, const Service&, const OptunaService& all) {
        return create_new_study(call, all);
    });
    add("optuna_delete_study",
        [](const Call& call, const Service& services, const OptunaService& all) {
            all.store.delete_study(study_of(call, services, all));
            return nothing();
        });
    add("optuna_set_study_attrs", set_study_attrs);
    add("optuna_get_study", get_study);
    add("optuna_get_all_studies", get_all_studies);
    add("optuna_create_new_trial", create_new_trial);
    add("optuna_update_trial", update_trial);
    add("optuna_get_trial", get_trial);
    add("optuna_get_trials", get_trials);
    add("optuna_heartbeat", heartbeat);
    add("optuna_suggest", suggest);
    add("optuna_should_prune", should_prune);
}

}  // namespace parnas::rest
