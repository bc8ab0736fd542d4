// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace parnas::cli {

// `text` as one word of a command that a person copies to a shell: quoted if need be.
std::string shell_word(std::string_view text);

}  // namespace parnas::cli
