// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "api/plugin/channel.h"

namespace parnas::plugin {

// A shared library with the functions of api/plugin/sdk/parnas/plugin.h, which a thread of its
// own calls: all channels take turns. One that hangs is given up, not ended: its thread stays,
// and later calls wait for it as long as they may. One that crashes takes this process with it.
// It is opened when the first channel is asked for. Throws Error(unavailable) if it does not
// load, Error(invalid_input) if it is not of this interface.
ChannelFactory make_library_channels(std::filesystem::path library);

// What the library exports under this name; null: nothing, or it does not load.
void* find_symbol(const std::filesystem::path& library, const char* name);

}  // namespace parnas::plugin
