// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "core/object_reader.h"
#include "hw_models/hardware_model.h"

namespace parnas::hw_models {

// How a runtime of this machine computes; the rest of a Target.
struct RuntimeSetting {
    int threads = 1;
    std::int64_t batch = 1;
    spaces::DType dtype = spaces::DType::fp32;
    Layout layout = Layout::nchw;
};

// What a runtime can be set to. The first of each is the default.
struct RuntimeAbilities {
    std::initializer_list<std::string_view> dtypes;   // among fp32, fp16, bf16, int8
    std::initializer_list<std::string_view> layouts;  // among nchw, nhwc
};

// Options: `threads`, `batch`, `dtype`, `layout`.
RuntimeSetting read_setting(ObjectReader& options, const RuntimeAbilities& abilities);

// "host/libtorch/1t/fp32/nchw/b1", on this machine. `name`: the runtime's in a job; `version`:
// what people call it, "LibTorch 1.13.1 eager".
Target host_target(std::string_view name, std::string version, const RuntimeSetting& setting);

// The processor's name, as the kernel tells it.
std::string cpu_name();

}  // namespace parnas::hw_models
