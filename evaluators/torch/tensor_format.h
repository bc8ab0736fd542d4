// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "evaluators/torch/torch.h"

namespace parnas::evaluators {

struct NamedTensor {
    std::string name;  // "<node>.weight"
    at::Tensor tensor;
};

// The artifacts with tensors. Little-endian:
//
//     8 bytes   magic: which kind of artifact
//     u32       version
//     ...       what the kind has, and in it any number of tensors:
//         u32, bytes   name
//         u8           type: 0 is a 32-bit float
//         u8, i64...   number of dimensions, dimensions
//         bytes        values, row-major
//     16 bytes  digest of everything before (high, low word)
struct ArtifactKind {
    std::string_view magic;  // 8 characters
    std::uint32_t version = 1;
    std::string_view name;  // in messages: "weights artifact"
};

class ArtifactWriter {
  public:
    explicit ArtifactWriter(const ArtifactKind& kind);

    template <typename T>
    void number(T value) {
        static_assert(std::is_integral_v<T>);
        char raw[sizeof(T)];
        std::memcpy(raw, &value, sizeof(T));
        bytes_.append(raw, sizeof(T));
    }
    void text(std::string_view value);  // u32, bytes
    void tensor(std::string_view name, const at::Tensor& values);
    // Call last.
    std::string finish();

  private:
    std::string bytes_;
};

// Throws Error(damaged) wherever the bytes are not what the writer of this kind wrote.
class ArtifactReader {
  public:
    // Checks magic, digest and version.
    ArtifactReader(std::string_view bytes, const ArtifactKind& kind);

    template <typename T>
    T number() {
        static_assert(std::is_integral_v<T>);
        T value;
        std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
        return value;
    }
    std::string_view text();
    NamedTensor tensor();
    // Nothing may be left.
    void finish() const;
    [[noreturn]] void damaged(const std::string& what) const;

  private:
    std::string_view take(std::size_t size);

    std::string_view kind_;
    std::string_view rest_;
};

}  // namespace parnas::evaluators
