// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/units.h"
#include "store/optuna_store.h"

namespace parnas::rpc {

// How times are written. Clients of 4.2 to 5.0 read the first form only: "2026-11-21
// 00:10:43.206181", without a zone; it is UTC here. Both are read.
enum class TimeForm { naive, iso8601 };

struct GrpcOptions {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;  // 0: the system picks one
    TimeForm times = TimeForm::naive;
    // A trial that is RUNNING and of which nobody has said anything for so long becomes WAITING
    // again, for another client to take. None: it stays with who has it.
    std::optional<Seconds> idle;
    std::function<void(const store::OptunaTrial&)> on_idle;  // called for each of those
};

// Serves a store to Optuna's GrpcStorageProxy: package optuna, service StorageService. There is no
// authentication in this protocol: whoever reaches the port may read and change all studies.
class GrpcServer {
  public:
    virtual ~GrpcServer() = default;  // stops

    virtual std::uint16_t port() const = 0;
    // No new calls; those that run have `grace` to end. May be called again.
    virtual void stop(std::chrono::milliseconds grace) = 0;
};

// Listens when it returns. Any thread may use the store meanwhile, which must outlive the server.
// Throws Error(unavailable) for an address that cannot be listened on.
std::unique_ptr<GrpcServer> make_grpc_server(store::OptunaStore& store, const GrpcOptions& options);

}  // namespace parnas::rpc
