// SPDX-License-Identifier: Apache-2.0
#include "api/service/tokens.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/crypto/sha256.h"
#include "core/json.h"
#include "store/sqlite_store.h"
#include "tests/store/samples.h"
#include "tests/support/catch.h"

namespace parnas::service {
namespace {

using namespace std::chrono_literals;
using store::samples::at;

// A store in memory with a clock that the test moves.
struct Desk {
    std::unique_ptr<store::Store> store = store::make_memory_store();
    store::ServiceStore& kept = store::service_store(*store);
    TimePoint time = at(0);
    Tokens tokens{kept, [this] { return time; }};

    CreatedToken create(const std::string& name, std::optional<TimePoint> expires = std::nullopt) {
        return tokens.create({.name = name, .scopes = {"work"}, .expires = expires}, "local");
    }
};

template <typename Call>
ErrorKind kind_of_refusal(Call call) {
    try {
        call();
    } catch (const Error& error) {
        return error.kind();
    }
    FAIL("nothing was thrown");
    return ErrorKind::internal;
}

// With another character at that place.
std::string changed(std::string text, std::size_t place) {
    text[place] = text[place] == 'A' ? 'B' : 'A';
    return text;
}

}  // namespace

TEST_CASE("a token is known by its secret, of which the store has the hash alone",
          "[api][tokens]") {
    Desk desk;
    const CreatedToken created = desk.tokens.create({.name = "gpu-farm",
                                                     .scopes = {"work", "read"},
                                                     .projects = {"vision"},
                                                     .study = "digits",
                                                     .expires = at(60)},
                                                    "tok_maker");
    const std::string ulid = created.record.id.substr(4);
    REQUIRE(created.secret.starts_with("pn_" + ulid + "_"));
    const std::string secret = created.secret.substr(30);
    CHECK(secret.size() == 43);  // 256 bits, six in a character
    const store::TokenRecord kept = desk.kept.find_token(created.record.id);
    CHECK(kept == created.record);
    CHECK(kept.secret_sha256 == crypto::to_hex(crypto::sha256(secret)));
    CHECK(kept.projects == std::vector<std::string>{"vision"});
    CHECK(desk.tokens.identify(created.secret) == kept);
}

TEST_CASE("no two secrets are the same", "[api][tokens]") {
    Desk desk;
    std::set<std::string> secrets;
    for (int i = 0; i < 100; ++i)
        secrets.insert(desk.create(std::to_string(i)).secret.substr(30));
    CHECK(secrets.size() == 100);
}

TEST_CASE("nothing but the whole secret is good for anything", "[api][tokens]") {
    Desk desk;
    const std::string one = desk.create("one").secret;
    const std::string two = desk.create("two").secret;
    for (std::size_t place = 0; place < one.size(); ++place)
        CHECK_FALSE(desk.tokens.identify(changed(one, place)));
    for (std::size_t size = 0; size < one.size(); ++size)
        CHECK_FALSE(desk.tokens.identify(one.substr(0, size)));
    CHECK_FALSE(desk.tokens.identify(one + "A"));
    CHECK_FALSE(desk.tokens.identify(' ' + one));
    CHECK_FALSE(desk.tokens.identify(one.substr(0, 30) + two.substr(30)));
    const store::TokenRecord record = *desk.tokens.identify(one);
    CHECK_FALSE(desk.tokens.identify(one.substr(0, 30) + record.secret_sha256));
}

TEST_CASE("a token is worthless from the moment at which it expires", "[api][tokens]") {
    Desk desk;
    const std::string secret = desk.create("short", at(10)).secret;
    desk.time = at(10) - 1us;
    CHECK(desk.tokens.identify(secret));
    CHECK(desk.tokens.any());
    desk.time = at(10);
    CHECK_FALSE(desk.tokens.identify(secret));
    CHECK_FALSE(desk.tokens.any());
    CHECK(kind_of_refusal([&] { desk.create("late", at(10)); }) == ErrorKind::invalid_input);
}

TEST_CASE("a revoked token is worthless at once, and stays revoked since then", "[api][tokens]") {
    Desk desk;
    const CreatedToken created = desk.create("one");
    REQUIRE(desk.tokens.identify(created.secret));
    REQUIRE(desk.tokens.any());
    CHECK(desk.tokens.revoke(created.record.id, "local").revoked == at(0));
    CHECK_FALSE(desk.tokens.identify(created.secret));
    CHECK_FALSE(desk.tokens.find_usable(created.record.id));
    CHECK_FALSE(desk.tokens.any());
    desk.time = at(5);
    CHECK(desk.tokens.revoke(created.record.id, "local").revoked == at(0));
    CHECK(kind_of_refusal([&] { desk.tokens.revoke("tok_nobody", "local"); }) ==
          ErrorKind::not_found);
    CHECK(desk.create("one").record.name == "one");  // the name is free again
}

TEST_CASE("what others do to the store is known a second later", "[api][tokens]") {
    Desk server;
    Tokens command(server.kept, [&] { return server.time; });
    CHECK_FALSE(server.tokens.any());
    const CreatedToken created = command.create({.name = "one", .scopes = {"read"}}, "local");
    server.time = at(1);
    CHECK(server.tokens.any());
    CHECK(server.tokens.identify(created.secret));
    command.revoke(created.record.id, "local");
    server.time = at(2);
    CHECK_FALSE(server.tokens.identify(created.secret));
}

TEST_CASE("a token that another connection to the file makes or revokes is known a second later",
          "[api][tokens]") {
    const store::samples::TemporaryFolder folder;
    const store::SqliteOptions options{.path = folder / "parnas.db"};
    TimePoint time = at(0);
    const auto served = store::make_sqlite_store(options);
    Tokens server(store::service_store(*served), [&] { return time; });
    CHECK_FALSE(server.any());
    const auto opened = store::make_sqlite_store(options);
    Tokens command(store::service_store(*opened), [&] { return time; });
    const CreatedToken created = command.create({.name = "one", .scopes = {"read"}}, "local");
    time = at(1);
    CHECK(server.identify(created.secret) == created.record);
    command.revoke(created.record.id, "local");
    time = at(2);
    CHECK_FALSE(server.identify(created.secret));
}

TEST_CASE("tokens are read again if the clock is set back", "[api][tokens]") {
    Desk server;
    const CreatedToken created = server.create("one");
    server.time = at(100);
    CHECK(server.tokens.identify(created.secret));
    Tokens command(server.kept, [&] { return server.time; });
    command.revoke(created.record.id, "local");
    server.time = at(0);
    CHECK_FALSE(server.tokens.identify(created.secret));
}

TEST_CASE("who made and revoked a token is in the audit, and its secret is not", "[api][tokens]") {
    Desk desk;
    const CreatedToken created = desk.tokens.create(
        {.name = "one", .scopes = {"read"}, .study = "digits", .expires = at(9)}, "tok_maker");
    desk.tokens.revoke(created.record.id, "local");
    desk.tokens.revoke(created.record.id, "local");
    const std::vector<store::AuditRecord> audit = desk.kept.audit();
    REQUIRE(audit.size() == 2);
    CHECK(audit[0].actor == "tok_maker");
    CHECK(audit[0].action == "token.created");
    CHECK(audit[0].subject == created.record.id);
    CHECK(parse_json(audit[0].detail, "audit") == Json({{"name", "one"},
                                                        {"scopes", {"read"}},
                                                        {"projects", Json::array()},
                                                        {"study", "digits"},
                                                        {"expires", parnas::to_string(at(9))}}));
    CHECK(audit[1].actor == "local");
    CHECK(audit[1].action == "token.revoked");
    for (const store::AuditRecord& record : audit)
        CHECK(record.detail.find(created.record.secret_sha256) == std::string::npos);
}

TEST_CASE("a token that cannot be made leaves nothing", "[api][tokens]") {
    Desk desk;
    desk.create("taken");
    const auto refusal = [&](const TokenRequest& request) {
        return kind_of_refusal([&] { desk.tokens.create(request, "local"); });
    };
    CHECK(refusal({.name = "taken", .scopes = {"read"}}) == ErrorKind::conflict);
    CHECK(refusal({.name = "none"}) == ErrorKind::invalid_input);
    CHECK(refusal({.name = "odd", .scopes = {"write"}}) == ErrorKind::invalid_input);
    CHECK(refusal({.name = "twice", .scopes = {"read", "read"}}) == ErrorKind::invalid_input);
    CHECK(refusal({.name = "", .scopes = {"read"}}) == ErrorKind::invalid_input);
    CHECK(desk.kept.tokens().size() == 1);
    CHECK(desk.kept.audit().size() == 1);
}

TEST_CASE("no request is let in after a revocation that has returned", "[api][tokens]") {
    const auto store = store::make_memory_store();
    Tokens tokens(store::service_store(*store));
    for (int round = 0; round < 20; ++round) {
        const CreatedToken created =
            tokens.create({.name = std::to_string(round), .scopes = {"read"}}, "local");
        std::atomic<bool> revoked = false;
        std::atomic<int> late = 0;
        const auto ask = [&] {
            for (bool last = false; !last;) {
                last = revoked;
                if (tokens.identify(created.secret) && last)
                    ++late;
            }
        };
        std::jthread one(ask);
        std::jthread two(ask);
        tokens.revoke(created.record.id, "local");
        revoked = true;
        one.join();
        two.join();
        CHECK(late == 0);
    }
}

}  // namespace parnas::service
