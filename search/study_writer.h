// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <stop_token>
#include <thread>

#include "core/error.h"
#include "store/store.h"

namespace parnas::search {

// The right to write one study, held from construction to destruction and renewed in the
// background. For one thread.
class StudyWriter {
  public:
    // Throws Error(conflict) while somebody else drives the study.
    StudyWriter(store::Store& store, StudyId study);
    ~StudyWriter();
    StudyWriter(const StudyWriter&) = delete;
    StudyWriter& operator=(const StudyWriter&) = delete;

    // Commits under this driver's name. While the store is unavailable, tries again with
    // growing pauses until `patience` is over or `stop` is requested, then throws what the
    // store said; `on_wait` hears it before the first pause. Throws Error(conflict) if
    // somebody else has taken the study.
    void commit(store::Batch& batch,
                Seconds patience,
                const std::stop_token& stop,
                const std::function<void(const Error&)>& on_wait);

  private:
    store::Store& store_;
    store::Driver driver_;
    std::jthread renewal_;
};

}  // namespace parnas::search
