// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "cli/options.h"

namespace parnas::cli {

struct Invocation {
    GlobalOptions global;
    Command command;
};

// A request that is answered with a text: --help, --version.
struct Answer {
    std::string text;
};

// `arguments` are those after the program's name. Throws Error(invalid_input), which names
// the nearest command or option that exists.
std::variant<Invocation, Answer> parse_arguments(const std::vector<std::string>& arguments);

// The format that errors are shown in, also when the arguments cannot be parsed.
OutputFormat requested_output(const std::vector<std::string>& arguments);

}  // namespace parnas::cli
