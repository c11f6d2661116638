"""QR codes and posters. What is printed is what tests read back."""

import base64
import io
from pathlib import Path

import segno
from django.conf import settings
from django.utils.translation import gettext as _

from outreach.models import Placement
from ui import pdf

QUIET_ZONE = 4  # modules on each side, as ISO/IEC 18004 asks


def qr_of(address: str) -> segno.QRCode:
    """The QR code of an address, error level Q or better. Other rooms draw with it too."""
    return segno.make(address, error="q", boost_error=True, micro=False)


def qr(placement: Placement) -> segno.QRCode:
    """The placement's QR code: its short address."""
    return qr_of(placement.url)


def qr_on_page(address: str) -> str:
    """The QR code of an address as SVG to put into a page: dark on white with its quiet zone, scaled by its style sheet."""
    return qr_of(address).svg_inline(
        border=QUIET_ZONE, dark="#000000", light="#ffffff", omitsize=True, svgclass="oda-qr", lineclass=None
    )


def qr_svg(placement: Placement) -> bytes:
    """The code as SVG, dark on white with its quiet zone, to be scaled by whoever places it."""
    out = io.BytesIO()
    qr(placement).save(
        out, kind="svg", border=QUIET_ZONE, dark="#000000", light="#ffffff", scale=10, title=placement.typed_address
    )
    return out.getvalue()


def qr_png(placement: Placement) -> bytes:
    """The code as PNG, large enough for 60 mm at 600 dots an inch."""
    out = io.BytesIO()
    code = qr(placement)
    across = code.symbol_size(scale=1, border=QUIET_ZONE)[0]
    code.save(out, kind="png", border=QUIET_ZONE, dark="#000000", light="#ffffff", scale=-(-1417 // across), dpi=600)
    return out.getvalue()


def poster(placement: Placement) -> bytes:
    """The poster of a placement as an A4 PDF (PDF/UA-1), in the design that the placement names."""
    context = {
        "placement": placement,
        "design": placement.design,
        "qr_data": base64.b64encode(qr_svg(placement)).decode(),
        "site_name": settings.SITE_NAME,
        "alt": _("QR code for %(address)s") % {"address": placement.typed_address},
        "host": placement.typed_address.rsplit("/", 1)[0],
    }
    return pdf.render("outreach/poster.html", context)


def write_poster(placement: Placement, output: Path) -> int:
    """Writes a poster to a file; returns its size in bytes."""
    return output.write_bytes(poster(placement))
