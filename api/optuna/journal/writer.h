// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "store/store.h"

namespace parnas::optuna {

// Writes studies as a journal that Optuna 3.1 and later opens: one line for a study, for each of
// its attributes and for each of its trials. Belongs to one thread.
class JournalWriter {
  public:
    // `write` is called with whole lines.
    explicit JournalWriter(std::function<void(std::string_view)> write)
        : write_(std::move(write)) {}

    void begin_study(const store::StudySpec& study, const store::StudyAttributes& attributes);
    // Of the study that was begun last, by number.
    void write_trial(const store::TrialRecord& trial);

  private:
    void line(int operation, std::string_view members);

    std::function<void(std::string_view)> write_;
    std::int64_t studies_ = 0;
};

}  // namespace parnas::optuna
