// SPDX-License-Identifier: Apache-2.0
#include "cli/token_desk.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "api/client/reply.h"
#include "api/client/service_client.h"
#include "api/client/service_error.h"
#include "cli/remote_records.h"
#include "cli/servers.h"
#include "cli/stores.h"

namespace parnas::cli {
namespace {

constexpr std::string_view kActor = "local";
constexpr auto kTokens = "/v1/tokens";

class StoreTokenDesk final : public TokenDesk {
  public:
    StoreTokenDesk(const GlobalOptions& global, store::OpenMode mode)
        : store_(store::make_sqlite_store({.path = store_path(global), .mode = mode})),
          tokens_(store::service_store(*store_)) {}

    service::CreatedToken create(const service::TokenRequest& request) override {
        return tokens_.create(request, kActor);
    }
    std::vector<store::TokenRecord> list() override {
        return store::service_store(*store_).tokens();
    }
    store::TokenRecord revoke(const std::string& id) override { return tokens_.revoke(id, kActor); }

  private:
    std::unique_ptr<store::Store> store_;
    service::Tokens tokens_;
};

Json to_json(const service::TokenRequest& request) {
    Json json = {{"name", request.name}, {"scopes", request.scopes}};
    if (!request.projects.empty())
        json["projects"] = request.projects;
    if (request.study)
        json["study"] = *request.study;
    if (request.expires)
        json["expires"] = to_rfc3339(*request.expires);
    return json;
}

class RemoteTokenDesk final : public TokenDesk {
  public:
    explicit RemoteTokenDesk(client::HttpClientOptions server)
        : http_(std::move(server)), client_(http_) {}

    service::CreatedToken create(const service::TokenRequest& request) override {
        const Json answer = client_.post_once(kTokens, to_json(request), short_patience());
        return client::read_reply(answer, kTokens, [](ObjectReader& reader) {
            const Json* token = reader.need("token");
            return service::CreatedToken{.record = token == nullptr
                                                       ? store::TokenRecord()
                                                       : read_remote_token(*token, kTokens),
                                         .secret = reader.text("secret")};
        });
    }

    std::vector<store::TokenRecord> list() override {
        std::vector<store::TokenRecord> tokens;
        client_.list(kTokens, short_patience(), [&](const Json& item) {
            tokens.push_back(read_remote_token(item, kTokens));
        });
        return tokens;
    }

    store::TokenRecord revoke(const std::string& id) override {
        const std::string path = std::string(kTokens) + '/' + client::percent_encoded(id);
        store::TokenRecord token = read_remote_token(client_.get(path, short_patience()), path);
        client_.remove(path, short_patience());
        try {
            return read_remote_token(client_.get(path, short_patience()), path);
        } catch (const client::ServiceError& error) {
            // Whose token this was may not ask any more.
            if (error.kind() != ErrorKind::unauthorized)
                throw;
            token.revoked = now();
            return token;
        }
    }

  private:
    client::HttpClient http_;
    client::ServiceClient client_;
};

}  // namespace

std::unique_ptr<TokenDesk> open_token_desk(const ServerOptions& server,
                                           const GlobalOptions& global,
                                           store::OpenMode mode) {
    if (auto found = find_server(server, global))
        return std::make_unique<RemoteTokenDesk>(*std::move(found));
    return std::make_unique<StoreTokenDesk>(global, mode);
}

}  // namespace parnas::cli
