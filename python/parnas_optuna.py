# SPDX-License-Identifier: Apache-2.0
"""Optuna studies on a parnas server.

    import optuna
    from parnas_optuna import ParnasPruner, ParnasSampler, ParnasStorage

    study = optuna.create_study(study_name="digits", load_if_exists=True,
                                storage=ParnasStorage("http://localhost:8080"),
                                sampler=ParnasSampler("tpe"), pruner=ParnasPruner("median"))
    study.optimize(objective, n_trials=100)

`ParnasStorage` is a storage for Optuna 3.0 and later. Trials that it creates or pops are leased: while this process lives
it keeps them by heartbeats; when it does not, they fail and are queued again. `ParnasSampler` and `ParnasPruner` have the
server decide, by all that it knows of the study. Needs the standard library beside Optuna.
"""
import copy
import datetime
import http.client
import json
import os
import random
import threading
import time
import urllib.parse
import uuid
import weakref

import optuna
from optuna.distributions import check_distribution_compatibility, distribution_to_json, json_to_distribution
from optuna.exceptions import DuplicatedStudyError
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler
from optuna.storages import BaseStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

try:
    from optuna.exceptions import UpdateFinishedTrialError
except ImportError:
    class UpdateFinishedTrialError(RuntimeError):
        """Optuna itself has it since 4.3."""
try:
    from optuna.study._frozen import FrozenStudy
except ImportError:
    from optuna._frozen import FrozenStudy
try:
    from optuna.storages._heartbeat import BaseHeartbeat
except ImportError:
    class BaseHeartbeat:
        """Optuna's own heartbeats came with 3.0."""

__all__ = ["ParnasError", "ParnasPruner", "ParnasSampler", "ParnasStorage"]

_STATES = {"waiting": TrialState.WAITING, "running": TrialState.RUNNING, "complete": TrialState.COMPLETE,
           "pruned": TrialState.PRUNED, "fail": TrialState.FAIL}
_WORDS = {state: word for word, state in _STATES.items()}
_UNFINISHED = {TrialState.WAITING, TrialState.RUNNING}
_WORTH_ANOTHER_TRY = {408, 425, 429, 502, 503, 504, 507}
_LONGEST_PAUSE_S = 5.0


class ParnasError(RuntimeError):
    """What the server refused, and Optuna has no word for."""

    def __init__(self, status, problem):
        super().__init__(f"{status}: {problem.get('detail') or problem.get('title')} {problem.get('errors', '')}".strip())
        self.status = status
        self.slug = str(problem.get("type", "")).rsplit("/", 1)[-1]


def _exception_for(status, problem):
    error = ParnasError(status, problem)
    if status == 404:
        return KeyError(str(error))
    if status == 412:
        return UpdateFinishedTrialError(str(error))
    if status == 422:
        return ValueError(str(error))
    if error.slug == "name-taken":
        return DuplicatedStudyError(str(error))
    return error


class _FinishedAfterOutage(UpdateFinishedTrialError):
    """Of a request that was sent more than once: it may have been the one that finished the trial."""


class _Connection:
    """Closed when nobody has it any more: when its thread has ended, or its storage is gone."""

    def __init__(self, parts):
        make = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._http = make(parts.hostname, parts.port, timeout=60)
        self.process = os.getpid()

    def send(self, path, text, headers):
        self._http.request("POST", path, text, headers)
        answer = self._http.getresponse()
        return answer.status, answer.read()

    def __del__(self):
        self._http.close()


class _Connections:
    """One kept connection for each thread of this process."""

    def __init__(self, url, token, patience_s):
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"expected a URL such as http://localhost:8080, got {url!r}")
        self._parts = parts
        self._headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._patience_s = patience_s
        self._mine = threading.local()

    def ask(self, method, body, key=None):
        """The answer, and whether the request was sent more than once. Goes on through outages: whatever is asked may
        be asked again."""
        text = json.dumps(body).encode()
        headers = self._headers if key is None else {**self._headers, "Idempotency-Key": key}
        end = time.monotonic() + self._patience_s
        pause, again = 0.05, False
        while True:
            try:
                status, answer = self._send(f"{self._parts.path.rstrip('/')}/optuna/v1/{method}", text, headers)
                if status < 300:
                    return json.loads(answer), again
                problem = _json_object(answer)
                if again and status == 404 and method == "delete_study":
                    return {}, again  # the answer to an earlier sending was lost
                if status not in _WORTH_ANOTHER_TRY and not _is_in_progress(problem) or time.monotonic() > end:
                    raise _FinishedAfterOutage(str(problem)) if again and status == 412 else \
                        _exception_for(status, problem)
            except (OSError, http.client.HTTPException):
                self.close()
                if time.monotonic() > end:
                    raise
            again = True
            time.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(2 * pause, _LONGEST_PAUSE_S)

    def _send(self, path, text, headers):
        connection = getattr(self._mine, "connection", None)
        if connection is None or connection.process != os.getpid():
            connection = self._mine.connection = _Connection(self._parts)
        return connection.send(path, text, headers)

    def close(self):
        self._mine.connection = None


