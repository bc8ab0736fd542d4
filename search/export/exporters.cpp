// SPDX-License-Identifier: Apache-2.0
#include "search/export/exporters.h"

namespace parnas::search {

void register_exporters(Registries& registries) {
    registries.exporters.add("json", make_json_exporter);
    registries.exporters.add("dot", make_dot_exporter);
    registries.exporters.add("csv", make_csv_exporter);
}

}  // namespace parnas::search
