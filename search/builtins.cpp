// SPDX-License-Identifier: Apache-2.0
#include "search/builtins.h"

#include "search/automatic/automatic.h"
#include "search/multi_fidelity/multi_fidelity.h"
#include "search/pruners/hyperband.h"
#include "search/pruners/patient.h"
#include "search/pruners/percentile.h"
#include "search/pruners/successive_halving.h"
#include "search/pruners/threshold.h"
#include "search/pruners/wilcoxon.h"
#include "search/samplers/bananas/bananas.h"
#include "search/samplers/branches/branches.h"
#include "search/samplers/cma_es/cma_es.h"
#include "search/samplers/evolution/moead.h"
#include "search/samplers/evolution/nsga2.h"
#include "search/samplers/evolution/nsga3.h"
#include "search/samplers/gp/gp.h"
#include "search/samplers/gp/gp_front.h"
#include "search/samplers/grid.h"
#include "search/samplers/local_search.h"
#include "search/samplers/qmc.h"
#include "search/samplers/random.h"
#include "search/samplers/regularized_evolution.h"
#include "search/samplers/tpe/tpe.h"
#include "search/terminators/terminators.h"
#include "search/weight_sharing/differentiable.h"
#include "search/weight_sharing/one_shot.h"
#include "search/weight_sharing/progressive_shrinking.h"
#include "search/zero_cost/zero_cost.h"

namespace parnas::search {

void register_strategies(Registries& registries) {
    registries.strategies.add("random", [](ObjectReader& options, const SamplerSetup& setup) {
        return make_sampler_strategy(make_random_sampler(read_random(options), setup));
    });
    registries.strategies.add(
        "regularized_evolution", [](ObjectReader& options, const SamplerSetup& setup) {
            return make_sampler_strategy(
                make_regularized_evolution_sampler(read_regularized_evolution(options), setup));
        });
    registries.strategies.add("grid", [](ObjectReader& options, const SamplerSetup& setup) {
        return make_sampler_strategy(make_grid_sampler(read_grid(options, setup.space), setup));
    });
    registries.strategies.add("qmc", [](ObjectReader& options, const SamplerSetup& setup) {
        return make_sampler_strategy(make_qmc_sampler(read_qmc(options), setup));
    });
    registries.strategies.add("local_search", [](ObjectReader& options, const SamplerSetup& setup) {
        return make_sampler_strategy(make_local_search_sampler(read_local_search(options), setup));
    });
    registries.strategies.add("nsga2", [](ObjectReader& options, const SamplerSetup& setup) {
        return make_sampler_strategy(make_nsga2_sampler(read_nsga2(options), setup));
    });
    registries.strategies.add("nsga3", [](ObjectReader& options, const SamplerSetup& setup) {
        return make_sampler_strategy(make_nsga3_sampler(read_nsga3(options), setup));
    });
    registries.strategies.add("moead", [](ObjectReader& options, const SamplerSetup& setup) {
        return make_sampler_strategy(make_moead_sampler(read_moead(options), setup));
    });
    registries.strategies.add("tpe", [](ObjectReader& options, const SamplerSetup& setup) {
        const TpeOptions tpe = read_tpe(options);
        return make_sampler_strategy(make_branching_sampler(
            setup, [&](const SamplerSetup& branch) { return make_tpe_sampler(tpe, branch); }));
    });
    registries.strategies.add("cma_es", [](ObjectReader& options, const SamplerSetup& setup) {
        const CmaEsOptions cma_es = read_cma_es(options);
        return make_sampler_strategy(make_branching_sampler(setup, [&](const SamplerSetup& branch) {
            return make_cma_es_sampler(cma_es, branch);
        }));
    });
    registries.strategies.add("gp", [](ObjectReader& options, const SamplerSetup& setup) {
        const GpOptions gp = read_gp(options);
        if (setup.objectives > 1)
            return make_sampler_strategy(make_gp_front_sampler(gp, setup));
        return make_sampler_strategy(make_branching_sampler(
            setup, [&](const SamplerSetup& branch) { return make_gp_sampler(gp, branch); }));
    });
    registries.strategies.add("bananas", [](ObjectReader& options, const SamplerSetup& setup) {
        return make_sampler_strategy(make_bananas_sampler(read_bananas(options), setup));
    });
    registries.strategies.add(
        "auto", [samplers = registries.strategies](ObjectReader&, const SamplerSetup& setup) {
            return make_automatic(setup, samplers);
        });
    // What a trained supernet can be searched with, and the strategies below may go on with or
    // take configurations from: all that were added so far.
    const Registry<StrategyFactory> searches = registries.strategies;
    registries.strategies.add("asha", [searches](ObjectReader& options, const SamplerSetup& setup) {
        return make_asha(options, setup, searches);
    });
    registries.strategies.add("hyperband",
                              [searches](ObjectReader& options, const SamplerSetup& setup) {
                                  return make_hyperband(options, setup, searches);
                              });
    registries.strategies.add("bohb", [searches](ObjectReader& options, const SamplerSetup& setup) {
        return make_bohb(options, setup, searches);
    });
    registries.strategies.add("one_shot",
                              [searches](ObjectReader& options, const SamplerSetup& setup) {
                                  return make_one_shot(options, setup, searches);
                              });
    registries.strategies.add("progressive_shrinking",
                              [searches](ObjectReader& options, const SamplerSetup& setup) {
                                  return make_progressive_shrinking(options, setup, searches);
                              });
    for (const char* name : {"darts", "gdas", "pc_darts", "dr_nas", "beta_darts"})
        registries.strategies.add(
            name, [name, searches](ObjectReader& options, const SamplerSetup& setup) {
                return make_differentiable_strategy(
                    options, differentiable_preset(name), setup, searches);
            });
    registries.strategies.add("zero_cost",
                              [searches](ObjectReader& options, const SamplerSetup& setup) {
                                  return make_zero_cost(options, setup, searches);
                              });
}

void register_pruners(Registries& registries) {
    registries.pruners.add("median", [](ObjectReader& options, const Objective& objective) {
        return make_percentile_pruner(read_median(options), objective);
    });
    registries.pruners.add("percentile", [](ObjectReader& options, const Objective& objective) {
        return make_percentile_pruner(read_percentile(options), objective);
    });
    registries.pruners.add("threshold", [](ObjectReader& options, const Objective& objective) {
        return make_threshold_pruner(read_threshold(options), objective);
    });
    registries.pruners.add(
        "successive_halving", [](ObjectReader& options, const Objective& objective) {
            return make_successive_halving_pruner(read_successive_halving(options), objective);
        });
    registries.pruners.add("asha", [](ObjectReader& options, const Objective& objective) {
        return make_successive_halving_pruner(read_asha(options), objective);
    });
    registries.pruners.add("hyperband", [](ObjectReader& options, const Objective& objective) {
        return make_hyperband_pruner(read_hyperband(options), objective);
    });
    registries.pruners.add("wilcoxon", [](ObjectReader& options, const Objective& objective) {
        return make_wilcoxon_pruner(read_wilcoxon(options), objective);
    });
    // What may be wrapped: all that were added so far.
    const Registry<PrunerFactory> wrapped = registries.pruners;
    registries.pruners.add("patient", [wrapped](ObjectReader& options, const Objective& objective) {
        return make_patient_pruner(read_patient(options, objective, wrapped), objective);
    });
}

void register_terminators(Registries& registries) {
    registries.terminators.add("stagnation", make_stagnation);
    registries.terminators.add("expected_gain", make_expected_gain);
    registries.terminators.add("regret_bound", make_regret_bound);
}

}  // namespace parnas::search
