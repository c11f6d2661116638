"""What `verify_ledger` asks: each of the eight invariants recomputed from the entries, in SQL, a set at a time.

Every check is one statement, so it sees one moment of the books. It returns (id, what is off) for each offence; the
entries and holds are the truth, and what accounts remember is compared with them.
"""

from dataclasses import asdict, dataclass

from django.db import connection, transaction


@dataclass(frozen=True)
class Finding:
    """One offence: which invariant, what is off, and the id of the transfer, account, hold or key concerned."""

    invariant: str
    what: str
    id: str

    def as_dict(self) -> dict:
        return asdict(self)


GUARDS = {
    ("people_standing", "ledger_append_only"),
    ("people_standing", "ledger_standing_added"),
    ("people_standing", "ledger_standing_lock"),
    ("timebank_account", "ledger_guard"),
    ("timebank_account", "ledger_floor"),
    ("timebank_account", "ledger_no_delete"),
    ("timebank_entry", "ledger_append_only"),
    ("timebank_entry", "ledger_entry_added"),
    ("timebank_floorchange", "ledger_append_only"),
    ("timebank_hold", "ledger_hold_changed"),
    ("timebank_hold", "ledger_no_delete"),
    ("timebank_idempotencykey", "ledger_append_only"),
    ("timebank_transfer", "ledger_append_only"),
    ("timebank_transfer", "ledger_transfer_complete"),
    ("timebank_waitingcredit", "ledger_no_delete"),
    ("timebank_waitingcredit", "ledger_waiting_changed"),
    ("timebank_waitingcredit", "ledger_waiting_left"),
}

