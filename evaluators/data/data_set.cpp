// SPDX-License-Identifier: Apache-2.0
#include "evaluators/data/data_set.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "evaluators/data/readers.h"
#include "evaluators/data/stratified.h"

namespace parnas::evaluators {
namespace {

namespace fs = std::filesystem;
using Read = std::function<DataSet()>;

constexpr std::int64_t kMaxSide = 4096;  // of an image, and of a shape
constexpr std::array<std::string_view, 4> kFormats{"csv", "idx", "cifar10", "images"};

// The place of the object itself.
std::string place_of(const ObjectReader& options) {
    std::string pointer = options.pointer("");
    pointer.pop_back();
    return pointer;
}

// `count` of 0: any number of them, at least one.
std::vector<std::int64_t> read_sizes(ObjectReader& options,
                                     std::string_view key,
                                     std::size_t count) {
    const Json* json = options.need(key);
    if (!json)
        return {};
    std::vector<std::int64_t> sizes;
    if (json->is_array())
        for (const Json& each : *json)
            if (each.is_number_integer() && each >= 1 && each <= kMaxSide)
                sizes.push_back(each.get<std::int64_t>());
    if (!json->is_array() || json->empty() || sizes.size() != json->size() ||
        (count != 0 && sizes.size() != count))
        options.fault(key,
                      fmt::format("expected a list of {}integers from 1 to {}, found {}",
                                  count == 0 ? "" : fmt::format("{} ", count),
                                  kMaxSide,
                                  dump_json(*json)));
    return sizes;
}

Read plan_csv(ObjectReader& options, const fs::path& base) {
    CsvOptions csv{.path = base / options.text("csv")};
    csv.skip = options.integer("skip", 0, {0, 1'000'000});
    if (options.has("header"))
        csv.header = options.boolean("header", false);
    if (const Json* label = options.find("label")) {
        if (label->is_number_integer() && *label >= 0)
            csv.label = label->get<std::int64_t>();
        else if (!label->is_string())
            options.fault("label", "expected last, first, a column from 0 or a column's name");
        else if (*label == "first")
            csv.label = std::int64_t{0};
        else if (*label != "last")
            csv.label = label->get<std::string>();
    }
    if (csv.header == false && std::holds_alternative<std::string>(csv.label))
        options.fault("label", "a column's name needs a header, but header is false");
    if (options.has("shape"))
        csv.shape = read_sizes(options, "shape", 0);
    return [csv] { return read_csv(csv); };
}

Read plan_idx(ObjectReader& options, const fs::path& base) {
    ObjectReader files(*options.find("idx"), options.pointer("idx"), options.faults());
    const IdxOptions idx{.images = base / files.text("images"),
                         .labels = base / files.text("labels")};
    files.finish();
    return [idx] { return read_idx(idx); };
}

Read plan_cifar10(ObjectReader& options, const fs::path& base) {
    const Json& json = *options.find("cifar10");
    const auto is_text = [](const Json& each) { return each.is_string(); };
    std::vector<fs::path> paths;
    if (!json.is_array() || json.empty() || !std::all_of(json.begin(), json.end(), is_text))
        options.fault("cifar10", "expected a list of paths");
    else
        for (const Json& each : json)
            paths.push_back(base / each.get<std::string>());
    return [paths] { return read_cifar10(paths); };
}

Read plan_images(ObjectReader& options, const fs::path& base) {
    ImageFolderOptions images{.folder = base / options.text("images")};
    const std::vector<std::int64_t> size = read_sizes(options, "size", 2);
    if (size.size() == 2) {
        images.height = size[0];
        images.width = size[1];
    }
    images.channels = options.integer("channels", 3, {1, 3});
    if (images.channels == 2)
        options.fault("channels", "expected 1 or 3, found 2");
    return [images] { return read_image_folder(images); };
}

Read plan(ObjectReader& options, const fs::path& base) {
    const auto given = std::ranges::count_if(
        kFormats, [&options](std::string_view kind) { return options.has(kind); });
    if (given != 1) {
        for (const std::string_view kind : kFormats)
            options.find(kind);
        options.faults().add(
            place_of(options),
            fmt::format("expected exactly one of csv, idx, cifar10, images (or of series, text and "
                        "graph), found {}",
                        given));
        return {};
    }
    if (options.has("csv"))
        return plan_csv(options, base);
    if (options.has("idx"))
        return plan_idx(options, base);
    if (options.has("cifar10"))
        return plan_cifar10(options, base);
    return plan_images(options, base);
}

DataSet subset(const DataSet& data, std::size_t limit) {
    Rng rng(0);
    std::vector<std::int64_t> chosen = stratified_order(data.labels, rng);
    chosen.resize(limit);
    std::ranges::sort(chosen);
    const std::size_t stride = data.values.size() / data.size();
    DataSet part{.shape = data.shape, .classes = data.classes, .digest = data.digest};
    part.values.reserve(limit * stride);
    for (const std::int64_t index : chosen) {
        const auto at = static_cast<std::size_t>(index);
        const std::span<const float> sample = std::span(data.values).subspan(at * stride, stride);
        part.values.insert(part.values.end(), sample.begin(), sample.end());
        part.labels.push_back(data.labels[at]);
    }
    return part;
}

}  // namespace

DataSet read_data_set(ObjectReader& options, const fs::path& base) {
    const Read read = plan(options, base);
    const std::optional<std::int64_t> limit = options.optional_integer("limit", {.low = 1});
    options.finish();
    if (!options.faults().empty())
        return {};
    DataSet data = read();
    if (data.classes < 2)
        throw Error(ErrorKind::invalid_input, "all samples have the same label", place_of(options));
    if (limit && static_cast<std::size_t>(*limit) < data.size())
        return subset(data, static_cast<std::size_t>(*limit));
    return data;
}

}  // namespace parnas::evaluators
