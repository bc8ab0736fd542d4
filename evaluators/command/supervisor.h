// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace parnas::evaluators {

// What parnas asks of a supervisor, one byte each on its control pipe. The pipe's end, which
// also comes when parnas dies, means: kill everything.
enum class Order : char { terminate = 'T', suspend = 'S', resume = 'C' };

// What a supervisor says on its report pipe, once: the program could not be run, or
// everything that it left is dead and waitpid() gave `status`.
struct SupervisorReport {
    int error = 0;  // errno; 0: it ran
    int status = 0;
};

// A program to be run, prepared before the fork since afterwards nothing may be allocated.
struct Plan {
    const char* executable;     // absolute
    char* const* arguments;     // ends with null
    char* const* environment;   // ends with null
    const char* folder;         // working directory
    int input, output, errors;  // the program's; then the supervisor's own
    int control, report;
};

// The life of a forked child: runs the program as a child of its own, in a group of its own,
// and waits for its end or for the control pipe's. Then kills every descendant, also those
// that changed their group and session, since orphans among them become children of the
// supervisor (PR_SET_CHILD_SUBREAPER). If the supervisor itself is killed, the program is
// too (PR_SET_PDEATHSIG), but not what the program has started.
//
// To be called right after _Fork() in a process that may have other threads, all signals
// blocked: uses async-signal-safe functions only and leaves no descriptor open but the five.
[[noreturn]] void supervise(const Plan& plan);

}  // namespace parnas::evaluators
