#!/usr/bin/env python3
"""Verifies an export of Ledgerbell without Ledgerbell.

    python3 verify_export.py DIR [--manifest-sha256 HEX]

Everything is recomputed from the files: their SHA-256, the hash chain of each
account, each event from the commit that holds it, balances, counts and control
totals. Each fault is printed on a line of its own; the exit code is then 1.
It is 2 where nothing could be verified.
Needs Python 3.10 and, for Parquet, pyarrow. docs/reference/export.md explains the rules.
"""

import csv
import hashlib
import json
import re
import sys
import uuid
from datetime import date
from decimal import Decimal, getcontext
from pathlib import Path

PROBLEMS = 0
EPOCH = date(1970, 1, 1).toordinal()
# Enough digits for every sum: a column has 23, and none must be rounded.
getcontext().prec = 60
TABLES = ("events", "commits", "decisions", "notifications")
# The fields of an event's data that are columns of the same name.
DATA_COLUMNS = ("channel", "counterparty", "reference", "value_date", "reverses", "reason", "schedule_id")
# The calendar repeats after 400 years.
CYCLE = date(401, 1, 1).toordinal() - 1
GENESIS = "0" * 64


def problem(place, detail):
    global PROBLEMS
    PROBLEMS += 1
    print(f"{place}: {detail}")


def event_problem(account, version, detail):
    problem(f"account {account} version {version}", detail)


# Reading: every value becomes a text, an int, a Decimal or None; times become
# microseconds since 1970.


def days(year, month, day):
    """Since 1970. Python's calendar begins with year 1; year 0 was a leap year, as 400 was."""
    return date(year, month, day).toordinal() - EPOCH if year else date(400, month, day).toordinal() - CYCLE - EPOCH


def date_text(since_1970):
    """The date of a count of days since 1970, also one of year 0."""
    ordinal = since_1970 + EPOCH
    return date.fromordinal(ordinal).isoformat() if ordinal > 0 else "0000" + date.fromordinal(ordinal + CYCLE).isoformat()[4:]


