// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/cma_es/cma_es.h"

#include <utility>

#include <fmt/format.h>

#include "search/json_text.h"
#include "search/samplers/explored.h"
#include "search/samplers/variation.h"

namespace parnas::search {
namespace {

class CmaEs final : public Sampler {
  public:
    CmaEs(const CmaEsOptions& options, const SamplerSetup& setup)
        : space_(setup.space), explored_(setup.space), search_(options, setup) {}

    std::vector<Proposal> ask(const AskContext& context, std::size_t count) override {
        for (const Trial& trial : untold_)
            search_.learn(trial);
        untold_.clear();
        explored_.begin_ask(context.pending);
        return explored_.collect(count, [&](std::size_t made) {
            return propose(context.number + static_cast<TrialNumber>(made), context);
        });
    }

    void tell(std::span<const Trial> trials) override {
        for (const Trial& trial : trials) {
            explored_.tell(trial.genotype);
            untold_.push_back(trial);
        }
    }

  private:
    std::optional<Proposal> propose(TrialNumber number, const AskContext& context) {
        CmaDraws draws = search_.draws(number);
        for (int i = 0; i < kTries; ++i) {
            CmaDraw draw = draws.next();
            if (space_.feasible(draw.genotype) && explored_.is_new(draw.genotype, context.known))
                return describe(std::move(draw));
        }
        return explored_.newcomer(context.rng);
    }

    Proposal describe(CmaDraw draw) const {
        std::string reason =
            fmt::format("generation {} of run {}", search_.generation(), search_.run());
        if (const std::optional<CmaNormal>& normal = search_.model().normal)
            reason += fmt::format(": {:.3g} standard deviations from the mean, sigma is {:.3g}",
                                  normal->length(draw.step),
                                  normal->sigma());
        return {.genotype = std::move(draw.genotype),
                .attributes = {{"reason", json_text(reason)},
                               {"generation", fmt::format("{}", search_.generation())}}};
    }

    const spaces::SearchSpace& space_;
    Explored explored_;
    CmaSearch search_;
    std::vector<Trial> untold_;  // to the search, which learns when it is asked
};

}  // namespace

CmaEsOptions read_cma_es(ObjectReader& options) {
    CmaEsOptions result;
    if (const auto population = options.optional_integer("population", {.low = 4, .high = 100'000}))
        result.population = static_cast<std::size_t>(*population);
    result.sigma = options.real("sigma", result.sigma, {.low = 0.001, .high = 1.0});
    result.covariance = options.word("covariance", {"full", "diagonal"}, "full") == 0
                            ? Covariance::full
                            : Covariance::diagonal;
    result.restarts =
        options.word("restarts", {"ipop", "bipop"}, "ipop") == 0 ? Restarts::ipop : Restarts::bipop;
    return result;
}

std::unique_ptr<Sampler> make_cma_es_sampler(const CmaEsOptions& options,
                                             const SamplerSetup& setup) {
    return std::make_unique<CmaEs>(options, setup);
}

}  // namespace parnas::search
