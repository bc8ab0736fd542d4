// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace parnas::search {

// The fidelities at which trials end, lowest first: eta^-(count - 1), ..., 1 / eta, 1.
class Levels {
  public:
    // As many as fit above `min_fidelity`, in (0, 1]; eta at least 2.
    Levels(std::int64_t eta, double min_fidelity);

    std::int64_t eta() const { return eta_; }
    std::size_t count() const { return count_; }
    std::size_t top() const { return count_ - 1; }
    double fidelity(std::size_t level) const;
    // Nullopt for a fidelity in between.
    std::optional<std::size_t> of(double fidelity) const;

  private:
    std::int64_t eta_;
    std::size_t count_ = 1;
};

}  // namespace parnas::search
