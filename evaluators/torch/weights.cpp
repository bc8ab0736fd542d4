// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/weights.h"

#include <bit>
#include <cstring>
#include <span>

#include <ATen/CPUGeneratorImpl.h>

#include "core/error.h"
#include "core/hash.h"

namespace parnas::evaluators {
namespace {

// Parts of a flat tensor begin at multiples of this many values: one cache line.
constexpr std::int64_t kAlignment = 16;

std::int64_t padded(std::int64_t size) {
    return (size + kAlignment - 1) / kAlignment * kAlignment;
}

at::Tensor make_flat(const std::vector<NamedTensor>& tensors) {
    std::int64_t size = 0;
    for (const NamedTensor& each : tensors)
        size += padded(each.tensor.numel());
    return at::zeros({size}, at::kFloat);
}

// Calls `use` with each tensor and its part of `flat`.
template <typename Use>
void for_each_part(const std::vector<NamedTensor>& tensors, const at::Tensor& flat, Use use) {
    std::int64_t offset = 0;
    for (const NamedTensor& each : tensors) {
        use(each.tensor, flat.narrow(0, offset, each.tensor.numel()).view(each.tensor.sizes()));
        offset += padded(each.tensor.numel());
    }
}

at::Tensor packed(const std::vector<NamedTensor>& tensors) {
    at::Tensor flat = make_flat(tensors);
    const at::NoGradGuard no_grad;
    for_each_part(tensors, flat, [](const at::Tensor& tensor, const at::Tensor& part) {
        part.copy_(tensor);
        tensor.set_data(part);
    });
    return flat;
}

}  // namespace

Weights::Weights(std::uint64_t seed) : generator_(at::make_generator<at::CPUGeneratorImpl>(seed)) {}

at::Tensor Weights::add_parameter(std::string name, at::IntArrayRef shape) {
    at::Tensor tensor = at::empty(shape, at::kFloat);
    parameters_.push_back({std::move(name), tensor});
    return tensor;
}

at::Tensor Weights::normal(std::string name, at::IntArrayRef shape, double stddev) {
    return add_parameter(std::move(name), shape).normal_(0.0, stddev, generator_).requires_grad_();
}

at::Tensor Weights::uniform(std::string name, at::IntArrayRef shape, double bound) {
    return add_parameter(std::move(name), shape)
        .uniform_(-bound, bound, generator_)
        .requires_grad_();
}

at::Tensor Weights::constant(std::string name, at::IntArrayRef shape, double value) {
    return add_parameter(std::move(name), shape).fill_(value).requires_grad_();
}

at::Tensor Weights::statistic(std::string name, at::IntArrayRef shape, double value) {
    at::Tensor tensor = at::full(shape, value, at::kFloat);
    statistics_.push_back({std::move(name), tensor});
    return tensor;
}

void Weights::pack() {
    flat_parameters_ = packed(parameters_);
    flat_statistics_ = packed(statistics_);
}

at::Tensor Weights::make_flat_gradients() {
    at::Tensor flat = make_flat(parameters_);
    for_each_part(parameters_, flat, [](const at::Tensor& tensor, const at::Tensor& part) {
        tensor.mutable_grad() = part;
    });
    return flat;
}

namespace {

static_assert(std::endian::native == std::endian::little, "the format is little-endian");
constexpr std::string_view kMagic = "PARNASWT";
constexpr std::uint32_t kVersion = 1;
constexpr std::uint8_t kFloat32 = 0;
constexpr std::size_t kScalingTensors = 2;

std::size_t count_tensors(const Weights& weights) {
    return weights.parameters().size() + weights.statistics().size();
}

template <typename T>
void put(std::string& bytes, T value) {
    char raw[sizeof(T)];
    std::memcpy(raw, &value, sizeof(T));
    bytes.append(raw, sizeof(T));
}

void put(std::string& bytes, std::string_view name, at::IntArrayRef shape, const float* values) {
    put(bytes, static_cast<std::uint32_t>(name.size()));
    bytes += name;
    put(bytes, kFloat32);
    put(bytes, static_cast<std::uint8_t>(shape.size()));
    for (const std::int64_t dimension : shape)
        put(bytes, dimension);
    const auto size = static_cast<std::size_t>(c10::multiply_integers(shape));
    bytes.append(reinterpret_cast<const char*>(values), size * sizeof(float));
}

void put(std::string& bytes, const NamedTensor& named) {
    const at::Tensor values = named.tensor.detach().contiguous();
    put(bytes, named.name, values.sizes(), values.data_ptr<float>());
}

void put(std::string& bytes, std::string_view name, const std::vector<float>& values) {
    put(bytes, name, {static_cast<std::int64_t>(values.size())}, values.data());
}

[[noreturn]] void damaged(const std::string& what) {
    throw Error(ErrorKind::damaged, "not a weights artifact: " + what);
}

class Reader {
  public:
    explicit Reader(std::string_view bytes) : rest_(bytes) {}