def _json_object(text):
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    return value if isinstance(value, dict) else {"detail": text[:200].decode("utf-8", "replace")}


def _is_in_progress(problem):
    return str(problem.get("type", "")).endswith("/request-in-progress")


def _to_number(number):
    """JSON has no NaN and no infinities: they are texts here."""
    number = float(number)
    if number != number:
        return "NaN"
    return number if abs(number) != float("inf") else ("Infinity" if number > 0 else "-Infinity")


def _to_time(time_):
    """Optuna's datetimes are naive and local, or aware."""
    return None if time_ is None else f"{time_.astimezone(datetime.timezone.utc):%Y-%m-%d %H:%M:%S.%f}"


def _from_time(text):
    if text is None:
        return None
    utc = datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.timezone.utc)
    return utc.astimezone().replace(tzinfo=None)


_distributions = {}  # by text: studies have few, trials many


def _from_distribution(text):
    distribution = _distributions.get(text)
    if distribution is None:
        distribution = _distributions.setdefault(text, json_to_distribution(text))
    return distribution


def _from_trial(trial, texts):
    params, distributions = {}, {}
    for name, (value, place) in trial["params"].items():
        distributions[name] = _from_distribution(texts[place])
        params[name] = distributions[name].to_external_repr(float(value))
    return FrozenTrial(
        number=trial["number"], state=_STATES[trial["state"]], value=None,
        values=[float(value) for value in trial["values"]] or None,
        datetime_start=_from_time(trial["datetime_start"]), datetime_complete=_from_time(trial["datetime_complete"]),
        params=params, distributions=distributions,
        user_attrs={key: json.loads(value) for key, value in trial["user_attrs"].items()},
        system_attrs={key: json.loads(value) for key, value in trial["system_attrs"].items()},
        intermediate_values={int(step): float(value) for step, value in trial["intermediate_values"].items()},
        trial_id=trial["trial_id"])


def _to_template(trial):
    return {
        "state": _WORDS[trial.state],
        "values": [_to_number(value) for value in trial.values or []],
        "params": {name: {"value": _to_number(distribution.to_internal_repr(trial.params[name])),
                          "distribution": distribution_to_json(distribution)}
                   for name, distribution in trial.distributions.items()},
        "intermediate_values": {str(step): _to_number(value) for step, value in trial.intermediate_values.items()},
        "user_attrs": {key: json.dumps(value) for key, value in trial.user_attrs.items()},
        "system_attrs": {key: json.dumps(value) for key, value in trial.system_attrs.items()},
        "datetime_start": _to_time(trial.datetime_start), "datetime_complete": _to_time(trial.datetime_complete)}


class _SeenStudy:
    """Trials of a study as they were last seen; finished ones never change, so they are not asked for again."""

    def __init__(self):
        self.trials = []       # by number
        self.unfinished = {}   # by id
        self.last_finished = -1
        self.distributions = {}  # of the first trial that was seen with a parameter

    def add(self, trial):
        for name, distribution in trial.distributions.items():
            self.distributions.setdefault(name, distribution)
        self.trials.extend([None] * (trial.number + 1 - len(self.trials)))
        self.trials[trial.number] = trial
        if trial.state in _UNFINISHED:
            self.unfinished[trial._trial_id] = trial
        else:
            self.unfinished.pop(trial._trial_id, None)
            self.last_finished = max(self.last_finished, trial._trial_id)


class _OwnTrial:
    """A running trial of this process, and what of it the server does not know yet."""

    def __init__(self, trial, study_id):
        self.trial = trial
        self.study_id = study_id
        self.unsent = {}


