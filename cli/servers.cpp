// SPDX-License-Identifier: Apache-2.0
#include "cli/servers.h"

#include <cstdint>
#include <cstdlib>

#include "api/client/token_file.h"
#include "cli/remote_store.h"
#include "cli/stores.h"
#include "core/crypto/sha256.h"
#include "core/error.h"

namespace parnas::cli {
namespace {

constexpr Seconds kPatience{2.0};

// Empty if it is not set.
std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

std::optional<std::string> find_token(const std::filesystem::path& file) {
    if (!file.empty())
        return client::read_token(file);
    if (const std::string named = variable("PARNAS_TOKEN_FILE"); !named.empty())
        return client::read_token(named);
    const std::string token = variable("PARNAS_TOKEN");
    return token.empty() ? std::nullopt : std::optional(token);
}

}  // namespace

client::HttpClientOptions server_at(std::string url,
                                    const std::filesystem::path& token_file,
                                    const std::filesystem::path& ca_file) {
    return {.url = std::move(url),
            .token = find_token(token_file),
            .ca_file = ca_file,
            .seed = crypto::random_seed()};
}

std::optional<client::HttpClientOptions> find_server(const ServerOptions& options,
                                                     const GlobalOptions& global) {
    if (!options.server.empty() && !global.store.empty())
        throw Error(ErrorKind::invalid_input,
                    "--store is given: studies come from one of both",
                    "--server");
    if (!options.server.empty())
        return server_at(options.server, options.token_file, options.ca_file);
    const std::string url = global.store.empty() ? variable("PARNAS_SERVER") : "";
    if (!url.empty())
        return server_at(url, options.token_file, options.ca_file);
    if (!options.token_file.empty())
        throw Error(ErrorKind::invalid_input, "only a server asks for a token", "--token-file");
    if (!options.ca_file.empty())
        throw Error(ErrorKind::invalid_input, "only a server has a certificate", "--ca-file");
    return std::nullopt;
}

client::HttpClientOptions need_server(const ServerOptions& options, const GlobalOptions& global) {
    if (auto server = find_server(options, global))
        return *std::move(server);
    throw Error(ErrorKind::invalid_input,
                "which server? --server http://host:8080, or $PARNAS_SERVER",
                "--server");
}

client::Patience short_patience() {
    return {.longest = kPatience};
}

std::unique_ptr<store::Store> open_to_read(const GlobalOptions& global,
                                           const ServerOptions& server) {
    if (auto found = find_server(server, global))
        return make_remote_store(*std::move(found));
    return open_to_read(global);
}

}  // namespace parnas::cli
