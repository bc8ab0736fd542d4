// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace parnas::bench {

// A new folder for temporary files that goes at the end.
class Scratch {
  public:
    // Throws Error(unavailable) if none can be made in `folder`.
    explicit Scratch(const std::filesystem::path& folder);
    ~Scratch();
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

}  // namespace parnas::bench
