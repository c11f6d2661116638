"""What the role × URL matrix needs from ui."""


def world(people) -> dict:
    """An error page to look at in the gallery."""
    return {"error_status": 409}
