"""Every flag, declared once: the parser, the environment mirror, help, `info` and completion are made from it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from certdash.cli.durations import parse_duration, parse_timeout
from certdash.cli.values import (
    parse_boolean,
    parse_count,
    parse_dns_name,
    parse_goal,
    parse_issuer,
    parse_label,
    parse_moment,
    parse_port,
    parse_size,
    parse_speed,
    parse_version,
)


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag. `metavar` "" makes it a switch. `parse` turns text into the value and raises ValueError in words.

    `secret` values are never printed. `repeatable` flags gather a tuple; in the environment they are separated by
    commas. `alias_of` names the flag whose value this one sets.
    """

    name: str
    group: str
    help: str
    metavar: str = ""
    short: str = ""
    parse: Callable[[str], Any] = str
    default: Any = ""
    choices: tuple[str, ...] = ()
    repeatable: bool = False
    secret: bool = False
    alias_of: str = ""
    completes: str = ""

    @property
    def variable(self) -> str:
        """Its mirror in the environment: --probe-namespace is CERTDASH_PROBE_NAMESPACE."""
        return "CERTDASH_" + self.name.lstrip("-").replace("-", "_").upper()

    @property
    def takes_value(self) -> bool:
        """Whether it is followed by a value."""
        return bool(self.metavar)

    @property
    def spellings(self) -> tuple[str, ...]:
        """As given on the command line, the short one first."""
        return ((self.short,) if self.short else ()) + (self.name,)


CONNECTION: Final = "connection (as kubectl's)"
PROBE: Final = "probe (for policy engines)"
OUTPUT: Final = "output"
CHECK: Final = "check"
RECORD: Final = "record"
DEMO: Final = "demo cluster"
ISSUANCE: Final = "issuance test"
LEFTOVERS: Final = "leftovers"


def _switch(name: str, group: str, help: str, short: str = "") -> Flag:  # noqa: A002 - what argparse calls it
    return Flag(name, group, help, short=short, parse=parse_boolean, default=False)


CONNECTION_FLAGS: Final = (
    Flag("--kubeconfig", CONNECTION, "kubeconfig file to use instead of $KUBECONFIG", "FILE", completes="file"),
    Flag("--context", CONNECTION, "kubeconfig context to use", "NAME", completes="context"),
    Flag("--cluster", CONNECTION, "kubeconfig cluster to use", "NAME"),
    Flag("--user", CONNECTION, "kubeconfig user to use", "NAME"),
    Flag(
        "--namespace",
        CONNECTION,
        "namespace of the cert-manager install (default: found by looking)",
        "NAMESPACE",
        short="-n",
        parse=parse_dns_name,
    ),
    Flag("--as", CONNECTION, "user to impersonate", "USER"),
    Flag("--as-group", CONNECTION, "group to impersonate; may be repeated", "GROUP", repeatable=True, default=()),
    Flag("--as-uid", CONNECTION, "uid to impersonate", "UID"),
    Flag(
        "--request-timeout",
        CONNECTION,
        "how long one request may take, as 30s; 0 for no limit",
        "DURATION",
        parse=parse_timeout,
        default=None,
    ),
    Flag("--server", CONNECTION, "address of the API server", "URL"),
    Flag("--token", CONNECTION, "bearer token (safer in $CERTDASH_TOKEN: ps shows flags)", "TOKEN", secret=True),
    Flag("--certificate-authority", CONNECTION, "CA file that verifies the API server", "FILE", completes="file"),
    _switch("--insecure-skip-tls-verify", CONNECTION, "do not verify the API server's certificate"),
    Flag("--tls-server-name", CONNECTION, "name to verify the API server's certificate for", "NAME"),
)

PROBE_FLAGS: Final = (
    Flag(
        "--probe-namespace",
        PROBE,
        "namespace that the dry-run creates name (default: the context's)",
        "NAMESPACE",
        parse=parse_dns_name,
    ),
    Flag(
        "--probe-label",
        PROBE,
        "label for the probe objects; may be repeated",
        "KEY=VALUE",
        parse=parse_label,
        repeatable=True,
        default=(),
    ),
    Flag(
        "--probe-annotation",
        PROBE,
        "annotation for the probe objects; may be repeated",
        "KEY=VALUE",
        parse=parse_label,
        repeatable=True,
        default=(),
    ),
    Flag(
        "--probe-dns-name",
        PROBE,
        "DNS name in the probe's Certificate",
        "NAME",
        parse=parse_dns_name,
        default="certdash.invalid",
    ),
    Flag(
        "--probe-issuer",
        PROBE,
        "issuerRef of the probe's Certificate",
        "[KIND[.GROUP]/]NAME",
        parse=parse_issuer,
        default=("Issuer", "certdash-probe", "cert-manager.io"),
    ),
)

