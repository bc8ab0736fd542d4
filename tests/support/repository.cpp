// SPDX-License-Identifier: Apache-2.0
#include "tests/support/repository.h"

namespace parnas::tests {

std::filesystem::path repository() {
    return PARNAS_SOURCE_DIR;
}

}  // namespace parnas::tests
