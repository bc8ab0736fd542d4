// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/optuna/idle_trials.h"
#include "api/optuna/storage.grpc.pb.h"

namespace parnas::rpc {

// The calls of the protocol, each answered by the thread that it came on. What a client asks for
// and may not have becomes the status by which it knows the exception of its own: NOT_FOUND
// KeyError, ALREADY_EXISTS DuplicatedStudyError, FAILED_PRECONDITION UpdateFinishedTrialError,
// INVALID_ARGUMENT of a parameter ValueError.
class StorageService final : public optuna::StorageService::Service {
  public:
    // Both must outlive it.
    StorageService(store::OptunaStore& store, IdleTrials& idle, TimeForm times)
        : store_(store), idle_(idle), times_(times) {}

#define PARNAS_RPC(name)                                    \
    grpc::Status name(grpc::ServerContext* context,         \
                      const optuna::name##Request* request, \
                      optuna::name##Reply* reply) override
    PARNAS_RPC(CreateNewStudy);
    PARNAS_RPC(DeleteStudy);
    PARNAS_RPC(SetStudyUserAttribute);
    PARNAS_RPC(SetStudySystemAttribute);
    PARNAS_RPC(GetStudyIdFromName);
    PARNAS_RPC(GetStudyNameFromId);
    PARNAS_RPC(GetStudyDirections);
    PARNAS_RPC(GetStudyUserAttributes);
    PARNAS_RPC(GetStudySystemAttributes);
    PARNAS_RPC(GetAllStudies);
    PARNAS_RPC(CreateNewTrial);
    PARNAS_RPC(SetTrialParameter);
    PARNAS_RPC(GetTrialIdFromStudyIdTrialNumber);
    PARNAS_RPC(SetTrialStateValues);
    PARNAS_RPC(SetTrialIntermediateValue);
    PARNAS_RPC(SetTrialUserAttribute);
    PARNAS_RPC(SetTrialSystemAttribute);
    PARNAS_RPC(GetTrial);
    PARNAS_RPC(GetTrials);
#undef PARNAS_RPC

  private:
    // Of a trial that its client has.
    void change(store::TrialId trial, const store::OptunaChange& change);

    store::OptunaStore& store_;
    IdleTrials& idle_;
    const TimeForm times_;
};

}  // namespace parnas::rpc
