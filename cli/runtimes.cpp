// SPDX-License-Identifier: Apache-2.0
#include "cli/runtimes.h"

#include <chrono>

#include <fmt/chrono.h>
#include <nlohmann/json.hpp>

#include "cli/torch_module.h"
#include "core/object_reader.h"

namespace parnas::cli {

std::unique_ptr<hw_models::Runtime> open_runtime(const Json& target,
                                                 const std::string& where,
                                                 search::Registries& registries) {
    Faults faults;
    ObjectReader options(target, where, faults);
    const std::string name = options.text("runtime", "libtorch");
    if (name.starts_with("libtorch") && !registries.runtimes->has(name))
        open_torch_module(registries);
    auto runtime = registries.runtimes->find(name)(options, ".");
    options.finish();
    faults.throw_if_any();
    return runtime;
}

std::unique_ptr<hw_models::Runtime> open_runtime(const RuntimeChoice& choice,
                                                 search::Registries& registries) {
    return open_runtime(Json{{"runtime", choice.runtime},
                             {"threads", choice.threads},
                             {"batch", choice.batch},
                             {"dtype", choice.dtype},
                             {"layout", choice.layout}},
                        "--runtime",
                        registries);
}

hw_models::MeterOptions meter_options(const MeasuringChoice& choice,
                                      const hw_models::Target& target) {
    constexpr Seconds kPatient{120.0};
    constexpr Seconds kHasty{2.0};
    return {.one_thread = target.threads == 1,
            .canary = {.tolerance = choice.canary_tolerance,
                       .patience = choice.mark ? kHasty : kPatient},
            .disturbed = choice.mark ? hw_models::Disturbed::mark : hw_models::Disturbed::refuse};
}

std::string today() {
    const auto now = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
    return fmt::format("{:%Y-%m-%d}", std::chrono::sys_seconds(now));
}

}  // namespace parnas::cli
