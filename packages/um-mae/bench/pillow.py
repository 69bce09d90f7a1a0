"""One thread of Pillow that does what the loader does: decode, crop at random, resize with bicubic, mirror.

Reads {"paths", "size", "counted"} and prints {"version", "imagesPerProcessorSecond"}, both JSON.
"""

import json
import math
import random
import sys
import time

import PIL
from PIL import Image


def random_crop(width, height):
    """torchvision's RandomResizedCrop with the ranges of the benchmark; the box as Pillow wants it."""
    for _ in range(10):
        area = width * height * random.uniform(0.2, 1)
        aspect = math.exp(random.uniform(math.log(3 / 4), math.log(4 / 3)))
        w, h = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        if 0 < w <= width and 0 < h <= height:
            left, top = random.randint(0, width - w), random.randint(0, height - h)
            return left, top, left + w, top + h
    return 0, 0, width, height


def load(path, size):
    with open(path, "rb") as file:
        image = Image.open(file).convert("RGB")
    image = image.crop(random_crop(*image.size)).resize((size, size), Image.BICUBIC)
    return image.transpose(Image.FLIP_LEFT_RIGHT) if random.random() < 0.5 else image


def main():
    job = json.load(sys.stdin)
    random.seed(0)
    paths, counted = job["paths"], job["counted"]
    for path in paths[:32]:
        load(path, job["size"])
    start = time.process_time()
    for i in range(counted):
        load(paths[i % len(paths)], job["size"])
    speed = counted / (time.process_time() - start)
    print(json.dumps({"version": PIL.__version__, "imagesPerProcessorSecond": speed}))


main()
