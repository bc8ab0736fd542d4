#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Processes that optimise one study over HTTP, a queue of trials before them, while some are killed. Nothing may be lost,
nothing popped twice, numbers are dense, and the trial of a killed worker is queued again within the ttl and 5 s."""
import json
import multiprocessing
import os
import pathlib
import random
import signal
import sys
import tempfile
import time

from experiment import expect, percentile, run
from service import Server

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "python"))

TTL_S = 2.0


def work(url, folder, seed):
    """Until the study has enough; each value that was told and heard is written down."""
    import optuna
    from parnas_optuna import ParnasStorage
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.load_study(study_name="workers", storage=ParnasStorage(url, batch=bool(seed % 2)),
                              sampler=optuna.samplers.RandomSampler(seed=seed))
    log = open(folder / f"{os.getpid()}.log", "a", encoding="ascii")  # pylint: disable=consider-using-with
    wanted = int(os.environ["PARNAS_TEST_TRIALS"])
    while study._storage.get_n_trials(study._study_id, optuna.trial.TrialState.COMPLETE) < wanted:
        trial = study.ask()
        print(json.dumps({"began": trial.number}), file=log, flush=True)
        x = trial.suggest_float("x", 0.0, 1.0)
        y = trial.suggest_float("y", 0.0, 1.0)
        time.sleep(0.01)
        try:
            study.tell(trial, x + y)
        except RuntimeError:
            print(json.dumps({"refused": trial.number}), file=log, flush=True)
            continue
        print(json.dumps({"told": trial.number, "value": x + y}), file=log, flush=True)


def kill_some(workers, start, folder, kills, rng, deadline):
    """When each that was killed was, by its process id. Those that are killed have had trials."""
    died = {}
    while len(died) < kills and time.monotonic() < deadline:
        time.sleep(rng.uniform(0.05, 0.3))
        if not any(worker.is_alive() for worker in workers):
            break
        victim = rng.randrange(len(workers))
        if not workers[victim].is_alive() or not (folder / f"{workers[victim].pid}.log").exists():
            continue
        os.kill(workers[victim].pid, signal.SIGKILL)
        died[workers[victim].pid] = time.time()
        workers[victim].join()
        workers[victim] = start()
    return died


def check(study, folder, died, queued):
    import optuna
    trials = study.get_trials(deepcopy=False)
    expect([trial.number for trial in trials] == list(range(len(trials))), "numbers are not dense")
    lines = {path.stem: [json.loads(line) for line in path.read_text().splitlines()] for path in folder.glob("*.log")}
    began = [line["began"] for each in lines.values() for line in each if "began" in line]
    expect(len(began) == len(set(began)), "a trial was given to two workers")
    for each in lines.values():
        for line in each:
            if "told" in line:
                trial = trials[line["told"]]
                expect(trial.state == optuna.trial.TrialState.COMPLETE and trial.value == line["value"],
                       f"trial {line['told']} was told and is lost")
    popped = [trial for trial in trials if trial.user_attrs.get("queued") is not None
              and "failed_trial" not in trial.system_attrs]
    expect(len(popped) == queued, "a queued trial is lost")
    late = []
    for pid, time_ in died.items():
        mine = lines.get(str(pid), [])
        open_ = {line["began"] for line in mine if "began" in line} - \
            {line[word] for line in mine for word in ("told", "refused") if word in line}
        for number in open_:
            trial = trials[number]
            if trial.state == optuna.trial.TrialState.COMPLETE:
                continue  # killed after its result had come
            expect(trial.state == optuna.trial.TrialState.FAIL, f"trial {number} of a killed worker is {trial.state}")
            late.append(trial.datetime_complete.timestamp() - time_)
            copies = [each for each in trials if each.system_attrs.get("retry_history", [None])[-1] == number]
            expect(len(copies) == 1, f"trial {number} has {len(copies)} copies")
    expect(all(each <= TTL_S + 5 for each in late), f"retried only after {max(late, default=0):.1f} s")
    return len(trials), late


def experiment(options):
    with tempfile.TemporaryDirectory() as name, Server(name, "--lease", str(TTL_S)) as server:
        import optuna
        from parnas_optuna import ParnasStorage
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        folder, url = pathlib.Path(name), f"http://127.0.0.1:{server.port}"
        study = optuna.create_study(study_name="workers", storage=ParnasStorage(url))
        for i in range(options.queued):
            study.enqueue_trial({"x": 0.5}, user_attrs={"queued": i})
        os.environ["PARNAS_TEST_TRIALS"] = str(options.processes * options.trials)
        context, seeds = multiprocessing.get_context("spawn"), iter(range(10 ** 6))

        def start():
            process = context.Process(target=work, args=(url, folder, next(seeds)), daemon=True)
            process.start()
            return process

        begin = time.monotonic()
        workers = [start() for _ in range(options.processes)]
        died = kill_some(workers, start, folder, options.kills, random.Random(options.seed), begin + options.limit)
        for worker in workers:
            worker.join(options.limit)
            expect(not worker.is_alive(), "a worker does not end")
        seconds = time.monotonic() - begin
        time.sleep(TTL_S + 1.5)
        count, late = check(study, folder, died, options.queued)
        print(f"{count} trials by {options.processes} processes in {seconds:.0f} s, {len(died)} killed, {len(late)} of their "
              f"trials queued again, after {percentile(late, 0.5) if late else 0:.1f} s, "
              f"at most {max(late, default=0):.1f} s (ttl {TTL_S} s)")


if __name__ == "__main__":
    run(experiment, __doc__, processes=8, trials=500, kills=20, queued=30, seed=1, limit=540)
