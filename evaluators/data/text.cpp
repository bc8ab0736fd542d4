// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "evaluators/data/file.h"
#include "evaluators/data/readers.h"

namespace parnas::evaluators {

Text read_text(const TextOptions& options) {
    std::string content = read_content(options.path);
    Text text{.length = options.length, .digest = hash_bytes(content)};
    std::array<bool, 256> occurs{};
    for (const char byte : content)
        occurs[static_cast<unsigned char>(byte)] = true;
    std::array<std::uint8_t, 256> number{};
    for (std::size_t byte = 0; byte < occurs.size(); ++byte)
        if (occurs[byte]) {
            number[byte] = static_cast<std::uint8_t>(text.alphabet.size());
            text.alphabet += static_cast<char>(byte);
        }
    if (text.alphabet.size() < 2)
        refuse_file(options.path, "expected a text of at least two different characters");
    if (options.limit)
        content.resize(std::min(content.size(), static_cast<std::size_t>(*options.limit)));
    text.symbols.reserve(content.size());
    for (const char byte : content)
        text.symbols.push_back(number[static_cast<unsigned char>(byte)]);
    return text;
}

}  // namespace parnas::evaluators
