// SPDX-License-Identifier: Apache-2.0
#include "api/plugin/library_channel.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <dlfcn.h>
#include <mutex>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "api/plugin/sdk/parnas/plugin.h"
#include "core/error.h"
#include "core/mutex.h"

namespace parnas::plugin {
namespace {

using Clock = std::chrono::steady_clock;
using CallFunction = decltype(&parnas_plugin_call);

CallFunction open(const std::filesystem::path& path) {
    void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr)
        throw Error(
            ErrorKind::unavailable, fmt::format("does not load: {}", dlerror()), path.string());
    const auto abi =
        reinterpret_cast<decltype(&parnas_plugin_abi)>(dlsym(handle, "parnas_plugin_abi"));
    const auto call = reinterpret_cast<CallFunction>(dlsym(handle, "parnas_plugin_call"));
    if (abi == nullptr || call == nullptr)
        throw Error(ErrorKind::invalid_input,
                    "this library is no plugin: it lacks parnas_plugin_abi or parnas_plugin_call",
                    path.string());
    if (abi() != PARNAS_PLUGIN_ABI)
        throw Error(ErrorKind::invalid_input,
                    fmt::format("built for version {} of the plugin interface; this is version {}",
                                abi(),
                                PARNAS_PLUGIN_ABI),
                    path.string());
    return call;
}

std::variant<std::string, CallFault> answer(CallFunction call, const std::string& request) {
    std::size_t length = 0;
    const char* reply = call(request.data(), request.size(), &length);
    if (reply == nullptr)
        return CallFault{FaultKind::lied, "it returned no reply"};
    if (length > kMaxReplyBytes)
        return CallFault{FaultKind::lied,
                         fmt::format("its reply is longer than {} MiB", kMaxReplyBytes >> 20U)};
    return std::string(reply, length);
}

// What the library's thread is asked. Kept alive by that thread too, which is left alone when
// the library does not come back.
class Desk {
  public:
    // Who waits gives up at the end of his time or on a stop; the call goes on.
    std::variant<std::string, CallFault> ask(const std::string& request, const CallTerms& terms) {
        const auto deadline = Clock::now() + std::chrono::ceil<Clock::duration>(terms.timeout);
        std::unique_lock lock(mutex_);
        if (auto fault = wait(lock, terms, deadline, [this] { return state_ == State::free; }))
            return *std::move(fault);
        request_ = request;
        state_ = State::asked;
        // Who is woken does not find the lock taken.
        lock.unlock();
        asked_.notify_one();
        lock.lock();
        if (auto fault = wait(lock, terms, deadline, [this] { return state_ == State::done; })) {
            state_ = State::given_up;
            return *std::move(fault);
        }
        state_ = State::free;
        answered_.notify_all();
        return std::move(reply_);
    }

    // The library's thread: until end().
    void serve(CallFunction call) {
        std::unique_lock lock(mutex_);
        for (;;) {
            asked_.wait(lock, [this] { return !request_.empty() || is_over_; });
            if (is_over_)
                return;
            const std::string request = std::exchange(request_, {});
            lock.unlock();
            auto reply = answer(call, request);
            lock.lock();
            reply_ = std::move(reply);
            state_ = state_ == State::given_up ? State::free : State::done;
            lock.unlock();
            answered_.notify_all();
            lock.lock();
        }
    }

    void end() {
        const std::lock_guard lock(mutex_);
        is_over_ = true;
        asked_.notify_one();
    }

  private:
    // given_up: the library has not come back, and nobody waits for its reply.
    enum class State { free, asked, done, given_up };

    template <typename Ready>
    std::optional<CallFault> wait(std::unique_lock<std::mutex>& lock,
                                  const CallTerms& terms,
                                  Clock::time_point deadline,
                                  const Ready& ready) {
        while (!ready()) {
            if (terms.stop.stop_requested())
                return CallFault{FaultKind::stopped, "stopped"};
            const Clock::time_point now = Clock::now();
            if (now >= deadline)
                return CallFault{
                    FaultKind::timed_out,
                    fmt::format(
                        "it did not answer within {} s{}",
                        terms.timeout.count(),
                        state_ == State::given_up ? ": it is still at an earlier call" : "")};
            answered_.wait_until(lock, std::min(deadline, now + kTick));
        }
        return std::nullopt;
    }

    std::mutex mutex_;  // guards all below
    std::condition_variable asked_, answered_;
    std::string request_;
    std::variant<std::string, CallFault> reply_;
    State state_ = State::free;
    bool is_over_ = false;
};

// The library with its thread.
class Library {
  public:
    explicit Library(const std::filesystem::path& path) {
        std::thread([desk = desk_, call = open(path)] { desk->serve(call); }).detach();
    }
    ~Library() { desk_->end(); }
    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;

    Desk& desk() { return *desk_; }

  private:
    std::shared_ptr<Desk> desk_ = std::make_shared<Desk>();
};

class LibraryChannel final : public Channel {
  public:
    explicit LibraryChannel(std::shared_ptr<Library> library) : library_(std::move(library)) {}

    std::variant<std::string, CallFault> call(const std::string& request,
                                              const CallTerms& terms) override {
        return library_->desk().ask(request, terms);
    }

  private:
    std::shared_ptr<Library> library_;
};

// Opens the library once, when it is needed.
class LazyLibrary {
  public:
    explicit LazyLibrary(std::filesystem::path path) : path_(std::move(path)) {}

    std::shared_ptr<Library> get() {
        const MutexLock lock(mutex_);
        if (library_ == nullptr)
            library_ = std::make_shared<Library>(path_);
        return library_;
    }

  private:
    const std::filesystem::path path_;
    Mutex mutex_;
    std::shared_ptr<Library> library_ PARNAS_GUARDED_BY(mutex_);
};

}  // namespace

void* find_symbol(const std::filesystem::path& library, const char* name) {
    void* handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
    return handle == nullptr ? nullptr : dlsym(handle, name);
}

ChannelFactory make_library_channels(std::filesystem::path library) {
    return [lazy = std::make_shared<LazyLibrary>(std::move(library))] {
        return std::make_unique<LibraryChannel>(lazy->get());
    };
}

}  // namespace parnas::plugin