OUTPUT_FLAGS: Final = (
    Flag(
        "--color",
        OUTPUT,
        "auto, always or never",
        "WHEN",
        default="auto",
        choices=("auto", "always", "never"),
    ),
    _switch("--no-color", OUTPUT, "same as --color=never"),
    _switch("--ascii", OUTPUT, "no glyphs beyond ASCII"),
    _switch("--quiet", OUTPUT, "print nothing, the exit code says it", short="-q"),
    _switch("--verbose", OUTPUT, "say more: every stream, every answer", short="-v"),
)

_BELL: Final = _switch("--bell", OUTPUT, "ring the terminal's bell when the verdict changes")
_READONLY = _switch("--readonly", ISSUANCE, "create and remove nothing, whatever else is asked")
DASH_FLAGS: Final = (_BELL, _READONLY)
_SCREEN: Final = (*(flag for flag in OUTPUT_FLAGS if flag.name in ("--color", "--no-color", "--ascii")), _BELL)

WAIT_FLAGS: Final = (
    Flag(
        "--wait",
        CHECK,
        "wait this long for it, as 5m, and return the moment it is so",
        "DURATION",
        parse=parse_duration,
        default=None,
    ),
    Flag("--timeout", CHECK, "same as --wait", "DURATION", parse=parse_duration, default=None, alias_of="--wait"),
)

CHECK_FLAGS: Final = (
    *WAIT_FLAGS,
    Flag(
        "--for",
        CHECK,
        "install: the API proven and the three Deployments rolled out; api: the proof alone; "
        "issuance: the install, and a certificate issued for the test",
        "WHAT",
        parse=parse_goal,
        default="install",
        completes="install api issuance",
    ),
    Flag(
        "--expect-version",
        CHECK,
        "version that CRDs and running images must have, as v1.21.1",
        "VERSION",
        parse=parse_version,
    ),
    Flag(
        "--stable",
        CHECK,
        "good rounds in a row that --wait asks for (default: the number of API servers, 3 when unknown)",
        "N",
        parse=parse_count,
        default=None,
    ),
    Flag(
        "--output",
        CHECK,
        "text, json, yaml, short or ndjson",
        "FORMAT",
        short="-o",
        default="text",
        choices=("text", "json", "yaml", "short", "ndjson"),
    ),
    Flag("--replay", CHECK, "check a recording instead of a cluster", "FILE", completes="file"),
    Flag(
        "--at",
        CHECK,
        "moment of the recording: 12m30s from its beginning, or 2026-11-24T02:15:00Z (default: its end)",
        "MOMENT",
        parse=parse_moment,
        default=None,
    ),
)

RECORD_FLAGS: Final = (
    Flag(
        "--duration",
        RECORD,
        "end after this long, as 5m (default: at ctrl-c)",
        "DURATION",
        parse=parse_duration,
        default=None,
    ),
    Flag(
        "--max-size",
        RECORD,
        "beyond this size go on in a new file, and keep the full one as FILE.1",
        "SIZE",
        parse=parse_size,
        default=64 << 20,
    ),
    _switch("--redact-names", RECORD, "replace the names of namespaces, objects, users and hosts"),
)

ISSUANCE_FLAGS: Final = (
    _switch("--yes", ISSUANCE, "create and remove without asking; needed without a terminal", short="-y"),
    Flag(
        "--issuer",
        ISSUANCE,
        "test this issuer of yours instead of a SelfSigned one",
        "[KIND[.GROUP]/]NAME",
        parse=parse_issuer,
        default=None,
    ),
    Flag("--dns-name", ISSUANCE, "DNS name to ask a certificate for", "NAME", parse=parse_dns_name),
    _switch("--chain", ISSUANCE, "put a CA of its own between: SelfSigned root, CA issuer, leaf"),
    _switch("--accept-cost", ISSUANCE, "test an issuer that may cost money or rate limit"),
    _READONLY,
)

TEST_FLAGS: Final = (
    Flag(
        "--output",
        ISSUANCE,
        "text, json, yaml or junit",
        "FORMAT",
        short="-o",
        default="text",
        choices=("text", "json", "yaml", "junit"),
    ),
)

_INVENTORY_FLAGS: Final = (
    _switch("--secrets", LEFTOVERS, "look for Secrets of Certificates that are gone, too; as metadata only"),
    Flag(
        "--output",
        LEFTOVERS,
        "text, json or yaml",
        "FORMAT",
        short="-o",
        default="text",
        choices=("text", "json", "yaml"),
    ),
)

