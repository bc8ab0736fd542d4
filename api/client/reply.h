// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/error.h"
#include "core/object_reader.h"

namespace parnas::client {

// A reply that is not what it should be.
inline Error garbled(const std::string& path, const std::string& message) {
    return {ErrorKind::damaged, "the server's answer is not understood: " + message, path};
}

// Reads one object of a reply; what is wrong becomes one Error(damaged). Keys that nobody asks for
// are those of a newer server.
template <typename Read>
auto read_reply(const Json& json, const std::string& path, Read read) {
    Faults faults;
    ObjectReader reader(json, "", faults);
    auto value = read(reader);
    if (!faults.empty())
        throw garbled(path, Error(ErrorKind::damaged, faults.list()).what());
    return value;
}

}  // namespace parnas::client
