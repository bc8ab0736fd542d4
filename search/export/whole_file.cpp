// SPDX-License-Identifier: Apache-2.0
#include "search/export/whole_file.h"

#include "core/draft_file.h"

namespace parnas::search {

void write_whole_file(const std::filesystem::path& path, std::string_view text) {
    DraftFile draft(path);
    draft.write(text);
    draft.keep();
}

}  // namespace parnas::search
