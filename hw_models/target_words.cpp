// SPDX-License-Identifier: Apache-2.0
#include "hw_models/target_words.h"

#include "spaces/dtype.h"

namespace parnas::hw_models {

spaces::DType read_dtype(ObjectReader& reader) {
    return spaces::kComputedTypes[reader.word("dtype", {"fp32", "fp16", "bf16", "int8"})];
}

Layout read_layout(ObjectReader& reader) {
    return reader.word("layout", {"nchw", "nhwc"}) == 0 ? Layout::nchw : Layout::nhwc;
}

}  // namespace parnas::hw_models
