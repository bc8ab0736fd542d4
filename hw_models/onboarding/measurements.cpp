// SPDX-License-Identifier: Apache-2.0
#include "hw_models/onboarding/measurements.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "core/error.h"
#include "hw_models/measuring/time_sample.h"
#include "hw_models/onboarding/probe_set.h"

namespace parnas::hw_models {
namespace {

constexpr std::string_view kHeader = "probe,latency_ms,note";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kDisturbed = "disturbed";
constexpr double kShortestMs = 1e-6;
constexpr double kLongestMs = 1e9;  // eleven days

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlank = " \t\r";
    const std::size_t begin = std::min(text.find_first_not_of(kBlank), text.size());
    const std::size_t end = text.find_last_not_of(kBlank);
    return begin == text.size() ? std::string_view() : text.substr(begin, end - begin + 1);
}

// A field without the spaces and quotes around it.
std::string_view bare(std::string_view field) {
    field = trimmed(field);
    if (field.size() >= 2 && field.front() == '"' && field.back() == '"')
        field = trimmed(field.substr(1, field.size() - 2));
    return field;
}

// The two fields before the second comma, and all that follows it.
struct Line {
    std::string_view probe;
    std::string_view latency;
    std::string_view note;
    bool has_latency = false;
    bool has_note = false;
};

Line split(std::string_view text) {
    Line line;
    const std::size_t first = text.find(',');
    line.probe = bare(text.substr(0, first));
    if (first == std::string_view::npos)
        return line;
    line.has_latency = true;
    const std::size_t second = text.find(',', first + 1);
    line.latency = bare(text.substr(first + 1, second - first - 1));
    line.has_note = second != std::string_view::npos;
    if (line.has_note)
        line.note = bare(text.substr(second + 1));
    return line;
}

// What a stranger wrote, short enough for a message.
std::string quoted(std::string_view text) {
    constexpr std::size_t kMost = 40;
    return text.size() <= kMost ? fmt::format("'{}'", text)
                                : fmt::format("'{}...'", text.substr(0, kMost));
}

class MeasurementReader {
  public:
    MeasurementReader(const std::string& source, std::size_t probes)
        : source_(source), times_(probes) {
        for (std::size_t i = 0; i < probes; ++i)
            index_[probe_name(i)] = i;
    }

    void header(std::string_view text) {
        const Line line = split(text);
        with_note_ = line.has_note;
        if (line.probe != "probe" || line.latency != "latency_ms" ||
            (line.has_note && line.note != "note"))
            fault(fmt::format("expected the header '{}', found {}", kHeader, quoted(text)));
    }

    void row(std::string_view text) {
        const Line line = split(text);
        if (!line.has_latency)
            return fault(
                fmt::format("expected a probe, a comma and a latency, found {}", quoted(text)));
        std::string_view name = line.probe;
        if (name.ends_with(".onnx"))
            name.remove_suffix(5);
        const auto probe = index_.find(name);
        if (probe == index_.end())
            return fault(fmt::format("there is no probe {}; they are {} to {}",
                                     quoted(line.probe),
                                     probe_name(0),
                                     probe_name(times_.size() - 1)));
        if (line.has_note && !with_note_ && !line.note.empty())
            return fault(
                fmt::format("expected two fields, as in the header, found {}; decimals "
                            "have a point",
                            quoted(text)));
        if (!line.latency.empty())
            add(line, times_[probe->second]);
    }

    // All lines of the text.
    std::vector<ProbeTimes> read(std::string_view text) {
        if (text.starts_with(kByteOrderMark))
            text.remove_prefix(kByteOrderMark.size());
        bool began = false;
        while (!text.empty()) {
            ++line_;
            const std::size_t end = std::min(text.find('\n'), text.size());
            const std::string_view line = trimmed(text.substr(0, end));
            text.remove_prefix(std::min(end + 1, text.size()));
            if (line.empty())
                continue;
            if (std::exchange(began, true))
                row(line);
            else
                header(line);
        }
        if (!began)
            fault(fmt::format("expected the header '{}'", kHeader));
        faults_.throw_if_any();
        return std::move(times_);
    }

  private:
    void fault(std::string message) {
        faults_.add(fmt::format("{}:{}", source_, std::max(line_, 1)), std::move(message));
    }

    void add(const Line& line, ProbeTimes& times) {
        const std::string_view text = line.latency;
        double value = 0.0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        const bool whole = error == std::errc() && end == text.data() + text.size();
        if (!whole || !(value >= kShortestMs) || value > kLongestMs)
            return fault(fmt::format(
                "expected a latency in milliseconds, a positive number, found {}", quoted(text)));
        times.repetitions.emplace_back(value);
        times.disturbed = times.disturbed || line.note == kDisturbed;
    }

    const std::string& source_;
    std::vector<ProbeTimes> times_;
    std::map<std::string, std::size_t, std::less<>> index_;
    Faults faults_;
    int line_ = 0;
    bool with_note_ = false;
};

}  // namespace

Milliseconds ProbeTimes::median() const {
    return TimeSample({repetitions.begin(), repetitions.end()}).median();
}

std::vector<ProbeTimes> read_measurements(std::string_view text,
                                          const std::string& source,
                                          std::size_t probes) {
    return MeasurementReader(source, probes).read(text);
}

std::string measurements_header() {
    return std::string(kHeader) + '\n';
}

std::string unmeasured_line(std::size_t probe) {
    return probe_name(probe) + ",,\n";
}

std::string measurement_line(std::size_t probe, Milliseconds latency, bool disturbed) {
    return fmt::format(
        "{},{},{}\n", probe_name(probe), latency.count(), disturbed ? kDisturbed : "");
}

}  // namespace parnas::hw_models
