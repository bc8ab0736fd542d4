// SPDX-License-Identifier: Apache-2.0
#include "api/optuna/storage_service.h"

#include <fmt/format.h>

#include "api/optuna/messages.h"
#include "core/crypto/sha256.h"

namespace parnas::rpc {
namespace {

using store::AttributeKind;
using store::TrialId;

StudyId study_id(const auto& request) {
    return static_cast<StudyId>(request.study_id());
}

TrialId trial_id(const auto& request) {
    return static_cast<TrialId>(request.trial_id());
}

grpc::StatusCode code_of(const Error& error) {
    if (dynamic_cast<const store::FinishedTrialError*>(&error) != nullptr)
        return grpc::StatusCode::FAILED_PRECONDITION;
    switch (error.kind()) {
        case ErrorKind::invalid_input:
            return grpc::StatusCode::INVALID_ARGUMENT;
        case ErrorKind::not_found:
            return grpc::StatusCode::NOT_FOUND;
        case ErrorKind::conflict:
            return grpc::StatusCode::ABORTED;
        case ErrorKind::unauthorized:
            return grpc::StatusCode::PERMISSION_DENIED;
        case ErrorKind::unavailable:
            return grpc::StatusCode::UNAVAILABLE;
        case ErrorKind::damaged:
            return grpc::StatusCode::DATA_LOSS;
        case ErrorKind::internal:
            break;
    }
    return grpc::StatusCode::INTERNAL;
}

// `on_conflict`: what a conflict means for this call.
template <typename Call>
grpc::Status answer(const Call& call, grpc::StatusCode on_conflict = grpc::StatusCode::ABORTED) {
    try {
        call();
        return grpc::Status::OK;
    } catch (const Error& error) {
        const grpc::StatusCode code = code_of(error);
        return {code == grpc::StatusCode::ABORTED ? on_conflict : code, error.what()};
    } catch (const std::exception& error) {
        return {grpc::StatusCode::INTERNAL, error.what()};
    }
}

// As Optuna names a study that got no name: a prefix and random hexadecimal digits.
std::string random_name() {
    std::string name = "no-name-";
    for (const char byte : crypto::random_bytes(16))
        name += fmt::format("{:02x}", static_cast<unsigned char>(byte));
    return name;
}

store::OptunaChange study_attribute(const auto& request, AttributeKind kind) {
    return store::StudyAttributeSet{
        .study = study_id(request), .kind = kind, .key = request.key(), .value = request.value()};
}

store::OptunaChange trial_attribute(const auto& request, AttributeKind kind) {
    return store::TrialAttributeSet{
        .trial = trial_id(request), .kind = kind, .key = request.key(), .value = request.value()};
}

}  // namespace

void StorageService::change(TrialId trial, const store::OptunaChange& change) {
    store_.apply(std::span(&change, 1));
    idle_.heard_of(trial);
}

#define PARNAS_RPC(name)                                                                     \
    grpc::Status StorageService::name([[maybe_unused]] grpc::ServerContext* context,         \
                                      [[maybe_unused]] const optuna::name##Request* request, \
                                      [[maybe_unused]] optuna::name##Reply* reply)

PARNAS_RPC(CreateNewStudy) {
    const auto call = [&] {
        std::vector<Direction> directions;
        for (const int direction : request->directions())
            directions.push_back(direction_from_message(direction));
        const std::string& name = request->study_name();
        const StudyId id = store_.create_study(name.empty() ? random_name() : name, directions);
        reply->set_study_id(static_cast<std::int64_t>(id));
    };
    return answer(call, grpc::StatusCode::ALREADY_EXISTS);
}

PARNAS_RPC(DeleteStudy) {
    return answer([&] { store_.delete_study(study_id(*request)); });
}

PARNAS_RPC(SetStudyUserAttribute) {
    return answer([&] {
        const auto change = study_attribute(*request, AttributeKind::user);
        store_.apply(std::span(&change, 1));
    });
}

PARNAS_RPC(SetStudySystemAttribute) {
    return answer([&] {
        const auto change = study_attribute(*request, AttributeKind::system);
        store_.apply(std::span(&change, 1));
    });
}

PARNAS_RPC(GetStudyIdFromName) {
    return answer([&] {
        const StudyId id = store_.find_study(request->study_name());
        reply->set_study_id(static_cast<std::int64_t>(id));
    });
}

PARNAS_RPC(GetStudyNameFromId) {
    return answer([&] { reply->set_study_name(store_.study(study_id(*request)).name); });
}

PARNAS_RPC(GetStudyDirections) {
    return answer([&] {
        for (const Direction direction : store_.study(study_id(*request)).directions)
            reply->add_directions(direction_to_message(direction));
    });
}

PARNAS_RPC(GetStudyUserAttributes) {
    return answer([&] {
        for (auto& [key, value] : store_.study(study_id(*request)).attributes.user)
            (*reply->mutable_user_attributes())[key] = value;
    });
}

PARNAS_RPC(GetStudySystemAttributes) {
    return answer([&] {
        for (auto& [key, value] : store_.study(study_id(*request)).attributes.system)
            (*reply->mutable_system_attributes())[key] = value;
    });
}

PARNAS_RPC(GetAllStudies) {
    return answer([&] {
        for (const store::OptunaStudy& study : store_.studies())
            study_to_message(study, *reply->add_studies());
    });
}

PARNAS_RPC(CreateNewTrial) {
    return answer([&] {
        std::optional<store::OptunaTrial> like;
        if (!request->template_trial_is_none())
            like = template_from_message(request->template_trial());
        const TrialId id = store_.create_trial(study_id(*request), like);
        if (!like || like->state == TrialState::running)
            idle_.heard_of(id);
        reply->set_trial_id(static_cast<std::int64_t>(id));
    });
}

PARNAS_RPC(SetTrialParameter) {
    return answer([&] {
        change(trial_id(*request),
               store::ParamSet{.trial = trial_id(*request),
                               .param = {request->param_name(),
                                         request->param_value_internal(),
                                         request->distribution()}});
    });
}

PARNAS_RPC(GetTrialIdFromStudyIdTrialNumber) {
    return answer([&] {
        const TrialId id = store_.find_trial(study_id(*request), request->trial_number());
        reply->set_trial_id(static_cast<std::int64_t>(id));
    });
}

PARNAS_RPC(SetTrialStateValues) {
    return answer([&] {
        const TrialId id = trial_id(*request);
        const TrialState state = state_from_message(request->state());
        const store::OptunaChange change =
            store::StateSet{.trial = id,
                            .state = state,
                            .values = {request->values().begin(), request->values().end()}};
        const bool updated = store_.apply(std::span(&change, 1));
        reply->set_trial_updated(updated);
        if (state != TrialState::running)
            idle_.given_up(id);
        else if (updated)
            idle_.heard_of(id);
    });
}

PARNAS_RPC(SetTrialIntermediateValue) {
    return answer([&] {
        change(trial_id(*request),
               store::ReportSet{.trial = trial_id(*request),
                                .step = request->step(),
                                .value = request->intermediate_value()});
    });
}

PARNAS_RPC(SetTrialUserAttribute) {
    return answer(
        [&] { change(trial_id(*request), trial_attribute(*request, AttributeKind::user)); });
}

PARNAS_RPC(SetTrialSystemAttribute) {
    return answer(
        [&] { change(trial_id(*request), trial_attribute(*request, AttributeKind::system)); });
}

PARNAS_RPC(GetTrial) {
    return answer([&] {
        const store::SharedTrial trial = store_.trial(trial_id(*request));
        if (trial->state == TrialState::running)
            idle_.heard_of(trial->id);
        trial_to_message(*trial, times_, *reply->mutable_trial());
    });
}

PARNAS_RPC(GetTrials) {
    return answer([&] {
        store::TrialCursor cursor{.after = static_cast<TrialId>(request->trial_id_greater_than())};
        for (const std::int64_t id : request->included_trial_ids())
            cursor.included.push_back(static_cast<TrialId>(id));
        const auto trials = store_.trials(study_id(*request), cursor);
        reply->mutable_trials()->Reserve(static_cast<int>(trials.size()));
        for (const store::SharedTrial& trial : trials)
            trial_to_message(*trial, times_, *reply->add_trials());
    });
}

#undef PARNAS_RPC

}  // namespace parnas::rpc
