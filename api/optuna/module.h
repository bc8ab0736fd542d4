// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace parnas::store {
class OptunaStore;
}
namespace parnas::rpc {
class GrpcServer;
struct GrpcOptions;
}  // namespace parnas::rpc

// The gRPC module's only entry, found by name when libparnas_grpc.so is opened: as
// make_grpc_server(), and the caller's to delete.
extern "C" __attribute__((visibility("default"))) parnas::rpc::GrpcServer* parnas_grpc_serve(
    parnas::store::OptunaStore* store,
    const parnas::rpc::GrpcOptions* options);
