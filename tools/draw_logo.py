"""Draw the mark of the book: a kernel on its input, and the output that it gives.

python -m tools.draw_logo        writes logo.svg and favicon.ico to _static
"""

from pathlib import Path

from PIL import Image, ImageDraw

STATIC = Path(__file__).resolve().parent.parent / "_static"
INPUT, KERNEL, OUTPUT = (0, 114, 178), (213, 94, 0), (0, 158, 115)
Color = tuple[int, int, int]

SIZE, CELL, STEP, RADIUS = 64, 15, 20, 4  # in units of the drawing
MARGIN = 6.0
FRAME = 3.0  # from the cells to the middle of the kernel's line
LINE = 3.2
TINT = [[0.95, 0.55, 0.30], [0.55, 0.95, 0.30], [0.30, 0.30, 1.00]]  # from white to full colour


def mix(color: Color, amount: float) -> Color:
    """The colour on white, `amount` of it."""
    red, green, blue = (round(255 - amount * (255 - part)) for part in color)
    return red, green, blue


def cells() -> list[tuple[float, float, Color]]:
    """x, y and colour of the nine cells; the last one is the output."""
    return [
        (
            MARGIN + column * STEP,
            MARGIN + row * STEP,
            mix(OUTPUT if row == column == 2 else INPUT, TINT[row][column]),
        )
        for row in range(3)
        for column in range(3)
    ]


def frame() -> tuple[float, float]:
    """Left upper corner and side of the kernel's outline, which holds 2 × 2 cells."""
    return MARGIN - FRAME, STEP + CELL + 2 * FRAME


def svg() -> str:
    """The mark as SVG."""
    parts = [
        f'<rect x="{x:g}" y="{y:g}" width="{CELL}" height="{CELL}" rx="{RADIUS}"'
        f' fill="rgb{color}"/>'
        for x, y, color in cells()
    ]
    corner, side = frame()
    parts.append(
        f'<rect x="{corner:g}" y="{corner:g}" width="{side:g}" height="{side:g}"'
        f' rx="{RADIUS + FRAME:g}" fill="none" stroke="rgb{KERNEL}" stroke-width="{LINE:g}"/>'
    )
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}">'
    return "\n".join([opening, *parts, "</svg>", ""])


def png(size: int, detail: int = 8) -> Image.Image:
    """The mark as a picture of `size` pixels, drawn `detail` times as large."""
    scale = size * detail / SIZE
    picture = Image.new("RGBA", (size * detail, size * detail))
    pen = ImageDraw.Draw(picture)
    for x, y, color in cells():
        box = [scale * value for value in (x, y, x + CELL, y + CELL)]
        pen.rounded_rectangle(box, scale * RADIUS, fill=color)
    corner, side = frame()
    outer = [scale * value for value in (corner - LINE / 2,) * 2 + (corner + side + LINE / 2,) * 2]
    pen.rounded_rectangle(
        outer, scale * (RADIUS + FRAME + LINE / 2), outline=KERNEL, width=round(scale * LINE)
    )
    return picture.resize((size, size), Image.Resampling.LANCZOS)


def main() -> None:
    """Write the two files."""
    (STATIC / "logo.svg").write_text(svg(), encoding="utf-8")
    largest, *others = [png(size) for size in (48, 32, 16)]
    sizes = [(48, 48), (32, 32), (16, 16)]
    largest.save(STATIC / "favicon.ico", append_images=others, sizes=sizes)


if __name__ == "__main__":
    main()