    std::string_view take(std::size_t size) {
        if (size > rest_.size())
            damaged("it ends in the middle of a value");
        const std::string_view taken = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return taken;
    }
    template <typename T>
    T number() {
        T value;
        std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
        return value;
    }
    std::size_t left() const { return rest_.size(); }

  private:
    std::string_view rest_;
};

// The artifact's content without the digest, which is checked.
std::string_view checked_body(std::string_view bytes) {
    constexpr std::size_t kDigest = 2 * sizeof(std::uint64_t);
    if (bytes.size() < kMagic.size() + kDigest || !bytes.starts_with(kMagic))
        damaged("it does not begin with '" + std::string(kMagic) + "'");
    const std::string_view body = bytes.substr(0, bytes.size() - kDigest);
    Reader tail(bytes.substr(body.size()));
    const auto high = tail.number<std::uint64_t>();
    const auto low = tail.number<std::uint64_t>();
    if (hash_bytes(body) != Digest{high, low})
        damaged("its digest does not match its content");
    return body.substr(kMagic.size());
}

// What stands before a tensor's values: checks its name and type, returns its shape.
std::vector<std::int64_t> read_shape(Reader& reader, std::string_view expected_name) {
    const std::string name(reader.take(reader.number<std::uint32_t>()));
    if (name != expected_name)
        throw Error(ErrorKind::invalid_input,
                    "the weights belong to another network: found '" + name + "' where '" +
                        std::string(expected_name) + "' was expected");
    if (const auto type = reader.number<std::uint8_t>(); type != kFloat32)
        damaged("unknown value type " + std::to_string(type) + " of '" + name + "'");
    std::vector<std::int64_t> shape(reader.number<std::uint8_t>());
    for (std::int64_t& dimension : shape)
        dimension = reader.number<std::int64_t>();
    return shape;
}

void read_into(Reader& reader, const NamedTensor& expected) {
    if (read_shape(reader, expected.name) != expected.tensor.sizes().vec())
        throw Error(
            ErrorKind::invalid_input,
            "the weights belong to another network: '" + expected.name + "' has another shape");
    const std::string_view values = reader.take(static_cast<std::size_t>(expected.tensor.nbytes()));
    std::memcpy(expected.tensor.data_ptr(), values.data(), values.size());
}

std::vector<float> read_channels(Reader& reader, std::string_view name) {
    const std::vector<std::int64_t> shape = read_shape(reader, name);
    if (shape.size() != 1 || shape[0] < 1 ||
        static_cast<std::uint64_t>(shape[0]) > reader.left() / sizeof(float))
        damaged("'" + std::string(name) + "' is no list of values");
    std::vector<float> values(static_cast<std::size_t>(shape[0]));
    const std::string_view raw = reader.take(values.size() * sizeof(float));
    std::memcpy(values.data(), raw.data(), raw.size());
    return values;
}

InputScaling read_scaling(Reader& reader) {
    InputScaling scaling;
    scaling.mean = read_channels(reader, kInputMean);
    scaling.deviation = read_channels(reader, kInputDeviation);
    if (scaling.mean.size() != scaling.deviation.size())
        damaged("it has " + std::to_string(scaling.mean.size()) + " means of inputs and " +
                std::to_string(scaling.deviation.size()) + " deviations");
    return scaling;
}

}  // namespace

std::string to_bytes(const Weights& weights, const std::optional<InputScaling>& scaling) {
    std::string bytes(kMagic);
    put(bytes, kVersion);
    put(bytes,
        static_cast<std::uint32_t>(count_tensors(weights) + (scaling ? kScalingTensors : 0)));
    for (const NamedTensor& each : weights.parameters())
        put(bytes, each);
    for (const NamedTensor& each : weights.statistics())
        put(bytes, each);
    if (scaling) {
        put(bytes, kInputMean, scaling->mean);
        put(bytes, kInputDeviation, scaling->deviation);
    }
    const Digest digest = hash_bytes(bytes);
    put(bytes, digest.high);
    put(bytes, digest.low);
    return bytes;
}

std::optional<InputScaling> load_bytes(std::string_view bytes, Weights& weights) {
    Reader reader(checked_body(bytes));
    if (const auto version = reader.number<std::uint32_t>(); version != kVersion)
        damaged("its version is " + std::to_string(version) + ", expected " +
                std::to_string(kVersion));
    const std::size_t expected = count_tensors(weights);
    const auto count = reader.number<std::uint32_t>();
    if (count != expected && count != expected + kScalingTensors)
        throw Error(ErrorKind::invalid_input,
                    "the weights belong to another network: " + std::to_string(count) +
                        " tensors, expected " + std::to_string(expected));
    for (const NamedTensor& each : weights.parameters())
        read_into(reader, each);
    for (const NamedTensor& each : weights.statistics())
        read_into(reader, each);
    std::optional<InputScaling> scaling;
    if (count != expected)
        scaling = read_scaling(reader);
    if (reader.left() > 0)
        damaged("bytes follow the last tensor");
    return scaling;
}

}  // namespace parnas::evaluators
