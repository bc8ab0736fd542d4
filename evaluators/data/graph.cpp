// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "core/error.h"
#include "evaluators/data/csv_text.h"
#include "evaluators/data/file.h"
#include "evaluators/data/readers.h"
#include "evaluators/tabular/table.h"

namespace parnas::evaluators {
namespace {

constexpr std::int64_t kMost = std::int64_t{1} << 24;  // nodes, features and classes
constexpr std::int64_t kMostValues = std::int64_t{1} << 31;

const std::vector<std::string_view>& column(const Table& table, std::string_view name) {
    const auto found = table.find(name);
    if (!found)
        refuse_file(table.path(), fmt::format("expected a column '{}'", name));
    return table.cells(*found);
}

class GraphReader {
  public:
    explicit GraphReader(const GraphOptions& options)
        : options_(options),
          nodes_({{.path = options.nodes, .on = {}}}),
          edges_({{.path = options.edges, .on = {}}}) {}

    GraphData read() {
        graph_.nodes = static_cast<std::int64_t>(nodes_.rows());
        graph_.digest = hash_words(std::vector<std::uint64_t>{
            nodes_.digest().high, nodes_.digest().low, edges_.digest().high, edges_.digest().low});
        read_features();
        read_labels();
        read_parts();
        read_edges();
        return std::move(graph_);
    }

  private:
    // An integer from 0 to below `end`.
    std::int64_t number(std::string_view cell, std::int64_t end, const std::string& where) const {
        const auto value = to_number<std::int64_t>(cell);
        if (!value || *value < 0 || *value >= end)
            throw Error(ErrorKind::invalid_input,
                        fmt::format("expected an integer from 0 to {}, found '{}'", end - 1, cell),
                        where);
        return *value;
    }
    std::string where(const Table& table, std::size_t row, std::string_view name) const {
        return table.where(row, *table.find(name));
    }

    // A cell has the indices of the features that are 1.
    void read_features() {
        std::vector<std::pair<std::int64_t, std::int64_t>> ones;  // node, feature
        const auto& cells = column(nodes_, "features");
        for (std::size_t row = 0; row < cells.size(); ++row) {
            std::string_view rest = cells[row];
            while (!rest.empty()) {
                const std::size_t end = std::min(rest.find(' '), rest.size());
                if (end > 0)
                    ones.emplace_back(
                        row, number(rest.substr(0, end), kMost, where(nodes_, row, "features")));
                rest.remove_prefix(std::min(end + 1, rest.size()));
            }
        }
        for (const auto& [node, feature] : ones)
            graph_.features = std::max(graph_.features, feature + 1);
        if (graph_.features == 0)
            refuse_file(nodes_.path(), "no node has a feature");
        if (graph_.features > kMostValues / graph_.nodes)
            refuse_file(nodes_.path(), "there are too many nodes and features");
        graph_.values.resize(static_cast<std::size_t>(graph_.nodes * graph_.features), 0.0F);
        for (const auto& [node, feature] : ones)
            graph_.values[static_cast<std::size_t>(node * graph_.features + feature)] = 1.0F;
    }

    void read_labels() {
        const auto& cells = column(nodes_, "label");
        for (std::size_t row = 0; row < cells.size(); ++row) {
            graph_.labels.push_back(
                static_cast<std::int32_t>(number(cells[row], kMost, where(nodes_, row, "label"))));
            graph_.classes = std::max<std::int64_t>(graph_.classes, graph_.labels.back() + 1);
        }
        if (graph_.classes < 2)
            refuse_file(nodes_.path(), "all nodes have the same label");
    }

    void read_parts() {
        const auto& cells = column(nodes_, "split");
        for (std::size_t row = 0; row < cells.size(); ++row) {
            const std::string_view word = cells[row];
            auto* part = word == "train"                         ? &graph_.parts.train
                         : word == "val" || word == "validation" ? &graph_.parts.validation
                         : word == "test"                        ? &graph_.parts.test
                                                                 : nullptr;
            if (part != nullptr)
                part->push_back(static_cast<std::int64_t>(row));
            else if (word != "none")
                throw Error(ErrorKind::invalid_input,
                            fmt::format("expected train, val, test or none, found '{}'", word),
                            where(nodes_, row, "split"));
        }
        if (graph_.parts.train.empty() || graph_.parts.validation.empty())
            refuse_file(nodes_.path(), "expected nodes to train on and nodes to validate on");
    }

    void read_edges() {
        if (edges_.names().size() != 2)
            refuse_file(edges_.path(), "expected two columns, the nodes of each edge");
        for (std::size_t row = 0; row < edges_.rows(); ++row) {
            const std::int64_t from =
                number(edges_.cells(0)[row], graph_.nodes, edges_.where(row, 0));
            const std::int64_t to =
                number(edges_.cells(1)[row], graph_.nodes, edges_.where(row, 1));
            add_edge(from, to);
            if (!options_.directed && from != to)
                add_edge(to, from);
        }
    }

    void add_edge(std::int64_t from, std::int64_t to) {
        graph_.from.push_back(from);
        graph_.to.push_back(to);
    }

    const GraphOptions& options_;
    Table nodes_;
    Table edges_;
    GraphData graph_;
};

}  // namespace

GraphData read_graph(const GraphOptions& options) {
    return GraphReader(options).read();
}

}  // namespace parnas::evaluators
