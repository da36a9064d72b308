"""Proves that a certificate is really issued: creates, watches each stage, verifies, and removes everything again."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable

from certdash.actions.cluster_view import REQUEST_TIMEOUT, ClusterView
from certdash.actions.journal import Journal
from certdash.actions.observation import Observer, Watched
from certdash.actions.own_objects import OwnObject, find_own, remove_all
from certdash.actions.preflight import look_ahead
from certdash.actions.progress_board import ProgressBoard
from certdash.actions.removal import Remover
from certdash.actions.run_removal import RunRemoval
from certdash.actions.stall_look import controller_log, look_around
from certdash.certmanager import constants, fields
from certdash.certmanager.issuance.plan import ChainLink, Plan, PlannedObject, Settings, make_plan, wrong_certificate
from certdash.certmanager.issuance.resources import CERTIFICATES, ISSUERS, REQUESTS, SECRETS
from certdash.certmanager.issuance.seen import CERTIFICATE_NAME, Seen, holds
from certdash.certmanager.issuance.stages import LINK_STAGES, reached
from certdash.certmanager.issuance.stalls import explain, final_stall
from certdash.certmanager.issuance.verification import load_verifier, verify_issued
from certdash.certmanager.run_marks import RUN_LABEL, RunMarks
from certdash.kube.dry_runner import DryRunner
from certdash.kube.errors import TransportError
from certdash.kube.reader import METADATA_ONLY, Reader
from certdash.kube.session import Session
from certdash.kube.writer import WriteAnswer, Writer
from certdash.model.instant import Instant
from certdash.model.issuance import IssuanceProgress, Outcome, Phase, Removal, StageName, StageState, Stall

REMOVAL_LIMIT = 30.0
"""How long clearing up may take, in seconds: a namespace needs about 6."""

_CREATE_TIMEOUT = 35.0
_LAST_ANSWER = 3.0
# As long without news something is wrong, and worth the look for a reason.
_SILENCE = 5.0
_RUN_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
_RUN_LENGTH = 10


def new_run() -> str:
    """A name for a run that no other has: 10 letters and digits."""
    return "".join(secrets.choice(_RUN_ALPHABET) for _ in range(_RUN_LENGTH))


class _End(Exception):  # noqa: N818 - not only errors: also how the test ends
    def __init__(self, outcome: Outcome, reason: str = "", stall: Stall | None = None) -> None:
        super().__init__(reason)
        self.outcome = outcome
        self.reason = reason
        self.stall = stall


class IssuanceTest:
    """One test on one cluster. `plan` is what it will create; nothing is sent before `run`.

    Show `board.progress`, or follow it; `stop` ends the test early, and `run` then still clears up.
    """

    def __init__(self, session: Session, settings: Settings, journal: Journal, clock: Callable[[], Instant]) -> None:
        reader = Reader(session)
        self._reader = reader
        self._dry_runner = DryRunner(session)
        self._settings = settings
        self._clock = clock
        self._journal = journal
        self._view = ClusterView(reader)
        self._observer = Observer(reader)
        self._run = new_run()
        self.plan = self._make_plan()
        self._writer = Writer(session, (planned.path for planned in self.plan.objects()))
        self._remover = Remover(self._view, self._writer, journal, clock)
        self._created: dict[str, str] = {}
        self._removals: list[Removal] = []
        self._deadline = 0.0
        self._proving: asyncio.Task[None] | None = None
        self._stopped = False
        self.board = ProgressBoard(self.plan, clock)

    def follow(self) -> AsyncIterator[IssuanceProgress]:
        """Every picture to the end."""
        return self.board.follow()

    def stop(self) -> None:
        """End the test as soon as may be. What it created is removed all the same."""
        self._stopped = True
        if self._proving is not None:
            self._proving.cancel()

    async def run(self) -> IssuanceProgress:
        """Prove it, clear up, and answer the last picture. Raises only what is wrong with certdash itself."""
        end = _End(Outcome.INTERRUPTED, "interrupted")
        self._proving = asyncio.ensure_future(self._prove())
        if self._stopped:
            self._proving.cancel()
        try:
            await self._proving
            end = _End(Outcome.PROVEN)
        except _End as ended:
            end = ended
        except asyncio.CancelledError:
            if not self._stopped:
                self._proving.cancel()
                raise
        finally:
            await self._observer.stop()
            await self._clear_up(end)
        return self.board.progress

    # The proof.

    async def _prove(self) -> None:
        await self._learn_time()
        if (obstacle := await look_ahead(self._view, self._settings)) is not None:
            raise _End(obstacle.outcome, obstacle.reason, obstacle.stall)
        await self._sweep()
        # Its objects expire from now on, however long somebody thought about the question.
        self.plan = self._make_plan()
        self._deadline = self._clock().steady + self._settings.timeout
        self.board.change(phase=Phase.ISSUING)
        try:
            async with asyncio.timeout(self._settings.timeout + _CREATE_TIMEOUT):
                await self._issue()
        except TimeoutError:
            raise _End(Outcome.COULD_NOT_TELL, "the API server took too long to answer") from None

    async def _issue(self) -> None:
        if self.plan.temporary is not None:
            self.board.start(StageName.NAMESPACE)
            await self._create(self.plan.temporary)
            self.board.reach(StageName.NAMESPACE)
        self._observer.start(self._watched())
        await self._check_denial()
        for link in self.plan.links:
            self.board.start(StageName.ISSUER, link.label)
            if link.own_issuer is not None:
                await self._create(link.own_issuer)
            await self._create(link.certificate)
            # While cert-manager works.
            load_verifier()
            await self._follow_link(link)
            self._verify(link)
        faults = [found.fault for found in self.board.progress.certificates if found.fault]
        if faults:
            told = f"the certificate that was issued is not what was asked for: {faults[0]}"
            raise _End(Outcome.FAILED, told, Stall("CD1111", told, final=True))
        denial = self.board.stage(StageName.DENIAL)
        if denial is not None and denial.state is StageState.FAILED:
            raise _End(Outcome.FAILED, denial.detail)

    async def _learn_time(self) -> None:
        try:
            answer = await self._reader.get("/version", timeout=REQUEST_TIMEOUT)
        except TransportError as error:
            raise _End(Outcome.COULD_NOT_TELL, str(error)) from None
        self._view.take_date(answer.headers.get("Date"), self._clock().wall)

    def _make_plan(self) -> Plan:
        expires = self._now() + self._settings.timeout + REMOVAL_LIMIT
        return make_plan(self._settings, RunMarks(self._run, expires))

    def _now(self) -> float:
        return self._view.server_time(self._clock().wall)

    async def _sweep(self) -> None:
        """Remove what earlier runs left and could not remove, each run on its own and all at the same time."""
        now = self._now()
        expired = [own for own in await find_own(self._view, self._settings.namespace) if own.expired(now)]
        if not expired:
            return
        self.board.change(phase=Phase.SWEEPING)
        runs: dict[str, list[OwnObject]] = {}
        for own in expired:
            runs.setdefault(own.marks.run, []).append(own)
        until = self._clock().steady + REMOVAL_LIMIT
        await asyncio.gather(*(self._sweep_run(objects, until) for objects in runs.values()))

    async def _sweep_run(self, objects: list[OwnObject], until: float) -> None:
        async for removal in remove_all(objects, self._writer, self._remover, until=until, swept=True):
            self._removed(removal)

    async def _create(self, planned: PlannedObject) -> None:
        # Noted before it is sent: an answer that is lost leaves the object there all the same.
        self._created[planned.path] = ""
        answer = await self._answer_to(planned)
        self._created[planned.path] = answer.uid
        result = "created" if answer.done else "unknown" if answer.status is None else "refused"
        self._journal.wrote(
            "create", planned.ref, answer.uid, result, run=self._run, at=self._clock().wall, reason=answer.message
        )
        if not answer.done:
            if answer.status is not None and answer.status < 500:
                del self._created[planned.path]
            self.board.fail_running(answer.message)
            raise _refusal(planned, answer)

    async def _answer_to(self, planned: PlannedObject) -> WriteAnswer:
        """What the server says to the create. Who stops the test waits a moment for it: what is on its way can't be
        called back, and would be there after we had looked."""
        sent = asyncio.ensure_future(self._writer.create(planned.collection, planned.body, timeout=_CREATE_TIMEOUT))
        try:
            return await asyncio.shield(sent)
        except asyncio.CancelledError:
            await asyncio.wait((sent,), timeout=_LAST_ANSWER)
            sent.cancel()
            raise

    async def _check_denial(self) -> None:
        """The webhook must deny a wrong Certificate: asked as a dry run, it creates nothing."""
        self.board.start(StageName.DENIAL)
        answer = await self._dry_runner.create(
            CERTIFICATES.path(self.plan.namespace), wrong_certificate(self.plan), timeout=_CREATE_TIMEOUT
        )
        if answer.status in (200, 201):
            told = "a wrong Certificate was admitted: the API server does not ask cert-manager's webhook"
            self.board.fail(StageName.DENIAL, detail=told)
        elif "denied the request" in answer.message and constants.PROBE_DENIED_FIELD in answer.message:
            self.board.reach(StageName.DENIAL, detail=answer.message)
        else:
            told = answer.message or answer.transport_error
            self.board.fail(StageName.DENIAL, detail=told)
            outcome = Outcome.FAILED if _by_cert_manager(told) else Outcome.COULD_NOT_TELL
            raise _End(outcome, f"whether a wrong Certificate is denied can't be told: {told}")

    # The stages.

    def _watched(self) -> list[Watched]:
        ours = (("labelSelector", f"{RUN_LABEL}={self._run}"),)
        namespace = self.plan.namespace
        watched = [
            Watched("certificate", CERTIFICATES.path(namespace), ours),
            Watched("request", REQUESTS.path(namespace), ours),
            Watched("secret", SECRETS.path(namespace), ours, METADATA_ONLY),
        ]
        issuer = self._settings.issuer
        if issuer is None:
            watched.append(Watched("issuer", ISSUERS.path(namespace), ours))
        elif issuer.resource is not None:
            query = (("fieldSelector", f"metadata.name={issuer.name}"),)
            watched.append(Watched("issuer", issuer.resource.path(namespace), query))
        return watched

    def _seen(self, link: ChainLink) -> Seen:
        seen, namespace, name = self._observer.observation, self.plan.namespace, link.certificate.name
        issuer_namespace = "" if link.issuer.kind == "ClusterIssuer" else namespace
        requests = (
            body
            for body in seen.all("request")
            if fields.text(body, "metadata", "annotations", CERTIFICATE_NAME) == name
        )
        return Seen(
            issuer=seen.get("issuer", issuer_namespace, link.issuer.name),
            certificate=seen.get("certificate", namespace, name),
            request=next(requests, None),
            secret=seen.get("secret", namespace, name),
            unreadable=frozenset(seen.refused),
        )

    async def _follow_link(self, link: ChainLink) -> None:
        """Wait until the link's Certificate is ready and its request signed. Raises _End when it is not to be."""
        observation = self._observer.observation
        silent_since = self._clock().steady
        while True:
            observation.changed.clear()
            seen = self._seen(link)
            current = self._show_stages(link, seen)
            if current is None:
                return
            if (refused := observation.refused.get("certificate")) is not None:
                raise _End(Outcome.COULD_NOT_TELL, f"the Certificate may not be watched: {refused}")
            if (stall := final_stall(seen)) is not None:
                await self._stalled(stall, Outcome.FAILED)
            self._check_not_deleted(link)
            now = self._clock().steady
            if now >= self._deadline:
                await self._timed_out(current, seen)
            try:
                async with asyncio.timeout(max(min(self._deadline - now, _SILENCE), 0.01)):
                    await observation.changed.wait()
                silent_since = self._clock().steady
            except TimeoutError:
                if self._clock().steady - silent_since >= _SILENCE:
                    around = await look_around(self._view, self.plan, self._now())
                    self.board.change(stall=explain(current, self._seen(link), around))

    def _show_stages(self, link: ChainLink, seen: Seen) -> StageName | None:
        """Show what is behind us and what is under way; None when the link is through."""
        done = reached(seen)
        if link.issuer.resource is None or "issuer" in seen.unreadable:
            self.board.reach(StageName.ISSUER, link.label, state=StageState.UNSEEN, detail="may not be read")
        for name in LINK_STAGES:
            unseen = name is StageName.SECRET and "secret" in seen.unreadable and holds(seen.certificate, "Ready")
            if unseen:
                self.board.reach(name, link.label, state=StageState.UNSEEN, detail="Secrets may not be read")
            elif name in done and not _outstanding(name, seen):
                self.board.reach(name, link.label, at=done[name])
        for name in LINK_STAGES:
            stage = self.board.stage(name, link.label)
            if stage is not None and stage.state in (StageState.PENDING, StageState.RUNNING):
                if stage.state is StageState.PENDING:
                    self.board.start(name, link.label)
                    self.board.change(stall=None)
                return name
        return None

    def _check_not_deleted(self, link: ChainLink) -> None:
        key = (self.plan.namespace, link.certificate.name)
        for what, planned in (("certificate", link.certificate), ("issuer", link.own_issuer)):
            if planned is not None and (what, key) in self._observer.observation.gone:
                told = f"{planned.ref.kind} {planned.name} was deleted by somebody else"
                self.board.fail_running(told)
                raise _End(Outcome.COULD_NOT_TELL, told)

    async def _timed_out(self, current: StageName, seen: Seen) -> None:
        if lost := self._observer.observation.lost:
            self.board.fail_running(lost)
            raise _End(Outcome.COULD_NOT_TELL, lost)
        around = await look_around(self._view, self.plan, self._now())
        await self._stalled(explain(current, seen, around), Outcome.TIMED_OUT)

    async def _stalled(self, stall: Stall, outcome: Outcome) -> None:
        self.board.change(stall=stall, log=await controller_log(self._view, self.plan))
        self.board.fail_running(stall.reason)
        raise _End(outcome, stall.reason, stall)

    def _verify(self, link: ChainLink) -> None:
        self.board.start(StageName.VERIFIED, link.label)
        request = self._seen(link).request
        if request is None:
            told = self._observer.observation.refused.get("request", "the CertificateRequest is gone")
            self.board.reach(StageName.VERIFIED, link.label, state=StageState.UNSEEN, detail=told)
            raise _End(Outcome.COULD_NOT_TELL, f"the issued certificate can't be read: {told}")
        found = verify_issued(link.label, request, (self.plan.dns_name,), self._now())
        self.board.change(certificates=(*self.board.progress.certificates, found))
        state = StageState.FAILED if found.fault else StageState.DONE
        self.board.reach(StageName.VERIFIED, link.label, state=state, detail=found.fault)

    # What is left.

    async def _clear_up(self, end: _End) -> None:
        if self._created:
            self.board.change(phase=Phase.REMOVING)
            removal = RunRemoval(self._view, self._writer, self._remover, self.plan, self._created, self._clock)
            until = self._clock().steady + REMOVAL_LIMIT
            async for removed in removal.run(until=until, in_flight=self._in_flight()):
                self._removed(removed)
        self._journal.ended(self._run, end.outcome.value, at=self._clock().wall, reason=end.reason)
        stall = end.stall or (self.board.progress.stall if end.outcome is not Outcome.PROVEN else None)
        self.board.change(phase=Phase.ENDED, outcome=end.outcome, reason=end.reason, stall=stall)

    def _in_flight(self) -> bool:
        """Whether a request stands of which no Secret was seen yet."""
        seen = self._observer.observation
        names = {fields.text(body, "metadata", "name") for body in seen.all("secret")}
        return any(
            link.certificate.name not in names for link in self.plan.links if link.certificate.path in self._created
        )

    def _removed(self, removal: Removal) -> None:
        self._removals.append(removal)
        self.board.change(removals=tuple(self._removals))


