// SPDX-License-Identifier: Apache-2.0
#include "cli/probe_export.h"

#include <nlohmann/json.hpp>

#include "core/error.h"
#ifdef PARNAS_ONNX
#include "spaces/onnx/onnx.h"
#endif

namespace parnas::cli {

#ifdef PARNAS_ONNX

void export_probes(const hw_models::ProbeSet& set,
                   std::size_t first,
                   const std::filesystem::path& folder) {
    for (std::size_t i = first; i < set.probes.size(); ++i) {
        const std::string name = hw_models::probe_name(i);
        const hw_models::Probe& probe = set.probes[i];
        const Json about = {{"probe", name},
                            {"target", set.target.name},
                            {"space", set.space->name()},
                            {"architecture", to_string(probe.architecture)}};
        spaces::onnx::write_onnx(
            *probe.network,
            set.seed,
            folder / (name + ".onnx"),
            {.batch = set.target.batch, .metadata = {{"parnas", dump_json(about)}}});
    }
}

#else

void export_probes(const hw_models::ProbeSet&, std::size_t, const std::filesystem::path&) {
    throw Error(ErrorKind::unavailable,
                "this parnas was built without ONNX, which probes for other devices are written "
                "in: build it with -DPARNAS_ONNX=ON (Debian: apt install libonnx-dev)");
}

#endif

}  // namespace parnas::cli
