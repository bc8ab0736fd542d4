// SPDX-License-Identifier: Apache-2.0
#include "spaces/dtype.h"

#include "spaces/op_attributes.h"

namespace parnas::spaces {

std::string_view to_string(DType type) {
    return word_of(type);
}

std::int64_t byte_size(DType type) {
    switch (type) {
        case DType::fp32:
            return 4;
        case DType::fp16:
        case DType::bf16:
            return 2;
        case DType::int8:
            return 1;
        case DType::int64:
            break;
    }
    return 8;
}

}  // namespace parnas::spaces
