// SPDX-License-Identifier: Apache-2.0
#include "api/optuna/grpc_server.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/resource_quota.h>

#include <fmt/format.h>

#include "api/optuna/storage_service.h"

namespace parnas::rpc {
namespace {

// A template trial has all its attributes in one message; the default is 4 MiB.
constexpr int kMaxRequestBytes = 64 << 20;
// Each waits for the disk most of the time; what they write together is synced once.
constexpr int kMaxThreads = 256;
// Threads that listen for calls. With one or two of them each call of a crowd makes a thread.
constexpr int kLeastListening = 4;
constexpr int kMostListening = 8;
constexpr std::chrono::milliseconds kGrace{5'000};

std::string listening_address(const GrpcOptions& options) {
    const bool v6 = options.address.find(':') != std::string::npos;
    return fmt::format("{}{}{}:{}", v6 ? "[" : "", options.address, v6 ? "]" : "", options.port);
}

class Server final : public GrpcServer {
  public:
    Server(store::OptunaStore& store, const GrpcOptions& options)
        : idle_(store, options), service_(store, idle_, options.times) {
        grpc::ServerBuilder builder;
        builder.AddListeningPort(
            listening_address(options), grpc::InsecureServerCredentials(), &port_);
        // Two servers would share a port, and each get some of the connections.
        builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
        builder.SetMaxReceiveMessageSize(kMaxRequestBytes);
        builder.SetResourceQuota(grpc::ResourceQuota().SetMaxThreads(kMaxThreads));
        builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
        builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, kLeastListening);
        builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, kMostListening);
        builder.RegisterService(&service_);
        server_ = builder.BuildAndStart();
        if (!server_ || port_ == 0)
            throw Error(ErrorKind::unavailable,
                        "the address for gRPC cannot be listened on",
                        listening_address(options));
    }

    ~Server() override { stop(kGrace); }

    std::uint16_t port() const override { return static_cast<std::uint16_t>(port_); }

    void stop(std::chrono::milliseconds grace) override {
        server_->Shutdown(std::chrono::system_clock::now() + grace);
        server_->Wait();
    }

  private:
    IdleTrials idle_;
    StorageService service_;
    int port_ = 0;
    std::unique_ptr<grpc::Server> server_;
};

}  // namespace

std::unique_ptr<GrpcServer> make_grpc_server(store::OptunaStore& store,
                                             const GrpcOptions& options) {
    return std::make_unique<Server>(store, options);
}

}  // namespace parnas::rpc