class _Heartbeats:
    """Keeps the leases of this process, by one thread, until their trials have ended."""

    def __init__(self, connections):
        self._connections = connections
        self._lock = threading.Lock()
        self._trials = set()
        self._process = os.getpid()
        self._thread = None
        self._wake = threading.Event()

    def keep(self, trial_id):
        with self._lock:
            if self._process != os.getpid():  # leases of the process that this one was forked from are its own
                self._process, self._thread, self._trials = os.getpid(), None, set()
            self._trials.add(trial_id)
            if self._thread is None or not self._thread.is_alive():
                self._wake.clear()
                self._thread = threading.Thread(target=_beat, args=(weakref.ref(self),), daemon=True,
                                                name="parnas-heartbeats")
                self._thread.start()

    def drop(self, trial_id):
        with self._lock:
            self._trials.discard(trial_id)

    def beat(self):
        """Returns after how many seconds to beat again."""
        with self._lock:
            trials = sorted(self._trials)
        if not trials:
            return 1.0
        try:
            answer, _ = self._connections.ask("heartbeat", {"trial_ids": trials})
        except Exception:  # pylint: disable=broad-except  # whatever it is, the trial's own requests tell of it
            return 1.0
        with self._lock:
            self._trials.difference_update(answer["lost"])
        return answer["heartbeat_s"]


def _beat(heartbeats):
    while True:
        mine = heartbeats()
        if mine is None:
            return
        pause, wake = mine.beat(), mine._wake
        del mine
        wake.wait(pause)


