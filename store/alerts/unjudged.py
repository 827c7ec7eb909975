"""Patients whose days cannot be judged although they wear a device and are asked how they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.decisions import MOST_LOOKED_AT
from store.zones import local_day, zone_at

_SWAPPED = timedelta(days=3)  #: a device is changed for another within this time: the watching goes on


@dataclass(frozen=True, slots=True)
class Unjudged:
    """A patient whose newest decision is about too little data, or about a silence."""

    patient_id: int
    reason: str  #: of the newest decision that could not judge
    now: bool  #: the newest decision says itself that it cannot judge
    lasts: bool  #: nothing could be judged since `judged_before`, nor was then
    watched_since: datetime  #: since when the patient wears devices, or is enrolled
    silent: bool  #: of no device that the patient wears anything was heard since `silent_since`, and the
    #: patient has no other way to answer


def patients_unjudged(
    session: Session, at: datetime, judged_before: datetime, silent_since: datetime
) -> list[Unjudged]:
    """The patients who wear a device at `at`, are asked for a diary, and whose newest decision is about
    missing data.

    A look at everybody who wears a device, each at the end of an index: for a job that runs now and then. Of
    the history of a patient the last day is read, of those in need `MOST_LOOKED_AT` decisions at most.
    """
    given = {
        "at": at,
        "judged_before": judged_before,
        "silent_since": silent_since,
        "swapped": _SWAPPED,
        "most": MOST_LOOKED_AT,
    }
    return [Unjudged(*row) for row in session.execute(_UNJUDGED, given)]


# Who has left wears nothing; who is not asked owes no answer. That nobody answered is a guess of the detector
# (`about`), so no day has been judged by it. A device that has sent a diary asks for one.
_UNJUDGED = sa.text(
    f"""
    SELECT p.id, said.reason, newest.verdict = 'no evidence' AND newest.tier = 'technical' AS now,
           coalesce(since.lasts, false), watched.since, NOT hears.any_device AND NOT page.there
    FROM (
        SELECT w.patient_id, array_agg(w.device_id) AS devices,
               array_agg(greatest(lower(w.during), d.enrolled_at)) AS put_on
        FROM wearing w JOIN device d ON d.id = w.device_id AND d.revoked_at IS NULL
        WHERE w.during @> CAST(:at AS timestamptz) GROUP BY w.patient_id
    ) worn
    JOIN patient p ON p.id = worn.patient_id AND NOT p.synthetic -- that one is the watchdog's own to tell
    CROSS JOIN LATERAL (
        SELECT id, verdict, tier, evidence ->> 'about' AS about FROM decision
        WHERE patient_id = p.id ORDER BY id DESC LIMIT 1
    ) newest
    CROSS JOIN LATERAL (
        SELECT recent.reason FROM (
            SELECT id, reason, verdict FROM decision WHERE patient_id = p.id ORDER BY id DESC LIMIT :most
        ) recent WHERE recent.verdict = 'no evidence' ORDER BY recent.id DESC LIMIT 1
    ) said
    LEFT JOIN LATERAL (
        SELECT bool_and(later.verdict = 'no evidence'
                        OR coalesce(later.evidence ->> 'about' = 'silence', false)) AS lasts
        FROM decision later
        WHERE later.patient_id = p.id AND later.id >= (
            SELECT id FROM decision WHERE patient_id = p.id AND decided_at <= :judged_before
            ORDER BY id DESC LIMIT 1
        )
    ) since ON true
    CROSS JOIN LATERAL (
        SELECT greatest(p.enrolled_at, lower(stay)) AS since FROM unnest((
            SELECT range_agg(tstzrange(lower(during), upper(during) + CAST(:swapped AS interval)))
            FROM wearing WHERE patient_id = p.id
        )) stay WHERE stay @> CAST(:at AS timestamptz)
    ) watched
    CROSS JOIN LATERAL (
        SELECT coalesce(bool_or(greatest(own.put_on, (
            SELECT max(s.changed_at) FROM settled s WHERE s.device_id = own.device
        )) > :silent_since), false) AS any_device
        FROM unnest(worn.devices, worn.put_on) AS own(device, put_on)
    ) hears
    CROSS JOIN LATERAL (
        SELECT EXISTS (
            SELECT FROM diary_link WHERE patient_id = p.id AND revoked_at IS NULL AND expires_at > :at
        ) AS there
    ) page
    {zone_at("CAST(:at AS timestamptz)")}
    WHERE (newest.verdict = 'no evidence' OR newest.about = 'silence')
      AND (EXISTS (SELECT FROM settled s WHERE s.device_id = ANY(worn.devices) AND s.stream = 'diary')
        OR EXISTS (SELECT FROM diary_asked a WHERE a.patient_id = p.id
                     AND {local_day("CAST(:at AS timestamptz)")}
                         BETWEEN a.first_day AND coalesce(a.last_day, 'infinity')))
    ORDER BY p.id
    """
)
