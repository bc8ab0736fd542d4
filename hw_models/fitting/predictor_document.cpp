// SPDX-License-Identifier: Apache-2.0
#include "hw_models/fitting/predictor_document.h"

#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/object_reader.h"
#include "hw_models/target_json.h"

namespace parnas::hw_models {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr const char* kPredictorFormat = "parnas-predictor";
constexpr std::int64_t kPredictorVersion = 1;
constexpr Range<double> kPositive{1e-300, 1e300};
constexpr Range<double> kNotNegative{0.0, 1e300};

Json numbers(const VectorXd& values) {
    return std::vector<double>(values.begin(), values.end());
}

// The rows of the lower triangle, one after the other.
Json triangle(const MatrixXd& matrix) {
    Json values = Json::array();
    for (Index row = 0; row < matrix.rows(); ++row)
        for (Index column = 0; column <= row; ++column)
            values.push_back(matrix(row, column));
    return values;
}

Json to_json(const LatencyPredictor::Member& member) {
    const BlockRegression::Parts& model = member.model.parts();
    return {{"name", member.name},
            {"weight", member.weight},
            {"columns", model.scale.columns},
            {"mean", numbers(model.scale.mean)},
            {"factor", numbers(model.scale.factor)},
            {"constant_columns", model.scale.constant_columns},
            {"constants", model.scale.constants},
            {"weights", numbers(model.weights)},
            {"covariance", triangle(model.covariance)},
            {"prior", numbers(model.prior)},
            {"noise_ms2", model.noise_ms2},
            {"noise_share2", model.noise_share2},
            {"least_ms", model.least_ms}};
}

Json to_json(const LatencyPredictor::Parts& parts) {
    Json trees = Json::array();
    for (const BoostedTrees::Tree& tree : parts.trees.trees()) {
        Json splits = Json::array();
        for (const BoostedTrees::Split& split : tree)
            splits.push_back({split.column, split.at, split.left, split.value});
        trees.push_back(std::move(splits));
    }
    return {{"share", parts.trees_share},
            {"sharpness", parts.trees_sharpness},
            {"constant", parts.trees.constant()},
            {"trees", std::move(trees)}};
}

// Reads what an ObjectReader does not know: vectors of numbers.
class PartsReader {
  public:
    explicit PartsReader(Faults& faults) : faults_(faults) {}

    // `size` < 0: any.
    VectorXd vector(ObjectReader& reader, std::string_view key, Index size) {
        std::vector<double> values = list<double>(reader, key, size);
        return Eigen::Map<const VectorXd>(values.data(), std::ssize(values));
    }

    template <typename Number>
    std::vector<Number> list(ObjectReader& reader, std::string_view key, Index size) {
        const Json* json = reader.need(key);
        std::vector<Number> values;
        if (json != nullptr && json->is_array())
            for (const Json& each : *json) {
                const bool fits =
                    std::is_integral_v<Number> ? each.is_number_integer() : each.is_number();
                if (!fits || !std::isfinite(each.get<double>()))
                    break;
                values.push_back(each.get<Number>());
            }
        const bool good = json == nullptr || (json->is_array() && values.size() == json->size() &&
                                              (size < 0 || std::ssize(values) == size));
        if (!good)
            reader.fault(key,
                         size < 0 ? std::string("expected a list of finite numbers")
                                  : fmt::format("expected a list of {} finite numbers", size));
        if (size >= 0)
            values.resize(static_cast<std::size_t>(size));
        return values;
    }

    std::vector<Index> columns(ObjectReader& reader, std::string_view key, Index below) {
        std::vector<Index> columns = list<Index>(reader, key, -1);
        for (Index& column : columns)
            if (column < 0 || column >= below) {
                reader.fault(key, fmt::format("there are {} columns, found {}", below, column));
                columns.clear();
                break;
            }
        return columns;
    }

