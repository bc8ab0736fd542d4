// SPDX-License-Identifier: Apache-2.0
#include "hw_models/costs/peak_memory.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <optional>
#include <queue>
#include <unordered_map>
#include <utility>

namespace parnas::hw_models {
namespace {

constexpr std::size_t kWidestPiece = 64;

// What is alive as steps are done one by one.
class Moment {
  public:
    explicit Moment(const MemoryPlan& plan) : plan_(plan), open_(plan.buffers.size()) {
        std::int64_t unread = 0;
        for (std::size_t i = 0; i < open_.size(); ++i) {
            const MemoryPlan::Buffer& buffer = plan.buffers[i];
            open_[i] = buffer.writers.size() + buffer.readers.size() + (buffer.kept ? 1 : 0);
            if (buffer.given)
                live_ += buffer.bytes;
            if (buffer.given && open_[i] == 0)
                unread += buffer.bytes;
        }
        peak_ = live_;
        live_ -= unread;
        begun_.assign(open_.size(), false);
    }

    void run(std::size_t step) {
        const auto& touches = plan_.steps[step].touches;
        for (const std::size_t each : touches) {
            if (!begun_[each] && !plan_.buffers[each].given)
                live_ += plan_.buffers[each].bytes;
            begun_[each] = true;
        }
        peak_ = std::max(peak_, live_ + plan_.steps[step].workspace_bytes);
        for (const std::size_t each : touches)
            if ((open_[each] -= uses(each, step)) == 0)
                live_ -= plan_.buffers[each].bytes;
    }

    std::int64_t live() const { return live_; }
    std::int64_t peak() const { return peak_; }

  private:
    std::size_t uses(std::size_t buffer, std::size_t step) const {
        return (std::ranges::binary_search(plan_.buffers[buffer].writers, step) ? 1U : 0U) +
               (std::ranges::binary_search(plan_.buffers[buffer].readers, step) ? 1U : 0U);
    }

    const MemoryPlan& plan_;
    std::vector<std::size_t> open_;  // by buffer: writers and readers to come; a kept one's end
    std::vector<bool> begun_;
    std::int64_t live_ = 0;
    std::int64_t peak_ = 0;
};

// By step: how many others have to come before it or after it.
std::vector<std::size_t> count_related(const MemoryPlan& plan) {
    const std::size_t count = plan.steps.size();
    const std::size_t words = (count + 63) / 64;
    std::vector<std::uint64_t> before(count * words, 0);
    std::vector<std::size_t> related(count, 0);
    for (std::size_t i = 0; i < count; ++i) {
        std::uint64_t* row = &before[i * words];
        for (const std::size_t earlier : plan.steps[i].after) {
            for (std::size_t w = 0; w < words; ++w)
                row[w] |= before[earlier * words + w];
            row[earlier / 64] |= std::uint64_t{1} << (earlier % 64);
        }
        for (std::size_t w = 0; w < words; ++w)
            for (std::uint64_t rest = row[w]; rest != 0; rest &= rest - 1) {
                ++related[i];
                ++related[w * 64 + static_cast<std::size_t>(std::countr_zero(rest))];
            }
    }
    return related;
}

// A piece: consecutive steps that all come after those before and before those after it.
class Piece {
  public:
    // `live`: what is alive when it begins.
    Piece(const MemoryPlan& plan, std::size_t first, std::size_t count, std::int64_t live)
        : plan_(plan), first_(first), count_(count), live_(live) {
        for (std::size_t i = 0; i < count; ++i) {
            Local step{.workspace = plan.steps[first + i].workspace_bytes};
            for (const std::size_t earlier : plan.steps[first + i].after)
                if (earlier >= first)
                    step.after |= bit(earlier - first);
            for (const std::size_t buffer : plan.steps[first + i].touches)
                step.buffers.push_back(local_buffer(buffer));
            steps_.push_back(std::move(step));
        }
    }

