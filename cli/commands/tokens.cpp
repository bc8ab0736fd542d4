// SPDX-License-Identifier: Apache-2.0
#include "api/service/tokens.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "cli/commands/commands.h"
#include "cli/text/moments.h"
#include "cli/token_desk.h"
#include "core/draft_file.h"
#include "core/duration.h"
#include "core/object_reader.h"

namespace parnas::cli {
namespace {

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
void write_secret(DraftFile& file, TokenDesk& desk, const service::CreatedToken& created) {
    try {
        file.write(created.secret + '\n');
        file.keep(Readers::owner);
    } catch (...) {
        desk.revoke(created.record.id);
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
store::TokenRecord find_token(TokenDesk& desk, const std::string& word) {
    std::vector<std::string> names;
    for (store::TokenRecord& token : desk.list()) {
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
    const auto desk = open_token_desk(options.server, global, store::OpenMode::create);
    const service::CreatedToken created = desk->create(request);
    if (file)
        write_secret(*file, *desk, created);
    print_created(console, created, options.secret_file);
    return 0;
}

int run(const TokensListOptions& options, const GlobalOptions& global, Console& console) {
    const auto desk = open_token_desk(options.server, global, store::OpenMode::read_only);
    const std::vector<store::TokenRecord> tokens = desk->list();
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
    const auto desk = open_token_desk(options.server, global, store::OpenMode::existing);
    const store::TokenRecord token = desk->revoke(find_token(*desk, options.token).id);
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
