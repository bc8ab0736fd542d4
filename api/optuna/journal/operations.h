// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "core/error.h"
#include "core/trial.h"

// Numbers that stand for words in a journal.
namespace parnas::optuna {

enum class Operation {
    create_study = 0,
    delete_study = 1,
    set_study_user_attr = 2,
    set_study_system_attr = 3,
    create_trial = 4,
    set_trial_param = 5,
    set_trial_state_values = 6,
    set_trial_intermediate_value = 7,
    set_trial_user_attr = 8,
    set_trial_system_attr = 9,
    discard_trials = 10,  // Rustuna's
};

inline Operation operation_from_code(std::int64_t code) {
    if (code < 0 || code > static_cast<std::int64_t>(Operation::discard_trials))
        throw Error(ErrorKind::invalid_input,
                    "this program does not know the operation " + std::to_string(code));
    return static_cast<Operation>(code);
}

inline constexpr TrialState kStates[] = {TrialState::running,
                                         TrialState::complete,
                                         TrialState::pruned,
                                         TrialState::fail,
                                         TrialState::waiting};

inline TrialState state_from_code(std::int64_t code) {
    if (code < 0 || code >= static_cast<std::int64_t>(std::size(kStates)))
        throw Error(ErrorKind::invalid_input, "expected a state of 0 to 4");
    return kStates[code];
}

inline int code_of(TrialState state) {
    for (std::size_t i = 0; i < std::size(kStates); ++i)
        if (kStates[i] == state)
            return static_cast<int>(i);
    return 0;
}

inline Direction direction_from_code(std::int64_t code) {
    if (code != 1 && code != 2)
        throw Error(ErrorKind::invalid_input, "expected a direction of 1 or 2");
    return code == 1 ? Direction::minimize : Direction::maximize;
}

inline int code_of(Direction direction) {
    return direction == Direction::minimize ? 1 : 2;
}

}  // namespace parnas::optuna
