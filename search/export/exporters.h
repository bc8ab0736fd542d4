// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "search/registries.h"

namespace parnas::search {

// {"network": docs/network.md, and what the request's description has}; reads back.
std::unique_ptr<Exporter> make_json_exporter();
// Graphviz.
std::unique_ptr<Exporter> make_dot_exporter();
// One row per node: name, op, output shape, multiply-adds, parameters.
std::unique_ptr<Exporter> make_csv_exporter();

// Adds json, dot and csv.
void register_exporters(Registries& registries);

}  // namespace parnas::search