def micros(text):
    """Of an RFC 3339 time in UTC; what is below a microsecond is cut off. The second 60 is the first of the next minute."""
    match = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)(?:\.(\d+))?Z", text)
    if not match:
        raise ValueError(f"{text!r} is not a time")
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    seconds = ((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second
    return seconds * 1_000_000 + int(((match[7] or "") + "000000")[:6])


def rows(path, table, form):
    if form == "parquet":
        try:
            import pyarrow
            import pyarrow.parquet
        except ImportError:
            # The export may be valid: it is this machine that cannot tell.
            print("Parquet is read with pyarrow, which is not installed: pip install pyarrow", file=sys.stderr)
            sys.exit(2)

        for batch in pyarrow.parquet.ParquetFile(path).iter_batches(batch_size=4096):
            columns = {name: plain(pyarrow, column) for name, column in zip(batch.schema.names, batch.columns)}
            for values in zip(*columns.values()):
                yield dict(zip(columns, values))
        return
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file) if form == "csv" else map(read_json, whole_lines(file)):
            yield {name: typed(name, value) for name, value in row.items()}


def read_json(text):
    return json.loads(text, object_pairs_hook=once)


def once(members):
    """What is there twice has two values, and readers differ in which they take."""
    found = dict(members)
    if len(found) != len(members):
        raise ValueError("an object has a member twice")
    return found


def whole_lines(file):
    for line in file:
        if not line.endswith("\n"):
            raise ValueError("the last line has no end")
        yield line


def plain(pyarrow, column):
    """The values of a column, without Python's calendar: it does not have every time that a file may have."""
    if pyarrow.types.is_timestamp(column.type):
        return column.cast(pyarrow.timestamp("us", column.type.tz)).cast(pyarrow.int64()).to_pylist()
    if pyarrow.types.is_date32(column.type):
        return [None if value is None else date_text(value) for value in column.cast(pyarrow.int32()).to_pylist()]
    return column.to_pylist()


def typed(name, value):
    if value is None or value == "":
        return None
    if name.endswith("_at"):
        return micros(value)
    if name in ("amount", "delta", "balance"):
        return Decimal(value)
    if name in ("version", "schema", "commit_version", "first_version", "last_version", "event_version", "attempts"):
        return int(value)
    return value


# What the rows must be.


def delta(event):
    """By how much an event moves the balance."""
    data = event["data"]
    match event["type"]:
        case "AccountOpened":
            return Decimal(data["opening_balance"])
        case "MoneyDeposited":
            return Decimal(data["amount"])
        case "MoneyWithdrawn":
            return -Decimal(data["amount"])
        case "TransactionReversed":
            amount = Decimal(data["amount"])
            return -amount if data["movement"] == "deposit" else amount
        case "AccountClosed" | "OperationScheduled" | "OperationCancelled" | "OperationSkipped":
            return Decimal(0)
    raise ValueError(f"the type {event['type']!r} is not known")


def event_id(account, version):
    """UUID version 8: 48 bits of the version, the rest of SHA-256 of the account."""
    digest = bytearray(hashlib.sha256(account.encode()).digest()[:10])
    digest[0] = 0x80 | digest[0] & 0x0F
    digest[2] = 0x80 | digest[2] & 0x3F
    text = (version.to_bytes(6, "big") + bytes(digest)).hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def event_rows(content, commit_hash, balance):
    """The rows that a commit's events must have; `balance` is what was before."""
    for offset, event in enumerate(content["events"]):
        data, moved = event["data"], delta(event)
        balance += moved
        row = {
            "event_id": event["event_id"],
            "account_id": content["account_id"],
            "version": content["first_version"] + offset,
            "customer_id": content["after"]["customer_id"],
            "type": event["type"],
            "schema": event["schema"],
            "occurred_at": micros(event["occurred_at"]),
            "recorded_at": micros(content["recorded_at"]),
            "currency": content["after"]["currency"],
            "amount": Decimal(data["amount"]) if isinstance(data.get("amount"), str) else None,
            "delta": moved,
            "balance": balance,
            "data": json.dumps(data, separators=(",", ":"), sort_keys=True, ensure_ascii=False),
            "source": content["source"],
            "correlation_id": content["correlation_id"],
            "commit_version": content["first_version"],
            "commit_hash": commit_hash,
            "occurred_on": event.get("occurred_on"),
        }
        row.update((name, data[name] if isinstance(data.get(name), str) else None) for name in DATA_COLUMNS)
        yield row


class Account:
    """An account's chain, as far as it was walked."""

    def __init__(self, before):
        head = before or {"hash": GENESIS, "account": {"version": 0, "balance": "0"}}
        self.hash = head["hash"]
        self.version = head["account"]["version"]
        self.balance = Decimal(head["account"]["balance"])
        self.after = before and before["account"]
        self.commits = 0

    def follow(self, row):
        """Checks a commit against what stands before it; answers its event rows."""
        account, first, last = row["account_id"], row["first_version"], row["last_version"]
        content = read_json(row["content"])
        self.commits += 1
        if first > self.version + 1:
            event_problem(account, self.version + 1, f"is missing: version {first} comes next")
        elif first <= self.version:
            event_problem(account, first, f"is duplicated or out of order: it comes where {self.version + 1} should")
        elif row["prev_hash"] != self.hash:
            event_problem(account, first, "names another hash as the one before it")
        digest = hashlib.sha256(bytes.fromhex(row["prev_hash"]) + row["content"].encode())
        if digest.hexdigest() != row["hash"]:
            event_problem(account, first, "the hash of the commit is not the hash of its content")
        said = {
            "account_id": content["account_id"],
            "first_version": content["first_version"],
            "last_version": content["first_version"] + len(content["events"]) - 1,
            "recorded_at": micros(content["recorded_at"]),
        }
        for name, value in said.items():
            if row[name] != value:
                event_problem(account, first, f"{name} is {row[name]}, and the content has {value}")
        after = content["after"]
        in_order = first == self.version + 1
        moved = sum((delta(event) for event in content["events"]), Decimal(0))
        # Behind a gap the balance before is not known.
        before = self.balance if in_order else Decimal(after["balance"]) - moved
        if before + moved != Decimal(after["balance"]) or after["version"] != last:
            event_problem(account, first, "the balance of the commit is not what its events add up to")
        for offset, event in enumerate(content["events"]):
            if event["event_id"] != event_id(account, first + offset):
                event_problem(account, first + offset, "has an id that is not its own")
        if last > self.version:
            self.hash, self.version, self.balance, self.after = row["hash"], last, Decimal(after["balance"]), after
        return list(event_rows(content, row["hash"], before))


def match_events(file, actual, expected):
    """Holds the rows of the events against those that the commits make."""
    seen = set()
    for place, row in enumerate(actual):
        key = (row["account_id"], row["version"])
        if key in seen:
            event_problem(*key, "is duplicated among the events")
        elif key not in expected:
            event_problem(*key, "was inserted among the events: no commit of its part has it")
        else:
            for name, value in expected[key].items():
                # Files of earlier versions have fewer columns.
                if row.get(name) != value:
                    event_problem(*key, f'{name} is "{row.get(name)}", and the commit has "{value}"')
        seen.add(key)
    for key in expected:
        if key not in seen:
            event_problem(*key, "is missing among the events, but not among the commits")
    place = {key: number for number, key in enumerate(expected)}
    last = -1
    for row in actual:
        number = place.get((row["account_id"], row["version"]), last)
        if number < last:
            event_problem(row["account_id"], row["version"], "is out of order among the events")
        last = number
    return len(actual)


def read(root, file, form):
    """The rows of a file, as far as it can be read."""
    found = []
    path = root / file["path"]
    if not path.exists():
        return found
    try:
        for row in rows(path, file["table"], form):
            found.append(row)
    except Exception as error:
        problem(file["path"], f"cannot be read to its end: {error}")
    return found


def check_files(root, manifest):
    named = set()
    for file in manifest["files"]:
        path = root / file["path"]
        named.add(path)
        if not path.is_file():
            problem(file["path"], "is missing")
            continue
        digest = hashlib.sha256()
        with open(path, "rb") as opened:
            while block := opened.read(1 << 20):
                digest.update(block)
        if path.stat().st_size != file["bytes"]:
            problem(file["path"], f"has {path.stat().st_size} bytes, and the manifest says {file['bytes']}")
        elif digest.hexdigest() != file["sha256"]:
            problem(file["path"], "does not have the SHA-256 of the manifest")
    for table in TABLES:
        for path in sorted((root / table).rglob("*")):
            if path.is_file() and path not in named:
                problem(path.relative_to(root), "is not in the manifest")


def check_count(file, count):
    if count != file["rows"]:
        problem(file["path"], f"has {count} rows, and the manifest says {file['rows']}")


def check_part(root, form, commits_file, events_file, accounts, said, totals):
    """The commits of a part, and its events against them."""
    expected = {}
    commits = read(root, commits_file, form)
    check_count(commits_file, len(commits))
    for row in commits:
        before = said.get(row["account_id"], {}).get("before")
        account = accounts.setdefault(row["account_id"], Account(before))
        try:
            events = account.follow(row)
        except Exception as error:
            event_problem(row["account_id"], row["first_version"], f"cannot be read: {error!r}")
            continue
        for event in events:
            expected[(event["account_id"], event["version"])] = event
            total = totals.setdefault(event["currency"], {"events": 0, "credits": Decimal(0), "debits": Decimal(0)})
            total["events"] += 1
            total["credits" if event["delta"] > 0 else "debits"] += abs(event["delta"])
    if events_file and (root / events_file["path"]).exists():
        check_count(events_file, match_events(events_file, read(root, events_file, form), expected))
    return len(commits), len(expected)


def check_ends(accounts, said):
    for name, entry in said.items():
        account = accounts.get(name) or Account(entry["before"])
        last = entry["head"]["account"]["version"]
        if account.version < last:
            detail = f"is missing: the commits end at version {account.version}, and the manifest says {last}"
            event_problem(name, account.version + 1, detail)
        elif account.version > last:
            event_problem(name, last + 1, f"is not in the manifest, which ends the account at version {last}")
        elif account.hash != entry["head"]["hash"] or account.after != entry["head"]["account"]:
            event_problem(name, last, "is not the end of the chain according to the manifest")
        if account.commits != entry["commits"]:
            problem("manifest.json", f"says {entry['commits']} commits of account {name}, and the files have {account.commits}")
    for name in accounts.keys() - said.keys():
        event_problem(name, 1, "belongs to an account that is not in the manifest")


def check_totals(accounts, totals, manifest):
    for account in accounts.values():
        if account.after:
            total = totals.setdefault(account.after["currency"], {"events": 0, "credits": Decimal(0), "debits": Decimal(0)})
            total["accounts"] = total.get("accounts", 0) + 1
            total["balance"] = total.get("balance", Decimal(0)) + account.balance
    said = manifest["control_totals"]
    for currency in sorted(said.keys() | totals.keys()):
        for name in ("accounts", "events", "credits", "debits", "balance"):
            expected, found = said.get(currency, {}).get(name, 0), totals.get(currency, {}).get(name, 0)
            if Decimal(expected) != Decimal(found):
                problem("manifest.json", f"says for {currency} {name} {expected}, and the files have {found}")


def is_exported(entry, row):
    """Whether a decision is about an exported event, or about what follows from one."""
    if entry is None:
        return False
    first = (entry["before"]["account"]["version"] if entry["before"] else 0) + 1
    last, version = entry["head"]["account"]["version"], row["event_version"]
    event = event_id(row["account_id"], version)
    overdrawn = str(uuid.uuid5(uuid.UUID(event), "AccountOverdrawn"))
    return first <= version <= last and row["event_id"] in (event, overdrawn)


def verify(root, wanted_sha256=None):
    text = (root / "manifest.json").read_bytes()
    found_sha256 = hashlib.sha256(text).hexdigest()
    if wanted_sha256 and found_sha256 != wanted_sha256:
        problem("manifest.json", f"its SHA-256 is {found_sha256}, and should be {wanted_sha256}")
    manifest = read_json(text)
    if manifest["manifest_version"] != 1:
        sys.exit("this script reads version 1 of the manifest")
    form = manifest["format"]
    check_files(root, manifest)
    of = {table: [file for file in manifest["files"] if file["table"] == table] for table in TABLES}
    parts = {file["path"].partition("/")[2]: file for file in of["events"]}
    said = {entry["account_id"]: entry for entry in manifest["accounts"]}
    accounts, totals, commits, events = {}, {}, 0, 0
    for file in of["commits"]:
        events_file = parts.pop(file["path"].partition("/")[2], None)
        if events_file is None:
            problem(file["path"], "has commits without a file of their events")
        counted = check_part(root, form, file, events_file, accounts, said, totals)
        commits, events = commits + counted[0], events + counted[1]
    for file in parts.values():
        problem(file["path"], "has events without a file of their commits")
    check_ends(accounts, said)
    check_totals(accounts, totals, manifest)
    counts = {"commits": commits, "events": events}
    for table in ("decisions", "notifications"):
        counts[table] = 0
        for file in of[table]:
            found = read(root, file, form)
            check_count(file, len(found))
            counts[table] += len(found)
            for row in found:
                if not is_exported(said.get(row["account_id"]), row):
                    problem(file["path"], f"has a row about event {row['event_id']}, which is not in the export")
    for name, count in counts.items():
        if count != manifest[name]:
            problem("manifest.json", f"says {manifest[name]} {name}, and the files have {count}")
    print(f"{events} events in {commits} commits of {len(accounts)} accounts in {len(manifest['files'])} files")
    print(f"SHA-256 of the manifest: {found_sha256}")


def main(arguments):
    if len(arguments) not in (1, 3) or (len(arguments) == 3 and arguments[1] != "--manifest-sha256"):
        print(__doc__, file=sys.stderr)
        return 2
    verify(Path(arguments[0]), arguments[2] if len(arguments) == 3 else None)
    print("NOT VALID" if PROBLEMS else "valid")
    return 1 if PROBLEMS else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
