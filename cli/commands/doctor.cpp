// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/commands/commands.h"
#include "cli/composition.h"
#include "cli/machine.h"
#include "cli/stores.h"
#include "cli/text/numbers.h"
#include "cli/torch_module.h"
#include "core/quiet_machine.h"

namespace parnas::cli {
namespace {

namespace fs = std::filesystem;

enum class Verdict { ok, warning, missing };

std::string_view to_string(Verdict verdict) {
    switch (verdict) {
        case Verdict::ok:
            return "ok";
        case Verdict::warning:
            return "warning";
        case Verdict::missing:
            return "missing";
    }
    return "unknown";
}

struct Finding {
    std::string subject;
    Verdict verdict = Verdict::ok;
    std::string text;
};

Finding look_at_sqlite() {
    const std::string version = sqlite_version();
    std::string text = version;
    if (has_wal_reset_bug(version))
        text +=
            "; has the WAL-reset bug of 3.7.0 to 3.51.2: a program writes through one connection, "
            "so "
            "only others that write to the same store meanwhile can meet it, a second parnas too";
    return {"SQLite", Verdict::ok, text};
}

Finding look_at_torch() {
    const fs::path path = torch_module_path();
    if (!fs::exists(path))
        return {
            "LibTorch module",
            Verdict::warning,
            fmt::format("not found at {}; searches with tables, synthetic functions and analytic "
                        "targets work, training and measuring do not",
                        path.string())};
    try {
        search::Registries registries = make_registries();
        open_torch_module(registries);
        return {"LibTorch module", Verdict::ok, path.string()};
    } catch (const Error& error) {
        return {"LibTorch module", Verdict::missing, error.what()};
    }
}

Finding look_at_blas() {
    const auto library = blas_library();
    if (!library)
        return {"BLAS",
                Verdict::warning,
                "libblas.so.3 was not found; training needs it: apt install libopenblas0-openmp"};
    const std::string path = library->string();
    if (path.find("openblas") == std::string::npos)
        return {
            "BLAS",
            Verdict::warning,
            path +
                " is not OpenBLAS: the reference BLAS trains 15 to 25 times slower; apt install "
                "libopenblas0-openmp"};
    if (path.find("openmp") == std::string::npos)
        return {"BLAS",
                Verdict::warning,
                path + " does not share LibTorch's threads; apt install libopenblas0-openmp"};
    return {"BLAS", Verdict::ok, path};
}

Finding look_at_memory() {
    constexpr std::uintmax_t kLittle = std::uintmax_t{1} << 30U;
    const std::uintmax_t limit = memory_limit();
    return {"memory", limit < kLittle ? Verdict::warning : Verdict::ok, short_bytes(limit)};
}

Finding look_at_disk(const fs::path& store) {
    constexpr std::uintmax_t kLittle = std::uintmax_t{100} << 20U;
    const fs::path folder = fs::absolute(store).parent_path();
    std::error_code error;
    const fs::space_info space = fs::space(folder, error);
    if (error || access(folder.c_str(), W_OK) != 0)
        return {
            "store folder",
            Verdict::missing,
            fmt::format("{} cannot be written: choose another one with --store", folder.string())};
    return {"store folder",
            space.available < kLittle ? Verdict::warning : Verdict::ok,
            fmt::format("{}, {} free", folder.string(), short_bytes(space.available))};
}

Finding look_at_locks() {
    const fs::path folder = quiet_machine_folder();
    if (access(folder.c_str(), W_OK | X_OK) != 0)
        return {
            "lock folder",
            Verdict::missing,
            fmt::format("{} cannot be written, so latencies cannot be measured undisturbed: set "
                        "XDG_RUNTIME_DIR",
                        folder.string())};
    return {"lock folder", Verdict::ok, folder.string()};
}

Finding look_at_terminal(const Console& console) {
    return {"terminal",
            Verdict::ok,
            fmt::format("{}, {} columns, plots in {}",
                        console.live ? "interactive" : "not interactive",
                        console.columns,
                        console.glyphs == Glyphs::braille ? "braille" : "ASCII")};
}

}  // namespace

int run(const DoctorOptions&, const GlobalOptions& global, Console& console) {
    const std::vector<Finding> findings{
        {"parnas", Verdict::ok, PARNAS_VERSION},
        look_at_sqlite(),
        look_at_torch(),
        look_at_blas(),
        {"cores", Verdict::ok, std::to_string(usable_cores())},
        look_at_memory(),
        look_at_disk(store_path(global)),
        look_at_locks(),
        look_at_terminal(console),
    };
    Table table{.columns = {{"subject", "part"}, {"verdict", ""}, {"text", ""}}, .rows = {}};
    bool all_there = true;
    for (const Finding& finding : findings) {
        table.rows.push_back(
            {finding.subject, std::string(to_string(finding.verdict)), finding.text});
        all_there = all_there && finding.verdict != Verdict::missing;
    }
    print(console, table);
    return all_there ? 0 : exit_code(ErrorKind::unavailable);
}

}  // namespace parnas::cli
