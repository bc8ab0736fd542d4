// SPDX-License-Identifier: Apache-2.0
#include "evaluators/tabular/formulas.h"

#include <optional>

#include <fmt/format.h>

#include "core/object_reader.h"
#include "spaces/expression.h"

namespace parnas::evaluators {
namespace {

using spaces::Expression;

Expression column_named(const Table& table, std::string_view name) {
    if (const auto column = table.find(name))
        return Expression::Kind(spaces::ParamIndex(*column));
    throw Error(
        ErrorKind::invalid_input,
        fmt::format("the table has no column '{}'{}", name, did_you_mean(name, table.names())));
}

double to_number(const Scalar& value) {
    if (const auto* integer = std::get_if<std::int64_t>(&value))
        return static_cast<double>(*integer);
    if (const auto* real = std::get_if<double>(&value))
        return *real;
    throw Error(ErrorKind::invalid_input,
                fmt::format("expected a number, found {}", to_string(value)));
}

}  // namespace

std::vector<double> FormulaReader::values(const Formula& formula, Faults& faults) {
    if (const auto whole = table_.find(formula.text))
        return column(*whole);
    std::optional<Expression> expression;
    try {
        expression = spaces::parse_expression(
            formula.text, [this](std::string_view name) { return column_named(table_, name); });
    } catch (const Error& error) {
        faults.add(formula.place, error.what());
        return {};
    }

    std::map<spaces::ParamIndex, const std::vector<double>*> read;
    for (const spaces::ParamIndex index : expression->params())
        read[index] = &column(index);
    std::size_t row = 0;
    const spaces::Bindings bindings{
        .param = [&](spaces::ParamIndex index) { return Scalar((*read.at(index))[row]); }};
    std::vector<double> values;
    values.reserve(table_.rows());
    try {
        for (; row < table_.rows(); ++row)
            values.push_back(to_number(spaces::evaluate(*expression, bindings)));
    } catch (const Error& error) {
        throw Error(ErrorKind::invalid_input,
                    fmt::format("{}: {}", formula.place, error.what()),
                    table_.where(row, read.empty() ? 0 : read.begin()->first));
    }
    return values;
}

const std::vector<double>& FormulaReader::column(std::size_t index) {
    const auto found = columns_.find(index);
    return found != columns_.end() ? found->second
                                   : columns_.emplace(index, table_.numbers(index)).first->second;
}

}  // namespace parnas::evaluators
