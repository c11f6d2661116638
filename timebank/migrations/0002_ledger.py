"""The ledger's rules, in the database: triggers for the invariants I1 to I8, the functions that post and hold, the
system accounts, and the first policy. Why each is as it is: docs/decisions/ledger.md.

Every name is qualified with its schema, so that a role cannot put tables of its own in front. The functions run with the
rights of whoever calls them: the web role needs DML on these tables and owns none of them.
"""

from django.db import migrations

# SQLSTATEs LG001 to LG008 are the invariants; actions.ledger turns what the functions report into sentences.
TRIGGERS = """
CREATE FUNCTION public.ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'I2: % on % is refused, the books are append-only', TG_OP, TG_TABLE_NAME USING ERRCODE = 'LG002';
END $$;

CREATE FUNCTION public.ledger_no_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'I3: % on % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'LG003';
END $$;


-- Who is known, and the floor that follows from it: one rule each, which the guard, the triggers and verify_ledger ask.
-- A pot for which a platform's role answers is always known, a project pot with whoever opened it or runs it.
CREATE FUNCTION public.ledger_member_known(p_member uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce((
        SELECT s.known FROM public.people_standing s WHERE s.member_id = p_member ORDER BY s.number DESC LIMIT 1
    ), false)
$$;

CREATE FUNCTION public.ledger_known(p_member uuid, p_pot uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN p_member IS NOT NULL THEN public.ledger_member_known(p_member)
        WHEN p_pot IS NOT NULL THEN EXISTS (
            SELECT FROM public.timebank_pot p
            WHERE p.id = p_pot AND (
                p.kind <> 'project' OR public.ledger_member_known(p.opened_by_id) OR EXISTS (
                    SELECT FROM public.timebank_potsteward s
                    WHERE s.pot_id = p.id AND s.until IS NULL AND public.ledger_member_known(s.user_id)
                )
            )
        )
        ELSE true
    END
$$;

CREATE FUNCTION public.ledger_floor(p_account uuid, p_member uuid, p_known boolean) RETURNS integer LANGUAGE sql STABLE AS $$
    SELECT (CASE WHEN p_member IS NULL THEN 0 ELSE (
        SELECT CASE WHEN p_known THEN p.member_floor ELSE p.first_floor END
        FROM public.timebank_policy p WHERE p.published_at IS NOT NULL ORDER BY p.version DESC LIMIT 1
    ) END + coalesce((
        SELECT sum(w.minutes) FROM public.timebank_waitingcredit w WHERE w.payee_id = p_account AND w.ended_at IS NULL
    ), 0))::integer
$$;


-- I3, I4, I8. The guard asks for no password and trusts no caller: a new balance or held must be what the books prove.
-- A condition that reads a table stands in an IF of its own, so that nothing is read where it cannot matter.
CREATE FUNCTION public.ledger_guard_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.version <> OLD.version OR NEW.balance <> OLD.balance THEN
            IF NEW.version <= OLD.version OR NOT EXISTS (
                SELECT FROM public.timebank_entry e
                WHERE e.account_id = NEW.id AND e.account_version = NEW.version AND e.balance_after = NEW.balance
            ) THEN
                RAISE EXCEPTION 'I3: no entry of account % proves version % with a balance of % minutes',
                    NEW.id, NEW.version, NEW.balance USING ERRCODE = 'LG003';
            END IF;
        END IF;
        IF NEW.held = OLD.held AND NEW.floor = OLD.floor AND NEW.known = OLD.known AND OLD.closed_at IS NULL AND NEW.closed_at IS NULL
           AND NEW.id = OLD.id AND NEW.member_id IS NOT DISTINCT FROM OLD.member_id
           AND NEW.pot_id IS NOT DISTINCT FROM OLD.pot_id AND NEW.system IS NOT DISTINCT FROM OLD.system
        THEN
            RETURN NEW;  -- an entry's proven move and nothing else: there is no more to judge
        END IF;
        IF NEW.held <> OLD.held THEN
            IF NEW.held <> (
                SELECT coalesce(sum(h.minutes), 0) FROM public.timebank_hold h
                WHERE h.account_id = NEW.id AND h.state = 'active'
            ) THEN
                RAISE EXCEPTION 'I3: the active holds of account % do not come to % minutes', NEW.id, NEW.held
                    USING ERRCODE = 'LG003';
            END IF;
        END IF;
        IF NEW.known <> OLD.known THEN
            IF NEW.known <> public.ledger_known(NEW.member_id, NEW.pot_id) THEN
                RAISE EXCEPTION 'I4: nothing says that account % is known, or that it no longer is', NEW.id
                    USING ERRCODE = 'LG004';
            END IF;
        END IF;
        IF NEW.floor <> OLD.floor OR NEW.known <> OLD.known THEN
            IF NEW.floor <> public.ledger_floor(NEW.id, NEW.member_id, NEW.known) THEN
                RAISE EXCEPTION 'I4: policy, standing and waiting credits do not say a floor of % for account %',
                    NEW.floor, NEW.id USING ERRCODE = 'LG004';
            END IF;
        END IF;
        IF NEW.id <> OLD.id OR NEW.member_id IS DISTINCT FROM OLD.member_id OR NEW.pot_id IS DISTINCT FROM OLD.pot_id
           OR NEW.system IS DISTINCT FROM OLD.system
        THEN
            RAISE EXCEPTION 'I3: an account keeps its owner' USING ERRCODE = 'LG003';
        END IF;
        IF OLD.closed_at IS NOT NULL
           AND (NEW.closed_at, NEW.balance, NEW.held, NEW.version)
               IS DISTINCT FROM (OLD.closed_at, OLD.balance, OLD.held, OLD.version)
        THEN
            RAISE EXCEPTION 'I8: account % is closed: it stays so, and takes no entry and no hold', OLD.id
                USING ERRCODE = 'LG008';
        END IF;
    ELSE
        IF NEW.balance <> 0 OR NEW.held <> 0 OR NEW.version <> 0 OR NEW.closed_at IS NOT NULL THEN
            RAISE EXCEPTION 'I3: an account opens empty' USING ERRCODE = 'LG003';
        END IF;
        IF num_nonnulls(NEW.member_id, NEW.pot_id, NEW.system) <> 1 THEN
            RAISE EXCEPTION 'An account belongs to a member, to a pot, or is a system account'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'account_has_one_owner';
        END IF;
        IF NEW.system NOT IN ('issuance', 'community_pot') THEN
            RAISE EXCEPTION 'There is no system account %', NEW.system
                USING ERRCODE = 'check_violation', CONSTRAINT = 'account_system_known';
        END IF;
        IF NEW.member_id IS NOT NULL THEN
            -- Whoever becomes known in this moment waits for the account, or the account for them.
            PERFORM FROM public.people_user u WHERE u.id = NEW.member_id FOR NO KEY UPDATE;
        END IF;
        NEW.known := public.ledger_known(NEW.member_id, NEW.pot_id);
        IF NEW.floor IS NOT NULL AND NEW.system IS NULL THEN
            NEW.floor := public.ledger_floor(NEW.id, NEW.member_id, NEW.known);
        END IF;
    END IF;
    IF (NEW.floor IS NULL) <> (NEW.system IS NOT DISTINCT FROM 'issuance') THEN
        RAISE EXCEPTION 'I4: issuance has no floor, and every other account has one'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'account_floor_unless_issuance';
    END IF;
    IF NEW.closed_at IS NOT NULL AND (NEW.balance <> 0 OR NEW.held <> 0) THEN
        RAISE EXCEPTION 'I8: account % is not empty, so it cannot be closed', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'account_closed_is_empty';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.ledger_note_floor() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.timebank_floorchange (account_id, before, after) VALUES (NEW.id, OLD.floor, NEW.floor);
    RETURN NULL;
END $$;


-- Moves the account of a new entry, then judges the entry against the account as it now is, locked.
CREATE FUNCTION public.ledger_entry_added() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free bigint;
    floor integer;
    kind text;
    known boolean;
    too_many boolean;
    settles uuid;
    set_free integer := 0;
    hold record;
BEGIN
    UPDATE public.timebank_account a SET balance = NEW.balance_after, version = NEW.account_version
    FROM public.timebank_transfer t
    WHERE t.id = NEW.transfer_id
      AND a.id = NEW.account_id AND a.version = NEW.account_version - 1 AND a.balance = NEW.balance_after - NEW.minutes
    RETURNING a.balance - a.held, a.floor, a.known, t.kind, t.hold_id,
              t.legs < (SELECT count(*) FROM public.timebank_entry e WHERE e.transfer_id = NEW.transfer_id)
    INTO free, floor, known, kind, settles, too_many;
    IF too_many IS FALSE AND settles IS NULL AND NEW.minutes <> 0 AND known AND kind <> 'reversal'
       AND (free >= floor OR floor IS NOT NULL AND NEW.minutes > 0)
    THEN
        RETURN NULL;  -- the ordinary case in one expression; what follows tells the others apart
    END IF;
    IF NEW.minutes = 0 THEN
        RAISE EXCEPTION 'An entry moves something' USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_moves_something';
    END IF;
    IF NOT FOUND THEN
        IF EXISTS (SELECT FROM public.timebank_transfer t WHERE t.id = NEW.transfer_id) THEN
            RAISE EXCEPTION 'I3: an entry carries the next version and balance of an account that exists'
                USING ERRCODE = 'LG003';
        END IF;
    END IF;
    IF too_many IS NOT FALSE THEN
        RAISE EXCEPTION 'I1: transfer % has all its entries, or does not exist', NEW.transfer_id
            USING ERRCODE = 'LG001';
    END IF;
    IF settles IS NOT NULL THEN
        SELECT h.account_id, h.minutes, h.state INTO hold FROM public.timebank_hold h WHERE h.id = settles;
        IF hold.state <> 'settled' THEN
            RAISE EXCEPTION 'I5: transfer % names a hold that it has not settled', NEW.transfer_id
                USING ERRCODE = 'LG005';
        END IF;
        IF hold.account_id = NEW.account_id THEN
            set_free := hold.minutes;  -- paying what was promised is no lowering
        END IF;
    END IF;
    IF kind = 'reversal' THEN
        IF NEW.minutes < 0 THEN  -- what goes back no longer waits
            UPDATE public.timebank_waitingcredit w SET ended_at = now(), outcome = 'reversed'
            FROM public.timebank_transfer t
            WHERE t.id = NEW.transfer_id AND w.transfer_id = t.reverses_id AND w.payee_id = NEW.account_id
              AND w.ended_at IS NULL;
        END IF;
        RETURN NULL;
    END IF;
    IF floor IS NULL AND (kind NOT IN ('grant', 'write_off') OR NEW.minutes > 0) THEN
        RAISE EXCEPTION 'I7: credits come from issuance only by a grant or a write-off' USING ERRCODE = 'LG007';
    END IF;
    IF free < floor AND NEW.minutes + set_free < 0 THEN
        RAISE EXCEPTION 'I4: the entry would lower account % to under its floor', NEW.account_id
            USING ERRCODE = 'LG004';
    END IF;
    IF NOT known THEN
        PERFORM public.ledger_wait(NEW.transfer_id, NEW.account_id, NEW.minutes);
    END IF;
    RETURN NULL;
END $$;


-- What accounts that are not known pay each other waits. Called for each entry of such an account: it is matched with the
-- entries of such accounts on the other side of the transfer that are there already, in the order of their ids.
CREATE FUNCTION public.ledger_wait(p_transfer uuid, p_account uuid, p_minutes integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    rest integer := abs(p_minutes);
    part integer;
    other record;
BEGIN
    FOR other IN
        SELECT e.account_id, abs(e.minutes) - coalesce((
            SELECT sum(w.minutes) FROM public.timebank_waitingcredit w
            WHERE w.transfer_id = p_transfer AND e.account_id IN (w.payer_id, w.payee_id)
        ), 0) AS unmatched
        FROM public.timebank_entry e JOIN public.timebank_account a ON a.id = e.account_id
        WHERE e.transfer_id = p_transfer AND sign(e.minutes) = -sign(p_minutes) AND NOT a.known
        ORDER BY e.account_id
    LOOP
        part := least(rest, other.unmatched);
        IF part > 0 THEN
            INSERT INTO public.timebank_waitingcredit (transfer_id, payer_id, payee_id, minutes, outcome)
            VALUES (p_transfer, CASE WHEN p_minutes < 0 THEN p_account ELSE other.account_id END,
                    CASE WHEN p_minutes < 0 THEN other.account_id ELSE p_account END, part, '');
            rest := rest - part;
        END IF;
    END LOOP;
END $$;


-- Moves the floor of the payee with the minutes that wait, and asks for proof of both the beginning and the end.
CREATE FUNCTION public.ledger_waiting_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.ended_at IS NOT NULL OR 2 <> (
            SELECT count(*) FROM public.timebank_entry e JOIN public.timebank_account a ON a.id = e.account_id
            WHERE e.transfer_id = NEW.transfer_id AND NOT a.known
              AND (e.account_id = NEW.payer_id AND e.minutes <= -NEW.minutes
                   OR e.account_id = NEW.payee_id AND e.minutes >= NEW.minutes)
        ) THEN
            RAISE EXCEPTION 'I4: transfer % is no payment between two accounts that are not known', NEW.transfer_id
                USING ERRCODE = 'LG004';
        END IF;
        UPDATE public.timebank_account a SET floor = public.ledger_floor(a.id, a.member_id, a.known)
        WHERE a.id = NEW.payee_id;
        RETURN NULL;
    END IF;
    IF OLD.ended_at IS NOT NULL OR NEW.ended_at IS NULL
       OR (NEW.id, NEW.transfer_id, NEW.payer_id, NEW.payee_id, NEW.minutes, NEW.at)
          IS DISTINCT FROM (OLD.id, OLD.transfer_id, OLD.payer_id, OLD.payee_id, OLD.minutes, OLD.at)
    THEN
        RAISE EXCEPTION 'I4: waiting credits % only end, once', OLD.id USING ERRCODE = 'LG004';
    END IF;
    IF NEW.outcome = 'known' AND NOT EXISTS (
        SELECT FROM public.timebank_account a WHERE a.id IN (NEW.payer_id, NEW.payee_id) AND a.known
    ) OR NEW.outcome = 'reversed' AND NOT EXISTS (
        SELECT FROM public.timebank_transfer t WHERE t.reverses_id = NEW.transfer_id
    ) THEN
        RAISE EXCEPTION 'I4: nothing says that waiting credits % have ended as %', NEW.id, NEW.outcome
            USING ERRCODE = 'LG004';
    END IF;
    -- Where several end in one statement, the first to come here takes all of them along.
    UPDATE public.timebank_account a SET floor = public.ledger_floor(a.id, a.member_id, a.known)
    WHERE a.id = NEW.payee_id;
    RETURN NULL;
END $$;

CREATE FUNCTION public.ledger_waiting_left() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.timebank_account a WHERE a.id = NEW.payee_id AND a.closed_at IS NOT NULL) THEN
        RAISE EXCEPTION 'I4: account % was not closed', NEW.payee_id USING ERRCODE = 'LG004';
    END IF;
    RETURN NULL;
END $$;


-- A member's account goes along with their standing. The account is locked before the row is written (a member without
-- one: the member), so that nobody decides by what has just changed.
CREATE FUNCTION public.ledger_standing_lock() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last record;
BEGIN
    PERFORM FROM public.timebank_account a WHERE a.member_id = NEW.member_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM FROM public.people_user u WHERE u.id = NEW.member_id FOR NO KEY UPDATE;
    END IF;
    SELECT s.number, s.known INTO last FROM public.people_standing s
    WHERE s.member_id = NEW.member_id ORDER BY s.number DESC LIMIT 1;
    IF NEW.number > coalesce(last.number, 0)  -- else it has been taken, which the unique index says
       AND (NEW.number <> coalesce(last.number, 0) + 1 OR NEW.known = coalesce(last.known, false))
    THEN
        RAISE EXCEPTION 'I4: row % of the standing of member % changes nothing', NEW.number, NEW.member_id
            USING ERRCODE = 'LG004';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.ledger_standing_added() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    account uuid;
BEGIN
    UPDATE public.timebank_account a
    SET known = NEW.known, floor = public.ledger_floor(a.id, a.member_id, NEW.known)
    WHERE a.member_id = NEW.member_id AND a.closed_at IS NULL AND a.known <> NEW.known
    RETURNING a.id INTO account;
    IF NEW.known AND account IS NOT NULL THEN  -- what waits in other accounts is let go by an action: it locks those
        UPDATE public.timebank_waitingcredit w SET ended_at = now(), outcome = 'known'
        WHERE w.payee_id = account AND w.ended_at IS NULL;
    END IF;
    RETURN NULL;
END $$;


-- I1, I5, I7: what can only be judged when the transfer is complete, and what each kind must say. Once a transfer, at
-- commit.
CREATE FUNCTION public.ledger_transfer_complete() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    entries integer;
    total bigint;
    original record;
    broken text;
BEGIN
    SELECT count(*), coalesce(sum(e.minutes), 0) INTO entries, total
    FROM public.timebank_entry e WHERE e.transfer_id = NEW.id;
    IF entries = NEW.legs AND total = 0 AND entries >= 2 AND NEW.reverses_id IS NULL AND NEW.hold_id IS NULL
       AND NEW.kind IN ('donation', 'allowance', 'tariff', 'group_session', 'late_charge', 'leaver_sweep')
    THEN
        RETURN NULL;  -- the kinds about which there is no more to say
    END IF;
    IF NEW.legs < 2 THEN
        broken := 'transfer_two_legs';
    ELSIF (NEW.kind = 'reversal') <> (NEW.reverses_id IS NOT NULL) THEN
        broken := 'transfer_reversal_names_what';
    ELSIF NEW.kind = 'exchange' THEN
        broken := CASE WHEN NEW.exchange_id IS NULL THEN 'transfer_exchange_names_it' END;
    ELSIF NEW.kind IN ('grant', 'write_off', 'reversal', 'adjustment') THEN
        broken := CASE WHEN NEW.memo = '' THEN 'transfer_has_reason' END;
    ELSIF NEW.kind NOT IN ('donation', 'allowance', 'tariff', 'group_session', 'late_charge', 'leaver_sweep') THEN
        broken := 'transfer_kind_known';
    END IF;
    IF broken IS NOT NULL THEN
        RAISE EXCEPTION 'Transfer % of kind % breaks the rule %', NEW.id, NEW.kind, broken
            USING ERRCODE = 'check_violation', CONSTRAINT = broken;
    END IF;
    IF entries <> NEW.legs OR total <> 0 THEN
        RAISE EXCEPTION 'I1: transfer % has % of % entries, which sum to % minutes', NEW.id, entries, NEW.legs, total
            USING ERRCODE = 'LG001';
    END IF;
    IF NEW.kind = 'reversal' THEN
        SELECT t.kind, t.legs INTO original FROM public.timebank_transfer t WHERE t.id = NEW.reverses_id;
        IF original.kind = 'reversal' THEN
            RAISE EXCEPTION 'I5: a reversal is not reversed' USING ERRCODE = 'LG005';
        END IF;
        IF original.legs <> NEW.legs OR EXISTS (
            SELECT e.account_id, -e.minutes FROM public.timebank_entry e WHERE e.transfer_id = NEW.reverses_id
            EXCEPT
            SELECT e.account_id, e.minutes FROM public.timebank_entry e WHERE e.transfer_id = NEW.id
        ) THEN
            RAISE EXCEPTION 'I5: transfer % is not the exact mirror of %', NEW.id, NEW.reverses_id
                USING ERRCODE = 'LG005';
        END IF;
    END IF;
    IF NEW.kind = 'write_off' THEN
        IF EXISTS (
            SELECT FROM public.timebank_entry e JOIN public.timebank_account a ON a.id = e.account_id
            WHERE e.transfer_id = NEW.id AND a.system = 'issuance'
        ) AND EXISTS (
            SELECT FROM public.timebank_account a WHERE a.system = 'community_pot' AND a.balance - a.held > 0
        ) THEN
            RAISE EXCEPTION 'I7: issuance writes off only what the community pot cannot' USING ERRCODE = 'LG007';
        END IF;
    END IF;
    IF NEW.hold_id IS NOT NULL THEN
        IF NOT EXISTS (
            SELECT FROM public.timebank_hold h
            JOIN public.timebank_entry e ON e.account_id = h.account_id AND e.transfer_id = NEW.id
            WHERE h.id = NEW.hold_id AND h.state = 'settled'
        ) THEN
            RAISE EXCEPTION 'I5: transfer % does not settle its hold', NEW.id USING ERRCODE = 'LG005';
        END IF;
    END IF;
    RETURN NULL;
END $$;


CREATE FUNCTION public.ledger_hold_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    added integer;
    account record;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'active' THEN
            RAISE EXCEPTION 'I5: a hold begins active' USING ERRCODE = 'LG005';
        END IF;
        IF NEW.exchange_id IS NOT NULL AND NEW.group_session_id IS NOT NULL THEN
            RAISE EXCEPTION 'A hold is promised to one thing'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'hold_for_one_thing';
        END IF;
        added := NEW.minutes;
    ELSE
        IF OLD.state <> 'active' THEN
            RAISE EXCEPTION 'I5: hold % has ended, for good', OLD.id USING ERRCODE = 'LG005';
        END IF;
        IF (NEW.id, NEW.account_id, NEW.exchange_id, NEW.group_session_id, NEW.placed_at)
           IS DISTINCT FROM (OLD.id, OLD.account_id, OLD.exchange_id, OLD.group_session_id, OLD.placed_at)
           OR NEW.minutes < OLD.minutes OR (NEW.state <> 'active' AND NEW.minutes <> OLD.minutes)
        THEN
            RAISE EXCEPTION 'I5: a hold may only grow, or end' USING ERRCODE = 'LG005';
        END IF;
        IF NEW.state <> 'active'
           AND (NEW.state = 'settled')
               <> EXISTS (SELECT FROM public.timebank_transfer t WHERE t.hold_id = NEW.id)
        THEN
            RAISE EXCEPTION 'I5: a hold is settled by the transfer that names it' USING ERRCODE = 'LG005';
        END IF;
        added := CASE WHEN NEW.state = 'active' THEN NEW.minutes - OLD.minutes ELSE -OLD.minutes END;
    END IF;
    IF added = 0 THEN
        RETURN NULL;
    END IF;
    UPDATE public.timebank_account a SET held = a.held + added WHERE a.id = NEW.account_id
    RETURNING a.balance, a.held, a.floor INTO account;
    IF added > 0 THEN
        IF account.floor IS NULL THEN
            RAISE EXCEPTION 'I7: issuance promises nothing' USING ERRCODE = 'LG007';
        END IF;
        IF account.balance - account.held < account.floor THEN
            RAISE EXCEPTION 'I4: the hold would take account % under its floor', NEW.account_id
                USING ERRCODE = 'LG004';
        END IF;
    END IF;
    RETURN NULL;
END $$;


CREATE TRIGGER ledger_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.timebank_transfer
    FOR EACH STATEMENT EXECUTE FUNCTION public.ledger_append_only();
CREATE TRIGGER ledger_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.timebank_entry
    FOR EACH STATEMENT EXECUTE FUNCTION public.ledger_append_only();
CREATE TRIGGER ledger_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.timebank_idempotencykey
    FOR EACH STATEMENT EXECUTE FUNCTION public.ledger_append_only();
CREATE TRIGGER ledger_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.timebank_floorchange
    FOR EACH STATEMENT EXECUTE FUNCTION public.ledger_append_only();
CREATE TRIGGER ledger_no_delete BEFORE DELETE OR TRUNCATE ON public.timebank_account
    FOR EACH STATEMENT EXECUTE FUNCTION public.ledger_no_delete();
CREATE TRIGGER ledger_no_delete BEFORE DELETE OR TRUNCATE ON public.timebank_hold
    FOR EACH STATEMENT EXECUTE FUNCTION public.ledger_no_delete();
CREATE TRIGGER ledger_guard BEFORE INSERT OR UPDATE ON public.timebank_account
    FOR EACH ROW EXECUTE FUNCTION public.ledger_guard_account();
CREATE TRIGGER ledger_floor AFTER UPDATE OF floor ON public.timebank_account
    FOR EACH ROW WHEN (OLD.floor IS DISTINCT FROM NEW.floor) EXECUTE FUNCTION public.ledger_note_floor();
CREATE TRIGGER ledger_entry_added AFTER INSERT ON public.timebank_entry
    FOR EACH ROW EXECUTE FUNCTION public.ledger_entry_added();
CREATE CONSTRAINT TRIGGER ledger_transfer_complete AFTER INSERT ON public.timebank_transfer
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.ledger_transfer_complete();
CREATE TRIGGER ledger_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.people_standing
    FOR EACH STATEMENT EXECUTE FUNCTION public.ledger_append_only();
CREATE TRIGGER ledger_standing_lock BEFORE INSERT ON public.people_standing
    FOR EACH ROW EXECUTE FUNCTION public.ledger_standing_lock();
CREATE TRIGGER ledger_standing_added AFTER INSERT ON public.people_standing
    FOR EACH ROW EXECUTE FUNCTION public.ledger_standing_added();
CREATE TRIGGER ledger_no_delete BEFORE DELETE OR TRUNCATE ON public.timebank_waitingcredit
    FOR EACH STATEMENT EXECUTE FUNCTION public.ledger_no_delete();
CREATE TRIGGER ledger_waiting_changed AFTER INSERT OR UPDATE ON public.timebank_waitingcredit
    FOR EACH ROW EXECUTE FUNCTION public.ledger_waiting_changed();
CREATE CONSTRAINT TRIGGER ledger_waiting_left AFTER UPDATE ON public.timebank_waitingcredit
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.outcome = 'left') EXECUTE FUNCTION public.ledger_waiting_left();
CREATE TRIGGER ledger_hold_changed AFTER INSERT OR UPDATE ON public.timebank_hold
    FOR EACH ROW EXECUTE FUNCTION public.ledger_hold_changed();

ALTER TABLE public.timebank_transfer ENABLE ALWAYS TRIGGER ledger_append_only;
ALTER TABLE public.timebank_entry ENABLE ALWAYS TRIGGER ledger_append_only;
ALTER TABLE public.timebank_idempotencykey ENABLE ALWAYS TRIGGER ledger_append_only;
ALTER TABLE public.timebank_floorchange ENABLE ALWAYS TRIGGER ledger_append_only;
ALTER TABLE public.timebank_account ENABLE ALWAYS TRIGGER ledger_no_delete;
ALTER TABLE public.timebank_hold ENABLE ALWAYS TRIGGER ledger_no_delete;
ALTER TABLE public.timebank_account ENABLE ALWAYS TRIGGER ledger_guard;
ALTER TABLE public.timebank_account ENABLE ALWAYS TRIGGER ledger_floor;
ALTER TABLE public.timebank_entry ENABLE ALWAYS TRIGGER ledger_entry_added;
ALTER TABLE public.timebank_transfer ENABLE ALWAYS TRIGGER ledger_transfer_complete;
ALTER TABLE public.timebank_hold ENABLE ALWAYS TRIGGER ledger_hold_changed;
ALTER TABLE public.people_standing ENABLE ALWAYS TRIGGER ledger_append_only;
ALTER TABLE public.people_standing ENABLE ALWAYS TRIGGER ledger_standing_lock;
ALTER TABLE public.people_standing ENABLE ALWAYS TRIGGER ledger_standing_added;
ALTER TABLE public.timebank_waitingcredit ENABLE ALWAYS TRIGGER ledger_no_delete;
ALTER TABLE public.timebank_waitingcredit ENABLE ALWAYS TRIGGER ledger_waiting_changed;
ALTER TABLE public.timebank_waitingcredit ENABLE ALWAYS TRIGGER ledger_waiting_left;

ALTER TABLE public.timebank_account SET (fillfactor = 60);  -- balances move in place (HOT), without touching an index
"""

