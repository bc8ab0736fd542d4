// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "api/client/http_client.h"
#include "api/client/patience.h"
#include "cli/options.h"
#include "store/store.h"

// Servers that commands ask instead of a store.
namespace parnas::cli {

// The server that is meant, with its token; nothing: a store is. Of options and variables, options
// count: $PARNAS_SERVER is passed over if --store is given. Throws Error(invalid_input) for
// --server beside --store, and as read_token().
std::optional<client::HttpClientOptions> find_server(const ServerOptions& options,
                                                     const GlobalOptions& global);
// As above, of a command that needs one: Error(invalid_input) if there is none.
client::HttpClientOptions need_server(const ServerOptions& options, const GlobalOptions& global);

// Of the first line of `token_file`; without one $PARNAS_TOKEN_FILE names it, or $PARNAS_TOKEN is
// it.
client::HttpClientOptions server_at(std::string url,
                                    const std::filesystem::path& token_file,
                                    const std::filesystem::path& ca_file = {});

// Of a command that a person waits for: two seconds.
client::Patience short_patience();

// For looking at studies, wherever they are.
std::unique_ptr<store::Store> open_to_read(const GlobalOptions& global,
                                           const ServerOptions& server);

}  // namespace parnas::cli