CHECKS: list[tuple[str, str]] = [
    ("I1", """
        SELECT coalesce(t.id, e.transfer_id),
               format('%s of %s entries, which sum to %s minutes', coalesce(e.entries, 0), t.legs, coalesce(e.total, 0))
        FROM timebank_transfer t
        FULL JOIN (SELECT transfer_id, count(*) AS entries, sum(minutes) AS total FROM timebank_entry GROUP BY 1) e
          ON e.transfer_id = t.id
        WHERE t.id IS NULL OR e.entries IS DISTINCT FROM t.legs OR e.entries < 2 OR e.total <> 0
        UNION ALL
        SELECT transfer_id, 'has an entry of 0 minutes' FROM timebank_entry WHERE minutes = 0
    """),
    ("I2", """
        SELECT account_id, format('entry %s is missing, or its balance does not follow from those before', expected)
        FROM (
            SELECT account_id, account_version, balance_after,
                   row_number() OVER history AS expected, sum(minutes) OVER history AS balance
            FROM timebank_entry WINDOW history AS (PARTITION BY account_id ORDER BY account_version ROWS UNBOUNDED PRECEDING)
        ) e
        WHERE account_version <> expected OR balance_after <> balance
    """),
    ("I3", """
        SELECT coalesce(a.id, e.account_id),
               format('remembers %s minutes, %s held, version %s; the books say %s, %s, %s', a.balance, a.held,
                      a.version, coalesce(e.balance, 0), coalesce(h.held, 0), coalesce(e.version, 0))
        FROM timebank_account a
        FULL JOIN (
            SELECT account_id, sum(minutes) AS balance, max(account_version) AS version FROM timebank_entry GROUP BY 1
        ) e ON e.account_id = a.id
        LEFT JOIN (SELECT account_id, sum(minutes) AS held FROM timebank_hold WHERE state = 'active' GROUP BY 1) h
          ON h.account_id = a.id
        WHERE a.id IS NULL OR a.balance <> coalesce(e.balance, 0) OR a.held <> coalesce(h.held, 0)
           OR a.version <> coalesce(e.version, 0)
    """),
    ("I4", """
        SELECT a.id, format('%s minutes under its floor, and no reversal or change of floor explains it',
                            a.floor - a.balance + a.held)
        FROM timebank_account a
        WHERE a.balance - a.held < a.floor
          AND NOT EXISTS (
              SELECT FROM timebank_floorchange f
              WHERE f.account_id = a.id AND f.after > f.before + (  -- what waits came in with as many minutes
                  SELECT coalesce(sum(w.minutes), 0) FROM timebank_waitingcredit w WHERE w.payee_id = a.id AND w.at = f.at))
          AND NOT EXISTS (
              SELECT FROM timebank_entry e JOIN timebank_transfer t ON t.id = e.transfer_id
              WHERE e.account_id = a.id AND e.minutes < 0 AND t.kind = 'reversal')
        UNION ALL
        SELECT id, 'has a floor that it must not have, or none, or not exactly one owner' FROM timebank_account
        WHERE (floor IS NULL) <> (system IS NOT DISTINCT FROM 'issuance') OR num_nonnulls(member_id, pot_id, system) <> 1
           OR system NOT IN ('issuance', 'community_pot')
        UNION ALL
        SELECT a.id, format('has a floor of %s minutes; policy, standing and waiting credits say %s', a.floor,
                            CASE WHEN a.member_id IS NULL THEN 0 WHEN a.known THEN p.member_floor ELSE p.first_floor END
                            + coalesce(w.minutes, 0))
        FROM timebank_account a
        CROSS JOIN (SELECT member_floor, first_floor FROM timebank_policy
                    WHERE published_at IS NOT NULL ORDER BY version DESC LIMIT 1) p
        LEFT JOIN (SELECT payee_id, sum(minutes) AS minutes FROM timebank_waitingcredit
                   WHERE ended_at IS NULL GROUP BY 1) w ON w.payee_id = a.id
        WHERE a.closed_at IS NULL AND a.floor IS NOT NULL
          AND a.floor <> CASE WHEN a.member_id IS NULL THEN 0 WHEN a.known THEN p.member_floor ELSE p.first_floor END
                         + coalesce(w.minutes, 0)
        UNION ALL
        SELECT a.id, CASE WHEN a.known THEN 'is known, and nothing says why' ELSE 'is not known, though its owner is' END
        FROM timebank_account a
        LEFT JOIN (SELECT DISTINCT ON (member_id) member_id, known FROM people_standing ORDER BY member_id, number DESC) s
          ON s.member_id = a.member_id
        WHERE a.closed_at IS NULL
          AND CASE WHEN a.member_id IS NOT NULL THEN a.known <> coalesce(s.known, false)
                   WHEN a.pot_id IS NOT NULL THEN a.known AND NOT EXISTS (
                       SELECT FROM timebank_pot p WHERE p.id = a.pot_id AND (p.kind <> 'project' OR EXISTS (
                           SELECT FROM people_standing t WHERE t.known AND (t.member_id = p.opened_by_id OR t.member_id IN (
                               SELECT user_id FROM timebank_potsteward u WHERE u.pot_id = p.id)))))
                   ELSE NOT a.known END
        UNION ALL
        SELECT min(t.payee)::uuid, format('passed on %s minutes that wait until somebody is known', sum(t.minutes))
        FROM (
            SELECT e.transfer_id, least(coalesce(-sum(e.minutes) FILTER (WHERE e.minutes < 0), 0),
                                        coalesce(sum(e.minutes) FILTER (WHERE e.minutes > 0), 0)) AS minutes,
                   min(e.account_id::text) FILTER (WHERE e.minutes > 0) AS payee
            FROM timebank_account a
            JOIN timebank_entry e ON e.account_id = a.id
            WHERE NOT a.known AND NOT EXISTS (SELECT FROM people_standing s WHERE s.member_id = a.member_id)
            GROUP BY 1
        ) t
        JOIN timebank_transfer r ON r.id = t.transfer_id AND r.kind <> 'reversal'
        WHERE t.minutes > coalesce((SELECT sum(w.minutes) FROM timebank_waitingcredit w WHERE w.transfer_id = r.id), 0)
        GROUP BY r.id
        UNION ALL
        SELECT w.payee_id, format('no longer has %s minutes waiting, and nothing says why', w.minutes)
        FROM timebank_waitingcredit w
        JOIN timebank_account payer ON payer.id = w.payer_id
        JOIN timebank_account payee ON payee.id = w.payee_id
        WHERE w.outcome = 'left' AND payee.closed_at IS NULL
           OR w.outcome = 'reversed' AND NOT EXISTS (SELECT FROM timebank_transfer t WHERE t.reverses_id = w.transfer_id)
           OR w.outcome = 'known' AND NOT payer.known AND NOT payee.known AND NOT EXISTS (
               SELECT FROM people_standing s WHERE s.known AND s.member_id IN (payer.member_id, payee.member_id))
    """),
    ("I5", """
        SELECT min(id::text), 'exchange ' || exchange_id || ' is settled more than once'
        FROM timebank_transfer WHERE kind = 'exchange' GROUP BY exchange_id HAVING count(*) > 1
        UNION ALL
        SELECT min(id::text), 'transfer ' || reverses_id || ' is reversed more than once'
        FROM timebank_transfer WHERE reverses_id IS NOT NULL GROUP BY reverses_id HAVING count(*) > 1
        UNION ALL
        SELECT id::text, 'is of no kind that there is, or does not say what it reverses or settles'
        FROM timebank_transfer
        WHERE (kind = 'reversal') <> (reverses_id IS NOT NULL) OR kind = 'exchange' AND exchange_id IS NULL
           OR kind NOT IN ('exchange', 'group_session', 'grant', 'allowance', 'donation', 'tariff', 'late_charge',
                           'leaver_sweep', 'write_off', 'reversal', 'adjustment')
        UNION ALL
        SELECT r.id::text, 'reverses a reversal'
        FROM timebank_transfer r JOIN timebank_transfer t ON t.id = r.reverses_id WHERE t.kind = 'reversal'
        UNION ALL
        SELECT r.id::text, 'is not the exact mirror of what it reverses'
        FROM timebank_transfer r
        WHERE r.reverses_id IS NOT NULL AND EXISTS (
            SELECT account_id, sum(minutes) FROM timebank_entry
            WHERE transfer_id IN (r.id, r.reverses_id) GROUP BY account_id HAVING sum(minutes) <> 0)
        UNION ALL
        SELECT coalesce(h.id, t.hold_id)::text, 'is settled, and no single transfer paid it, or the other way round'
        FROM (SELECT id, state FROM timebank_hold WHERE state = 'settled') h
        FULL JOIN (SELECT hold_id, count(*) AS times FROM timebank_transfer WHERE hold_id IS NOT NULL GROUP BY 1) t
          ON t.hold_id = h.id
        WHERE h.id IS NULL OR t.times IS DISTINCT FROM 1
    """),
    ("I6", """
        SELECT min(id)::text, 'key ' || key || ' is used more than once by one actor'
        FROM timebank_idempotencykey GROUP BY actor_id, key HAVING count(*) > 1
        UNION ALL
        SELECT t.id::text, format('has %s idempotency keys instead of one of its actor', count(k.id))
        FROM timebank_transfer t
        LEFT JOIN timebank_idempotencykey k ON k.transfer_id = t.id AND k.actor_id IS NOT DISTINCT FROM t.actor_id
        GROUP BY t.id HAVING count(k.id) <> 1
    """),
    ("I7", """
        SELECT id::text, 'gives no reason' FROM timebank_transfer
        WHERE kind IN ('grant', 'write_off', 'reversal', 'adjustment') AND memo = ''
        UNION ALL
        SELECT '-', format('all accounts sum to %s minutes instead of 0', sum(balance))
        FROM timebank_account HAVING sum(balance) <> 0
        UNION ALL
        SELECT t.id::text, 'moves issuance, and is no grant with a reason, write-off or reversal'
        FROM timebank_account a
        JOIN timebank_entry e ON e.account_id = a.id
        JOIN timebank_transfer t ON t.id = e.transfer_id
        WHERE a.system = 'issuance' AND t.kind <> 'reversal'
          AND NOT (t.kind IN ('grant', 'write_off') AND e.minutes < 0 AND t.memo <> '')
        UNION ALL
        SELECT t.id::text, 'writes off from issuance while the community pot had credits'
        FROM timebank_account i
        JOIN timebank_entry e ON e.account_id = i.id
        JOIN timebank_transfer t ON t.id = e.transfer_id AND t.kind = 'write_off'
        JOIN timebank_account c ON c.system = 'community_pot'
        CROSS JOIN LATERAL (
            SELECT ce.balance_after FROM timebank_entry ce
            WHERE ce.account_id = c.id AND ce.transfer_id <= t.id ORDER BY ce.account_version DESC LIMIT 1
        ) was
        WHERE i.system = 'issuance' AND was.balance_after > (
            SELECT coalesce(sum(h.minutes), 0) FROM timebank_hold h
            WHERE h.account_id = c.id AND h.placed_at <= t.created_at
              AND (h.ended_at IS NULL OR h.ended_at > t.created_at))
    """),
    ("I8", """
        SELECT a.id::text, format('is closed with %s minutes, %s held', a.balance, a.held)
        FROM timebank_account a
        WHERE a.closed_at IS NOT NULL
          AND (a.balance <> 0 OR a.held <> 0
               OR EXISTS (SELECT FROM timebank_hold h WHERE h.account_id = a.id AND h.state = 'active'))
        UNION ALL
        SELECT DISTINCT a.id::text, 'took an entry after it was closed'
        FROM timebank_account a
        JOIN timebank_entry e ON e.account_id = a.id
        JOIN timebank_transfer t ON t.id = e.transfer_id
        WHERE t.created_at > a.closed_at
    """),
]  # fmt: skip


@transaction.atomic
def findings() -> list[Finding]:
    """Everything that is off in the books, in the order of the invariants; an empty list is a clean bill. A guard
    that is missing or switched off is an offence too (I2), even where nobody has used the gap."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '128MB'")
        cursor.execute(
            "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE tgname LIKE 'ledger%%' AND tgenabled = 'A'"
        )
        standing = {(table.removeprefix("public."), name) for table, name in cursor.fetchall()}
        found += [
            Finding("I2", f"the guard {name} is missing or switched off", table)
            for table, name in sorted(GUARDS - standing)
        ]
        for invariant, sql in CHECKS:
            cursor.execute(f"SELECT id::text, what FROM ({sql}) AS offences (id, what) ORDER BY 1, 2")  # noqa: S608 - constants above
            found += [Finding(invariant, what, identity) for identity, what in cursor.fetchall()]
    return found
