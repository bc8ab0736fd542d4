// SPDX-License-Identifier: Apache-2.0
#include "api/service/tokens.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "core/base64url.h"
#include "core/crypto/sha256.h"
#include "core/error.h"
#include "core/json.h"
#include "core/mutation.h"
#include "core/ulid.h"

namespace parnas::service {
namespace {

constexpr std::string_view kIdPrefix = "tok_";
constexpr std::string_view kSecretPrefix = "pn_";
constexpr std::size_t kUlidSize = 26;
constexpr std::size_t kSecretBytes = 32;
constexpr std::chrono::seconds kFresh{1};

std::string hash_of(std::string_view secret) {
    return crypto::to_hex(crypto::sha256(secret));
}

// "pn_<ULID>_<secret>" in its parts.
struct SecretParts {
    std::string id;
    std::string_view secret;
};

std::optional<SecretParts> split(std::string_view text) {
    if (!text.starts_with(kSecretPrefix))
        return std::nullopt;
    text.remove_prefix(kSecretPrefix.size());
    if (text.size() <= kUlidSize || text[kUlidSize] != '_')
        return std::nullopt;
    return SecretParts{.id = std::string(kIdPrefix) + std::string(text.substr(0, kUlidSize)),
                       .secret = text.substr(kUlidSize + 1)};
}

void check_request(const TokenRequest& request, TimePoint time) {
    Faults faults;
    for (auto scope = request.scopes.begin(); scope != request.scopes.end(); ++scope) {
        if (std::ranges::find(kScopes, *scope) == kScopes.end())
            faults.add("scopes",
                       fmt::format("expected {}, got '{}'", fmt::join(kScopes, ", "), *scope));
        if (std::find(request.scopes.begin(), scope, *scope) != scope)
            faults.add("scopes", fmt::format("'{}' is there twice", *scope));
    }
    if (request.expires && *request.expires <= time)
        faults.add("expires", "must be in the future");
    faults.throw_if_any();
}

std::string detail_of(const store::TokenRecord& token) {
    Json detail{{"name", token.name}, {"scopes", token.scopes}, {"projects", token.projects}};
    if (token.study)
        detail["study"] = *token.study;
    if (token.expires)
        detail["expires"] = parnas::to_string(*token.expires);
    return dump_json(detail);
}

store::AuditRecord audit_of(const store::TokenRecord& token,
                            std::string_view action,
                            std::string_view actor,
                            TimePoint time) {
    return {.time = time,
            .actor = std::string(actor),
            .action = std::string(action),
            .subject = token.id,
            .detail = detail_of(token)};
}

}  // namespace

bool is_usable(const store::TokenRecord& token, TimePoint time) {
    return (!token.revoked || mutated("no_revocation")) &&
           (!token.expires || time < *token.expires || mutated("no_expiry"));
}

Tokens::Tokens(store::ServiceStore& kept, Clock clock)
    : kept_(kept), clock_(std::move(clock)), rng_(crypto::random_seed()) {}

CreatedToken Tokens::create(const TokenRequest& request, std::string_view actor) {
    const TimePoint time = clock_();
    check_request(request, time);
    std::string ulid;
    {
        const MutexLock lock(mutex_);
        ulid = make_ulid(time, rng_);
    }
    const std::string secret = to_base64url(crypto::random_bytes(kSecretBytes));
    store::TokenRecord record{.id = std::string(kIdPrefix) + ulid,
                              .name = request.name,
                              .secret_sha256 = hash_of(secret),
                              .scopes = request.scopes,
                              .projects = request.projects,
                              .study = request.study,
                              .created = time,
                              .expires = request.expires};
    record.revision =
        kept_.put(record, {.expected = 0, .audit = audit_of(record, "token.created", actor, time)});
    forget();
    return {.record = std::move(record),
            .secret = fmt::format("{}{}_{}", kSecretPrefix, ulid, secret)};
}

store::TokenRecord Tokens::revoke(std::string_view id, std::string_view actor) {
    for (;;) {
        store::TokenRecord token = kept_.find_token(id);
        if (token.revoked)
            return token;
        token.revoked = clock_();
        try {
            token.revision =
                kept_.put(token,
                          {.expected = token.revision,
                           .audit = audit_of(token, "token.revoked", actor, *token.revoked)});
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::conflict)
                throw;
            continue;  // somebody was faster
        }
        forget();
        return token;
    }
}

std::optional<store::TokenRecord> Tokens::identify(std::string_view secret) {
    const std::optional<SecretParts> parts = split(secret);
    if (!parts)
        return std::nullopt;
    std::optional<store::TokenRecord> token = find_usable(parts->id);
    if (!token || !crypto::equal_in_constant_time(token->secret_sha256, hash_of(parts->secret)))
        return std::nullopt;
    return token;
}

std::optional<store::TokenRecord> Tokens::find_usable(std::string_view id) {
    const TimePoint time = clock_();
    const MutexLock lock(mutex_);
    const ById& tokens = known(time);
    const auto found = tokens.find(id);
    if (found == tokens.end() || !is_usable(found->second, time))
        return std::nullopt;
    return found->second;
}

bool Tokens::any() {
    const TimePoint time = clock_();
    const MutexLock lock(mutex_);
    return std::ranges::any_of(known(time),
                               [&](const auto& entry) { return is_usable(entry.second, time); });
}

const Tokens::ById& Tokens::known(TimePoint time) {
    // A clock that was set back says nothing of how old it is.
    if (read_ && *read_ <= time && time - *read_ < kFresh)
        return known_;
    ById tokens;
    for (store::TokenRecord& token : kept_.tokens())
        if (!token.revoked || mutated("no_revocation")) {
            std::string id = token.id;
            tokens.emplace(std::move(id), std::move(token));
        }
    known_ = std::move(tokens);
    read_ = time;
    return known_;
}

// After the commit: whoever reads the store from now on reads what was committed, and whoever
// read it before has let go of the mutex, so what they read is forgotten here.
void Tokens::forget() {
    const MutexLock lock(mutex_);
    read_.reset();
}

}  // namespace parnas::service
