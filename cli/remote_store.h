// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "api/client/http_client.h"
#include "store/store.h"

namespace parnas::cli {

// A server's studies, for looking: what a command shows of a store, it shows of a server in the
// same way. Each thing is asked for once, so it is for one look. It has no phases, of trials only
// what the interface tells (remote_records.h), and whoever drives a running study is the server.
// What writes throws Error(internal): commands that write open no such store. All others throw as
// ServiceClient does.
std::unique_ptr<store::Store> make_remote_store(client::HttpClientOptions server);

}  // namespace parnas::cli
