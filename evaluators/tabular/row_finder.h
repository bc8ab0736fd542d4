// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "core/error.h"
#include "core/hash.h"
#include "evaluators/tabular/levels.h"
#include "evaluators/tabular/table.h"
#include "spaces/search_space.h"

namespace parnas::evaluators {

enum class Match { exact, nearest };

// How a row of a table says which candidate it is about.
struct KeyOptions {
    using Texts = std::map<std::string, std::string, std::less<>>;
    // By column: text in which {parameter} stands for the parameter's value. A column that
    // has a parameter's name needs no entry.
    Texts columns;
    // How the table writes a choice, where that is not how the space does.
    Texts values;
    Match match = Match::exact;
};

// Finds the row of a table that a genotype of one space stands in. An inactive parameter
// stands for an empty cell. With Match::nearest integer and real parameters need not have a
// value of the table: it is the row with the smallest Euclidean distance over these, each
// scaled to [0, 1] (by logarithm where the parameter is); of equal ones the first.
// Const and thread-safe. An exact row costs a hash, the nearest one a look at every row.
class RowFinder {
  public:
    // `table` must outlive it. With faults it is of no use.
    RowFinder(const Table& table,
              const KeyOptions& options,
              const spaces::SearchSpace& space,
              Faults& faults);

    // The row, or why there is none.
    std::variant<std::size_t, std::string> find(const Genotype& genotype) const;

  private:
    using Active = std::vector<bool>;  // empty: all of them
    struct Piece {                     // a parameter or what stands between parameters
        std::string literal;
        std::optional<spaces::ParamIndex> param;
    };
    struct KeyColumn {
        std::size_t column = 0;
        std::vector<Piece> pieces;
        Levels levels;
        std::vector<std::uint64_t> level_of_choice;  // if it is one categorical parameter
        std::vector<double> coordinates;             // by row, if it need only be near
    };

    std::vector<Piece> parse(std::string_view text, std::string place, Faults& faults) const;
    void add_columns(const KeyOptions& options, Faults& faults);
    void add_column(std::size_t column, std::vector<Piece> pieces, Match match, Faults& faults);
    void add_coordinates(KeyColumn& key, const spaces::Param& param, Faults& faults) const;
    void add_rows(Faults& faults);

    // The parameter that a column is for, if it is for one alone.
    static std::optional<spaces::ParamIndex> lone_param(const KeyColumn& key);
    std::uint64_t level(const KeyColumn& key, const Genotype& genotype, const Active& active) const;
    std::string text(const KeyColumn& key, const Genotype& genotype, const Active& active) const;
    std::string describe(const Genotype& genotype, const Active& active) const;
    std::optional<std::size_t> nearest(const std::vector<std::size_t>& rows,
                                       const Genotype& genotype,
                                       const Active& active) const;

    const Table& table_;
    std::vector<spaces::Param> params_;
    bool has_conditions_ = false;
    std::vector<std::vector<std::string>> written_;  // by parameter: its choices in the table
    std::vector<KeyColumn> keys_;
    std::unordered_map<Digest, std::vector<std::size_t>> rows_;  // by the levels of keys_
};

}  // namespace parnas::evaluators
