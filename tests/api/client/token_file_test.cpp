// SPDX-License-Identifier: Apache-2.0
#include "api/client/token_file.h"

#include <fstream>

#include "core/error.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_folder.h"

using namespace parnas;

namespace {

std::filesystem::path write_token(const tests::TemporaryFolder& folder,
                                  const std::string& text,
                                  unsigned mode) {
    const std::filesystem::path path = folder / "token";
    std::filesystem::remove(path);
    std::ofstream(path) << text;
    std::filesystem::permissions(path, std::filesystem::perms(mode));
    return path;
}

ErrorKind refusal_of(const std::filesystem::path& path) {
    try {
        client::read_token(path);
    } catch (const Error& error) {
        CHECK(error.faults().front().where == path.string());
        return error.kind();
    }
    FAIL("the token was taken");
    return ErrorKind::internal;
}

}  // namespace

TEST_CASE("a token is the first line of its file", "[api][client]") {
    const tests::TemporaryFolder folder;
    CHECK(client::read_token(write_token(folder, "pn_1_secret\nmore\n", 0600)) == "pn_1_secret");
    CHECK(client::read_token(write_token(folder, "pn_1_secret \r\n", 0400)) == "pn_1_secret");
}

TEST_CASE("a token that others can read or write is refused", "[api][client]") {
    const tests::TemporaryFolder folder;
    for (const unsigned mode : {0644U, 0640U, 0604U, 0620U, 0602U})
        CHECK(refusal_of(write_token(folder, "pn_1_secret", mode)) == ErrorKind::unauthorized);
}

TEST_CASE("a file without a token is refused", "[api][client]") {
    const tests::TemporaryFolder folder;
    for (const char* text : {"", "\n", "two words\n", "tab\there\n"})
        CHECK(refusal_of(write_token(folder, text, 0600)) == ErrorKind::invalid_input);
    CHECK(refusal_of(folder / "nonesuch") == ErrorKind::not_found);
}
