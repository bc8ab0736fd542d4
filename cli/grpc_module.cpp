// SPDX-License-Identifier: Apache-2.0
#include "cli/grpc_module.h"

#include "cli/module_file.h"

namespace parnas::cli {
namespace {

constexpr ModuleFile kGrpc{
    .name = "libparnas_grpc.so",
    .variable = "PARNAS_GRPC_MODULE",
    .entry = "parnas_grpc_serve",
    .missing =
        "the gRPC module is not there: build parnas with -DPARNAS_GRPC=ON (Debian: apt install "
        "libgrpc++-dev protobuf-compiler-grpc), or set PARNAS_GRPC_MODULE to libparnas_grpc.so",
    .broken = "install the gRPC that it was built with (Debian: apt install libgrpc++1.51)"};

}  // namespace

std::unique_ptr<rpc::GrpcServer> open_grpc_server(store::OptunaStore& store,
                                                  const rpc::GrpcOptions& options) {
    using Serve = rpc::GrpcServer* (*)(store::OptunaStore*, const rpc::GrpcOptions*);
    const auto serve = reinterpret_cast<Serve>(open_entry(kGrpc));
    return std::unique_ptr<rpc::GrpcServer>(serve(&store, &options));
}

}  // namespace parnas::cli
