// SPDX-License-Identifier: Apache-2.0
#include "tests/support/golden.h"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/support/catch.h"
#include "tests/support/read_file.h"
#include "tests/support/repository.h"

namespace parnas::tests {
namespace {

// "line 3 is 'a', expected 'b'"
std::string first_difference(const std::string& found, const std::string& expected) {
    std::istringstream found_lines(found);
    std::istringstream expected_lines(expected);
    for (int number = 1;; ++number) {
        std::string a;
        std::string b;
        const bool more = static_cast<bool>(std::getline(found_lines, a));
        const bool expects_more = static_cast<bool>(std::getline(expected_lines, b));
        if (!more && !expects_more)
            return "the last line's end differs";
        if (a != b || more != expects_more)
            return "line " + std::to_string(number) + " is " + (more ? "'" + a + "'" : "missing") +
                   ", expected " + (expects_more ? "'" + b + "'" : "the end");
    }
}

}  // namespace

std::filesystem::path golden_file(std::string_view name) {
    return repository() / "tests" / "golden" / name;
}

std::optional<std::filesystem::path> new_golden_file(std::string_view name) {
    const char* folder = std::getenv("PARNAS_WRITE_GOLDEN");
    if (folder == nullptr)
        return std::nullopt;
    return std::filesystem::path(folder) / name;
}

void check_golden(std::string_view name, std::string_view text) {
    INFO(golden_file(name).string());
    if (const auto path = new_golden_file(name))
        std::ofstream(*path, std::ios::binary) << text;
    const std::string found(text);
    const std::string expected = read_file(golden_file(name));
    if (found == expected)
        SUCCEED();
    else
        FAIL_CHECK(first_difference(found, expected));
}

}  // namespace parnas::tests
