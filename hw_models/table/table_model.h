// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>

#include "core/object_reader.h"
#include "hw_models/hardware_model.h"
#include "hw_models/table/operator_table.h"
#include "hw_models/target_library.h"

namespace parnas::hw_models {

// What a network takes by an operator table (table/profiler.h): the sum over its kernels,
// corrected as whole networks were seen to differ from it. The interval is that which nine of ten
// of these networks kept, wider where kernels had to be made up from others; `extrapolated` if
// they make more than a tenth of the time.
std::unique_ptr<HardwareModel> make_table_model(OperatorTable table);

// Option: `table` or `profile`, the name of a target in the library or the path of a file that
// `parnas targets profile` wrote.
std::unique_ptr<HardwareModel> make_table_model(ObjectReader& options,
                                                const std::filesystem::path& base,
                                                const TargetLibrary& library);

}  // namespace parnas::hw_models
