// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

// The few calls of ONNX Runtime's C interface that are made here. The interface is one table of
// functions, to whose end new ones are added: a place keeps its meaning in all later releases
// (onnxruntime_c_api.h, struct OrtApi). No header of ONNX Runtime is needed.
namespace parnas::evaluators::ort {

struct Status;
struct Env;
struct Session;
struct SessionOptions;
struct MemoryInfo;
struct Value;
struct ShapeInfo;

inline constexpr std::uint32_t kApiVersion = 12;  // of the table that is asked for: release 1.12

enum class ElementType : int { fp32 = 1, int64 = 7 };  // ONNXTensorElementDataType
enum class LogLevel : int { error = 3 };               // OrtLoggingLevel
enum class AllocatorType : int { arena = 1 };          // OrtAllocatorType
enum class MemoryType : int { standard = 0 };          // OrtMemType

// Functions by place. Those that return a Status* give null if all went well.
struct Api {
    using Function = void (*)();
    template <typename Signature>
    Signature* at(std::size_t place) const {
        return reinterpret_cast<Signature*>(functions[place]);
    }

    auto error_message() const { return at<const char*(const Status*)>(2); }
    auto create_env() const { return at<Status*(LogLevel, const char*, Env**)>(3); }
    auto create_session() const {
        return at<Status*(const Env*, const void*, std::size_t, const SessionOptions*, Session**)>(
            8);
    }
    auto run() const {
        return at<Status*(Session*,
                          const void*,
                          const char* const*,
                          const Value* const*,
                          std::size_t,
                          const char* const*,
                          std::size_t,
                          Value**)>(9);
    }
    auto create_session_options() const { return at<Status*(SessionOptions**)>(10); }
    auto set_threads() const { return at<Status*(SessionOptions*, int)>(24); }
    auto create_tensor() const {
        return at<Status*(const MemoryInfo*,
                          void*,
                          std::size_t,
                          const std::int64_t*,
                          std::size_t,
                          ElementType,
                          Value**)>(49);
    }
    auto data() const { return at<Status*(Value*, void**)>(51); }
    auto element_type() const { return at<Status*(const ShapeInfo*, ElementType*)>(60); }
    auto rank() const { return at<Status*(const ShapeInfo*, std::size_t*)>(61); }
    auto dimensions() const {
        return at<Status*(const ShapeInfo*, std::int64_t*, std::size_t)>(62);
    }
    auto shape_info() const { return at<Status*(const Value*, ShapeInfo**)>(65); }
    auto create_cpu_memory_info() const {
        return at<Status*(AllocatorType, MemoryType, MemoryInfo**)>(69);
    }
    void release(Status* each) const { at<void(Status*)>(93)(each); }
    void release(MemoryInfo* each) const { at<void(MemoryInfo*)>(94)(each); }
    void release(Session* each) const { at<void(Session*)>(95)(each); }
    void release(Value* each) const { at<void(Value*)>(96)(each); }
    void release(ShapeInfo* each) const { at<void(ShapeInfo*)>(99)(each); }
    void release(SessionOptions* each) const { at<void(SessionOptions*)>(100)(each); }

    std::array<Function, 101> functions;
};

// What the library's only exported function, OrtGetApiBase, returns.
struct ApiBase {
    const Api* (*api)(std::uint32_t version);
    const char* (*version)();
};

// Something of ONNX Runtime's that is given back at the end.
template <typename T>
class Owned {
  public:
    explicit Owned(const Api& api) : api_(&api) {}
    ~Owned() {
        if (object_ != nullptr)
            api_->release(object_);
    }
    Owned(Owned&& other) noexcept : api_(other.api_), object_(other.object_) {
        other.object_ = nullptr;
    }
    Owned& operator=(Owned&&) = delete;

    T* get() const { return object_; }
    T** to_fill() { return &object_; }

  private:
    const Api* api_;
    T* object_ = nullptr;
};

}  // namespace parnas::evaluators::ort
