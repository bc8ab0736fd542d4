// SPDX-License-Identifier: Apache-2.0
// The plugin that plugin_bench.cpp calls as a library.
#include <parnas/plugin.hpp>

using parnas::plugin::Json;

namespace {

struct Values : parnas::plugin::Space {
    Json document() override {
        return {{"name", "values@1"}, {"params", {{"depth", {{"integer", {1, 4}}}}}}};
    }
    Json decode(const Json& values) override { return {{"depth", values["depth"]}}; }
};

}  // namespace

PARNAS_PLUGIN(Values)
