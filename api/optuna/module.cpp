// SPDX-License-Identifier: Apache-2.0
#include "api/optuna/module.h"

#include "api/optuna/grpc_server.h"

parnas::rpc::GrpcServer* parnas_grpc_serve(parnas::store::OptunaStore* store,
                                           const parnas::rpc::GrpcOptions* options) {
    return parnas::rpc::make_grpc_server(*store, *options).release();
}
