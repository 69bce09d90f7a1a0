"""Milliseconds an image that pycocotools takes for what coco-evaluation.mjs has written.

Run: python3 packages/um-mae/bench/coco-evaluation.py FOLDER   (needs pycocotools)
"""

import contextlib
import io
import sys
import time

from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval


def main(folder):
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(f'{folder}/annotations.json')
    for kind in ('bbox', 'segm'):
        with contextlib.redirect_stdout(io.StringIO()):
            found = truth.loadRes(f'{folder}/{kind}.json')
            start = time.perf_counter()
            evaluation = COCOeval(truth, found, kind)
            evaluation.evaluate()
            evaluation.accumulate()
            seconds = time.perf_counter() - start
            evaluation.summarize()
        images = len(truth.getImgIds())
        each = 1000 * seconds / images
        print(f'{kind}: AP {evaluation.stats[0]:.4f}; {each:.2f} ms an image, {seconds:.1f} s in all')


main(sys.argv[1])
