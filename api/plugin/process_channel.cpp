// SPDX-License-Identifier: Apache-2.0
#include "api/plugin/process_channel.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "api/plugin/printable.h"
#include "core/error.h"

namespace parnas::plugin {
namespace {

using evaluators::Process;
using evaluators::Program;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

class ProcessChannel final : public Channel {
  public:
    explicit ProcessChannel(const Program& program) : process_(program) {}

    std::variant<std::string, CallFault> call(const std::string& request,
                                              const CallTerms& terms) override {
        process_.write(request + '\n');
        const Clock::time_point start = Clock::now();
        for (;;) {
            while (std::optional<std::string> line = process_.next_line())
                if (line->find_first_not_of(" \t\r") != std::string::npos)
                    return *std::move(line);
            if (process_.unread() > kMaxReplyBytes)
                return CallFault{
                    FaultKind::lied,
                    fmt::format("its reply is longer than {} MiB", kMaxReplyBytes >> 20U)};
            if (process_.ended())
                return CallFault{FaultKind::crashed, end()};
            if (terms.stop.stop_requested())
                return CallFault{FaultKind::stopped, "stopped"};
            const Seconds left = terms.timeout - (Clock::now() - start);
            if (left <= Seconds{0})
                return CallFault{
                    FaultKind::timed_out,
                    fmt::format(
                        "it did not answer within {} s{}", terms.timeout.count(), last_words())};
            process_.pump(
                std::clamp(std::chrono::ceil<milliseconds>(left), milliseconds{1}, kTick));
        }
    }

    bool usable() override {
        process_.pump(milliseconds{0});
        return !process_.ended();
    }

  private:
    std::string end() const {
        try {
            return fmt::format("it {}{}", process_.how_it_ended(), last_words());
        } catch (const Error& error) {
            return error.what();
        }
    }

    std::string last_words() const {
        const std::string words = printable(process_.last_words());
        return words.empty() ? "" : "; the end of its error output:\n" + words;
    }

    Process process_;
};

}  // namespace

ChannelFactory make_process_channels(Program program) {
    return [program = std::move(program)] { return std::make_unique<ProcessChannel>(program); };
}

}  // namespace parnas::plugin
