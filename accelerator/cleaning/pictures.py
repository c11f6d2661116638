"""Pictures, drawn again from their pixels."""

import io

from PIL import Image, ImageOps, ImageSequence

from accelerator.cleaning.limits import (
    LONGEST_SIDE,
    LONGEST_SIDE_MOVING,
    MOST_FRAMES,
    MOST_PIXELS,
    Refused,
)

FORMS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF")
STILL_MS = 100  # how long a frame stays where the file does not say


def picture(content: bytes, *, moves: bool = True) -> tuple[str, bytes]:
    """(media type, bytes) of the same picture the right way up, at most `LONGEST_SIDE` wide and high, with nothing beside
    its pixels: no camera, place, comment, profile, thumbnail, nor bytes after its end. A moving GIF moves where `moves`.
    Raises Refused."""
    with Image.open(io.BytesIO(content), formats=FORMS) as image:
        width, height = image.size
        if width * height > MOST_PIXELS:
            raise Refused("too_much")
        if moves and image.format == "GIF" and getattr(image, "is_animated", False):
            return "image/gif", _moving(image)
        form = image.format
        image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG is decoded no larger than it is needed
        upright = ImageOps.exif_transpose(image)
        fresh = _pixels_of(upright, LONGEST_SIDE)
    as_jpeg = form == "JPEG" or (form == "WEBP" and fresh.mode == "RGB")
    out = io.BytesIO()
    if as_jpeg:
        fresh.convert("RGB").save(out, format="JPEG", quality=85)
    else:
        fresh.save(out, format="PNG")
    return ("image/jpeg" if as_jpeg else "image/png"), out.getvalue()


def _pixels_of(image: Image.Image, longest: int) -> Image.Image:
    """A new picture with the pixels of `image` and nothing else of it."""
    mode = "RGBA" if "A" in image.getbands() or "transparency" in image.info else "RGB"
    pixels = image.convert(mode)
    pixels.thumbnail((longest, longest))
    fresh = Image.new(mode, pixels.size)
    fresh.paste(pixels)
    return fresh


def _moving(image: Image.Image) -> bytes:
    frames: list[Image.Image] = []
    stays: list[int] = []
    pixels = 0
    for frame in ImageSequence.Iterator(image):
        pixels += frame.width * frame.height
        if len(frames) == MOST_FRAMES or pixels > MOST_PIXELS:
            raise Refused("too_much")
        frames.append(_pixels_of(frame, LONGEST_SIDE_MOVING))
        stays.append(frame.info.get("duration") or STILL_MS)
    out = io.BytesIO()
    frames[0].save(out, format="GIF", save_all=True, append_images=frames[1:], duration=stays, loop=0, disposal=2)
    return out.getvalue()
