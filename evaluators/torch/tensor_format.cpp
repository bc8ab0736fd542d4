// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/tensor_format.h"

#include <bit>
#include <limits>

#include "core/error.h"
#include "core/hash.h"

namespace parnas::evaluators {
namespace {

static_assert(std::endian::native == std::endian::little, "the format is little-endian");
constexpr std::uint8_t kFloat32 = 0;
constexpr std::size_t kDigest = 2 * sizeof(std::uint64_t);

}  // namespace

ArtifactWriter::ArtifactWriter(const ArtifactKind& kind) : bytes_(kind.magic) {
    number(kind.version);
}

void ArtifactWriter::text(std::string_view value) {
    number(static_cast<std::uint32_t>(value.size()));
    bytes_ += value;
}

void ArtifactWriter::tensor(std::string_view name, const at::Tensor& values) {
    const at::Tensor plain = values.detach().to(at::kCPU).contiguous();
    text(name);
    number(kFloat32);
    number(static_cast<std::uint8_t>(plain.dim()));
    for (const std::int64_t dimension : plain.sizes())
        number(dimension);
    bytes_.append(reinterpret_cast<const char*>(plain.data_ptr<float>()), plain.nbytes());
}

std::string ArtifactWriter::finish() {
    const Digest digest = hash_bytes(bytes_);
    number(digest.high);
    number(digest.low);
    return std::move(bytes_);
}

ArtifactReader::ArtifactReader(std::string_view bytes, const ArtifactKind& kind)
    : kind_(kind.name), rest_(bytes) {
    if (bytes.size() < kind.magic.size() + kDigest || !bytes.starts_with(kind.magic))
        damaged("it does not begin with '" + std::string(kind.magic) + "'");
    rest_ = bytes.substr(bytes.size() - kDigest);
    const auto high = number<std::uint64_t>();
    const auto low = number<std::uint64_t>();
    const std::string_view body = bytes.substr(0, bytes.size() - kDigest);
    if (hash_bytes(body) != Digest{high, low})
        damaged("its digest does not match its content");
    rest_ = body.substr(kind.magic.size());
    if (const auto version = number<std::uint32_t>(); version != kind.version)
        damaged("its version is " + std::to_string(version) + ", expected " +
                std::to_string(kind.version));
}

std::string_view ArtifactReader::text() {
    return take(number<std::uint32_t>());
}

NamedTensor ArtifactReader::tensor() {
    NamedTensor named{.name = std::string(text())};
    if (const auto type = number<std::uint8_t>(); type != kFloat32)
        damaged("unknown value type " + std::to_string(type) + " of '" + named.name + "'");
    std::vector<std::int64_t> shape(number<std::uint8_t>());
    constexpr auto kLimit =
        static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / sizeof(float);
    std::uint64_t size = 1;
    for (std::int64_t& dimension : shape) {
        dimension = number<std::int64_t>();
        if (dimension < 0 ||
            (dimension > 0 && size > kLimit / static_cast<std::uint64_t>(dimension)))
            damaged("'" + named.name + "' has an impossible shape");
        size *= static_cast<std::uint64_t>(dimension);
    }
    const std::string_view values = take(size * sizeof(float));
    named.tensor = at::empty(shape, at::kFloat);
    std::memcpy(named.tensor.data_ptr(), values.data(), values.size());
    return named;
}

void ArtifactReader::finish() const {
    if (!rest_.empty())
        damaged("bytes follow the last tensor");
}

void ArtifactReader::damaged(const std::string& what) const {
    throw Error(ErrorKind::damaged, "not a " + std::string(kind_) + ": " + what);
}

std::string_view ArtifactReader::take(std::size_t size) {
    if (size > rest_.size())
        damaged("it ends in the middle of a value");
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
}

}  // namespace parnas::evaluators
