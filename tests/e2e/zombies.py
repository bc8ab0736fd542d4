#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Workers that fall asleep for longer than their leases. Where nobody took the trial, the result is taken; where another
worker has it, the sleeper hears 409 whatever it says, and the trial's result is the other's."""
import tempfile
import time

from experiment import Violation, expect, run
from service import Client, Refused, Server, new_key, remote_job

AT_ONCE = 32
SLEEPER_LOSS = -1.0


def result(lease, loss):
    return {"fence": lease["fence"], "outcome": "completed", "metrics": {"loss": loss}, "cost_s": 0}


def put_result(client, lease, loss):
    return client.ask("PUT", f"/v1/leases/{lease['lease']}/result", result(lease, loss))


def submit(client, name, trials):
    client.ask("POST", "/v1/jobs", {"study": remote_job(name, trials)}, new_key())


def worker_of(client, study):
    worker = client.ask("POST", "/v1/workers", {"name": "w", "host": "h", "pid": 1, "version": "1"}, new_key())["id"]

    def take():
        return client.ask("POST", f"/v1/workers/{worker}/leases", {"study": study, "max": AT_ONCE, "wait_s": 1},
                          new_key())["leases"]
    return take


def take_many(take, most):
    """As many as there are at once, at most `most`."""
    leases = []
    while len(leases) < most and (more := take()):
        leases += more
    return leases


def revive(client, rounds, lease_s):
    """Late, but nobody else wanted the trial."""
    submit(client, "revived", rounds)
    take = worker_of(client, "revived")
    done = 0
    while done < rounds:
        leases = take_many(take, min(AT_ONCE, rounds - done))
        expect(leases, "there is nothing to take")
        time.sleep(1.5 * lease_s)
        for lease in leases:
            try:
                state = put_result(client, lease, float(lease["trial"]))["state"]
            except Refused as error:
                raise Violation(f"a late result that nobody else had was refused: {error}") from error
            expect(state == "complete", f"a late result made the trial {state}")
            done += 1


def refuse(client, rounds, lease_s):
    """Late, and another worker has the trial."""
    submit(client, "taken", rounds)
    sleeper, other = worker_of(client, "taken"), worker_of(client, "taken")
    asleep = {lease["trial"]: lease for lease in take_many(sleeper, AT_ONCE)}
    done, end = 0, time.monotonic() + 60 + rounds * (lease_s + 0.1)
    while done < rounds:
        expect(time.monotonic() < end, f"after {done} rounds no trial is given to another")
        for lease in other():
            if lease["attempt"] == 1:
                asleep[lease["trial"]] = lease
                continue
            check_superseded(client, asleep.pop(lease["trial"]))
            told = put_result(client, lease, float(lease["trial"]))
            expect(told["state"] == "complete", f"the holder's result made the trial {told}")
            done += 1
    return done


def check_superseded(client, lease):
    path = f"/v1/leases/{lease['lease']}"
    for method, what, body in (("PUT", "heartbeat", {"fence": lease["fence"]}),
                               ("POST", "reports", {"fence": lease["fence"],
                                                    "reports": [{"step": 1, "metrics": {"loss": SLEEPER_LOSS}}]}),
                               ("PUT", "result", result(lease, SLEEPER_LOSS))):
        try:
            told = client.ask(method, f"{path}/{what}", body)
        except Refused as error:
            expect(error.status == 409 and error.slug == "lease-superseded", f"{what} of a superseded lease: {error}")
        else:
            raise Violation(f"{what} of a superseded lease was taken: {told}")


def check_results(client, study, rounds):
    trials, token = [], ""
    while token is not None:
        page = client.ask("GET", f"/v1/studies/{study}/trials?page_size=1000{token}")
        trials += page["items"]
        token = f"&page_token={page['next_page_token']}" if "next_page_token" in page else None
    expect([trial["number"] for trial in trials] == list(range(rounds)), f"{study}: numbers are not dense")
    wrong = [trial["number"] for trial in trials if trial["values"] != {"loss": float(trial["number"])}]
    expect(not wrong, f"{study}: others' results: {wrong}")


def experiment(options):
    with tempfile.TemporaryDirectory() as folder, Server(folder, "--lease", str(options.lease)) as server:
        client = Client(server.port)
        begin = time.monotonic()
        revive(client, options.rounds, options.lease)
        refuse(client, options.rounds, options.lease)
        seconds = time.monotonic() - begin
        for study in ("revived", "taken"):
            check_results(client, study, options.rounds)
        print(f"{options.rounds} late results that nobody else had: taken; {options.rounds} of superseded leases: 409 for "
              f"heartbeat, report and result, results unchanged; {seconds:.0f} s")


if __name__ == "__main__":
    run(experiment, __doc__, rounds=128, lease=0.1)
