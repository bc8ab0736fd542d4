// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "api/service/tokens.h"
#include "cli/options.h"
#include "store/sqlite_store.h"

namespace parnas::cli {

// Where tokens are made and revoked: a store, or the server that has it. For one thread.
class TokenDesk {
  public:
    virtual ~TokenDesk() = default;

    // As service::Tokens does it; a server may besides refuse what its caller has no right to.
    virtual service::CreatedToken create(const service::TokenRequest& request) = 0;
    // Of a server those that its caller may see, times to the millisecond.
    virtual std::vector<store::TokenRecord> list() = 0;
    virtual store::TokenRecord revoke(const std::string& id) = 0;
};

// `mode` is for a store. Throws as find_server() and make_sqlite_store() do.
std::unique_ptr<TokenDesk> open_token_desk(const ServerOptions& server,
                                           const GlobalOptions& global,
                                           store::OpenMode mode);

}  // namespace parnas::cli