LEFTOVERS_FLAGS: Final = (
    *_INVENTORY_FLAGS,
    _switch("--readonly", LEFTOVERS, "do not tell how to remove them"),
)

CLEANUP_FLAGS: Final = (
    _switch("--dry-run", LEFTOVERS, "show what would go, as the API server's own dry run has it, and remove nothing"),
    _switch("--yes", LEFTOVERS, "remove without asking; needed without a terminal", short="-y"),
    Flag(
        "--older-than",
        LEFTOVERS,
        "only what is older than this, as 1h",
        "DURATION",
        parse=parse_duration,
        default=None,
    ),
    _switch("--remove-finalizers", LEFTOVERS, "take cert-manager's finalizers from the named objects, which are stuck"),
    *_INVENTORY_FLAGS,
    _switch("--readonly", LEFTOVERS, "remove nothing, whatever else is asked"),
)

DEMO_FLAGS: Final = (
    Flag("--scenario", DEMO, "begin with this broken; --list names what there is", "NAME"),
    _switch("--list", DEMO, "name all scenarios and scripts, and do nothing else"),
    Flag(
        "--script",
        DEMO,
        "play a story: install, upgrade, incident, or one of your own",
        "NAME|FILE",
        completes="install upgrade incident",
    ),
    Flag("--speed", DEMO, "seconds of the cluster in a real one", "N", parse=parse_speed, default=1.0),
    _switch("--headless", DEMO, "no screen: print the KUBECONFIG, obey standard input, live until ctrl-c"),
    Flag("--port", DEMO, "port of the API server on 127.0.0.1 (default: a free one)", "N", parse=parse_port, default=0),
)

RBAC_FLAGS: Final = (
    _switch("--without-probes", OUTPUT, "leave out the permission to create, and with it READY"),
    _switch("--with-issuance-test", OUTPUT, "add what the issuance test needs to create and to remove"),
)


@dataclass(frozen=True, slots=True)
class Operands:
    """What may follow a subcommand: from `least` to `most` words, `shown` so in the usage. Each must be one of `words`
    where there are any; `completes` is "file" where files are meant."""

    shown: str
    least: int = 1
    most: int = 1
    words: tuple[str, ...] = ()
    completes: str = ""


NONE: Final = Operands("", 0, 0)


@dataclass(frozen=True, slots=True)
class Command:
    """One subcommand."""

    name: str
    help: str
    flags: tuple[Flag, ...]
    operands: Operands = NONE


def _one_of(*words: str) -> Operands:
    return Operands("|".join(words), words=words)


_SHARED = CONNECTION_FLAGS + PROBE_FLAGS + OUTPUT_FLAGS

COMMANDS: Final = (
    Command("dash", "the live dashboard (the default)", _SHARED + DASH_FLAGS),
    Command("demo", "an embedded cluster to break and heal, and the dashboard on it", DEMO_FLAGS + _SCREEN),
    Command("check", "say whether cert-manager is ready, once or when it is", CHECK_FLAGS + ISSUANCE_FLAGS + _SHARED),
    Command(
        "test",
        "prove that a certificate is really issued, and leave nothing behind",
        WAIT_FLAGS + TEST_FLAGS + ISSUANCE_FLAGS + _SHARED,
        _one_of("issuance"),
    ),
    Command("leftovers", "list what earlier tests and installs left behind", LEFTOVERS_FLAGS + _SHARED),
    Command(
        "cleanup",
        "remove leftovers: certdash's own expired ones, or those that are named",
        CLEANUP_FLAGS + _SHARED,
        Operands("[KIND/[NAMESPACE/]NAME]…", 0, 500),
    ),
    Command(
        "record",
        "write everything that is observed into a file, to be looked at later",
        RECORD_FLAGS + _SHARED,
        Operands("FILE", completes="file"),
    ),
    Command("replay", "the dashboard on a recording", _SCREEN, Operands("FILE", completes="file")),
    Command(
        "explain",
        "tell what findings mean: all, those of a code, or those with a word in them",
        (),
        Operands("[CODE|WORD]…", 0, 20),
    ),
    Command("rbac", "print the ClusterRole that certdash needs", RBAC_FLAGS),
    Command("info", "print paths, precedence, the target and versions", _SHARED),
    Command("completion", "print the completion script of a shell", (), _one_of("bash", "zsh", "fish")),
    Command("version", "print the version", ()),
)


def command_named(name: str) -> Command | None:
    """The subcommand of that name."""
    return next((command for command in COMMANDS if command.name == name), None)


def all_flags() -> Iterable[Flag]:
    """Each flag of each command, once."""
    return dict.fromkeys(flag for command in COMMANDS for flag in command.flags)
