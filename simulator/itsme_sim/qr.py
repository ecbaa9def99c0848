"""QR codes as itsme sends them: an address in a picture, in base64. Also the broken ones."""

import base64
import functools
import io
import struct
import zlib

import qrcode
from PIL import Image, ImageDraw

ADDRESS = "https://sim.itsme.example/qr"


@functools.lru_cache(maxsize=64)
def picture(payload: str, image_format: str = "jpeg", logo: bool = False) -> bytes:
    """A QR code with its quiet zone; a logo hides the middle, so it needs level H."""
    level = qrcode.constants.ERROR_CORRECT_H if logo else qrcode.constants.ERROR_CORRECT_M
    code = qrcode.QRCode(error_correction=level, box_size=6, border=4)
    code.add_data(payload.encode("utf-8"), optimize=0)
    code.make(fit=True)
    image = code.make_image().get_image().convert("L")
    if logo:
        _draw_logo(image)
    return _encode(image, image_format)


def _draw_logo(image: Image.Image) -> None:
    """A neutral square of a fifth of the width."""
    middle, half = image.width // 2, image.width // 10
    draw = ImageDraw.Draw(image)
    draw.rectangle((middle - half, middle - half, middle + half, middle + half), fill=255)
    inner = half * 2 // 3
    draw.ellipse((middle - inner, middle - inner, middle + inner, middle + inner), fill=90)


def _encode(image: Image.Image, image_format: str) -> bytes:
    output = io.BytesIO()
    if image_format == "png":
        image.convert("1").save(output, "PNG", optimize=True)
    else:
        image.save(output, "JPEG", quality=85)
    return output.getvalue()


def text(image: bytes) -> str:
    return base64.b64encode(image).decode("ascii")


def hostile_payload(payload: str) -> str:
    """An address that would move the cursor and start a new line if it reached a terminal."""
    return payload[:40] + "\x1b[2J\x1b]0;title\x07\r\npassword: \u202e" + payload[40:]


def blank() -> bytes:
    return _encode(Image.new("L", (240, 240), 255), "jpeg")


def _chunk(kind: bytes, content: bytes) -> bytes:
    """PNG, section 5.3."""
    return b"".join((struct.pack(">I", len(content)), kind, content,
                     struct.pack(">I", zlib.crc32(kind + content))))


@functools.cache
def bomb() -> bytes:
    """About 75 kB of PNG that want 50 MB of memory as bits and 1.6 GB as colours.

    Row by row: an Image would take 800 MB here, and hold up everybody until it is made.
    """
    side = 20000
    rows = zlib.compressobj(9)
    row = b"\0" + b"\xff" * (side // 8)    # no filter, white
    content = b"".join(rows.compress(row) for _ in range(side)) + rows.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)   # one bit of grey
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(*each) for each in ((b"IHDR", header), (b"IDAT", content), (b"IEND", b"")))
