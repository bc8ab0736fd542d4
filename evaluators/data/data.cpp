// SPDX-License-Identifier: Apache-2.0
#include "evaluators/data/data.h"

#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "evaluators/data/readers.h"

namespace parnas::evaluators {
namespace {

namespace fs = std::filesystem;

constexpr Range<std::int64_t> kSteps{1, 1'000'000'000};

std::vector<std::string> read_names(ObjectReader& options, std::string_view key) {
    std::vector<std::string> names;
    const Json* json = options.find(key);
    if (json == nullptr)
        return names;
    const Json list = json->is_array() ? *json : Json::array({*json});
    for (const Json& each : list)
        if (each.is_string())
            names.push_back(each.get<std::string>());
    if (names.empty() || names.size() != list.size())
        options.fault(key, "expected a column's name or a list of names");
    return names;
}

Data read_series_of(ObjectReader& options, const fs::path& base) {
    const SeriesOptions series{.path = base / options.text("series"),
                               .targets = read_names(options, "targets"),
                               .window = options.integer("window", 48, kSteps),
                               .horizon = options.integer("horizon", 1, kSteps),
                               .stride = options.integer("stride", 1, kSteps),
                               .limit = options.optional_integer("limit", kSteps)};
    options.finish();
    return options.faults().empty() ? Data(read_series(series)) : Data();
}

Data read_text_of(ObjectReader& options, const fs::path& base) {
    const TextOptions text{.path = base / options.text("text"),
                           .length = options.integer("length", 64, kSteps),
                           .limit = options.optional_integer("limit", kSteps)};
    options.finish();
    return options.faults().empty() ? Data(read_text(text)) : Data();
}

Data read_graph_of(ObjectReader& options, const fs::path& base) {
    ObjectReader files(*options.find("graph"), options.pointer("graph"), options.faults());
    const GraphOptions graph{.nodes = base / files.text("nodes"),
                             .edges = base / files.text("edges"),
                             .directed = files.boolean("directed", false)};
    files.finish();
    options.finish();
    return options.faults().empty() ? Data(read_graph(graph)) : Data();
}

}  // namespace

Data read_data(ObjectReader& options, const fs::path& base) {
    if (options.has("series"))
        return read_series_of(options, base);
    if (options.has("text"))
        return read_text_of(options, base);
    if (options.has("graph"))
        return read_graph_of(options, base);
    return read_data_set(options, base);
}

const Digest& digest_of(const Data& data) {
    return std::visit([](const auto& each) -> const Digest& { return each.digest; }, data);
}

PartSizes divide(std::int64_t size, const SplitOptions& options) {
    const auto share = [size](double part) {
        return std::llround(static_cast<double>(size) * part);
    };
    PartSizes parts{.validation = share(options.validation), .test = share(options.test)};
    parts.train = size - parts.validation - parts.test;
    if (parts.train < 1 || parts.validation < 1 || (options.test > 0.0 && parts.test < 1))
        throw Error(ErrorKind::invalid_input,
                    fmt::format("{} steps are too few to train, validate and test", size));
    return parts;
}

}  // namespace parnas::evaluators
