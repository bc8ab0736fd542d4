// SPDX-License-Identifier: Apache-2.0
#include "hw_models/measuring/energy_counter.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <linux/perf_event.h>
#include <optional>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "core/error.h"

namespace parnas::hw_models {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> first_line(const fs::path& path) {
    std::ifstream file(path);
    std::string line;
    return std::getline(file, line) ? std::optional(line) : std::nullopt;
}

template <typename Number>
std::optional<Number> number_in(std::string_view text) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end != text.data() ? std::optional(number) : std::nullopt;
}

std::optional<std::uint64_t> number_in(const fs::path& path) {
    const std::optional<std::string> line = first_line(path);
    return line ? number_in<std::uint64_t>(std::string_view(*line)) : std::nullopt;
}

// A package of Linux' power capping framework: microjoules that wrap at a known value.
class PowercapCounter final : public EnergyCounter {
  public:
    PowercapCounter(fs::path zone, std::uint64_t range)
        : zone_(std::move(zone)), range_(range), last_(microjoules()) {}

    std::string name() const override {
        return fmt::format("powercap {} ({})",
                           zone_.filename().string(),
                           first_line(zone_ / "name").value_or("no name"));
    }

    Millijoules read() override {
        const std::uint64_t now = microjoules();
        total_ += now >= last_ ? now - last_ : now + range_ - last_;
        last_ = now;
        return Millijoules(static_cast<double>(total_) * 1e-3);
    }

  private:
    std::uint64_t microjoules() const {
        const auto read = number_in(zone_ / "energy_uj");
        if (!read)
            throw Error(ErrorKind::unavailable, "cannot be read", (zone_ / "energy_uj").string());
        return *read;
    }

    fs::path zone_;
    std::uint64_t range_;
    std::uint64_t last_;
    std::uint64_t total_ = 0;
};

// An event of perf's `power` unit, of the whole machine.
class PerfCounter final : public EnergyCounter {
  public:
    PerfCounter(std::string event, int file, double joules_per_count)
        : event_(std::move(event)), file_(file), joules_per_count_(joules_per_count) {}
    ~PerfCounter() override { close(file_); }
    PerfCounter(const PerfCounter&) = delete;
    PerfCounter& operator=(const PerfCounter&) = delete;

    std::string name() const override { return fmt::format("perf power/{}/", event_); }

    Millijoules read() override {
        std::uint64_t count = 0;
        if (::read(file_, &count, sizeof count) != static_cast<ssize_t>(sizeof count))
            throw Error(ErrorKind::unavailable, "cannot be read", name());
        return Millijoules(static_cast<double>(count) * joules_per_count_ * 1e3);
    }

  private:
    std::string event_;
    int file_;
    double joules_per_count_;
};

std::unique_ptr<EnergyCounter> open_powercap(const fs::path& zone) {
    const auto range = number_in(zone / "max_energy_range_uj");
    if (!range || !number_in(zone / "energy_uj"))
        return nullptr;  // of the superuser alone, as a rule
    return std::make_unique<PowercapCounter>(zone, *range);
}

std::unique_ptr<EnergyCounter> open_perf(const fs::path& unit, const std::string& event) {
    const auto type = number_in(unit / "type");
    const auto config = first_line(unit / "events" / event);  // "event=0x02"
    const auto scale_text = first_line(unit / "events" / (event + ".scale"));
    constexpr std::string_view kPrefix = "event=0x";
    if (!type || !config || !scale_text || !config->starts_with(kPrefix))
        return nullptr;
    const auto scale = number_in<double>(std::string_view(*scale_text));
    std::uint64_t code = 0;
    const char* digits = config->data() + kPrefix.size();
    const auto parsed = std::from_chars(digits, config->data() + config->size(), code, 16);
    if (!scale || parsed.ec != std::errc())
        return nullptr;
    perf_event_attr attributes{};
    attributes.size = sizeof attributes;
    attributes.type = static_cast<std::uint32_t>(*type);
    attributes.config = code;
    // Of the first package: any process, on processor 0.
    const long file = syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
    if (file < 0)
        return nullptr;
    return std::make_unique<PerfCounter>(event, static_cast<int>(file), *scale);
}

}  // namespace

std::vector<std::unique_ptr<EnergyCounter>> find_energy_counters(const fs::path& sysfs) {
    std::vector<std::unique_ptr<EnergyCounter>> counters;
    const auto add = [&](std::unique_ptr<EnergyCounter> counter) {
        if (counter != nullptr)
            counters.push_back(std::move(counter));
    };
    std::error_code none;
    std::vector<fs::path> zones;
    for (const fs::directory_entry& entry :
         fs::directory_iterator(sysfs / "class" / "powercap", none)) {
        // "intel-rapl:0" is a package; "intel-rapl:0:0" is a part of it.
        const std::string zone = entry.path().filename().string();
        if (std::ranges::count(zone, ':') == 1)
            zones.push_back(entry.path());
    }
    std::ranges::sort(zones);
    for (const fs::path& zone : zones)
        add(open_powercap(zone));
    const fs::path unit = sysfs / "bus" / "event_source" / "devices" / "power";
    for (const char* event : {"energy-pkg", "energy-psys"})
        add(open_perf(unit, event));
    return counters;
}

EnergySelfTest test_energy_counter(EnergyCounter& counter,
                                   const std::function<void()>& load,
                                   Instruments& instruments,
                                   Seconds time) {
    constexpr double kLeastWatts = 1.0;
    constexpr double kMostWatts = 1000.0;
    const Millijoules energy_before = counter.read();
    const Seconds start = instruments.now();
    while (instruments.now() - start < time)
        load();
    const Millijoules energy = counter.read() - energy_before;
    const Milliseconds elapsed = instruments.now() - start;
    EnergySelfTest test{.power = Watts(energy.count() / elapsed.count())};
    if (!(energy.count() > 0.0))
        test.reason = fmt::format("{} does not advance under load", counter.name());
    else if (test.power.count() < kLeastWatts || test.power.count() > kMostWatts)
        test.reason = fmt::format("{} says {:.3g} W under load, which is not between {} and {} W",
                                  counter.name(),
                                  test.power.count(),
                                  kLeastWatts,
                                  kMostWatts);
    test.passed = test.reason.empty();
    return test;
}

}  // namespace parnas::hw_models