    BlockRegression regression(ObjectReader& reader, Index columns_there) {
        BlockRegression::Parts parts;
        parts.scale.columns = columns(reader, "columns", columns_there);
        const auto size = static_cast<Index>(parts.scale.columns.size());
        parts.scale.mean = vector(reader, "mean", size);
        parts.scale.factor = vector(reader, "factor", size);
        parts.scale.constant_columns = columns(reader, "constant_columns", columns_there);
        parts.scale.constants =
            list<double>(reader, "constants", std::ssize(parts.scale.constant_columns));
        parts.weights = vector(reader, "weights", size + 1);
        parts.prior = vector(reader, "prior", size + 1);
        const VectorXd lower = vector(reader, "covariance", (size + 1) * (size + 2) / 2);
        parts.covariance.resize(size + 1, size + 1);
        for (Index row = 0, next = 0; row <= size; ++row)
            for (Index column = 0; column <= row; ++column)
                parts.covariance(row, column) = parts.covariance(column, row) = lower[next++];
        parts.noise_ms2 = reader.real("noise_ms2", kNotNegative);
        parts.noise_share2 = reader.real("noise_share2", kNotNegative);
        parts.least_ms = reader.real("least_ms", kNotNegative);
        return BlockRegression(std::move(parts));
    }

    // Each object of a list.
    template <typename Read>
    void each(ObjectReader& reader, std::string_view key, Read&& read) {
        const Json* json = reader.need(key);
        if (json == nullptr)
            return;
        if (!json->is_array())
            return reader.fault(key, "expected a list of objects");
        for (std::size_t i = 0; i < json->size(); ++i) {
            ObjectReader entry((*json)[i], pointer_to(reader.pointer(key), i), faults_);
            read(entry);
            entry.finish();
        }
    }

    template <typename Read>
    void object(ObjectReader& reader, std::string_view key, Read&& read) {
        if (const Json* json = reader.need(key)) {
            ObjectReader entry(*json, reader.pointer(key), faults_);
            read(entry);
            entry.finish();
        }
    }

  private:
    Faults& faults_;
};

// Splits that lead forward only and to nodes that are there.
bool is_sound(const BoostedTrees::Tree& tree, Index columns) {
    for (std::size_t i = 0; i < tree.size(); ++i)
        if (tree[i].column >= columns ||
            (tree[i].column >= 0 && (std::cmp_less_equal(tree[i].left, i) ||
                                     std::cmp_greater_equal(tree[i].left + 1, tree.size()))))
            return false;
    return !tree.empty();
}

BoostedTrees read_trees(ObjectReader& reader, Index columns) {
    const double constant = reader.real("constant");
    std::vector<BoostedTrees::Tree> trees;
    const Json* json = reader.need("trees");
    try {
        for (const Json& each : json != nullptr ? *json : Json::array()) {
            BoostedTrees::Tree& tree = trees.emplace_back();
            for (const Json& split : each)
                tree.push_back({.column = split.at(0).get<std::int32_t>(),
                                .at = split.at(1).get<double>(),
                                .left = split.at(2).get<std::int32_t>(),
                                .value = split.at(3).get<double>()});
        }
    } catch (const Json::exception&) {
        trees.emplace_back();
    }
    for (const BoostedTrees::Tree& tree : trees)
        if (!is_sound(tree, columns)) {
            reader.fault("trees", "expected lists of splits [column, at, left, value]");
            return {};
        }
    return {constant, std::move(trees)};
}

}  // namespace

Json to_json(const PredictorDocument& document) {
    const LatencyPredictor::Parts& parts = document.predictor.parts();
    Json known = Json::array();
    for (const KnownTarget& each : parts.known)
        known.push_back({{"name", each.name},
                         {"constant", each.latency.constant},
                         {"weights", numbers(each.latency.weights)}});
    Json members = Json::array();
    for (const LatencyPredictor::Member& member : parts.members)
        members.push_back(to_json(member));
    Json rows = Json::array();
    for (Index i = 0; i < document.samples.size(); ++i)
        rows.push_back(numbers(document.samples.features.row(i).transpose()));
    return {{"kind", "predictor"},
            {"format", kPredictorFormat},
            {"version", kPredictorVersion},
            {"provenance",
             {{"space", document.provenance.space},
              {"tool", document.provenance.tool},
              {"date", document.provenance.date}}},
            {"target", to_json(document.target)},
            {"schema", to_string(parts.schema.digest())},
            {"known_targets", std::move(known)},
            {"members", std::move(members)},
            {"trees", to_json(parts)},
            {"least_ms", parts.least_ms},
            {"interval", parts.interval},
            {"evidence",
             {{"samples", parts.evidence.samples},
              {"mean_error", parts.evidence.mean_error},
              {"within_10", parts.evidence.within_10},
              {"explained", parts.evidence.explained}}},
            {"samples",
             {{"features", std::move(rows)},
              {"latency_ms", numbers(document.samples.latency_ms)},
              {"noise_ms2", document.samples.noise_ms2}}},
            {"reference",
             {{"mean", numbers(document.reference.mean)},
              {"spread", numbers(document.reference.spread)}}}};
}

