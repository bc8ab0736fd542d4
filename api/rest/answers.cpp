// SPDX-License-Identifier: Apache-2.0
#include "api/rest/answers.h"

#include "core/error.h"

namespace parnas::rest {

// As in HTTP: lines "Name: value", an empty line, the body.
std::string to_kept_text(const http::Response& response) {
    std::string text;
    for (const http::Field& line : response.headers.lines())
        text += line.name + ": " + line.value + '\n';
    return text + '\n' + response.body;
}

http::Response from_kept_text(int status, std::string_view text) {
    http::Response response{.status = status};
    for (;;) {
        const std::size_t end = text.find('\n');
        const std::size_t colon = text.substr(0, end).find(": ");
        if (end == std::string_view::npos || (end > 0 && colon == std::string_view::npos))
            throw Error(ErrorKind::damaged, "a kept answer is not one");
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(end + 1);
        if (line.empty())
            break;
        response.headers.add(std::string(line.substr(0, colon)),
                             std::string(line.substr(colon + 2)));
    }
    response.body = text;
    return response;
}

}  // namespace parnas::rest
