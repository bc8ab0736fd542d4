// SPDX-License-Identifier: Apache-2.0
// The composition root: arguments in, one command, an exit code out.
#include <csignal>
#include <exception>
#include <iostream>
#include <new>

#include "cli/arguments.h"
#include "cli/commands/commands.h"
#include "cli/console.h"
#include "cli/plugins.h"

namespace {

using namespace parnas;
using namespace parnas::cli;

int run_command(const std::vector<std::string>& arguments) {
    const auto parsed = parse_arguments(arguments);
    if (const auto* answer = std::get_if<Answer>(&parsed)) {
        std::cout << answer->text;
        return 0;
    }
    const auto& invocation = std::get<Invocation>(parsed);
    use_plugins(invocation.global.plugins);
    Console console = make_console(invocation.global);
    return std::visit([&](const auto& options) { return run(options, invocation.global, console); },
                      invocation.command);
}

// Turns whatever escapes into the message and exit code of an Error.
int guarded(const std::vector<std::string>& arguments) {
    const auto complain = [&](const Error& error) {
        std::cout.flush();
        std::cerr << error_text(error, requested_output(arguments));
        return exit_code(error.kind());
    };
    try {
        const int code = run_command(arguments);
        if (!std::cout.flush())
            throw Error(ErrorKind::unavailable, "cannot be written", "standard output");
        return code;
    } catch (const Error& error) {
        return complain(error);
    } catch (const std::bad_alloc&) {
        return complain(Error(ErrorKind::unavailable, "out of memory"));
    } catch (const std::exception& error) {
        return complain(
            Error(ErrorKind::internal, std::string("this is a bug in parnas: ") + error.what()));
    }
}

}  // namespace

int main(int argc, char** argv) {
    // A file-size limit is met like a full disk, as an error of the write.
    std::signal(SIGXFSZ, SIG_IGN);
    return guarded({argv + 1, argv + argc});
}
