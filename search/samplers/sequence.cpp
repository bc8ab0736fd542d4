// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/sequence.h"

#include <unordered_set>

#include <fmt/format.h>

#include "core/error.h"
#include "search/json_text.h"

namespace parnas::search {
namespace {

constexpr int kInfeasibleInRow = 1'000'000;

class SequenceSampler final : public Sampler {
  public:
    SequenceSampler(Sequence sequence, std::string_view reason, const SamplerSetup& setup)
        : sequence_(std::move(sequence)), reason_(json_text(reason)), space_(setup.space) {}

    std::vector<Proposal> ask(const AskContext& context, std::size_t count) override {
        std::unordered_set<Digest> taken;
        for (const Candidate& candidate : context.pending)
            taken.insert(spaces::hash(candidate.genotype));
        skip_told();
        std::vector<Proposal> proposals;
        std::uint64_t index = first_open_;
        while (proposals.size() < count) {
            std::optional<Genotype> genotype = next_feasible(index);
            if (!genotype)
                break;
            ++index;
            const Digest key = spaces::hash(*genotype);
            if (!told_.contains(key) && taken.insert(key).second)
                proposals.push_back(
                    {.genotype = *std::move(genotype), .attributes = {{"reason", reason_}}});
        }
        return proposals;
    }

    void tell(std::span<const Trial> trials) override {
        for (const Trial& trial : trials)
            told_.insert(spaces::hash(trial.genotype));
    }

  private:
    // What was told stays told: no ask needs to look at it again.
    void skip_told() {
        while (const std::optional<Genotype> genotype = next_feasible(first_open_)) {
            if (!told_.contains(spaces::hash(*genotype)))
                return;
            ++first_open_;
        }
    }

    // The first feasible genotype from `index` on, which moves there.
    std::optional<Genotype> next_feasible(std::uint64_t& index) const {
        for (int skipped = 0; skipped < kInfeasibleInRow; ++skipped, ++index) {
            std::optional<Genotype> genotype = sequence_(index);
            if (!genotype || space_.feasible(*genotype))
                return genotype;
        }
        throw Error(ErrorKind::invalid_input,
                    fmt::format("{} points in a row do not meet the requirements of the space '{}'",
                                kInfeasibleInRow,
                                space_.name()));
    }

    Sequence sequence_;
    std::string reason_;
    const spaces::SearchSpace& space_;
    std::unordered_set<Digest> told_;
    std::uint64_t first_open_ = 0;  // all before are told or infeasible
};

}  // namespace

std::unique_ptr<Sampler> make_sequence_sampler(Sequence sequence,
                                               std::string_view reason,
                                               const SamplerSetup& setup) {
    return std::make_unique<SequenceSampler>(std::move(sequence), reason, setup);
}

}  // namespace parnas::search
