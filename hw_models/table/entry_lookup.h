// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "hw_models/table/operator_table.h"

namespace parnas::hw_models {

struct FoundTime {
    Seconds time{0};
    double log_sd = 0.0;  // of the time's logarithm; 0 of a measured one
    bool measured = true;
};

// Finds the times of kernels in a table, and makes up those that it does not have: from the
// three entries of the same kind that are nearest by their work, each scaled by a straight line
// through the kind's times over work (a call, multiply-adds, bytes of activations and of
// weights: no coefficient below zero);
// a kind that the table does not have, or hardly, by such a line through all entries. How wrong
// that is is found out on the entries themselves, each looked up without itself.
class EntryLookup {
  public:
    // Keeps a reference.
    explicit EntryLookup(const OperatorTable& table);

    FoundTime find(std::string_view key, std::string_view kind, const KernelWork& work) const;

  private:
    // t = fixed + per_multiply_add * multiply_adds + per_byte * bytes
    //     + per_weight_byte * weight_bytes.
    struct Line {
        double fixed = 0.0;
        double per_multiply_add = 0.0;
        double per_byte = 0.0;
        double per_weight_byte = 0.0;

        double at(const KernelWork& work, double batch) const;
    };
    struct Kind {
        std::vector<const TableEntry*> entries;
        Line line;
        double log_sd = 0.0;
    };

    Line fit(const std::vector<const TableEntry*>& entries) const;
    // `skipped`: an entry that is not looked at, or null.
    double interpolate(const Kind& kind, const KernelWork& work, const TableEntry* skipped) const;

    std::unordered_map<std::string_view, const TableEntry*> by_key_;
    std::map<std::string, Kind, std::less<>> kinds_;
    Kind all_;
    double batch_;
};

}  // namespace parnas::hw_models
