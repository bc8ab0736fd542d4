// SPDX-License-Identifier: Apache-2.0
#include "api/client/token_file.h"

#include <algorithm>
#include <fstream>
#include <sys/stat.h>

#include "core/error.h"

namespace parnas::client {
namespace {

constexpr mode_t kOthers = S_IRWXG | S_IRWXO;

}  // namespace

std::string read_token(const std::filesystem::path& file) {
    std::ifstream stream(file);
    std::string token;
    struct stat status {};
    if (!stream || stat(file.c_str(), &status) != 0)
        throw Error(ErrorKind::not_found, "cannot be read", file.string());
    // A pipe, as <(command) makes one, is nobody else's.
    if (S_ISREG(status.st_mode) && (status.st_mode & kOthers) != 0)
        throw Error(ErrorKind::unauthorized,
                    "others can read or write this token: chmod 600 it, and make a new one if they "
                    "may have",
                    file.string());
    std::getline(stream, token);
    while (token.ends_with(' ') || token.ends_with('\r'))
        token.pop_back();
    const auto visible = [](char c) { return c > ' ' && c < '\x7f'; };
    if (token.empty() || !std::ranges::all_of(token, visible))
        throw Error(ErrorKind::invalid_input, "there is no token in the first line", file.string());
    return token;
}

}  // namespace parnas::client
