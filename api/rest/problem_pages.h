// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace parnas::rest {

// An error that the server answers with, for people: GET /problems/{slug}.
struct ProblemPage {
    std::string_view slug;  // "lease-superseded"
    int status = 0;
    std::string_view means;
    std::string_view remedy;
};

// By slug, ascending.
std::span<const ProblemPage> problem_pages();
// Null if there is none of that slug.
const ProblemPage* find_problem_page(std::string_view slug);

std::string to_text(const ProblemPage& page);

}  // namespace parnas::rest
