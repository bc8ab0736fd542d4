// SPDX-License-Identifier: Apache-2.0
#include "evaluators/tabular/row_finder.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "core/object_reader.h"
#include "evaluators/data/file.h"
#include "spaces/distribution.h"

namespace parnas::evaluators {
namespace {

using spaces::Categorical;
using spaces::Param;

constexpr std::string_view kKey = "/evaluator/key";

bool is_active(const std::vector<bool>& active, spaces::ParamIndex param) {
    return active.empty() || active[param];
}

// 0 at the low end of the domain and 1 at the high one; not finite where a logarithm is not.
double coordinate(const spaces::Domain& domain, double value) {
    const auto scaled = [value](const auto& range) {
        const auto low = static_cast<double>(range.low);
        const auto high = static_cast<double>(range.high);
        if (low == high)
            return 0.0;
        return range.log ? std::log(value / low) / std::log(high / low)
                         : (value - low) / (high - low);
    };
    if (const auto* integer = std::get_if<spaces::Integer>(&domain))
        return scaled(*integer);
    return scaled(std::get<spaces::Real>(domain));
}

// The choices of each categorical parameter as the table has them.
std::vector<std::vector<std::string>> write_choices(const std::vector<Param>& params,
                                                    const KeyOptions::Texts& values,
                                                    Faults& faults) {
    std::vector<std::vector<std::string>> written(params.size());
    std::set<std::string, std::less<>> unused;
    for (const auto& [choice, text] : values)
        unused.insert(choice);
    for (std::size_t i = 0; i < params.size(); ++i) {
        const auto* categorical = std::get_if<Categorical>(&params[i].domain);
        if (categorical == nullptr)
            continue;
        for (const Scalar& choice : categorical->choices) {
            const std::string name = to_string(choice);
            unused.erase(name);
            const auto found = values.find(name);
            written[i].push_back(found == values.end() ? name : found->second);
        }
    }
    for (const std::string& choice : unused)
        faults.add(pointer_to("/evaluator/values", choice), "no parameter has such a choice");
    return written;
}

}  // namespace

RowFinder::RowFinder(const Table& table,
                     const KeyOptions& options,
                     const spaces::SearchSpace& space,
                     Faults& faults)
    : table_(table), params_(space.params().begin(), space.params().end()) {
    has_conditions_ = std::ranges::any_of(
        params_, [](const Param& param) { return param.condition.has_value(); });
    Faults found;
    written_ = write_choices(params_, options.values, found);
    add_columns(options, found);
    if (found.empty())
        add_rows(found);
    for (const Fault& fault : found.list())
        faults.add(fault.where, fault.message);
}

void RowFinder::add_columns(const KeyOptions& options, Faults& faults) {
    std::set<spaces::ParamIndex> told;
    for (const auto& [name, text] : options.columns) {
        const std::string place = pointer_to(kKey, name);
        const std::optional<std::size_t> column = table_.find(name);
        if (!column)
            faults.add(place, "the table has no such column" + did_you_mean(name, table_.names()));
        std::vector<Piece> pieces = parse(text, place, faults);
        for (const Piece& piece : pieces)
            if (piece.param)
                told.insert(*piece.param);
        if (column)
            add_column(*column, std::move(pieces), options.match, faults);
    }
    for (std::size_t i = 0; i < params_.size(); ++i) {
        if (told.contains(i))
            continue;
        if (const auto column = table_.find(params_[i].name))
            add_column(*column, {{.param = i}}, options.match, faults);
        else
            faults.add(std::string(kKey),
                       fmt::format("no column tells the values of '{}' apart: name the one that "
                                   "does, like {{column: \"{{{}}}\"}}",
                                   params_[i].name,
                                   params_[i].name));
    }
}

std::vector<RowFinder::Piece> RowFinder::parse(std::string_view text,
                                               std::string place,
                                               Faults& faults) const {
    std::vector<Piece> pieces;
    while (!text.empty()) {
        if (text.front() != '{') {
            const std::size_t end = std::min(text.find('{'), text.size());
            pieces.push_back({.literal = std::string(text.substr(0, end))});
            text.remove_prefix(end);
            continue;
        }
        const std::size_t end = text.find('}');
        if (end == std::string_view::npos) {
            faults.add(std::move(place), "a '}' is missing");
            return pieces;
        }
        const std::string_view name = text.substr(1, end - 1);
        text.remove_prefix(end + 1);
        const auto param = std::ranges::find(params_, name, &Param::name);
        if (param == params_.end()) {
            std::vector<std::string> known;
            for (const Param& each : params_)
                known.push_back(each.name);
            faults.add(
                place,
                fmt::format("the space has no parameter '{}'{}", name, did_you_mean(name, known)));
            continue;
        }
        pieces.push_back({.param = static_cast<spaces::ParamIndex>(param - params_.begin())});
    }
    return pieces;
}

void RowFinder::add_column(std::size_t column,
                           std::vector<Piece> pieces,
                           Match match,
                           Faults& faults) {
    const bool alone = pieces.size() == 1 && pieces[0].param;
    KeyColumn key{.column = column,
                  .pieces = std::move(pieces),
                  .levels = Levels(
                      table_.cells(column),
                      alone ? Levels::Compare::as_numbers_if_all_are : Levels::Compare::as_text)};
    if (const auto lone = lone_param(key)) {
        const Param& param = params_[*lone];
        for (const std::string& choice : written_[*lone])
            key.level_of_choice.push_back(key.levels.find(choice));
        if (key.level_of_choice.empty() && match == Match::nearest)
            add_coordinates(key, param, faults);
        else if (!spaces::cardinality(param.domain))
            faults.add("/evaluator/match",
                       fmt::format("hardly any value of the real parameter '{}' is in the table: "
                                   "list its values in the space, or say match: nearest",
                                   param.name));
    }
    keys_.push_back(std::move(key));
}

void RowFinder::add_coordinates(KeyColumn& key, const Param& param, Faults& faults) const {
    const std::vector<std::string_view>& cells = table_.cells(key.column);
    if (!key.levels.are_numbers()) {
        const auto text = std::ranges::find_if(
            cells, [](std::string_view cell) { return !to_number<double>(cell); });
        const auto row = static_cast<std::size_t>(text - cells.begin());
        faults.add(table_.where(row, key.column),
                   fmt::format("column {}: the nearest row is wanted, which takes numbers; found "
                               "'{}'",
                               table_.name(key.column),
                               *text));
        return;
    }
    for (const std::string_view cell : cells)
        key.coordinates.push_back(
            is_missing(cell) ? 0.0 : coordinate(param.domain, *to_number<double>(cell)));
}

void RowFinder::add_rows(Faults& faults) {
    std::unordered_map<Digest, std::size_t> seen;
    rows_.reserve(table_.rows());
    seen.reserve(table_.rows());
    std::vector<std::uint64_t> all(keys_.size());
    std::vector<std::uint64_t> exact(keys_.size());
    for (std::size_t row = 0; row < table_.rows() && faults.list().size() < kMaxFaults; ++row) {
        for (std::size_t i = 0; i < keys_.size(); ++i) {
            all[i] = keys_[i].levels.find(table_.cells(keys_[i].column)[row]);
            const bool may_be_near = !keys_[i].coordinates.empty();
            exact[i] = may_be_near && all[i] != Levels::kMissing ? 1 : all[i];
        }
        const auto [first, is_new] = seen.emplace(hash_words(all), row);
        if (is_new)
            rows_[hash_words(exact)].push_back(row);
        else
            faults.add(table_.where(row, keys_.front().column),
                       fmt::format("stands for the same candidate as {}",
                                   table_.where(first->second, keys_.front().column)));
    }
}

std::variant<std::size_t, std::string> RowFinder::find(const Genotype& genotype) const {
    const Active active = has_conditions_ ? spaces::active(params_, genotype) : Active();
    std::vector<std::uint64_t> levels;
    levels.reserve(keys_.size());
    for (const KeyColumn& key : keys_)
        levels.push_back(level(key, genotype, active));
    const auto found = rows_.find(hash_words(levels));
    if (found != rows_.end())
        if (const auto row = nearest(found->second, genotype, active))
            return *row;
    return fmt::format("{} has no row with {}", table_.path().string(), describe(genotype, active));
}

std::optional<spaces::ParamIndex> RowFinder::lone_param(const KeyColumn& key) {
    return key.pieces.size() == 1 ? key.pieces[0].param : std::nullopt;
}

std::uint64_t RowFinder::level(const KeyColumn& key,
                               const Genotype& genotype,
                               const Active& active) const {
    if (const auto param = lone_param(key)) {
        if (!is_active(active, *param))
            return Levels::kMissing;
        if (!key.coordinates.empty())
            return 1;
        const Value& value = genotype.values[*param];
        if (!key.level_of_choice.empty())
            return key.level_of_choice[static_cast<std::size_t>(std::get<std::int64_t>(value))];
        if (key.levels.are_numbers())
            return key.levels.find(spaces::to_internal(value));
    }
    return key.levels.find(text(key, genotype, active));
}

std::string RowFinder::text(const KeyColumn& key,
                            const Genotype& genotype,
                            const Active& active) const {
    std::string text;
    for (const auto& [literal, param] : key.pieces) {
        if (!param)
            text += literal;
        else if (!is_active(active, *param))
            continue;
        else if (const auto& written = written_[*param]; !written.empty())
            text +=
                written[static_cast<std::size_t>(std::get<std::int64_t>(genotype.values[*param]))];
        else
            text += to_string(spaces::to_scalar(params_[*param].domain, genotype.values[*param]));
    }
    return text;
}

std::string RowFinder::describe(const Genotype& genotype, const Active& active) const {
    std::string described;
    for (const KeyColumn& key : keys_) {
        const std::string found = text(key, genotype, active);
        described += fmt::format("{}{} = {}",
                                 described.empty() ? "" : ", ",
                                 table_.name(key.column),
                                 found.empty() ? "nothing" : found);
        if (level(key, genotype, active) == Levels::kUnknown && key.levels.are_numbers())
            if (const auto number = to_number<double>(found))
                described += fmt::format(" (there is {})", key.levels.around(*number));
    }
    return described;
}

std::optional<std::size_t> RowFinder::nearest(const std::vector<std::size_t>& rows,
                                              const Genotype& genotype,
                                              const Active& active) const {
    if (rows.size() == 1)
        return rows.front();
    struct Axis {
        const std::vector<double>& coordinates;
        double at;
    };
    std::vector<Axis> axes;
    for (const KeyColumn& key : keys_)
        if (const auto param = lone_param(key);
            !key.coordinates.empty() && is_active(active, *param))
            axes.push_back(
                {key.coordinates,
                 coordinate(params_[*param].domain, spaces::to_internal(genotype.values[*param]))});
    std::optional<std::size_t> best;
    double smallest = std::numeric_limits<double>::infinity();
    for (const std::size_t row : rows) {
        double distance = 0.0;
        for (const auto& [coordinates, at] : axes)
            distance += (coordinates[row] - at) * (coordinates[row] - at);
        if (distance < smallest) {
            smallest = distance;
            best = row;
        }
    }
    return best;
}

}  // namespace parnas::evaluators
