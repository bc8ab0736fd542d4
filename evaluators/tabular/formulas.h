// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "core/error.h"
#include "evaluators/tabular/table.h"

namespace parnas::evaluators {

// What is computed from a row: a column's name, or an expression (spaces/expression.h) in
// which names are columns.
struct Formula {
    std::string text;
    std::string place;  // where it stands, for faults
};

// Computes formulas for all rows of a table, and reads each column once.
class FormulaReader {
  public:
    explicit FormulaReader(const Table& table) : table_(table) {}

    // One value per row; may be NaN or infinite if a cell is. A name that the table lacks is
    // a fault. Throws Error(invalid_input) with file and line for a cell that is no number
    // and for a row that has no value, as with a division by zero.
    std::vector<double> values(const Formula& formula, Faults& faults);

  private:
    const std::vector<double>& column(std::size_t index);

    const Table& table_;
    std::map<std::size_t, std::vector<double>> columns_;  // read so far
};

}  // namespace parnas::evaluators