def _outstanding(name: StageName, seen: Seen) -> bool:
    """Whether a stage must be behind us, since a later one is, but its own object has not been seen yet: the watches
    are not in step, and the certificate is wanted from the request."""
    if name is StageName.SIGNED and "request" not in seen.unreadable:
        return not holds(seen.request, "Ready")
    return name is StageName.SECRET and "secret" not in seen.unreadable and seen.secret is None


def _by_cert_manager(message: str) -> bool:
    return any(f'"{name}"' in message for name in constants.ENTRY_NAMES)


def _refusal(planned: PlannedObject, answer: WriteAnswer) -> _End:
    what = f"{planned.ref.kind} {planned.name}"
    if answer.status is None:
        return _End(Outcome.COULD_NOT_TELL, f"no answer to the create of {what}: {answer.message}")
    if answer.reason == "AlreadyExists":
        return _End(Outcome.COULD_NOT_TELL, f"{what} exists already and is not ours: nothing was done to it; try again")
    told = f"{what} can't be created: {answer.message}"
    if planned.resource.kind == "Namespace" and answer.status == 403:
        told += " (--probe-namespace names one that exists)"
    failed = _by_cert_manager(answer.message) or (answer.status == 404 and "could not find" in answer.message)
    return _End(Outcome.FAILED if failed else Outcome.COULD_NOT_TELL, told)
