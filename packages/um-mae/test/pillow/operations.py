"""What Pillow makes of small synthetic images: writes operations.json beside this file.

python3 packages/um-mae/test/pillow/operations.py    (made with Pillow 9.4)
"""

import base64
import json
import pathlib

import PIL
from PIL import Image, ImageEnhance, ImageOps

FILL = (124, 116, 104)


def noise(seed):
    """Numbers of a linear congruential generator, 0 to 255."""
    state = seed
    while True:
        state = (1664525 * state + 1013904223) % 2**32
        yield state >> 24


def image(width, height, level):
    """An image of level(x, y, channel)."""
    levels = (level(x, y, c) for y in range(height) for x in range(width) for c in range(3))
    return Image.frombytes("RGB", (width, height), bytes(levels))


def images():
    random = noise(1)
    return {
        "noise": image(9, 7, lambda x, y, c: next(random)),
        # More pixels than levels, few levels, none of them black or white; red is flat.
        "dull": image(18, 15, lambda x, y, c: (90, 60 + 5 * x, 100 + y // 4)[c] + next(random) % 3 * (c > 0)),
        "flat": image(4, 5, lambda x, y, c: (200, 13, 128)[c]),
        "line": image(1, 7, lambda x, y, c: next(random)),
        "pixel": image(1, 1, lambda x, y, c: 40 * c + 3),
        "pair": image(2, 2, lambda x, y, c: next(random)),
    }


def affine(picture, matrix, resample):
    return picture.transform(picture.size, Image.AFFINE, matrix, resample=resample, fillcolor=FILL)


def solarize_add(picture, amount):
    return picture.point([min(255, i + int(amount)) if i < 128 else i for i in range(256)] * 3)


PLAIN = {
    "auto-contrast": lambda picture, amount: ImageOps.autocontrast(picture),
    "equalize": lambda picture, amount: ImageOps.equalize(picture),
    "invert": lambda picture, amount: ImageOps.invert(picture),
    "posterize": lambda picture, amount: ImageOps.posterize(picture, int(amount)),
    "solarize": ImageOps.solarize,
    "solarize-add": solarize_add,
    "color": lambda picture, amount: ImageEnhance.Color(picture).enhance(amount),
    "contrast": lambda picture, amount: ImageEnhance.Contrast(picture).enhance(amount),
    "brightness": lambda picture, amount: ImageEnhance.Brightness(picture).enhance(amount),
    "sharpness": lambda picture, amount: ImageEnhance.Sharpness(picture).enhance(amount),
}
GEOMETRIC = {
    "rotate": lambda p, amount, resample: p.rotate(amount, resample=resample, fillcolor=FILL),
    "shear-x": lambda p, amount, resample: affine(p, (1, amount, 0, 0, 1, 0), resample),
    "shear-y": lambda p, amount, resample: affine(p, (1, 0, 0, amount, 1, 0), resample),
    "translate-x": lambda p, amount, resample: affine(p, (1, 0, amount * p.width, 0, 1, 0), resample),
    "translate-y": lambda p, amount, resample: affine(p, (1, 0, 0, 0, 1, amount * p.height), resample),
}
AMOUNTS = {
    "posterize": [0, 1, 3, 8],
    "solarize": [0, 26, 256],
    "solarize-add": [0, 99],
    "rotate": [0, 27.3, -30],
    **dict.fromkeys(["color", "contrast", "brightness", "sharpness"], [0.1, 0.19, 1, 1.81]),
    **dict.fromkeys(["shear-x", "shear-y"], [0.27, -0.3]),
    **dict.fromkeys(["translate-x", "translate-y"], [0.405, -0.31]),
}
RESAMPLE = {"bicubic": Image.BICUBIC, "bilinear": Image.BILINEAR}


def text(picture):
    return base64.b64encode(picture.tobytes()).decode()


def main(pictures):
    cases = []
    for name, picture in pictures.items():
        for kind, operation in PLAIN.items():
            for amount in AMOUNTS.get(kind, [0]):
                case = {"image": name, "kind": kind, "amount": amount, "interpolation": "bicubic"}
                cases.append({**case, "pixels": text(operation(picture, amount))})
        for kind, operation in GEOMETRIC.items():
            for interpolation, resample in RESAMPLE.items():
                for amount in AMOUNTS[kind]:
                    case = {"image": name, "kind": kind, "amount": amount, "interpolation": interpolation}
                    cases.append({**case, "pixels": text(operation(picture, amount, resample))})
    return {
        "pillow": PIL.__version__,
        "images": [
            {"name": name, "width": p.width, "height": p.height, "pixels": text(p)}
            for name, p in pictures.items()
        ],
        "cases": cases,
    }


if __name__ == "__main__":
    lines = json.dumps(main(images())).replace("}, {", "},\n{")
    pathlib.Path(__file__).with_name("operations.json").write_text(lines + "\n")
