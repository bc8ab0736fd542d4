// SPDX-License-Identifier: Apache-2.0
#include "api/rest/prometheus.h"

#include <cmath>
#include <cstdint>

#include <fmt/format.h>

namespace parnas::rest {
namespace {

using Labels = std::vector<std::pair<std::string, std::string>>;

std::string escaped(const std::string& text) {
    std::string result;
    for (const char c : text) {
        if (c == '\\' || c == '"')
            result += '\\';
        result += c == '\n' ? std::string("\\n") : std::string(1, c);
    }
    return result;
}

std::string number_text(double value) {
    if (std::isnan(value))
        return "NaN";
    return std::isinf(value) ? (value > 0 ? "+Inf" : "-Inf") : fmt::format("{}", value);
}

std::string labels_text(const Labels& labels) {
    std::string text;
    for (const auto& [name, value] : labels)
        text += fmt::format("{}{}=\"{}\"", text.empty() ? "" : ",", name, escaped(value));
    return text.empty() ? text : '{' + text + '}';
}

void write_head(std::string& text,
                const std::string& name,
                const std::string& help,
                std::string_view kind) {
    text += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, kind);
}

void write(std::string& text, const MetricFamily& family) {
    write_head(
        text, family.name, family.help, family.kind == MetricKind::counter ? "counter" : "gauge");
    for (const MetricSample& sample : family.samples)
        text += fmt::format(
            "{}{} {}\n", family.name, labels_text(sample.labels), number_text(sample.value));
}

template <typename Count>
MetricFamily single(std::string name, std::string help, MetricKind kind, Count count) {
    return {.name = std::move(name),
            .help = std::move(help),
            .kind = kind,
            .samples = {{.labels = {}, .value = static_cast<double>(count)}}};
}

void write_durations(std::string& text, const http::Counters& counters) {
    const std::string name = "parnas_http_request_seconds";
    write_head(text, name, "From the whole request to the whole answer.", "histogram");
    for (const auto& [route, histogram] : counters.durations) {
        std::uint64_t below = 0;
        for (std::size_t i = 0; i < histogram.counts.size(); ++i) {
            below += histogram.counts[i];
            const bool last = i == http::DurationHistogram::kBoundsSeconds.size();
            const double bound = last ? INFINITY : http::DurationHistogram::kBoundsSeconds[i];
            text += fmt::format("{}_bucket{} {}\n",
                                name,
                                labels_text({{"route", route}, {"le", number_text(bound)}}),
                                below);
        }
        const std::string labels = labels_text({{"route", route}});
        text += fmt::format("{}_sum{} {}\n", name, labels, number_text(histogram.sum_seconds));
        text += fmt::format("{}_count{} {}\n", name, labels, below);
    }
}

MetricFamily requests_of(const http::Counters& counters) {
    MetricFamily family{.name = "parnas_http_requests_total",
                        .help = "Requests that were answered or refused.",
                        .kind = MetricKind::counter,
                        .samples = {}};
    for (const http::RequestCount& count : counters.requests)
        family.samples.push_back({.labels = {{"route", count.route},
                                             {"method", count.method},
                                             {"code", std::to_string(count.status)}},
                                  .value = static_cast<double>(count.requests)});
    return family;
}

}  // namespace

std::string prometheus_text(const http::Counters& counters, std::span<const MetricFamily> others) {
    constexpr auto kCounter = MetricKind::counter;
    constexpr auto kGauge = MetricKind::gauge;
    std::string text;
    write(text, requests_of(counters));
    write_durations(text, counters);
    for (const MetricFamily& family :
         {single("parnas_connections_accepted_total",
                 "Connections that were accepted.",
                 kCounter,
                 counters.accepted),
          single("parnas_connections_refused_total",
                 "Connections that were closed unheard: too many.",
                 kCounter,
                 counters.refused_connections),
          single("parnas_connections_evicted_total",
                 "Idle connections that made room.",
                 kCounter,
                 counters.evicted_connections),
          single("parnas_connections_reaped_total",
                 "Connections that were too slow.",
                 kCounter,
                 counters.reaped_connections),
          single("parnas_http_requests_refused_total",
                 "Requests refused for want of threads, memory or streams.",
                 kCounter,
                 counters.refused_requests),
          single("parnas_connections", "Connections now.", kGauge, counters.connections),
          single("parnas_connections_limit",
                 "The most connections.",
                 kGauge,
                 counters.connection_limit),
          single("parnas_http_running", "Requests with a handler now.", kGauge, counters.running),
          single("parnas_http_queue_depth",
                 "Requests that wait for a thread.",
                 kGauge,
                 counters.queued),
          single("parnas_sse_streams", "Event streams now.", kGauge, counters.streams)})
        write(text, family);
    for (const MetricFamily& family : others)
        write(text, family);
    return text;
}

}  // namespace parnas::rest
