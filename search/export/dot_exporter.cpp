// SPDX-License-Identifier: Apache-2.0
#include "search/export/exporters.h"
#include "search/export/whole_file.h"
#include "spaces/network_json.h"

namespace parnas::search {
namespace {

class DotExporter : public Exporter {
  public:
    ExportResult write(const ExportRequest& request,
                       const std::filesystem::path& path) const override {
        const std::string text = spaces::to_dot(request.network);
        write_whole_file(path, text);
        return {.bytes = text.size(), .largest_difference = std::nullopt};
    }
};

}  // namespace

std::unique_ptr<Exporter> make_dot_exporter() {
    return std::make_unique<DotExporter>();
}

}  // namespace parnas::search