# Each function answers with one row: `refused` names what stood in the way (nothing was written, and the transaction
# lives on), `detail` says it in numbers, `replayed` that the key had been used for the same request before.
FUNCTIONS = """
CREATE FUNCTION public.ledger_used_key(
    p_actor uuid, p_key text, p_hash bytea, OUT used boolean, OUT same boolean, OUT transfer_id uuid, OUT hold_id uuid
) LANGUAGE plpgsql STABLE AS $$
DECLARE
    hash bytea;
BEGIN
    IF p_actor IS NULL THEN
        SELECT true, k.request_hash, k.transfer_id, k.hold_id INTO used, hash, transfer_id, hold_id
        FROM public.timebank_idempotencykey k WHERE k.actor_id IS NULL AND k.key = p_key;
    ELSE
        SELECT true, k.request_hash, k.transfer_id, k.hold_id INTO used, hash, transfer_id, hold_id
        FROM public.timebank_idempotencykey k WHERE k.actor_id = p_actor AND k.key = p_key;
    END IF;
    same := hash = p_hash;
END $$;
ALTER FUNCTION public.ledger_used_key VOLATILE;  -- a fresh snapshot: the twin that we waited for has just committed


-- p_accounts are in id order, without repeats: that is the order in which they are locked.
CREATE FUNCTION public.ledger_post(
    p_kind text, p_accounts uuid[], p_minutes integer[], p_actor uuid, p_key text, p_on_behalf_of uuid DEFAULT NULL,
    p_memo text DEFAULT '', p_exchange uuid DEFAULT NULL, p_reverses uuid DEFAULT NULL, p_hold uuid DEFAULT NULL,
    p_at timestamptz DEFAULT NULL,
    OUT refused text, OUT detail jsonb, OUT transfer_id uuid, OUT at timestamptz, OUT replayed boolean
) LANGUAGE plpgsql AS $$
DECLARE
    hash bytea := sha256(convert_to(
        concat_ws('|', 'post', p_kind, p_accounts, p_minutes, coalesce(p_on_behalf_of::text, '-'),
                  coalesce(p_exchange::text, '-'), coalesce(p_reverses::text, '-'), coalesce(p_hold::text, '-'), p_memo),
        'UTF8'));
    legs integer := cardinality(p_accounts);
    used record;
    now_balance bigint;
    now_version integer;
    held bigint;
    floor integer;
    closed timestamptz;
    balances bigint[];
    versions integer[];
    held_by uuid;
    hold_state text;
    after bigint;
BEGIN
    FOR n IN 1 .. legs LOOP
        SELECT a.balance, a.version, a.held, a.floor, a.closed_at
        INTO now_balance, now_version, held, floor, closed
        FROM public.timebank_account a WHERE a.id = p_accounts[n] FOR NO KEY UPDATE;
        IF now_version IS NULL OR closed IS NOT NULL OR p_accounts[n] <= p_accounts[n - 1]
           OR p_minutes[n] < 0 AND now_balance - held + p_minutes[n] < floor AND p_kind <> 'reversal'
        THEN
            IF now_version IS NULL OR p_accounts[n] <= p_accounts[n - 1] THEN
                refused := 'no_account';
                EXIT;
            END IF;
            after := now_balance - held + p_minutes[n];
            IF p_hold IS NOT NULL THEN  -- paying what was promised is no lowering
                SELECT after + h.minutes INTO after FROM public.timebank_hold h
                WHERE h.id = p_hold AND h.account_id = p_accounts[n] AND h.state = 'active';
                after := coalesce(after, now_balance - held + p_minutes[n]);
            END IF;
            IF refused IS NOT NULL THEN
                CONTINUE;  -- locks the rest: whether the key was used is known only after all locks
            ELSIF closed IS NOT NULL THEN
                refused := 'closed';
                detail := jsonb_build_object('account', p_accounts[n]);
            ELSIF after < floor AND after < now_balance - held THEN
                refused := 'not_enough';
                detail := jsonb_build_object('account', p_accounts[n], 'missing', floor - after,
                                             'available', after - p_minutes[n] - floor);
            END IF;
        END IF;
        balances[n] := now_balance;
        versions[n] := now_version;
    END LOOP;
    IF p_exchange IS NOT NULL OR p_hold IS NOT NULL OR p_reverses IS NOT NULL THEN
        IF p_hold IS NOT NULL THEN
            SELECT h.account_id, h.state INTO held_by, hold_state
            FROM public.timebank_hold h WHERE h.id = p_hold FOR NO KEY UPDATE;
            IF coalesce(refused, 'not_enough') = 'not_enough'
               AND (hold_state IS DISTINCT FROM 'active' OR NOT held_by = ANY (p_accounts))
            THEN
                refused := 'hold_ended';
            END IF;
        END IF;
        IF p_kind = 'exchange' AND coalesce(refused, 'not_enough') = 'not_enough' THEN
            IF EXISTS (
                SELECT FROM public.timebank_transfer t WHERE t.exchange_id = p_exchange AND t.kind = 'exchange'
            ) THEN
                refused := 'settled';
            END IF;
        END IF;
        IF p_reverses IS NOT NULL AND refused IS NULL THEN
            IF EXISTS (SELECT FROM public.timebank_transfer t WHERE t.reverses_id = p_reverses) THEN
                refused := 'reversed';
            END IF;
        END IF;
    END IF;

    IF refused IS NULL THEN
        transfer_id := uuidv7();
        INSERT INTO public.timebank_idempotencykey (actor_id, key, request_hash, transfer_id)
        VALUES (p_actor, p_key, hash, transfer_id) ON CONFLICT (actor_id, key) DO NOTHING;
        IF FOUND THEN
            at := coalesce(p_at, now());
            INSERT INTO public.timebank_transfer
                (id, kind, legs, actor_id, on_behalf_of_id, memo, exchange_id, reverses_id, hold_id, created_at)
            VALUES (transfer_id, p_kind, legs, p_actor, p_on_behalf_of, p_memo, p_exchange, p_reverses, p_hold, at);
            IF p_hold IS NOT NULL THEN
                UPDATE public.timebank_hold SET state = 'settled', ended_at = at WHERE id = p_hold;
            END IF;
            FOR n IN 1 .. legs LOOP
                INSERT INTO public.timebank_entry (account_id, account_version, transfer_id, minutes, balance_after)
                VALUES (p_accounts[n], versions[n] + 1, transfer_id, p_minutes[n], balances[n] + p_minutes[n]);
            END LOOP;
            RETURN;
        END IF;
    END IF;

    -- Refused, or the key is there: the same request gives its first result before any check. The look-up is after the
    -- locks, by a fresh snapshot, so it sees the twin that we waited for.
    SELECT * INTO used FROM public.ledger_used_key(p_actor, p_key, hash);
    IF used.used THEN
        detail := NULL;
        replayed := true;
        transfer_id := used.transfer_id;
        refused := CASE WHEN NOT used.same OR transfer_id IS NULL THEN 'key_used' END;
        SELECT t.created_at INTO at FROM public.timebank_transfer t WHERE t.id = transfer_id;
    END IF;
END $$;


CREATE FUNCTION public.ledger_place_hold(
    p_account uuid, p_minutes integer, p_exchange uuid, p_actor uuid, p_key text, p_at timestamptz DEFAULT NULL,
    p_group_session uuid DEFAULT NULL,
    OUT refused text, OUT detail jsonb, OUT hold_id uuid, OUT replayed boolean
) LANGUAGE plpgsql AS $$
DECLARE
    hash bytea := sha256(convert_to(
        concat_ws('|', 'place', p_account, p_minutes, coalesce(p_exchange::text, '-'), p_group_session), 'UTF8'));
    account record;
    used record;
BEGIN
    SELECT a.balance - a.held - a.floor AS free, a.closed_at INTO account
    FROM public.timebank_account a WHERE a.id = p_account FOR NO KEY UPDATE;
    SELECT * INTO used FROM public.ledger_used_key(p_actor, p_key, hash);
    replayed := used.used IS TRUE;
    IF replayed THEN
        hold_id := used.hold_id;
        refused := CASE WHEN NOT used.same THEN 'key_used' END;
    ELSIF account IS NULL THEN
        refused := 'no_account';
    ELSIF account.closed_at IS NOT NULL THEN
        refused := 'closed';
        detail := jsonb_build_object('account', p_account);
    ELSIF account.free < p_minutes THEN
        refused := 'not_enough';
        detail := jsonb_build_object(
            'account', p_account, 'available', account.free, 'missing', p_minutes - account.free);
    ELSE
        INSERT INTO public.timebank_hold (account_id, minutes, exchange_id, group_session_id, placed_at)
        VALUES (p_account, p_minutes, p_exchange, p_group_session, coalesce(p_at, now())) RETURNING id INTO hold_id;
        INSERT INTO public.timebank_idempotencykey (actor_id, key, request_hash, hold_id)
        VALUES (p_actor, p_key, hash, hold_id);
    END IF;
END $$;


-- Grows a hold to p_minutes (p_state is then 'active'), or ends it as released or expired.
CREATE FUNCTION public.ledger_change_hold(
    p_hold uuid, p_state text, p_minutes integer, p_actor uuid, p_key text, p_at timestamptz DEFAULT NULL,
    OUT refused text, OUT detail jsonb, OUT hold_id uuid, OUT replayed boolean
) LANGUAGE plpgsql AS $$
DECLARE
    hash bytea := sha256(convert_to(concat_ws('|', p_state, p_hold, coalesce(p_minutes::text, '-')), 'UTF8'));
    account record;
    held record;
    used record;
BEGIN
    SELECT a.id, a.balance - a.held - a.floor AS free, a.closed_at INTO account
    FROM public.timebank_account a
    WHERE a.id = (SELECT h.account_id FROM public.timebank_hold h WHERE h.id = p_hold) FOR NO KEY UPDATE;
    SELECT h.minutes, h.state INTO held FROM public.timebank_hold h WHERE h.id = p_hold FOR NO KEY UPDATE;
    SELECT * INTO used FROM public.ledger_used_key(p_actor, p_key, hash);
    replayed := used.used IS TRUE;
    hold_id := p_hold;
    IF replayed THEN
        hold_id := used.hold_id;
        refused := CASE WHEN NOT used.same THEN 'key_used' END;
    ELSIF held.state IS DISTINCT FROM 'active' THEN
        refused := 'hold_ended';
    ELSIF p_state = 'active' AND account.free < p_minutes - held.minutes THEN
        refused := 'not_enough';
        detail := jsonb_build_object(
            'account', account.id, 'available', account.free, 'missing', p_minutes - held.minutes - account.free);
    ELSE
        UPDATE public.timebank_hold SET
            state = p_state,
            minutes = CASE WHEN p_state = 'active' THEN p_minutes ELSE minutes END,
            ended_at = CASE WHEN p_state = 'active' THEN NULL ELSE coalesce(p_at, now()) END
        WHERE id = p_hold;
        INSERT INTO public.timebank_idempotencykey (actor_id, key, request_hash, hold_id)
        VALUES (p_actor, p_key, hash, p_hold);
    END IF;
END $$;
"""

BEGINNING = """
INSERT INTO public.timebank_account (system, floor) VALUES ('issuance', NULL), ('community_pot', 0);
"""

REVERSE = """
DROP FUNCTION public.ledger_change_hold, public.ledger_place_hold, public.ledger_post, public.ledger_used_key;
DROP FUNCTION public.ledger_standing_added, public.ledger_standing_lock, public.ledger_waiting_left,
    public.ledger_waiting_changed, public.ledger_wait, public.ledger_hold_changed, public.ledger_transfer_complete, public.ledger_entry_added,
    public.ledger_note_floor, public.ledger_guard_account, public.ledger_no_delete, public.ledger_append_only,
    public.ledger_floor, public.ledger_known, public.ledger_member_known CASCADE;
"""


def publish_first_policy(apps, schema_editor):
    from django.utils import timezone

    apps.get_model("timebank", "Policy").objects.create(
        version=1, reason="The timebank begins with these numbers.", published_at=timezone.now()
    )


class Migration(migrations.Migration):
    dependencies = [("timebank", "0001_initial")]
    operations = [
        migrations.RunSQL(TRIGGERS + FUNCTIONS + BEGINNING, REVERSE),
        migrations.RunPython(publish_first_policy, migrations.RunPython.noop),
    ]
