// SPDX-License-Identifier: Apache-2.0
#include "api/service/tokens.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "cli/commands/commands.h"
#include "cli/stores.h"
#include "core/draft_file.h"
#include "core/duration.h"
#include "core/object_reader.h"
#include "store/sqlite_store.h"

namespace parnas::cli {
namespace {

constexpr std::string_view kActor = "local";
// A date with a year of four digits.
constexpr Seconds kLongestLife{100.0 * 365 * 86400};

std::string_view state_of(const store::TokenRecord& token) {
    if (token.revoked)
        return "revoked";
    return service::is_usable(token, now()) ? "usable" : "expired";
}

Json time_json(const std::optional<TimePoint>& time) {
    return time ? Json(parnas::to_string(*time)) : Json();
}

Json token_json(const store::TokenRecord& token) {
    return {{"id", token.id},
            {"name", token.name},
            {"scopes", token.scopes},
            {"projects", token.projects},
            {"study", token.study ? Json(*token.study) : Json()},
            {"created", parnas::to_string(token.created)},
            {"expires", time_json(token.expires)},
            {"revoked", time_json(token.revoked)},
            {"state", state_of(token)}};
}

std::string to_the_second(TimePoint time) {
    return parnas::to_string(time).substr(0, std::string_view("2026-11-21 00:10:43").size());
}

Scalar time_cell(const std::optional<TimePoint>& time) {
    return text_or_nothing(time ? to_the_second(*time) : "");
}

Table token_table(const std::vector<store::TokenRecord>& tokens) {
    Table table{.columns = {{"id", "id"},
                            {"name", "name"},
                            {"scopes", "scopes"},
                            {"projects", "projects"},
                            {"study", "study"},
                            {"created", "created (UTC)"},
                            {"expires", "expires (UTC)"},
                            {"state", "state"}},
                .rows = {}};
    for (const store::TokenRecord& token : tokens)
        table.rows.push_back({token.id,
                              token.name,
                              fmt::format("{}", fmt::join(token.scopes, ",")),
                              text_or_nothing(fmt::format("{}", fmt::join(token.projects, ","))),
                              text_or_nothing(token.study.value_or("")),
                              to_the_second(token.created),
                              time_cell(token.expires),
                              std::string(state_of(token))});
    return table;
}

TimePoint expiry(const std::string& expires_in) {
    const Seconds life = seconds_from_string(expires_in);
    if (life > kLongestLife)
        throw Error(ErrorKind::invalid_input, "expected at most 36500d", "--expires-in");
    return now() + std::chrono::duration_cast<TimePoint::duration>(life);
}

service::TokenRequest request_of(const TokensCreateOptions& options) {
    service::TokenRequest request{.name = options.name,
                                  .scopes = options.scopes,
                                  .projects = options.projects,
                                  .study = options.study};
    if (options.expires_in)
        request.expires = expiry(*options.expires_in);
    return request;
}

// A token whose secret cannot be written is nobody's: it is revoked.
void write_secret(DraftFile& file, service::Tokens& tokens, const service::CreatedToken& created) {
    try {
        file.write(created.secret + '\n');
        file.keep(Readers::owner);
    } catch (...) {
        tokens.revoke(created.record.id, kActor);
        throw;
    }
}

void print_created(Console& console,
                   const service::CreatedToken& created,
                   const std::filesystem::path& file) {
    if (console.output == OutputFormat::json) {
        Json json = {{"token", token_json(created.record)}};
        if (file.empty())
            json["secret"] = created.secret;
        else
            json["secret_file"] = file.string();
        print(console, json);
        return;
    }
    if (console.output == OutputFormat::csv) {
        Table table = token_table({created.record});
        table.columns.push_back(file.empty() ? Column{"secret", "secret"}
                                             : Column{"secret_file", "secret file"});
        table.rows[0].emplace_back(file.empty() ? created.secret : file.string());
        print(console, table);
        return;
    }
    if (file.empty()) {
        console.out << created.secret << '\n';
        console.err << "This is shown once: keep it where only its owner can read it.\n";
    } else {
        console.out << fmt::format(
            "The secret of {} is in {}\n", printable(created.record.name), file.string());
    }
}

// By its id, or its name among those that are not revoked.
store::TokenRecord find_token(const store::ServiceStore& kept, const std::string& word) {
    std::vector<std::string> names;
    for (store::TokenRecord& token : kept.tokens()) {
        if (token.id == word || (token.name == word && !token.revoked))
            return std::move(token);
        if (!token.revoked)
            names.push_back(token.name);
    }
    throw Error(
        ErrorKind::not_found,
        "no token that is not revoked has this name, and none this id" + did_you_mean(word, names),
        word);
}

}  // namespace

int run(const TokensCreateOptions& options, const GlobalOptions& global, Console& console) {
    const service::TokenRequest request = request_of(options);
    // Whether it can be written is known before there is a token.
    std::optional<DraftFile> file;
    if (!options.secret_file.empty())
        file.emplace(new_file(options.secret_file, "", options.overwrite));
    const auto store =
        store::make_sqlite_store({.path = store_path(global), .mode = store::OpenMode::create});
    service::Tokens tokens(store::service_store(*store));
    const service::CreatedToken created = tokens.create(request, kActor);
    if (file)
        write_secret(*file, tokens, created);
    print_created(console, created, options.secret_file);
    return 0;
}

int run(const TokensListOptions&, const GlobalOptions& global, Console& console) {
    const auto store = open_to_read(global);
    const std::vector<store::TokenRecord> tokens = store::service_store(*store).tokens();
    if (console.output != OutputFormat::json) {
        print(console, token_table(tokens));
        return 0;
    }
    Json json = Json::array();
    for (const store::TokenRecord& token : tokens)
        json.push_back(token_json(token));
    print(console, json);
    return 0;
}

int run(const TokensRevokeOptions& options, const GlobalOptions& global, Console& console) {
    const auto store = open_to_write(global);
    store::ServiceStore& kept = store::service_store(*store);
    service::Tokens tokens(kept);
    const store::TokenRecord token = tokens.revoke(find_token(kept, options.token).id, kActor);
    if (console.output == OutputFormat::json)
        print(console, token_json(token));
    else if (console.output == OutputFormat::csv)
        print(console, token_table({token}));
    else
        console.out << fmt::format("{} ({}) is revoked since {} UTC.\n",
                                   printable(token.name),
                                   token.id,
                                   to_the_second(*token.revoked));
    return 0;
}

}  // namespace parnas::cli
