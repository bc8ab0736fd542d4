// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "cli/console.h"
#include "cli/text/tables.h"
#include "store/store.h"

namespace parnas::cli {

// A front's members, sorted by the first objective, best first.
struct FrontView {
    store::StudySpec study;
    std::vector<store::TrialRecord> members;
    std::vector<store::TrialRecord> others;  // complete trials that are not on it
};

// `numbers`: the members; `trials`: all trials that are to be seen.
FrontView view_front(const store::StudySpec& study,
                     const std::vector<TrialNumber>& numbers,
                     std::vector<store::TrialRecord> trials);

// Members numbered from 1 as in the plot, with every metric that all of them have and that
// fits into `columns` characters; objectives always.
Table front_table(const FrontView& front, std::size_t columns);
// The first two objectives; empty if there is only one, or no member.
std::string front_plot(const FrontView& front, const Console& console);

}  // namespace parnas::cli
