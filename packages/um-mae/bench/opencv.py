"""The training input of segmentation as published, by OpenCV: images/s of one core.

Reads {"counted", "size", "images": [[image, mask], ...]} and prints {"version", "imagesPerProcessorSecond"}.
Random scale, crop, flip, photometric distortion, and normalisation, which training needs as well.
"""
import json
import sys
import time

import cv2
import numpy as np

job = json.load(sys.stdin)
size = job["size"]
random = np.random.RandomState(0)
mean = np.array([123.675, 116.28, 103.53], np.float32)
deviation = np.array([58.395, 57.12, 57.375], np.float32)
cv2.setNumThreads(1)


def levels(image, factor=1.0, summand=0.0):
    changed = image.astype(np.float32) * factor + summand
    return np.clip(changed, 0, 255).astype(np.uint8)


def through_hsv(image, channel, change):
    hsv = cv2.cvtColor(image, cv2.COLOR_BGR2HSV)
    hsv[:, :, channel] = change(hsv[:, :, channel])
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR)


def distort(image):
    coin = lambda: random.randint(2)
    if coin():
        image = levels(image, summand=random.uniform(-32, 32))
    first = coin()
    if first and coin():
        image = levels(image, factor=random.uniform(0.5, 1.5))
    if coin():
        factor = random.uniform(0.5, 1.5)
        image = through_hsv(image, 1, lambda s: levels(s, factor=factor))
    if coin():
        turn = random.randint(-18, 18)
        image = through_hsv(image, 0, lambda h: (h.astype(int) + turn) % 180)
    if not first and coin():
        image = levels(image, factor=random.uniform(0.5, 1.5))
    return image


def crop(image, mask):
    for _ in range(10):
        top = random.randint(max(image.shape[0] - size, 0) + 1)
        left = random.randint(max(image.shape[1] - size, 0) + 1)
        part = mask[top:top + size, left:left + size]
        values, counts = np.unique(part, return_counts=True)
        counts = counts[values != 255]
        if len(counts) > 1 and counts.max() < 0.75 * counts.sum():
            break
    return image[top:top + size, left:left + size], part


def sample(image_path, mask_path):
    image = cv2.imread(image_path)
    mask = cv2.imread(mask_path, cv2.IMREAD_UNCHANGED)
    ratio = random.uniform(0.5, 2.0)
    height, width = mask.shape
    factor = min(int(4 * size * ratio) / max(width, height), int(size * ratio) / min(width, height))
    scaled = (int(width * factor + 0.5), int(height * factor + 0.5))
    image = cv2.resize(image, scaled, interpolation=cv2.INTER_LINEAR)
    mask = cv2.resize(mask, scaled, interpolation=cv2.INTER_NEAREST)
    image, mask = crop(image, mask)
    if random.rand() < 0.5:
        image, mask = cv2.flip(image, 1), cv2.flip(mask, 1)
    image = cv2.cvtColor(distort(image).astype(np.float32), cv2.COLOR_BGR2RGB)
    image = (image - mean) / deviation
    below, right = size - image.shape[0], size - image.shape[1]
    image = cv2.copyMakeBorder(image, 0, below, 0, right, cv2.BORDER_CONSTANT, value=0)
    mask = cv2.copyMakeBorder(mask, 0, below, 0, right, cv2.BORDER_CONSTANT, value=255)
    return image, mask


pairs = job["images"]
begin = 0.0
for number in range(2 * job["counted"]):
    if number == job["counted"]:
        begin = time.process_time()
    sample(*pairs[number % len(pairs)])
speed = job["counted"] / (time.process_time() - begin)
print(json.dumps({"version": cv2.__version__, "imagesPerProcessorSecond": speed}))
