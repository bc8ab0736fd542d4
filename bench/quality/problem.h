// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/document.h"
#include "core/json.h"
#include "core/trial.h"
#include "search/goals.h"
#include "store/store.h"

namespace parnas::bench {

// What samplers are compared on: a job file of problems/ without a strategy, and how good a
// search's trials are.
class Problem {
  public:
    // Throws Error(not_found) for a name that no file has.
    static Problem find(std::string_view name);
    // In the order of the files in CMakeLists.txt.
    static std::vector<std::string> names();

    const std::string& name() const { return name_; }
    const Json& job() const { return document_.root(); }
    std::int64_t trials() const { return trials_; }
    // The table that candidates are looked up in, in the folder of tables; empty: none.
    const std::string& table() const { return table_; }
    // What score() gives: the value of one objective, else the hypervolume.
    Direction direction() const;
    // The best value; of several objectives the hypervolume below the job's reference.
    double score(const std::vector<store::TrialRecord>& trials) const;

  private:
    std::string name_;
    Document document_;
    std::int64_t trials_ = 0;
    std::string table_;
    std::vector<search::Objective> objectives_;
    std::vector<double> reference_;
};

}  // namespace parnas::bench
