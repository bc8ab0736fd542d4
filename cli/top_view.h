// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/text/tables.h"
#include "core/trial.h"

// What `parnas top` shows.
namespace parnas::cli {

// One search of a server.
struct TopStudy {
    std::string name;
    std::string state;      // of its job
    std::int64_t done = 0;  // trials that have ended
    std::optional<std::int64_t> total;
    std::string metric;          // the first objective
    std::optional<double> best;  // its best value on the front
    std::optional<double> rate;  // trials per second
    std::int64_t workers = 0;
};

// How fast counters grow: over the last ten seconds, or all that was seen if that is less.
class Rates {
  public:
    // Per second; nothing at the first look, and after a counter went back. `now` ascends.
    std::optional<double> look(const std::string& name, std::int64_t count, Seconds now);

  private:
    struct Look {
        std::int64_t count = 0;
        Seconds time{0};
    };
    std::map<std::string, std::deque<Look>> looks_;
};

// A row for each study, in the order in which they are given.
Table top_table(const std::vector<TopStudy>& studies);

}  // namespace parnas::cli