class ParnasStorage(BaseStorage, BaseHeartbeat):
    """A storage on a parnas server. Thread-safe; may be pickled.

    Args:
        url: Of the server, as `http://localhost:8080`.
        token: With the scopes read, submit and work; none, `$PARNAS_TOKEN`.
        batch: Parameters and attributes of this process' running trials are sent with the next report or result, not
            one by one: three requests for a trial instead of about fifteen. Others see them only then, and a
            parameter that does not fit the study is refused only then.
        patience_s: How long requests are sent again while the server cannot be reached.
    """

    def __init__(self, url, token=None, *, batch=False, patience_s=120.0):
        self._settings = {"url": url, "token": token or os.environ.get("PARNAS_TOKEN"), "batch": batch,
                          "patience_s": patience_s}
        self._set_up()

    def _set_up(self):
        settings = self._settings
        self._connections = _Connections(settings["url"], settings["token"], settings["patience_s"])
        self._heartbeats = _Heartbeats(self._connections)
        self._client = uuid.uuid4().hex
        self._lock = threading.RLock()
        self._studies = {}  # _SeenStudy by id
        self._own = {}      # with `batch`: _OwnTrial by id

    def __getstate__(self):
        return {"_settings": self._settings}

    def __setstate__(self, state):
        self.__dict__.update(state)
        self._set_up()

    def ask(self, method, body, key=None):
        """POST /optuna/v1/<method>; what is refused becomes Optuna's exception for it."""
        return self._connections.ask(method, body, key)[0]

    def remove_session(self):
        self._connections.close()

    # Studies.

    def create_new_study(self, directions, study_name=None):
        name = study_name or f"no-name-{uuid.uuid4()}"
        words = ["maximize" if direction == StudyDirection.MAXIMIZE else "minimize" for direction in directions]
        return self.ask("create_new_study", {"study_name": name, "directions": words}, uuid.uuid4().hex)["study_id"]

    def delete_study(self, study_id):
        with self._lock:
            self._studies.pop(study_id, None)
        self.ask("delete_study", {"study_id": study_id})

    def set_study_user_attr(self, study_id, key, value):
        self.ask("set_study_attrs", {"study_id": study_id, "user_attrs": {key: json.dumps(value)}})

    def set_study_system_attr(self, study_id, key, value):
        self.ask("set_study_attrs", {"study_id": study_id, "system_attrs": {key: json.dumps(value)}})

    def get_study_id_from_name(self, study_name):
        return self.ask("get_study", {"study_name": study_name})["study_id"]

    def get_study_name_from_id(self, study_id):
        return self._study(study_id)["study_name"]

    def get_study_directions(self, study_id):
        return _directions(self._study(study_id))

    def get_study_user_attrs(self, study_id):
        return _attributes(self._study(study_id)["user_attrs"])

    def get_study_system_attrs(self, study_id):
        return _attributes(self._study(study_id)["system_attrs"])

    def get_all_studies(self):
        return [FrozenStudy(study_name=study["study_name"], direction=None, directions=_directions(study),
                            user_attrs=_attributes(study["user_attrs"]),
                            system_attrs=_attributes(study["system_attrs"]), study_id=study["study_id"])
                for study in self.ask("get_all_studies", {})["studies"]]

    def _study(self, study_id):
        return self.ask("get_study", {"study_id": study_id})

    # Trials.

    def create_new_trial(self, study_id, template_trial=None):
        body, key = {"study_id": study_id}, None
        runs = template_trial is None or template_trial.state == TrialState.RUNNING
        if template_trial is not None:
            body["template"] = _to_template(template_trial)
        if runs:
            body["lease"] = self._new_lease()
        else:
            key = uuid.uuid4().hex
        answer = self.ask("create_new_trial", body, key)
        if runs:
            self._begin(answer)
        return answer["trials"][0]["trial_id"]

    def set_trial_param(self, trial_id, param_name, param_value_internal, distribution):
        def change(trial):
            study_id = self._own[trial_id].study_id
            known = self._studies.setdefault(study_id, _SeenStudy()).distributions
            check_distribution_compatibility(known.setdefault(param_name, distribution), distribution)
            trial.distributions[param_name] = distribution
            trial.params[param_name] = distribution.to_external_repr(param_value_internal)
        self._later(trial_id, {"params": {param_name: {"value": _to_number(param_value_internal),
                                                       "distribution": distribution_to_json(distribution)}}}, change)

    def set_trial_user_attr(self, trial_id, key, value):
        self._later(trial_id, {"user_attrs": {key: json.dumps(value)}},
                    lambda trial: trial.user_attrs.__setitem__(key, value))

    def set_trial_system_attr(self, trial_id, key, value):
        self._later(trial_id, {"system_attrs": {key: json.dumps(value)}},
                    lambda trial: trial.system_attrs.__setitem__(key, value))

    def set_trial_intermediate_value(self, trial_id, step, intermediate_value):
        # Pruners of others are to see it now.
        self._send(trial_id, {"intermediate_values": {str(step): _to_number(intermediate_value)}},
                   lambda trial: trial.intermediate_values.__setitem__(step, intermediate_value))

    def set_trial_state_values(self, trial_id, state, values=None):
        body = {"state": _WORDS[state]}
        if values is not None:
            body["values"] = [_to_number(value) for value in values]
        if state == TrialState.RUNNING:
            body["lease"] = self._new_lease()
        updated = self._send(trial_id, body)
        if state == TrialState.RUNNING and updated:
            self._begin(self.ask("get_trial", {"trial_id": trial_id}))
        elif state != TrialState.RUNNING:
            self._end(trial_id)
        return updated

    def get_trial(self, trial_id):
        with self._lock:
            if trial_id in self._own:
                return copy.deepcopy(self._own[trial_id].trial)
        return self._one_trial(self.ask("get_trial", {"trial_id": trial_id}))

    def get_trial_id_from_study_id_trial_number(self, study_id, trial_number):
        if trial_number < 0:
            raise KeyError(f"no trial has the number {trial_number}")
        return self.ask("get_trial", {"study_id": study_id, "number": trial_number})["trials"][0]["trial_id"]

    def get_all_trials(self, study_id, deepcopy=True, states=None):
        with self._lock:
            seen = self._catch_up(study_id)
            if states is not None and set(states) <= _UNFINISHED:
                trials = sorted((self._as_own(trial) for trial in seen.unfinished.values() if trial.state in states),
                                key=lambda trial: trial.number)
            elif self._own:
                trials = [self._as_own(trial) for trial in seen.trials]
            else:
                trials = list(seen.trials)
        if states is not None:
            trials = [trial for trial in trials if trial.state in states]
        return copy.deepcopy(trials) if deepcopy else trials

    def _catch_up(self, study_id):
        seen = self._studies.get(study_id) or _SeenStudy()
        question = {"study_id": study_id, "trial_id_greater_than": seen.last_finished,
                    "included_trial_ids": list(seen.unfinished)}
        try:
            answer = self.ask("get_trials", question)
        except KeyError:
            self._studies.pop(study_id, None)
            raise
        for trial in answer["trials"]:
            seen.add(_from_trial(trial, answer["distributions"]))
        self._studies[study_id] = seen
        return seen

    # With `batch`: what this process knows better than the server.

    def _as_own(self, trial):
        own = self._own.get(trial._trial_id)
        return trial if own is None else copy.deepcopy(own.trial)

    def _begin(self, answer):
        trial_id = answer["trials"][0]["trial_id"]
        self._heartbeats.keep(trial_id)
        if self._settings["batch"]:
            with self._lock:
                self._own[trial_id] = _OwnTrial(self._one_trial(answer), answer["trials"][0]["study_id"])

    def _end(self, trial_id):
        self._heartbeats.drop(trial_id)
        with self._lock:
            self._own.pop(trial_id, None)

    def _later(self, trial_id, changes, change):
        with self._lock:
            own = self._own.get(trial_id)
            if own is not None:
                change(own.trial)
                for member, values in changes.items():
                    own.unsent.setdefault(member, {}).update(values)
                return
        self._send(trial_id, changes)

    def _send(self, trial_id, changes, change=None):
        with self._lock:
            own = self._own.get(trial_id)
            if own is not None:
                for member, values in own.unsent.items():
                    changes[member] = {**values, **changes.get(member, {})}
                own.unsent = {}
                if change is not None:
                    change(own.trial)
        answer = None
        try:
            answer, _ = self._connections.ask("update_trial", {"trial_id": trial_id, **changes})
        except _FinishedAfterOutage:
            if not self._was_done(trial_id, changes):
                raise
        except UpdateFinishedTrialError:
            self._end(trial_id)
            raise
        return answer is None or answer["updated"]

    def _was_done(self, trial_id, changes):
        """Whether the trial is finished as it was to be: then the answer to an earlier sending was lost."""
        state = changes.get("state")
        if state is None or _STATES[state] in _UNFINISHED:
            return False
        trial = self._one_trial(self.ask("get_trial", {"trial_id": trial_id}))
        return trial.state == _STATES[state] and \
            [_to_number(value) for value in trial.values or []] == changes.get("values", [])

    def _new_lease(self):
        return {"client": self._client, "request": uuid.uuid4().hex}

    @staticmethod
    def _one_trial(answer):
        return _from_trial(answer["trials"][0], answer["distributions"])

    # Optuna's own heartbeats, which work inside of optimize() only, are not needed: leases are kept for ask() as well,
    # and the server sees to trials whose worker is lost.

    def record_heartbeat(self, trial_id):
        self.ask("heartbeat", {"trial_ids": [trial_id]})

    def _get_stale_trial_ids(self, study_id):
        return []

    def get_heartbeat_interval(self):
        return None

    def get_heartbeat_stale_trial_callback(self):
        return None

    def get_failed_trial_callback(self):
        return None


