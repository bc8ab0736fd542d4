// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/mutex.h"
#include "core/rng.h"
#include "store/service_store.h"

namespace parnas::service {

// What a token can be good for. None contains another.
inline constexpr std::array<std::string_view, 5> kScopes{"read",
                                                         "submit",
                                                         "work",
                                                         "admin",
                                                         "metrics"};

struct TokenRequest {
    std::string name;                   // that no other usable token has
    std::vector<std::string> scopes;    // at least one of kScopes, each once
    std::vector<std::string> projects;  // empty: all
    std::optional<std::string> study;   // the only one that it is for
    std::optional<TimePoint> expires;
};

struct CreatedToken {
    store::TokenRecord record;
    std::string secret;  // "pn_<ULID of the id>_<256 random bits as base64url>"; kept nowhere
};

// The right to use a server, kept in its store as hashes of secrets. Others may change the same
// store meanwhile: what they did is known a second later, what this object did at once. To
// identify() costs a read of all tokens once a second, and no read otherwise. Thread-safe.
class Tokens {
  public:
    using Clock = std::function<TimePoint()>;
    // `kept` outlives it. `clock` is called by several threads at once.
    explicit Tokens(store::ServiceStore& kept, Clock clock = now);

    // `actor`, here and below: who does it, for the audit. Throws Error(invalid_input) with all
    // faults, and Error(conflict) if the name is taken.
    CreatedToken create(const TokenRequest& request, std::string_view actor);
    // The token as it is now; one that was revoked before stays as it was. Throws
    // Error(not_found).
    store::TokenRecord revoke(std::string_view id, std::string_view actor);

    // Whatever it is still good for. Throws Error(not_found).
    store::TokenRecord find(std::string_view id) const { return kept_.find_token(id); }
    // All of them, oldest first.
    std::vector<store::TokenRecord> list() const { return kept_.tokens(); }

    // The token that `secret` is the secret of, if it is usable.
    std::optional<store::TokenRecord> identify(std::string_view secret);
    // By its id, if it is usable.
    std::optional<store::TokenRecord> find_usable(std::string_view id);
    // Whether there is a usable one.
    bool any();

  private:
    using ById = std::map<std::string, store::TokenRecord, std::less<>>;
    // Those that are not revoked, as the store had them less than a second ago.
    const ById& known(TimePoint time) PARNAS_REQUIRES(mutex_);
    void forget();

    store::ServiceStore& kept_;
    const Clock clock_;
    Mutex mutex_;
    Rng rng_ PARNAS_GUARDED_BY(mutex_);  // of ids, which are no secrets
    ById known_ PARNAS_GUARDED_BY(mutex_);
    std::optional<TimePoint> read_ PARNAS_GUARDED_BY(mutex_);  // when; nothing: to be read again
};

// Neither expired nor revoked.
bool is_usable(const store::TokenRecord& token, TimePoint time);

}  // namespace parnas::service