PredictorDocument read_predictor(const Document& document, const FeatureSchema& schema) {
    Faults faults;
    ObjectReader reader(document.root(), "", faults);
    PartsReader parts_reader(faults);
    LatencyPredictor::Parts parts;
    Target target;
    Samples samples;
    FeatureStatistics reference;
    PredictorProvenance provenance;

    reader.word("kind", {"predictor"}, "predictor");
    reader.word("format", {kPredictorFormat});
    reader.integer("version", {kPredictorVersion, kPredictorVersion});
    parts_reader.object(
        reader, "target", [&](ObjectReader& entry) { target = read_target(entry); });
    if (reader.has("provenance"))
        parts_reader.object(reader, "provenance", [&](ObjectReader& entry) {
            provenance.space = entry.text("space");
            provenance.tool = entry.text("tool");
            provenance.date = entry.text("date");
        });
    const std::string digest = reader.text("schema");
    if (!digest.empty() && digest != to_string(schema.digest()))
        reader.fault("schema",
                     fmt::format("this predictor is of other features ({}) than this program's "
                                 "({}): fit it again",
                                 digest,
                                 to_string(schema.digest())));
    parts.schema = schema;
    parts_reader.each(reader, "known_targets", [&](ObjectReader& entry) {
        KnownTarget& known = parts.known.emplace_back();
        known.name = entry.text("name");
        known.latency.constant = entry.real("constant");
        known.latency.weights = parts_reader.vector(entry, "weights", schema.columns());
    });
    const Index wide = with_known_targets(schema, parts.known).columns();
    parts_reader.each(reader, "members", [&](ObjectReader& entry) {
        LatencyPredictor::Member& member = parts.members.emplace_back();
        member.name = entry.text("name");
        member.weight = entry.real("weight", {0.0, 1.0 + 1e-9});
        member.model = parts_reader.regression(entry, wide);
    });
    if (reader.has("members") && parts.members.empty())
        reader.fault("members", "expected at least one");
    parts_reader.object(reader, "trees", [&](ObjectReader& entry) {
        parts.trees_share = entry.real("share", {0.0, 1.0});
        parts.trees_sharpness = entry.real("sharpness", {0.0, 1.0});
        parts.trees = read_trees(entry, schema.columns());
    });
    parts.least_ms = reader.real("least_ms", kNotNegative);
    parts.interval = reader.real("interval", kPositive);
    parts_reader.object(reader, "evidence", [&](ObjectReader& entry) {
        parts.evidence.samples = entry.integer("samples", {2, 1'000'000'000});
        parts.evidence.mean_error = entry.real("mean_error", kNotNegative);
        parts.evidence.within_10 = entry.real("within_10", {0.0, 1.0});
        parts.evidence.explained = entry.real("explained", {-1e300, 1.0});
    });
    parts_reader.object(reader, "samples", [&](ObjectReader& entry) {
        samples.latency_ms = parts_reader.vector(entry, "latency_ms", -1);
        samples.noise_ms2 = entry.real("noise_ms2", kNotNegative);
        if (entry.has("latency_ms") && samples.size() < 2)
            entry.fault("latency_ms", "expected at least two");
        samples.features.resize(samples.latency_ms.size(), schema.columns());
        const Json* rows = entry.need("features");
        if (rows == nullptr)
            return;
        if (!rows->is_array() || std::ssize(*rows) != samples.size())
            return entry.fault("features", "expected a row for each latency");
        for (Index i = 0; i < samples.size(); ++i) {
            const Json row{{"row", (*rows)[static_cast<std::size_t>(i)]}};
            ObjectReader row_reader(row, entry.pointer("features"), faults);
            samples.features.row(i) =
                parts_reader.vector(row_reader, "row", schema.columns()).transpose();
        }
    });
    parts_reader.object(reader, "reference", [&](ObjectReader& entry) {
        reference.mean = parts_reader.vector(entry, "mean", wide);
        reference.spread = parts_reader.vector(entry, "spread", wide);
    });
    reader.finish();
    document.throw_if_any(faults);
    return {.target = std::move(target),
            .predictor = LatencyPredictor(std::move(parts)),
            .samples = std::move(samples),
            .reference = std::move(reference),
            .provenance = std::move(provenance)};
}

}  // namespace parnas::hw_models