def _directions(study):
    return [StudyDirection.MAXIMIZE if word == "maximize" else StudyDirection.MINIMIZE for word in study["directions"]]


def _attributes(texts):
    return {key: json.loads(value) for key, value in texts.items()}


def _storage_of(study):
    storage = study._storage
    storage = getattr(storage, "_backend", storage)
    if not isinstance(storage, ParnasStorage):
        raise ValueError("this study is not on a parnas server: expected storage=ParnasStorage(...)")
    return storage


class ParnasSampler(BaseSampler):
    """The server's samplers, for a study in a `ParnasStorage`.

    Parameters that all trials with a result have in common are sampled jointly; others, on their own.

    Args:
        sampler: The type of a job's `strategy`: "tpe", "gp", "cma_es", "nsga2", "random", ... (docs/job-file.md).
        seed: None, another one each time.
        options: The other members of `strategy`.
    """

    def __init__(self, sampler="tpe", *, seed=None, **options):
        self._document = {"type": sampler, **options}
        self._seed = random.SystemRandom().randrange(2 ** 48) if seed is None else seed
        self._suggested = {}  # by trial, between the two questions that Optuna asks

    def reseed_rng(self):
        self._seed = random.SystemRandom().randrange(2 ** 48)

    def infer_relative_search_space(self, study, trial):
        params = self._suggest(study, trial)
        self._suggested[trial._trial_id] = params
        return {name: _from_distribution(param["distribution"]) for name, param in params.items()}

    def sample_relative(self, study, trial, search_space):
        params = self._suggested.pop(trial._trial_id, {})
        if not search_space:
            return {}
        if set(params) != set(search_space):
            params = self._suggest(study, trial, search_space)
        return {name: distribution.to_external_repr(float(params[name]["value"]))
                for name, distribution in search_space.items()}

    def sample_independent(self, study, trial, param_name, param_distribution):
        params = self._suggest(study, trial, {param_name: param_distribution})
        return param_distribution.to_external_repr(float(params[param_name]["value"]))

    def _suggest(self, study, trial, space=None):
        body = {"trial_id": trial._trial_id, "sampler": self._document, "seed": self._seed}
        if space is not None:
            body["space"] = {name: distribution_to_json(distribution) for name, distribution in space.items()}
        return _storage_of(study).ask("suggest", body)["params"]


class ParnasPruner(BasePruner):
    """The server's pruners, for a study in a `ParnasStorage`.

    Args:
        pruner: The type of a job's `pruner`: "median", "asha", "hyperband", "wilcoxon", ... (docs/job-file.md).
        options: Its other members.
    """

    def __init__(self, pruner="median", **options):
        self._document = {"type": pruner, **options}

    def prune(self, study, trial):
        return _storage_of(study).ask("should_prune", {"trial_id": trial._trial_id,
                                                       "pruner": self._document})["should_prune"]
