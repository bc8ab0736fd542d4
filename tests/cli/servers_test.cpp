// SPDX-License-Identifier: Apache-2.0
#include "cli/servers.h"

#include <cstdlib>
#include <fstream>

#include "core/error.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_folder.h"

using namespace parnas;
using namespace parnas::cli;

namespace {

// A variable of the environment, set while it lives.
class Variable {
  public:
    Variable(const char* name, const std::string& value) : name_(name) {
        ::setenv(name, value.c_str(), 1);
    }
    ~Variable() { ::unsetenv(name_); }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;

  private:
    const char* name_;
};

constexpr auto kUrl = "http://lab:8080";

}  // namespace

TEST_CASE("studies come from the server that is named, else from a store", "[cli][servers]") {
    ::unsetenv("PARNAS_SERVER");
    CHECK_FALSE(find_server({}, {}));
    CHECK(find_server({.server = kUrl}, {})->url == kUrl);
    const Variable variable("PARNAS_SERVER", "http://other");
    CHECK(find_server({}, {})->url == "http://other");
    CHECK(find_server({.server = kUrl}, {})->url == kUrl);
    CHECK_FALSE(find_server({}, {.store = "lab.db"}));
}

TEST_CASE("a server beside a store, or none where one is needed, is a fault of the command",
          "[cli][servers]") {
    ::unsetenv("PARNAS_SERVER");
    CHECK_THROWS_AS(find_server({.server = kUrl}, {.store = "lab.db"}), Error);
    CHECK_THROWS_WITH(need_server({}, {}), Catch::Contains("PARNAS_SERVER"));
    CHECK_THROWS_AS(find_server({.token_file = "x"}, {}), Error);
    CHECK_THROWS_AS(find_server({.ca_file = "x"}, {}), Error);
    CHECK(find_server({.server = kUrl, .ca_file = "x"}, {})->ca_file == "x");
}

TEST_CASE("a token comes from its file, the file that is named, or the environment",
          "[cli][servers]") {
    const tests::TemporaryFolder folder;
    const auto file = [&](const std::string& name) {
        const std::filesystem::path path = folder.path() / name;
        std::ofstream(path) << "pn_" << name << "\n";
        std::filesystem::permissions(path, std::filesystem::perms::owner_read);
        return path;
    };
    CHECK_FALSE(server_at(kUrl, {}).token);
    const Variable token("PARNAS_TOKEN", "pn_variable");
    CHECK(server_at(kUrl, {}).token == "pn_variable");
    const Variable named("PARNAS_TOKEN_FILE", file("named").string());
    CHECK(server_at(kUrl, {}).token == "pn_named");
    CHECK(server_at(kUrl, file("given")).token == "pn_given");
}

TEST_CASE("keys of requests differ between clients", "[cli][servers]") {
    CHECK(server_at(kUrl, {}).seed != server_at(kUrl, {}).seed);
}
