// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "search/sampler.h"
#include "search/samplers/cma_es/choice_model.h"
#include "search/samplers/cma_es/cma_axes.h"
#include "search/samplers/cma_es/cma_normal.h"
#include "search/samplers/cma_es/restarts.h"
#include "search/samplers/ranking.h"

namespace parnas::search {

struct CmaEsOptions {
    std::optional<std::size_t> population;  // by default 4 + 3 ln(parameters)
    // The first standard deviation, as a share of ranges. After 100 trials of Branin, Hartmann-6,
    // Rosenbrock-10, Levy-8, Rastrigin-5 and Ackley-10, the latter also off the middle, this was
    // better than 1/6; 1/10 was better yet but for Branin, Hartmann-6 and Ackley off the middle.
    double sigma = 0.125;
    Covariance covariance = Covariance::full;
    Restarts restarts = Restarts::ipop;
};

// A distribution of genotypes: normal in the coordinates, independent in the categoricals.
struct CmaModel {
    std::optional<CmaNormal> normal;  // none without coordinates
    ChoiceModel choices;
};

struct CmaDraw {
    Eigen::VectorXd step;  // of the coordinates, with the model's shape
    ChoiceModel::Choices choices;
    Genotype genotype;
};

// The successive draws for one trial. Bounded coordinates are drawn again until they are
// inside, some times, and then clipped. Refers to model and axes.
class CmaDraws {
  public:
    CmaDraws(const CmaModel& model, const CmaAxes& axes, Rng rng)
        : model_(model), axes_(axes), rng_(rng) {}

    CmaDraw next();

  private:
    Eigen::VectorXd draw_point();

    const CmaModel& model_;
    const CmaAxes& axes_;
    Rng rng_;
};

// What CMA-ES has learned from trials told in order. The draws for a trial depend on the seed,
// its number and the model, so that a told trial that was drawn from the present model is known
// by drawing it again, with what its values do not show: where in its cell a discrete
// coordinate lay, and inactive parameters. Any other trial is injected (Hansen, arXiv
// 1110.4181) as the nearest point that has its values, and its step is shortened to what the
// model would draw.
class CmaSearch {
  public:
    CmaSearch(const CmaEsOptions& options, const SamplerSetup& setup);

    void learn(const Trial& trial);

    // At most kTries of them are looked at.
    CmaDraws draws(TrialNumber number) const;
    const CmaModel& model() const { return model_; }
    int run() const { return run_; }
    int generation() const { return generation_; }  // in all runs

  private:
    struct Member {
        Individual individual;
        bool comparable = false;
        CmaDraw draw;
    };

    std::size_t dimension() const;
    void begin_run(const CmaRun& run, CmaModel model);
    CmaModel broad_model(Eigen::VectorXd mean, double sigma) const;
    CmaModel warm_model() const;
    void meet_foreign(const Trial& trial);
    std::optional<CmaDraw> find(const Trial& trial) const;
    CmaDraw injected(const Genotype& genotype) const;
    void join(const Trial& trial, CmaDraw draw);
    void end_generation();
    void keep_margins();
    bool has_converged() const;
    void restart();

    CmaEsOptions options_;
    std::uint64_t seed_;
    const spaces::SearchSpace& space_;
    CmaAxes axes_;
    RestartSchedule schedule_;
    CmaRun limits_;  // of the run
    CmaRates rates_;
    CmaModel model_;
    std::vector<Member> members_;  // of the generation, told so far
    bool begun_ = false;           // a trial of our own has been told
    std::vector<Trial> foreign_;   // told before
    int generation_ = 0;
    int run_ = 0;
    std::size_t run_trials_ = 0;
};

}  // namespace parnas::search
