// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "api/optuna/grpc_server.h"

namespace parnas::cli {

// Opens libparnas_grpc.so, never to close it, and serves `store` as make_grpc_server() does. Throws
// Error(not_found) if there is no module and Error(unavailable) if it does not load, both with
// what to do.
std::unique_ptr<rpc::GrpcServer> open_grpc_server(store::OptunaStore& store,
                                                  const rpc::GrpcOptions& options);

}  // namespace parnas::cli