    // The best order, as indices of steps; nothing after `states` sets were looked at, which
    // are taken off.
    std::optional<std::vector<std::size_t>> order(std::size_t& states) const {
        using Entry = std::pair<std::int64_t, std::uint64_t>;  // worst moment so far, steps done
        std::priority_queue<Entry, std::vector<Entry>, std::greater<>> open;
        std::unordered_map<std::uint64_t, State> known;
        const std::uint64_t all = count_ == 64 ? ~std::uint64_t{0} : bit(count_) - 1;
        known[0] = {.peak = live_, .live = live_};
        open.push({live_, 0});
        while (!open.empty()) {
            const auto [peak, done] = open.top();
            open.pop();
            if (done == all)
                return trace(known, all);
            State& state = known[done];
            if (std::exchange(state.settled, true))
                continue;
            if (states == 0)
                return std::nullopt;
            --states;
            const std::int64_t live = state.live;
            for (std::size_t i = 0; i < count_; ++i) {
                if ((done & bit(i)) != 0 || (steps_[i].after & ~done) != 0)
                    continue;
                const State next = after(live, done, i, peak);
                State& there = known[done | bit(i)];
                if (there.peak >= 0 && there.peak <= next.peak)
                    continue;
                there = next;
                open.push({next.peak, done | bit(i)});
            }
        }
        return std::nullopt;  // not reached: a network has no cycle
    }

  private:
    struct LocalBuffer {
        std::int64_t bytes = 0;
        std::uint64_t writers = 0;  // of this piece
        std::uint64_t users = 0;
        bool begun = false;  // before this piece
        bool stays = false;  // after it
    };
    struct Local {
        std::uint64_t after = 0;
        std::int64_t workspace = 0;
        std::vector<LocalBuffer> buffers;
    };
    struct State {
        std::int64_t peak = -1;  // none yet
        std::int64_t live = 0;
        std::uint8_t last = 0;  // step
        bool settled = false;
    };

    static constexpr std::uint64_t bit(std::size_t i) { return std::uint64_t{1} << i; }

    LocalBuffer local_buffer(std::size_t index) const {
        const MemoryPlan::Buffer& buffer = plan_.buffers[index];
        LocalBuffer local{.bytes = buffer.bytes, .begun = buffer.given, .stays = buffer.kept};
        const auto add = [&](std::size_t step, bool writes) {
            if (step < first_) {
                local.begun = true;
            } else if (step >= first_ + count_) {
                local.stays = true;
            } else {
                local.users |= bit(step - first_);
                if (writes)
                    local.writers |= bit(step - first_);
            }
        };
        for (const std::size_t step : buffer.writers)
            add(step, true);
        for (const std::size_t step : buffer.readers)
            add(step, false);
        return local;
    }

    State after(std::int64_t live, std::uint64_t done, std::size_t step, std::int64_t peak) const {
        for (const LocalBuffer& buffer : steps_[step].buffers)
            if (!buffer.begun && (done & buffer.users) == 0)
                live += buffer.bytes;
        State next{.peak = std::max(peak, live + steps_[step].workspace),
                   .last = static_cast<std::uint8_t>(step)};
        for (const LocalBuffer& buffer : steps_[step].buffers)
            if (!buffer.stays && (buffer.users & ~(done | bit(step))) == 0)
                live -= buffer.bytes;
        next.live = live;
        return next;
    }

    std::vector<std::size_t> trace(const std::unordered_map<std::uint64_t, State>& known,
                                   std::uint64_t done) const {
        std::vector<std::size_t> order;
        while (done != 0) {
            const std::size_t last = known.at(done).last;
            order.push_back(first_ + last);
            done &= ~bit(last);
        }
        std::ranges::reverse(order);
        return order;
    }

    const MemoryPlan& plan_;
    std::size_t first_;
    std::size_t count_;
    std::int64_t live_;
    std::vector<Local> steps_;
};

}  // namespace

std::int64_t peak_bytes(const MemoryPlan& plan, std::span<const std::size_t> order) {
    Moment moment(plan);
    for (const std::size_t step : order)
        moment.run(step);
    return moment.peak();
}

BestOrder find_best_order(const MemoryPlan& plan, std::size_t states) {
    const std::size_t count = plan.steps.size();
    const std::vector<std::size_t> related = count_related(plan);
    BestOrder best{.steps = std::vector<std::size_t>(count)};
    std::iota(best.steps.begin(), best.steps.end(), std::size_t{0});
    Moment moment(plan);
    for (std::size_t first = 0; first < count;) {
        std::size_t end = first;  // up to the next step that is related to all others
        while (end < count && related[end] + 1 < count)
            ++end;
        if (end - first > 1) {
            auto order = end - first > kWidestPiece
                             ? std::nullopt
                             : Piece(plan, first, end - first, moment.live()).order(states);
            best.exact = best.exact && order.has_value();
            if (order)
                std::ranges::copy(*order, best.steps.begin() + static_cast<std::ptrdiff_t>(first));
        }
        const std::size_t next = std::min(end + 1, count);
        for (; first < next; ++first)
            moment.run(best.steps[first]);
    }
    best.peak_bytes = moment.peak();
    return best;
}

}  // namespace parnas::hw_models
