// SPDX-License-Identifier: Apache-2.0
#include "search/weight_sharing/health.h"

#include <vector>

#include "tests/support/catch.h"

namespace parnas::search {
namespace {

using Trace = std::vector<HealthRecord>;

Trace with_eigenvalues(const std::vector<double>& values) {
    Trace trace;
    for (const double value : values)
        trace.push_back({.eigenvalue = value});
    return trace;
}

Trace with_skips(const std::vector<std::int64_t>& counts) {
    Trace trace;
    for (const std::int64_t count : counts)
        trace.push_back({.skip_share = static_cast<double>(count) / 8.0, .most_skips = count});
    return trace;
}

// The first collapse that a search would notice on its way.
std::optional<Collapse> first_collapse(const Trace& trace, const HealthRules& rules = {}) {
    for (std::size_t count = 1; count <= trace.size(); ++count)
        if (auto collapse =
                find_collapse(std::span(trace).first(count),
                              rules,
                              count < trace.size() ? More::epochs_follow : More::is_last))
            return collapse;
    return std::nullopt;
}

// Shapes of the published ones: DARTS on the space S3 of Zela et al. (2020, figure 4), where the
// eigenvalue explodes in the second half, and a regularised search, where it stays flat.
const std::vector<double> kExploding{0.11, 0.12, 0.10, 0.13, 0.12, 0.14, 0.13, 0.15, 0.14, 0.15,
                                     0.16, 0.17, 0.19, 0.23, 0.28, 0.36, 0.47, 0.62, 0.80, 1.05};
const std::vector<double> kFlat{0.21, 0.18, 0.22, 0.19, 0.20, 0.22, 0.19, 0.21, 0.20, 0.22,
                                0.21, 0.20, 0.19, 0.22, 0.21, 0.23, 0.20, 0.21, 0.22, 0.21};

}  // namespace

TEST_CASE("a rising eigenvalue is a collapse, and the search goes back to before it rose",
          "[search][health]") {
    const auto collapse = first_collapse(with_eigenvalues(kExploding));
    REQUIRE(collapse);
    CHECK(collapse->epoch < 17);
    CHECK(collapse->epoch > 9);
    // The window that ends here has its middle two epochs ago, the one before four earlier.
    CHECK(collapse->last_healthy == collapse->epoch - 6);
    CHECK(collapse->reason.find("eigenvalue") != std::string::npos);
}

TEST_CASE("a flat or falling eigenvalue is healthy", "[search][health]") {
    CHECK_FALSE(first_collapse(with_eigenvalues(kFlat)));
    CHECK_FALSE(first_collapse(
        with_eigenvalues(std::vector<double>(kExploding.rbegin(), kExploding.rend()))));
}

TEST_CASE("eigenvalues that are computed now and then count by their epochs", "[search][health]") {
    Trace trace;
    for (const double value : kExploding) {
        trace.push_back({.eigenvalue = value});
        trace.push_back({});
    }
    const auto collapse = first_collapse(trace);
    REQUIRE(collapse);
    CHECK(collapse->epoch % 2 == 0);
    CHECK(collapse->last_healthy == collapse->epoch - 12);
}

TEST_CASE("skips that dominate for several epochs are a collapse", "[search][health]") {
    // DARTS by epochs, as in Liang et al. (2019, figure 1): one skip after the other.
    const auto collapse = first_collapse(with_skips({0, 1, 1, 2, 2, 2, 3, 3, 4, 5, 6, 7, 8}));
    REQUIRE(collapse);
    CHECK(collapse->epoch == 8);
    CHECK(collapse->last_healthy == 5u);
    CHECK(collapse->reason.find("skip") != std::string::npos);
    CHECK_FALSE(first_collapse(with_skips({0, 3, 1, 3, 3, 2, 2, 4, 1})));
}

TEST_CASE("nobody is patient with the last epoch", "[search][health]") {
    const auto collapse = first_collapse(with_skips({0, 1, 2, 1, 3}));
    REQUIRE(collapse);
    CHECK(collapse->last_healthy == 3u);
}

TEST_CASE("a cell of nothing but skips is no healthy one, however small", "[search][health]") {
    Trace trace = with_skips({0, 1, 2, 2, 2});
    for (std::size_t i = 2; i < trace.size(); ++i)
        trace[i].has_all_skips = true;
    const auto collapse = first_collapse(trace);
    REQUIRE(collapse);
    CHECK(collapse->last_healthy == 1u);
}

TEST_CASE("choices that end as none are a collapse", "[search][health]") {
    Trace trace(6);
    for (std::size_t i = 3; i < 6; ++i)
        trace[i].none_share = 0.67;
    const auto collapse = first_collapse(trace);
    REQUIRE(collapse);
    CHECK(collapse->last_healthy == 2u);
    CHECK(collapse->reason.find("none") != std::string::npos);
}

TEST_CASE("a search that was never healthy has no epoch to go back to", "[search][health]") {
    const auto collapse = first_collapse(with_skips({4, 4, 4, 4}));
    REQUIRE(collapse);
    CHECK_FALSE(collapse->last_healthy);
}

TEST_CASE("no rule holds in the first epochs", "[search][health]") {
    const HealthRules late{.from = 10};
    CHECK_FALSE(first_collapse(with_skips({4, 4, 4, 4}), late));
    CHECK_FALSE(first_collapse(with_eigenvalues(kExploding), {.from = 15}));
}

TEST_CASE("health figures are metrics and come back from them", "[search][health]") {
    Metrics metrics;
    add_to(metrics,
           {.eigenvalue = 0.5,
            .skip_share = 0.25,
            .most_skips = 2,
            .has_all_skips = true,
            .entropy = 0.9,
            .gap = 0.3});
    CHECK(metrics.count("ranking_stability") == 0);
    const HealthRecord back = health_from(metrics);
    CHECK(back.eigenvalue == 0.5);
    CHECK(back.skip_share == 0.25);
    CHECK(back.most_skips == 2);
    CHECK(back.has_all_skips);
    CHECK(back.entropy == 0.9);
    CHECK_FALSE(back.stability);
    CHECK(back.gap == 0.3);
}

}  // namespace parnas::search
