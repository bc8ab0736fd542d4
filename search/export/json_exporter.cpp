// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "search/export/exporters.h"
#include "search/export/whole_file.h"
#include "spaces/network_json.h"

namespace parnas::search {
namespace {

class JsonExporter : public Exporter {
  public:
    ExportResult write(const ExportRequest& request,
                       const std::filesystem::path& path) const override {
        Json document = parse_json(request.description, "description");
        document["network"] = spaces::to_json(request.network);
        const std::string text = dump_json(document) + '\n';
        write_whole_file(path, text);
        return {.bytes = text.size(), .largest_difference = std::nullopt};
    }
};

}  // namespace

std::unique_ptr<Exporter> make_json_exporter() {
    return std::make_unique<JsonExporter>();
}

}  // namespace parnas::search
