"""Sends a run to Weights & Biases while it trains:

    um-mae pretrain --data ./photos --out runs/first --json | python to_wandb.py my-project
"""

import json
import sys

import wandb

project = sys.argv[1] if len(sys.argv) > 1 else "um-mae"
run = None
for line in sys.stdin:
    event = json.loads(line)
    if event["kind"] == "started":
        recipe = event["plan"]["recipe"]
        run = wandb.init(project=project, name=event["directory"], config=recipe)
    numbers = event.get("metrics") or event.get("scores")
    if run and numbers:
        kind, step = numbers["kind"], numbers["step"]
        values = {f"{kind}/{name}": value for name, value in numbers.items()
                  if name not in ("kind", "step") and isinstance(value, (int, float))}
        run.log(values, step=step)
    if run and event["kind"] in ("finished", "interrupted", "failed"):
        run.finish(exit_code=0 if event["kind"] == "finished" else 1)
