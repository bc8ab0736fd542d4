// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/plugin/channel.h"
#include "evaluators/command/process.h"

namespace parnas::plugin {

// A child process for each channel: a request is a line of its input, the reply a line of its
// output. Its error output is quoted when it fails. It dies with the channel.
ChannelFactory make_process_channels(evaluators::Program program);

}  // namespace parnas::plugin
