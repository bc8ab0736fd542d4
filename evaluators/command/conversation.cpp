// SPDX-License-Identifier: Apache-2.0
#include "evaluators/command/conversation.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "core/error.h"
#include "core/quiet_machine.h"
#include "evaluators/command/protocol.h"

namespace parnas::evaluators {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kTick{50};
// From SIGTERM to the end by force; with it a cancelled trial ends within a second.
constexpr milliseconds kGrace{500};
// To end after the result, and to give one after the verdict "stop".
constexpr Seconds kFarewell{10.0};
constexpr std::size_t kMaxLine = 1UL << 20U;
constexpr std::size_t kMaxOutput = 64UL << 20U;
constexpr std::size_t kQuoted = 80;

// Without what a terminal would obey or a message has no room for.
std::string printable(std::string_view text) {
    std::string result(text);
    std::ranges::replace_if(
        result,
        [](char c) { return (static_cast<unsigned char>(c) < ' ' && c != '\n') || c == '\x7f'; },
        ' ');
    const std::size_t last = result.find_last_not_of(" \n");
    result.resize(last == std::string::npos ? 0 : last + 1);
    return result;
}

class Conversation {
  public:
    Conversation(const Program& program,
                 const Candidate& candidate,
                 const Context& context,
                 const Terms& terms)
        : candidate_(candidate),
          context_(context),
          terms_(terms),
          process_(program),
          limit_(terms.timeout) {}

    Outcome run() {
        process_.write(request_line(candidate_, context_));
        while (!over_ && !process_.ended()) {
            make_way();
            process_.pump(kTick);
            listen();
            look_at_clock();
        }
        dismiss();
        return outcome();
    }

  private:
    Seconds elapsed() const { return Clock::now() - started_ - paused_; }

    // The program is suspended and its time stands still until `wait` returns; meanwhile
    // latencies may be measured.
    template <typename Wait>
    auto stand_still(const Wait& wait) {
        const Clock::time_point before = Clock::now();
        process_.send(Order::suspend);
        auto answer = busy_.pause_while(wait);
        process_.send(Order::resume);
        paused_ += Clock::now() - before;
        return answer;
    }

    void make_way() {
        if (busy_.is_asked_to_pause())
            stand_still([] { return true; });
    }

    void listen() {
        while (!over_) {
            const std::optional<std::string> line = process_.next_line();
            if (!line)
                break;
            ++lines_;
            if (line->find_first_not_of(" \t\r") != std::string::npos)
                hear(*line);
        }
        if (process_.unread() > kMaxLine)
            fail(FailureKind::crashed, "it wrote a line of more than 1 MiB");
        if (process_.written() > kMaxOutput)
            fail(FailureKind::crashed, "it wrote more than 64 MiB");
    }

    void hear(const std::string& line) {
        if (result_)
            return fail(FailureKind::crashed, "it wrote another line after its result");
        if (std::optional<Message> message = understand(line))
            std::visit([this](auto& each) { take(std::move(each)); }, *message);
    }

    std::optional<Message> understand(const std::string& line) {
        try {
            return read_message(line);
        } catch (const Error& error) {
            fail(FailureKind::crashed,
                 fmt::format("line {} of its output is no message: {}\n{}{}\n(what is not for "
                             "parnas belongs on the error output)",
                             lines_,
                             error.what(),
                             printable(std::string_view(line).substr(0, kQuoted)),
                             line.size() > kQuoted ? "..." : ""));
            return std::nullopt;
        }
    }

    void take(StepReport&& report) {
        if (!is_finite(report.metrics, fmt::format(" at step {}", report.step)))
            return;
        if (last_report_ && report.step <= last_report_->step)
            return fail(FailureKind::crashed,
                        fmt::format("it reported step {} after step {}: steps must grow",
                                    report.step,
                                    last_report_->step));
        if (!pruned_)
            judge(report);
        process_.write(verdict_line(pruned_ ? Verdict::stop : Verdict::go_on));
        last_report_ = std::move(report);
    }

    void judge(const StepReport& report) {
        const Verdict verdict =
            stand_still([&] { return context_.report(report.step, report.metrics); });
        pruned_ = verdict == Verdict::stop;
        if (pruned_)
            expect_end();
    }

    void take(Result&& result) {
        if (!is_finite(result.metrics, ""))
            return;
        for (const std::string& name : terms_.metrics)
            if (!result.metrics.contains(name))
                return fail(FailureKind::crashed, fmt::format("its result lacks {}", name));
        result_ = measured(std::move(result.metrics), result.cost.value_or(elapsed()));
        expect_end();
    }

    void take(Failure&& failure) {
        failure.reason = printable(failure.reason);
        result_ = std::move(failure);
        expect_end();
    }

    bool is_finite(const Metrics& metrics, std::string_view when) {
        for (const auto& [name, value] : metrics)
            if (!std::isfinite(value)) {
                fail(FailureKind::diverged, fmt::format("{} is {}{}", name, value, when));
                return false;
            }
        return true;
    }

    Measurement measured(Metrics metrics, Seconds cost) const {
        return {.metrics = std::move(metrics), .fidelity = candidate_.fidelity, .cost = cost};
    }

    void expect_end() { limit_ = std::min(limit_, elapsed() + kFarewell); }

    void look_at_clock() {
        if (over_)
            return;
        const bool satisfied = result_ || pruned_;
        if (context_.stop.stop_requested() && !result_)
            return fail(FailureKind::cancelled, "stopped");
        if (elapsed() > limit_ && !satisfied)
            return fail(FailureKind::timed_out,
                        fmt::format("it took longer than the evaluator's timeout of {} s{}",
                                    terms_.timeout.count(),
                                    process_.written() == 0 ? " and wrote nothing (does it wait "
                                                              "for the end of its input?)"
                                                            : ""));
        over_ = elapsed() > limit_ || context_.stop.stop_requested();
    }

    void fail(FailureKind kind, std::string reason) {
        if (!failure_)
            failure_ = Failure{kind, std::move(reason)};
        over_ = true;
    }

    // Asks it to end, and then makes it.
    void dismiss() {
        process_.send(Order::terminate);
        for (const auto start = Clock::now(); !process_.ended() && Clock::now() - start < kGrace;)
            process_.pump(kTick);
        process_.kill();
        while (!process_.ended())
            process_.pump(kTick);
    }

    Outcome outcome() {
        listen();
        const std::string end = process_.how_it_ended();
        if (!failure_ && result_)
            return *result_;
        if (!failure_ && pruned_)
            return measured(last_report_->metrics, elapsed());
        fail(FailureKind::crashed, "it " + end + " before its result");
        const std::string words = printable(process_.last_words());
        if (failure_->kind != FailureKind::cancelled && !words.empty())
            failure_->reason += "; the end of its error output:\n" + words;
        return *failure_;
    }

    const Candidate& candidate_;
    const Context& context_;
    const Terms& terms_;
    Busy busy_;
    Process process_;
    const Clock::time_point started_ = Clock::now();
    Clock::duration paused_{0};
    Seconds limit_;  // of elapsed()
    std::int64_t lines_ = 0;
    std::optional<StepReport> last_report_;
    bool pruned_ = false;
    std::optional<Outcome> result_;
    std::optional<Failure> failure_;  // what went wrong counts more than a result
    bool over_ = false;               // nothing that it may still say counts
};

}  // namespace

Outcome converse(const Program& program,
                 const Candidate& candidate,
                 const Context& context,
                 const Terms& terms) {
    return Conversation(program, candidate, context, terms).run();
}

}  // namespace parnas::evaluators
