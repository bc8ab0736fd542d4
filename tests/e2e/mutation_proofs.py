#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Brings faults back (core/mutation.h), one at a time, and checks that the experiment that guards against it turns red, for
that reason. Without a fault each of them is a test of its own."""
import concurrent.futures
import pathlib
import re
import subprocess
import sys
import time

FOLDER = pathlib.Path(__file__).resolve().parent
# Mutation, experiment with its arguments, and what it has to say.
PROOFS = [
    ("acknowledge_before_commit", "service_kill.py --kills 15 --workers 16", r"acknowledged, and lost"),
    ("unchecked_body", "service_fuzz.py --cases 1000", r": 500 |no answer"),
    ("ignore_page_token", "service_fuzz.py --cases 52", r"no last page|not the whole list"),
    ("no_head_deadline", "slow_clients.py --slow 20 --streams 8", r"slow sockets were not closed"),
    ("no_body_limit", "bad_requests.py", r"a body of 1 GB"),
    ("ambiguous_framing", "bad_requests.py", r"length and chunks"),
    ("files_of_requests", "injection.py --each 1", r"a request named a file|a file came back"),
    ("sql_by_concatenation", "injection.py --each 4", r"'.*: 50[03]"),
    ("any_scope", "authorisation.py", r"with the scope"),
    ("any_project", "authorisation.py", r"with a token of another project"),
    ("no_expiry", "authorisation.py", r"with a token that is expired"),
    ("no_revocation", "authorisation.py", r"with a token that is revoked"),
    ("no_lapse", "lost_workers.py --trials 200 --patience 15", r"the study has not ended"),
    ("no_fence", "zombies.py --rounds 32", r"of a superseded lease was taken"),
    ("no_idempotency_record", "flaky_network.py --results 100", r"the same request, another answer"),
    ("no_vital_lane", "overload.py --seconds 4", r"heartbeat"),
    ("ignore_failed_commit", "no_room.py --times 1", r"acknowledged, and lost"),
    ("migrate_in_steps", "migration_kill.py --kills 30", r"left it between versions"),
    ("no_graceful_stop", "stopping.py --stops 1", r"a request that was under way got"),
]


def prove(proof):
    """Why it is no proof; none: it is one. What shows only when the machine does the right thing at the right time has
    three tries."""
    for _ in range(3):
        fault = prove_once(proof)
        if fault is None:
            break
    return fault


def prove_once(proof):
    mutation, command, words = proof
    script, *arguments = command.split()
    ended = subprocess.run([sys.executable, str(FOLDER / script), *arguments, "--mutation", mutation],
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=300, check=False)
    if ended.returncode == 0:
        return f"{command} does not notice {mutation}"
    said = ended.stderr.strip()
    found = re.search(rf"^VIOLATION: .*(?:{words})", said, re.DOTALL | re.MULTILINE)
    if ended.returncode != 1 or found is None:
        return f"{command} with {mutation} ended with {ended.returncode} for another reason:\n{said[-3000:]}"
    return None


def main():
    chosen = [proof for proof in PROOFS if len(sys.argv) == 1 or proof[0] in sys.argv[1:]]
    faults = []
    begin = time.monotonic()
    # What is asked for more than it can do is to have nothing beside it.
    alone = [proof for proof in chosen if proof[1].startswith("overload.py")]
    for proofs, programs in ([proof for proof in chosen if proof not in alone], 2), (alone, 1):
        with concurrent.futures.ThreadPoolExecutor(programs) as pool:
            for proof, fault in zip(proofs, pool.map(prove, proofs)):
                print(f"{proof[0]:28} {proof[1]:48} {'noticed' if fault is None else 'NOT NOTICED'}", flush=True)
                if fault is not None:
                    faults.append(fault)
    print(f"{len(chosen) - len(faults)} of {len(chosen)} faults noticed in {time.monotonic() - begin:.0f} s")
    if faults:
        sys.exit("\n".join(faults))


if __name__ == "__main__":
    main()
