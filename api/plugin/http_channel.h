// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "api/plugin/channel.h"

namespace parnas::plugin {

// A server somewhere: a request is the body of a POST, the reply that of the answer, which has
// status 200. Throws Error(invalid_input) on what is no URL.
ChannelFactory make_http_channels(const std::string& url);

}  // namespace parnas::plugin
