"""Taking the plugin out again: the proofs are in a file, checked, before anything goes."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, text, update

from tests.shops import Shop, make_shop
from webshop_segments import migration, storefront, uninstalling
from webshop_segments.access import customer as herself
from webshop_segments.consent import choices, ledger
from webshop_segments.consent.models import ConsentEvidence, ConsentRecord, ConsentVersion
from webshop_segments.errors import Refused

pytestmark = pytest.mark.rule("C02")


@pytest.fixture
def used(shop: Shop) -> Shop:
    """A shop in which somebody agreed, somebody withdrew, and a newsletter went out."""
    shop.publish("email", "sms")
    shop.agreed("ada@example.com")
    bob = shop.agreed("bob@example.com")
    shop.send(shop.newsletter(), control_copy=False)
    shop.work()
    key = shop.plugin.keys.address_key("email", "bob@example.com")
    choices.withdraw_address(shop.session, "email", key, "one_click", herself(str(bob.id)))
    shop.session.commit()
    return shop


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def test_the_file_proves_every_consent_without_the_database(used: Shop, tmp_path: Path) -> None:
    file = tmp_path / "proofs.jsonl"

    assert uninstalling.export(used.plugin, file) == 3

    kinds = [row["kind"] for row in lines(file)]
    assert kinds == ["start", "version", "record", "record", "record", "state", "state", "suppression", "end"]
    [first, *_rest] = [row for row in lines(file) if row["kind"] == "record"]
    assert first["evidence"]["address"] == "ada@example.com"
    assert first["event"] == "granted"
    assert "commercial information" in first["text"]["statement"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_ledgers_chain_can_be_computed_again_from_the_file(used: Shop, tmp_path: Path) -> None:
    file = tmp_path / "proofs.jsonl"
    uninstalling.export(used.plugin, file)
    versions = {row["number"]: row["id"] for row in lines(file) if row["kind"] == "version"}

    for row in lines(file):
        if row["kind"] != "record":
            continue
        evidence = ConsentEvidence(**row["evidence"])
        assert ledger.evidence_digest(evidence) == row["evidence_digest"]
        record = ConsentRecord(
            subject_id=row["subject"],
            seq=row["number"],
            action=row["event"],
            basis=row["basis"],
            channel=row["channel"],
            version_id=versions.get(row["version"]),
            language=row["language"],
            source=row["source"],
            actor=row["actor"],
            at=datetime.fromisoformat(row["at"]),
            evidence_digest=row["evidence_digest"],
            previous_digest=row["previous_digest"],
        )
        assert ledger.record_digest(record) == row["digest"]


@pytest.mark.parametrize(
    "change", [lambda raw: raw[:-40], lambda raw: raw.replace(b"ada@", b"eve@"), lambda _raw: b"x"]
)
def test_a_file_that_was_cut_or_changed_is_noticed(used: Shop, tmp_path: Path, change: Any) -> None:
    file = tmp_path / "proofs.jsonl"
    uninstalling.export(used.plugin, file)
    file.write_bytes(change(file.read_bytes()))

    with pytest.raises(Refused, match="was cut or changed"):
        uninstalling.check(file)


def test_no_file_is_written_over(used: Shop, tmp_path: Path) -> None:
    file = tmp_path / "proofs.jsonl"
    file.write_text("mine")

    with pytest.raises(Refused, match="name a new file"):
        uninstalling.export(used.plugin, file)
    assert file.read_text() == "mine"
    with pytest.raises(Refused, match="cannot be written"):
        uninstalling.export(used.plugin, tmp_path / "nowhere" / "proofs.jsonl")


def test_a_long_ledger_is_written_whole(used: Shop, tmp_path: Path) -> None:
    for number in range(uninstalling.SLICE):
        used.agreed(f"n{number}@example.com")

    assert uninstalling.export(used.plugin, tmp_path / "proofs.jsonl") == 3 + uninstalling.SLICE


def test_it_is_refused_while_something_is_being_sent(used: Shop) -> None:
    used.send(used.newsletter())

    with pytest.raises(Refused, match="not finished"):
        uninstalling.refuse_while_in_use(used.plugin)
    used.work()
    uninstalling.refuse_while_in_use(used.plugin)


def test_it_is_refused_while_the_ledger_is_not_whole(used: Shop) -> None:
    used.session.execute(update(ConsentVersion).values(controller="Somebody else"))

    with pytest.raises(Refused, match="ledger verify"):
        uninstalling.refuse_while_in_use(used.plugin)


@pytest.fixture
def bare(empty_database_url: str) -> Iterator[Shop]:
    """A shop whose database is not a copy."""
    shop = make_shop(empty_database_url)
    with shop.app.app_context():
        migration.upgrade(shop.plugin.engine)
        shop.plugin.check_stamp()
        yield shop
        shop.session.close()
        shop.plugin.engine.dispose()


def test_nothing_of_ours_is_left_and_the_shops_own_stays(bare: Shop) -> None:
    bare.publish()
    bare.agreed("ada@example.com")
    bare.session.commit()

    uninstalling.remove(bare.plugin)

    assert uninstalling.left_over(bare.plugin) == []
    assert {"company", "customer"} <= set(inspect(bare.plugin.engine).get_table_names())
    assert bare.session.scalar(text("SELECT email FROM customer")) == "ada@example.com"
    bare.session.rollback()
    migration.upgrade(bare.plugin.engine)
    assert migration.differences(bare.plugin.engine) == []


@pytest.mark.rule("C47")
def test_who_was_forgotten_is_not_in_the_file(used: Shop, tmp_path: Path) -> None:
    file = tmp_path / "proofs.jsonl"
    ada = used.session.scalars(used.db.select(used.Customer).filter_by(email="ada@example.com")).one()
    storefront.forget(contact_ref=ada.id)
    used.session.commit()

    assert uninstalling.export(used.plugin, file) == 4

    assert "ada@example.com" not in file.read_text("utf-8")
