// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace parnas {

// Who can read a file that is kept: whom the umask lets, or its owner alone.
enum class Readers { by_umask, owner };

// A file in the making beside the one that it will be: keep() gives it that name at once,
// also if the machine stops meanwhile, in place of what had it. Removed if it is not kept.
// Throws Error(unavailable) with the place of the final file.
class DraftFile {
  public:
    explicit DraftFile(const std::filesystem::path& path);
    ~DraftFile();
    DraftFile(const DraftFile&) = delete;
    DraftFile& operator=(const DraftFile&) = delete;

    void write(std::string_view text);
    // For others who write to it, in place.
    const std::filesystem::path& draft() const { return draft_; }
    void keep(Readers readers = Readers::by_umask);

  private:
    [[noreturn]] void fail() const;

    const std::filesystem::path path_;
    std::filesystem::path draft_;
    int file_;
    bool kept_ = false;
};

}  // namespace parnas
