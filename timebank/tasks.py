"""What the timebank does by itself."""

import logging

from celery import shared_task

from timebank.actions import clock, cycles, engagements, group_register, imports, searches, standing, tariffs

log = logging.getLogger(__name__)


@shared_task
def sweep_exchanges() -> dict[str, int]:
    """Expires, retries and settles what has waited long enough."""
    return clock.sweep()


@shared_task
def turn_engagements() -> int:
    """Closes the months that are over, opens this one, and holds what is missing."""
    return engagements.sweep()


@shared_task
def retry_waiting() -> int:
    """Settles hours that waited for credits, as soon as the payer has earned them."""
    return clock.retry_waiting()


@shared_task
def let_go_of_waiting() -> int:
    """Lets credits be passed on whose payer or payee is known by now."""
    return standing.sweep()


@shared_task
def pay_owed_tariffs() -> int:
    """Tries again what a fund was too short to pay."""
    return tariffs.pay_owed()


@shared_task
def sweep_group_sessions() -> dict[str, int]:
    """Settles group sessions whose 72 hours are over, and closes registers that nobody closed."""
    return group_register.sweep()


@shared_task
def check_ledger() -> bool:
    """Recomputes every balance and invariant, and keeps the result for the broker's desk. False where anything is off."""
    from timebank.actions.ledger import check_and_record

    result = check_and_record()
    if not result.passed:
        log.error("The ledger check found %s problems. Run `manage.py verify_ledger`.", result.found)
    return result.passed


@shared_task
def tell_what_is_new() -> int:
    """Tells the owners of saved searches what came onto the board."""
    return searches.tell_what_is_new()


@shared_task
def go_on_with_import(upload_id: str) -> bool:
    """Reads an uploaded file, or does one that was confirmed. Given twice, it is done once."""
    return imports.go_on(upload_id=upload_id)


@shared_task
def sweep_imports() -> int:
    """Takes up imports whose worker died. One that another worker is busy with is left to it."""
    return sum(imports.go_on(upload_id=pk) for pk in imports.left())


@shared_task(soft_time_limit=600)
def find_cycles() -> int:
    """Looks for chains of two to four people who could help each other. How many are new."""
    run = cycles.rebuild()
    if run is not None and not run.complete:
        log.warning("The search for chains ran out of time after %s s, with what it had.", run.seconds)
    return run.suggested if run is not None else 0
