// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "search/export/exporters.h"
#include "search/export/whole_file.h"
#include "spaces/count.h"
#include "spaces/shapes.h"

namespace parnas::search {
namespace {

// Names come from space documents and may hold anything (RFC 4180).
std::string quoted(const std::string& text) {
    std::string field = "\"";
    for (const char c : text) {
        field += c;
        if (c == '"')
            field += c;
    }
    return field + '"';
}

std::string layer_table(const spaces::Network& network) {
    const std::vector<spaces::Shape> shapes = spaces::infer_shapes(network);
    const std::vector<spaces::Count> counts = spaces::count_nodes(network);
    std::string text = "name,op,output,multiply_adds,parameters\r\n";
    for (std::size_t i = 0; i < network.nodes.size(); ++i) {
        const spaces::Node& node = network.nodes[i];
        text += fmt::format("{},{},{},{},{}\r\n",
                            quoted(node.name),
                            spaces::op_name(node.op),
                            spaces::to_string(shapes[network.inputs.size() + i], network.symbols),
                            counts[i].multiply_adds,
                            counts[i].parameters);
    }
    return text;
}

class CsvExporter : public Exporter {
  public:
    ExportResult write(const ExportRequest& request,
                       const std::filesystem::path& path) const override {
        const std::string text = layer_table(request.network);
        write_whole_file(path, text);
        return {.bytes = text.size(), .largest_difference = std::nullopt};
    }
};

}  // namespace

std::unique_ptr<Exporter> make_csv_exporter() {
    return std::make_unique<CsvExporter>();
}

}  // namespace parnas::search
